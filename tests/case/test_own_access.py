"""Nobody decides on their own access: what a finding is about is theirs by name, by account, or among others'."""

import pytest

from auditor.case.own_access import is_own
from auditor.config.roster import Person
from auditor.model.vocabulary import Severity
from tests.cases import access
from tests.subjects import finding

NINA = Person(id="nina", name="Nina Alvarez", accounts=("ssh:nina",))


@pytest.mark.parametrize(
    ("about", "own"),
    [
        ({"person": "nina"}, True),
        ({"person": "tom"}, False),
        ({"account": "ssh:nina"}, True),
        ({"account": access("nina").account}, True),
        ({"account": access("tom").account}, False),
        ({"facts": {"people": ["tom", "nina"]}}, True),
        ({"facts": {"people": ["tom"]}}, False),
        ({}, False),
    ],
)
def test_what_is_ones_own(about, own):
    told = finding(rule="standing/write-access", severity=Severity.HIGH, summary="", why="", next_step="", **about)
    assert is_own(told, NINA, [access("nina"), access("tom")]) is own
