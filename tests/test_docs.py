import subprocess
import sys
from pathlib import Path

import pytest

from auditor.config import json_schema
from auditor.errors import UsageError
from auditor.providers.registry import PROVIDERS
from auditor.rules.registry import RULES
from tests.docs import filled, main, pages

HOUSE = Path(__file__).parent.parent


def _block(name: str) -> str:
    return filled(f"<!-- begin: {name} -->\nold\n<!-- end: {name} -->\n")


def test_the_documentation_is_what_the_code_says():
    stale = [page.name for page in pages(HOUSE) if filled(page.read_text("utf-8")) != page.read_text("utf-8")]

    assert stale == [], "run `make docs`"


def test_the_rules_block_lists_every_rule():
    text = _block("rules")

    assert all(f"| `{rule.name}` |" in text for rule in RULES)
    assert "old" not in text.splitlines()


def test_the_sources_block_lists_every_kind():
    kinds = json_schema()["properties"]["sources"]["items"]["discriminator"]["mapping"]
    text = _block("sources")

    assert [kind for kind in kinds if f"| `{kind}` |" not in text] == []


def test_what_is_not_read_is_said_by_each_providers_room_and_nowhere_else():
    listed = _block("not-read")
    assert all(one.NOT_READ and all(f"  - {what}\n" in listed for what in one.NOT_READ) for one in PROVIDERS.values())
    assert not [page.name for page in pages(HOUSE) if "Not read:" in page.read_text("utf-8")]


def test_the_configuration_block_shows_defaults_as_they_are_written():
    text = _block("configuration")

    assert "| `unused_after` | `90d` |" in text
    assert "| `windows` | `{routine: 1h, read-only: 30m, risky: 2h, incident: 2h}` |" in text
    assert "| `from` | `08:00` |" in text
    assert "| `organisation` | required |" in text


def test_every_part_of_the_configuration_is_documented():
    text = _block("configuration") + _block("sources")
    keys = {key for model in json_schema()["$defs"].values() for key in model.get("properties", ())}

    assert [key for key in sorted(keys - {"kind", "provider"}) if f"`{key}`" not in text] == []


def test_the_help_of_one_command_can_be_had():
    assert "$ auditor run --help\nUsage: auditor run [OPTIONS]\n" in _block("cli-help run")


def test_filling_twice_changes_nothing():
    text = "".join(_block(name) for name in ("cli-help", "rules", "sources", "configuration"))

    assert filled(text) == text


def test_text_outside_blocks_is_left_alone():
    text = "# Title\n\n<!-- a comment -->\n"

    assert filled(text) == text


def test_a_block_that_nothing_fills_is_an_error():
    with pytest.raises(UsageError, match="rulez"):
        _block("rulez")


def test_check_says_what_is_out_of_date_and_changes_nothing(tmp_path, capsys):
    page = tmp_path / "README.md"
    page.write_text("<!-- begin: rules -->\n<!-- end: rules -->\n")

    assert main(["--check"], tmp_path) == 1
    assert capsys.readouterr().out == "README.md is out of date: run `make docs`.\n"
    assert "standing/" not in page.read_text()


def test_without_check_the_pages_are_rewritten(tmp_path):
    (tmp_path / "docs").mkdir()
    page = tmp_path / "docs/rules.md"
    page.write_text("<!-- begin: rules -->\n<!-- end: rules -->\n")

    subprocess.run([sys.executable, "-m", "tests.docs"], cwd=tmp_path, env={"PYTHONPATH": str(HOUSE)}, check=True)

    assert "standing/write-access" in page.read_text()
    assert main(["--check"], tmp_path) == 0
