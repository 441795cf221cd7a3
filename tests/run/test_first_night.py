"""The first night with an empty roster: a naming job, and no script that locks anybody out."""

import json
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.programs import called

EXAM = Path(__file__).parents[3] / "shared" / "exam" / "company"
PEOPLE = ("people", "service_accounts", "break_glass", "exceptions")
WHOSE = ("standing/unknown-person", "shared/unattributable")

pytestmark = [pytest.mark.field, pytest.mark.skipif(not EXAM.exists(), reason="needs ../shared/exam")]


@pytest.fixture(scope="module")
def night(tmp_path_factory):
    """What the program prints of a company whose people are not written down yet, and its folder."""
    folder = tmp_path_factory.mktemp("first-night")
    config = yaml.safe_load((EXAM / "auditor.yaml").read_text("utf-8"))
    config = {key: value for key, value in config.items() if key not in PEOPLE}
    config["policy"].pop("approvers", None)
    for system in config["systems"]:
        for key in ("primary", "backup", "on_duty", "rollback"):
            system.pop(key, None)
    for source in config["sources"]:
        places = {key: str(EXAM / source[key]) for key in ("path", "file", "credential_report") if key in source}
        source.update(places)
    (folder / "auditor.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), "utf-8")
    at = (EXAM / "audit-at.txt").read_text().strip()
    status, printed, errors = called("run", "--at", at, folder=folder, environment={})
    assert status == 3, errors  # two of its sources are broken on purpose
    return printed, folder / "output" / "latest"


def test_it_says_so_on_top_and_asks_for_each_account_once(night):
    printed, latest = night
    sections = printed.split("\n\n")
    found = json.loads((latest / "findings.json").read_text("utf-8"))["findings"]
    unknown = {f["facts"]["undeclared"] for f in found if f["rule"] in WHOSE}
    naming = sections[1].splitlines()
    lines = Counter(line.split("#")[0].strip() for line in naming if line.lstrip().startswith("- "))

    assert printed.startswith("This is the first run: everything is new")
    assert naming[0].startswith("Tell us who: ")
    assert naming[0].endswith(f"({len(unknown)})")
    assert set(lines.values()) == {1}
    assert sections[2].startswith(f"New tonight ({len([f for f in found if f['rule'] not in WHOSE]):,})")


def test_no_account_is_asked_for_by_two_findings(night):
    """A key stands in a login, and a login may have several: each is asked for once."""
    found = json.loads((night[1] / "findings.json").read_text("utf-8"))["findings"]
    asked = Counter((f["account"], f["facts"]["undeclared"]) for f in found if f["rule"] in WHOSE)
    assert len(asked) > 100
    assert set(asked.values()) == {1}


def test_the_nightly_script_takes_nothing_from_anybody(night):
    script = (night[1] / "cleanup" / "cleanup.sh").read_text("utf-8")
    assert "readonly COUNT='0'" in script
    assert "Findings that name a right and on which nothing was decided: " in script
