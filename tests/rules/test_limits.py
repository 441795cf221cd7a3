"""How many may change a system, and what one person may not hold together."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model.entitlements import Entitlement, Identity
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.rules import standing
from auditor.rules.causes import standing_writers
from tests.cases import AT, access, case, config, hour, judged, ticket

OWNERS = [access("mia"), access("leon")]


def test_one_writer_more_than_policy_allows_is_a_finding_of_the_system() -> None:
    found = judged(standing.too_many_writers, case(access=[*OWNERS, access("nina")]))
    assert [(f.system, f.person, f.facts["people"]) for f in found] == [("checkout", None, ["leon", "mia", "nina"])]


@pytest.mark.parametrize(
    "innocent",
    [
        access("mia", path=("another", "way")),
        access("nina", expires_at=AT + timedelta(days=1)),
        access("nina", level=Level.READ, capabilities=frozenset({Capability.READ_LOGS})),
        access("nina", identity=Identity(account="x", actor_class=ActorClass.PIPELINE, owner="ci")),
        access("nina", system=None, unrestricted=True),
    ],
    ids=["a second path", "ends by itself", "reads", "pipeline", "judged as an admin"],
)
def test_what_does_not_count_as_a_further_writer(innocent: Entitlement) -> None:
    assert judged(standing.too_many_writers, case(access=[*OWNERS, innocent])) == []


def test_a_writer_in_a_live_window_does_not_count() -> None:
    running = ticket(starts_at=AT - hour(0.5), ends_at=AT + hour(0.5), closed_at=None)
    given = access("nina", ticket="PAY-184")
    assert judged(standing.too_many_writers, case(tickets=[running], access=[*OWNERS, given])) == []


def test_a_writer_under_an_exception_still_counts() -> None:
    agreed: dict[str, Any] = {
        "rule": "standing/write-access",
        "person": "nina",
        "reason": "agreed",
        "approved_by": "tom",
        "until": "2027-01-01",
    }
    crowd = case(config=config(exceptions=[agreed]), access=[*OWNERS, access("nina")])
    assert len(judged(standing.too_many_writers, crowd)) == 1


BOTH = frozenset({Capability.DEPLOY, Capability.WRITE_DATABASE})


def test_an_owner_who_may_deploy_and_write_the_database_holds_both() -> None:
    found = judged(standing.conflicting_rights, case(access=[access("mia", capabilities=BOTH)]))
    assert [(f.person, f.system, f.facts["conflicts"]) for f in found] == [
        ("mia", "checkout", ["deploy with write-database"])
    ]


def test_two_paths_make_one_conflict() -> None:
    paths = [access("mia"), access("mia", capabilities=frozenset({Capability.WRITE_DATABASE}))]
    assert len(judged(standing.conflicting_rights, case(access=paths))) == 1


@pytest.mark.parametrize(
    "paths",
    [
        [access("mia"), access("mia", "search", capabilities=frozenset({Capability.WRITE_DATABASE}))],
        [access("mia", capabilities=BOTH), access("mia", system=None, unrestricted=True)],
        [access("piet", capabilities=BOTH)],
        [access("x", capabilities=BOTH, identity=Identity(account="x", actor_class=ActorClass.PIPELINE))],
    ],
    ids=["on two systems", "judged as an admin", "judged as departed", "a pipeline"],
)
def test_what_is_no_conflict(paths: list[Entitlement]) -> None:
    assert judged(standing.conflicting_rights, case(access=paths)) == []


def test_whoever_can_change_something_now_without_asking_counts_as_a_writer() -> None:
    running = ticket(starts_at=AT - hour(0.5), ends_at=AT + hour(0.5), closed_at=None)
    reads: dict[str, Any] = {"level": Level.READ, "capabilities": frozenset({Capability.READ_DATA})}
    paths = [
        access("mia"),
        access("leon", system=None, unrestricted=True, level=Level.ADMIN),
        access("sam", **reads),
        access("piet", expires_at=AT + timedelta(days=1)),
        access("nina", ticket="PAY-184"),
        access("x", identity=Identity(account="x", actor_class=ActorClass.PIPELINE, owner="ci")),
    ]
    assert standing_writers(case(tickets=[running], access=paths)) == {"mia", "leon"}


def test_the_meeting_is_told_up_to_six_of_those_who_can_change_it() -> None:
    roster = [{"id": name, "name": name.upper()} for name in "abcdefg"]
    company = config(people=roster, service_accounts=[], break_glass=[], policy={}, systems=[{"id": "x", "name": "X"}])
    (found,) = judged(standing.too_many_writers, case(config=company, access=[access(name, "x") for name in "abcdefg"]))
    assert "A, B, C, D, E, F and 1 more" in found.next_step
