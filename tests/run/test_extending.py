"""A rule and an export, as docs/extending.md shows them, in a copy of the program: one file each, and its entry."""

import difflib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import nightly
from tests.nightly import ROOT
from tests.waiting import LIMIT

PAGE = (ROOT / "docs/extending.md").read_text("utf-8")
SHOWN = dict(re.findall(r"```python\n# (\S+\.py)\n(.*?)```", PAGE, re.DOTALL))
RULE, EXPORT = "auditor/rules/standing/mailboxes.py", "reports/exports/jsonl.py"
FAMILY, FORMATS = "auditor/rules/standing/__init__.py", "reports/exports/registry.py"
HOUSE = ("auditor", "collectors", "reports", "templates", "tests", "docs")


def enter(house: Path, registry: str, *lines: tuple[str, str]) -> list[str]:
    """Add lines to a registry, each before the one that begins so; what differs then."""
    before = (house / registry).read_text()
    after = before
    for line, following in lines:
        after = after.replace(f"\n{following}", f"\n{line}\n{following}", 1)
    (house / registry).write_text(after)
    changes = difflib.ndiff(before.splitlines(), after.splitlines())
    return [change for change in changes if not change.startswith("  ")]


@pytest.fixture(scope="module")
def extended(tmp_path_factory):
    """A copy of the program with both, and what that took."""
    house = tmp_path_factory.mktemp("extended")
    for folder in HOUSE:
        ignored = shutil.ignore_patterns("golden", "data")  # what is compiled already stays beside its source
        shutil.copytree(ROOT / folder, house / folder, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", house)
    for place in (RULE, EXPORT):
        assert not (house / place).exists()
        (house / place).write_text(SHOWN[place])
    imported = "from auditor.rules.standing.mailboxes import shared_mailbox"
    entries = {
        RULE: enter(
            house, FAMILY, (imported, "from auditor.rules.standing.paths"), ("    shared_mailbox,", "    unused,")
        ),
        EXPORT: enter(house, FORMATS, ('    "jsonl": "reports.exports.jsonl",', '    "ocsf":')),
    }

    def run(*command: str, cwd: Path = house) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(house)}
        return subprocess.run(
            [sys.executable, "-m", *command],
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )

    return SimpleNamespace(run=run, entries=entries)


@pytest.fixture(scope="module")
def night(extended, once):
    """An audit by the extended program of a company where one account is a team's."""

    def make(folder):
        company = nightly.harbour_shop(folder)
        for dump in (folder / "dumps").glob("*.*"):
            dump.write_text(dump.read_text().replace("piet", "team@harbour.example"))
        done = extended.run("auditor", "run", "--json", "--at", nightly.FIRST.isoformat(), *nightly.PAGE, cwd=folder)
        nightly.keep(nightly.Night(done.returncode, done.stdout, done.stderr, company.output), folder)

    return nightly.Company(once("extended-night", make)).answer


def test_a_rule_takes_its_file_and_an_import_and_a_name_in_its_family(extended):
    assert [line[:2] for line in extended.entries[RULE]] == ["+ ", "+ "]
    assert len(SHOWN[RULE].splitlines()) < 40


def test_an_export_takes_its_file_and_one_line(extended):
    assert [line[:2] for line in extended.entries[EXPORT]] == ["+ "]
    assert len(SHOWN[EXPORT].splitlines()) < 15


def test_the_rule_judges_is_told_and_is_listed(extended, night):
    assert (night.status, night.stderr) == (0, "")
    found = night.of("standing/shared-mailbox")
    assert found["summary"] == "team@harbour.example signs in with a shared mailbox"
    assert night.report["clear"]["standing/shared-mailbox"] > 0
    page = (night.folder / "report.html").read_text()
    assert "Shared mailboxes that open an account" in page
    listed = extended.run("auditor", "rules").stdout
    assert "standing/shared-mailbox" in listed


def test_the_export_is_a_format_as_any_other(extended, night):
    place = night.folder / "findings.jsonl"
    done = extended.run("auditor", "export", "--format", "jsonl", "--file", str(place), cwd=night.output.parent)
    assert (done.returncode, done.stderr) == (0, "")
    written = [json.loads(line) for line in place.read_text().splitlines()]
    assert written == night.report["findings"]


def test_what_guards_rules_and_formats_guards_them_too(extended):
    guards = ("tests/rules/test_reads.py", "tests/reports/exports/test_formats.py")
    done = extended.run("pytest", "-q", "-p", "no:cacheprovider", *guards, "-k", "shared-mailbox or jsonl")
    assert "2 passed" in done.stdout, done.stdout
