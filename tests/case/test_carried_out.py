"""Who gives and takes away rights for the window of somebody else carries that out."""

import pytest

from auditor.case.placement import Where
from auditor.model.findings import Evidence
from auditor.model.vocabulary import Level
from tests.cases import AT, case, episode, event, grant, hour, ticket

TICKETS = (ticket(),)
SET = "cloudresourcemanager:SetIamPolicy"
GIVEN = AT - hour(3.9)
"""In Nina's hour, which Leon and Mia have no part in."""


def where(*, actions=(SET,), at=GIVEN, gives=True, to="nina", level=Level.WRITE, tickets=TICKETS):
    evidence = Evidence(source="trail", origin="a.json.gz", record=3, sha256="ab", event_id="e-9")
    done = event(person="mia", category="grant", action=SET, time=at)
    told = [grant(to, time=at, level=level, evidence=evidence)] if gives else []
    earlier = [] if gives else [grant(time=GIVEN)]
    work = episode("mia", starts_at=at, ends_at=at, change_actions=actions)
    found = case(tickets=list(tickets), episodes=[work], judged_events=[done], grants=[*told, *earlier])
    ((_, placement),) = found.placements
    return placement.where


def test_what_is_given_for_an_open_window_is_done_under_it():
    assert where() is Where.COVERED


@pytest.mark.parametrize("at", [GIVEN, AT - hour(1)])
def test_so_is_what_is_taken_away_in_it_or_soon_after(at):
    assert where(at=at, gives=False) is Where.COVERED


@pytest.mark.parametrize(
    "otherwise",
    [
        {"actions": (SET, "run:UpdateService")},
        {"tickets": ()},
        {"to": "sam"},
        {"level": Level.ADMIN},
        {"at": AT - hour(1)},
        {"at": AT - hour(200)},
    ],
    ids=["does more", "no ticket", "to somebody else", "more than asked", "after the window", "long before"],
)
def test_anything_else_is_work_of_ones_own(otherwise):
    assert where(**otherwise) is Where.NOWHERE
