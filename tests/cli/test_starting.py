"""Files that `auditor init` makes."""

import pytest
from click.testing import CliRunner

from auditor.cli import cli
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


def test_nothing_asked_for_is_a_mistake():
    with pytest.raises(UsageError, match="nothing to make"):
        init()
