"""What the findings of every rule hold: whom and what they are about, when, what was seen, and what to do."""

import json
import os
from pathlib import Path

import pytest

from auditor.model.findings import Finding
from auditor.rules.registry import RULES
from reports.findings_json import finding_document
from tests.rules.violations import VIOLATIONS

GOLDEN = Path(__file__).parents[1] / "data/rules/findings.json"

pytestmark = pytest.mark.golden


def told(rule):
    """The rule's findings as findings.json has them, without what the rule says of itself and what is empty."""
    found = [one for one in rule(VIOLATIONS[rule.name]) if isinstance(one, Finding)]
    own = ("rule", "why", "controls", "status", "first_seen", "exception")
    return [
        {name: value for name, value in finding_document(one).items() if value and name not in own} for one in found
    ]


def test_every_rule_has_a_case_in_which_it_finds_something():
    assert sorted(VIOLATIONS) == sorted(rule.name for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_findings_of_a_rule_are_told_whole(rule):
    found = told(rule)
    assert found
    if os.environ.get("AUDITOR_RENEW_SNAPSHOTS") == "1":
        golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
        golden = {name: golden[name] for name in sorted(golden)} | {rule.name: found}
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(dict(sorted(golden.items())), indent=1, ensure_ascii=False) + "\n")
    assert found == json.loads(GOLDEN.read_text())[rule.name]
