"""Files that `auditor init` makes."""

import pytest
import yaml
from click.testing import CliRunner

from auditor.cli.commands import cli
from auditor.cli.terminal.starting import gitlab_template
from auditor.errors import UsageError


def init(*arguments):
    return CliRunner().invoke(cli, ["init", *arguments], catch_exceptions=False, standalone_mode=False)


def test_the_issue_template_is_printed_or_written(tmp_path):
    assert init("--gitlab-template").stdout == gitlab_template()
    path = tmp_path / ".gitlab/issue_templates/access_request.md"
    init("--gitlab-template", str(path))
    assert path.read_text("utf-8") == gitlab_template()


def test_a_file_that_is_there_is_left_alone(tmp_path):
    path = tmp_path / "mine.md"
    path.write_text("mine")
    with pytest.raises(UsageError, match="there already"):
        init("--gitlab-template", str(path))
    assert path.read_text() == "mine"


@pytest.mark.parametrize("when", [(), ("--at", "yesterday"), ("--at", "02:00", "--timezone", "Europe/Berlin")])
def test_nothing_asked_for_is_a_mistake(when):
    with pytest.raises(UsageError, match="nothing to read"):
        init("--yes", *when)


JIRA = (
    "Summary,Issue key,Issue id,Issue Type,Assignee,Reporter,Created,Resolved,Custom field (Person),Comment,Comment\n"
)
LINEAR = '"ID","Team","Title","Description","Status","Creator","Assignee","Labels","Created","Completed"\n'
GITHUB = '[{"number": 7, "title": "x", "body": "", "author": {"login": "n"}, "url": "https://h/a/b/issues/7", "state": "", "milestone": "1"}]'
SHEET = "sep=;\nKey;Access for;System;Access level;From;Until;Approved by;Colour\n"


@pytest.mark.parametrize(
    ("text", "columns", "left_out"),
    [
        (JIRA, "jira", "Issue id"),
        (LINEAR, "linear", "Team"),
        (GITHUB, "github", "milestone"),
        (
            SHEET,
            {
                "ticket": "Key",
                "person": "Access for",
                "systems": "System",
                "level": "Access level",
                "starts_at": "From",
                "ends_at": "Until",
                "approver": "Approved by",
            },
            "Colour",
        ),
        ("ticket,person,systems\n", None, None),
    ],
)
def test_a_file_of_tickets_is_looked_at_and_its_source_proposed(tmp_path, text, columns, left_out):
    path = tmp_path / ("tickets.json" if text.startswith("[") else "tickets.csv")
    path.write_text(text)
    result = init("--tickets", str(path))
    (source,) = yaml.safe_load(result.stdout)["sources"]
    assert source == {
        "name": "tickets",
        "kind": "tickets-file",
        "path": str(path),
        **({"columns": columns} if columns else {}),
    }
    assert (f"Nothing is read from: {left_out}." in result.stderr) is bool(left_out)


@pytest.mark.parametrize("text", ["", "colour,shape\n"])
def test_a_file_that_holds_no_tickets_is_a_mistake(tmp_path, text):
    path = tmp_path / "tickets.csv"
    path.write_text(text)
    with pytest.raises(UsageError, match="cannot be read as tickets"):
        init("--tickets", str(path))
    with pytest.raises(UsageError, match="cannot be read"):
        init("--tickets", str(tmp_path / "missing.csv"))
