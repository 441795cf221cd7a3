"""What every rule says: whom and what its findings are about, when, what was seen and what to do; and who is clear."""

import json
import os
from pathlib import Path

import pytest

from auditor.model.findings import Clear, Finding, NotJudged
from auditor.rules.asks import OTHER
from auditor.rules.registry import RULES, asks, heading
from reports.findings_json import finding_document
from tests.rules.violations import VIOLATIONS

GOLDEN = Path(__file__).parents[1] / "data/rules/findings.json"

pytestmark = pytest.mark.golden


def told(rule):
    """What the rule finds as findings.json has it, without what it says of itself and what is empty; and the rest."""
    outcomes = list(rule(VIOLATIONS[rule.name]))
    own = ("rule", "why", "controls", "status", "first_seen", "exception")
    found = [finding_document(one) for one in outcomes if isinstance(one, Finding)]
    documents = json.loads(json.dumps(found))
    return {
        "found": [{name: value for name, value in one.items() if value and name not in own} for one in documents],
        "not judged": [f"{one.subject}: {one.reason}" for one in outcomes if isinstance(one, NotJudged)],
        "clear": [str(one.subject) for one in outcomes if isinstance(one, Clear)],
    }


def test_every_rule_has_a_case_in_which_it_finds_something():
    assert sorted(VIOLATIONS) == sorted(rule.name for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_what_a_rule_says_is_told_whole(rule):
    said = told(rule)
    assert said["found"]
    if os.environ.get("AUDITOR_RENEW_SNAPSHOTS") == "1":
        golden = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
        golden = {name: golden[name] for name in sorted(golden)} | {rule.name: said}
        GOLDEN.parent.mkdir(exist_ok=True)
        GOLDEN.write_text(json.dumps(dict(sorted(golden.items())), indent=1, ensure_ascii=False) + "\n")
    assert said == json.loads(GOLDEN.read_text())[rule.name]


def test_a_rule_that_is_no_longer_in_the_catalogue_goes_by_its_name_and_asks_for_what_each_finding_says():
    assert [(heading(rule.name), asks(rule.name)) for rule in RULES] == [(rule.heading, rule.asks) for rule in RULES]
    assert (heading("standing/gone"), asks("standing/gone")) == ("standing/gone", OTHER)
