"""Nobody decides on their own access: what a finding is about is theirs by name, by account, or among others'."""

import pytest
from msgspec.structs import fields

from auditor.case.own_access import holds, is_own, keepers
from auditor.config.roster import Person
from auditor.model.campaigns import LineItem
from auditor.model.vocabulary import Severity
from tests.cases import AWS, access, config
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


GLASS, ANOTHER = (f"arn:aws:iam::{AWS}:user/{name}" for name in ("glass", "nina"))
KEPT = config()
TOM, MIA = (KEPT.people_by_id[name] for name in ("tom", "mia"))


def test_emergency_access_is_its_keepers_own():
    assert keepers(GLASS, KEPT) == {"tom"}
    assert keepers(ANOTHER, KEPT) == frozenset()
    unknown = [{"id": "glass", "accounts": [GLASS], "keeper": "founder"}]
    assert keepers(GLASS, config(break_glass=unknown)) == frozenset()


def line(account=ANOTHER, person=None, candidates=()):
    rest = dict.fromkeys(field.name for field in fields(LineItem))
    return LineItem(**{**rest, "account": account, "person": person, "candidates": candidates})


@pytest.mark.parametrize(
    ("one", "theirs"),
    [
        (line(person="mia"), True),
        (line(candidates=("nina", "mia")), True),
        (line(account="ssh:mia"), True),
        (line(person="nina"), False),
        (line(account=GLASS), False),
    ],
)
def test_a_line_is_somebody_s_own_by_name_as_a_candidate_or_by_account(one, theirs):
    assert holds(MIA, one, KEPT) is theirs


def test_a_line_of_emergency_access_is_its_keeper_s():
    assert holds(TOM, line(account=GLASS), KEPT)
