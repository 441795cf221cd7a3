"""Emergency access between emergencies, and temporary access that does not end."""

from datetime import timedelta
from typing import Any

import pytest

from auditor.model.entitlements import Entitlement, Identity
from auditor.model.findings import NotJudged
from auditor.model.tables import Credential, Ticket
from auditor.model.vocabulary import ActorClass
from auditor.rules import standing
from tests.cases import AT, AWS, ELSEWHERE, access, access_key, case, hour, judged, ticket

GLASS = f"arn:aws:iam::{AWS}:user/glass"


def way_in(**changes: Any) -> Credential:
    return access_key("glass", **{"credential": "AKIAGLASS", "created_at": AT - timedelta(days=9), **changes})


def behind_glass() -> Entitlement:
    sealed = Identity(account=GLASS, actor_class=ActorClass.BREAK_GLASS, owner="glass")
    return access("glass", system=None, unrestricted=True, account=GLASS, identity=sealed)


def test_an_active_key_of_the_emergency_user_is_open() -> None:
    found = judged(standing.open_break_glass, case(access=[behind_glass()], credentials=[way_in()]))
    assert [(f.account, f.facts["keeper"]) for f in found] == [(GLASS, "tom")]


def test_a_key_that_was_used_and_not_changed_since_is_said() -> None:
    used = way_in(last_used_at=AT - timedelta(days=2))
    found = judged(standing.open_break_glass, case(credentials=[used]))
    assert found[0].facts["not_changed_since_its_use"] == ["AKIAGLASS"]


@pytest.mark.parametrize(("days", "open_"), [(10, False), (9, True), (None, True)])
def test_a_password_changed_since_its_last_use_is_sealed(days: int | None, open_: bool) -> None:
    used = AT - timedelta(days=days) if days else None
    password = way_in(kind="password", last_used_at=used)
    assert bool(judged(standing.open_break_glass, case(credentials=[password]))) is open_


def test_without_a_way_in_it_is_sealed_whatever_it_may_do() -> None:
    sealed = case(access=[behind_glass()], credentials=[way_in(enabled=False)])
    assert judged(standing.open_break_glass, sealed) == []


def incident(**changes: Any) -> Ticket:
    return ticket("INC-1", **{"kind": "incident", "work": "incident", "closed_at": None, **changes})


def test_an_incident_on_something_that_nobody_knows_leaves_it_unjudged() -> None:
    unclear = incident(systems=("the shop thing",))
    (outcome,) = standing.open_break_glass(case(tickets=[unclear], access=[behind_glass()], credentials=[way_in()]))
    assert isinstance(outcome, NotJudged)


@pytest.mark.parametrize(
    ("outage", "open_"),
    [
        (incident(), False),
        (incident(closed_at=AT - hour(1)), True),
        (incident(systems=("reports",)), True),
    ],
    ids=["going on", "over", "of something else"],
)
def test_it_may_be_open_during_an_incident_there(outage: Ticket, open_: bool) -> None:
    found = case(config=ELSEWHERE, tickets=[outage], access=[behind_glass()], credentials=[way_in()])
    assert bool(judged(standing.open_break_glass, found)) is open_


def chain(*pauses: float) -> list[Ticket]:
    """Tickets of an hour each that extend one another, with so many hours between them."""
    rows, start = [], AT - hour(20)
    for number, pause in enumerate((0, *pauses)):
        start += hour(pause)
        name, before = f"PAY-{number}", f"PAY-{number - 1}" if number else None
        end = start + hour(1)
        rows.append(ticket(name, starts_at=start, ends_at=end, closed_at=end, extends=before))
        start = end
    return rows


def test_two_extensions_without_a_break_are_one_finding_of_the_chain() -> None:
    found = judged(standing.repeated_extension, case(tickets=chain(0.01, 0.01)))
    assert [(f.person, f.system, f.facts["chain"]) for f in found] == [
        ("nina", "checkout", ["PAY-0", "PAY-1", "PAY-2"])
    ]


@pytest.mark.parametrize("pauses", [(0.01,), (0.01, 1), (1, 0.01)], ids=["one", "a break after", "a break before"])
def test_one_extension_is_allowed_and_a_pause_breaks_the_chain(pauses: tuple[float, ...]) -> None:
    assert judged(standing.repeated_extension, case(tickets=chain(*pauses))) == []


def test_tickets_that_extend_each_other_or_themselves_end() -> None:
    rows = chain(0.01, 0.01)
    ring = [rows[1], rows[2], ticket("PAY-0", starts_at=AT - hour(20), ends_at=AT - hour(19), extends="PAY-2")]
    assert len(judged(standing.repeated_extension, case(tickets=ring))) <= 1
    assert judged(standing.repeated_extension, case(tickets=[ticket("PAY-1", extends="PAY-1")])) == []


def test_a_key_made_after_the_last_use_was_changed_since() -> None:
    for used, stale in ((AT - timedelta(days=9), ["AKIAGLASS"]), (AT - timedelta(days=10), [])):
        (found,) = judged(standing.open_break_glass, case(credentials=[way_in(last_used_at=used)]))
        assert found.facts["not_changed_since_its_use"] == stale


def test_a_live_binding_of_google_is_a_way_in_and_a_policy_of_aws_is_none() -> None:
    sealed = Identity(account=GLASS, actor_class=ActorClass.BREAK_GLASS, owner="glass")
    bound = access("glass", provider="gcp", account=GLASS, identity=sealed, path=("user:glass", "roles/owner on shop"))
    (found,) = judged(standing.open_break_glass, case(access=[bound]))
    assert found.facts["open"] == ["roles/owner on shop"]
    assert "is open (binding)" in found.summary
    assert judged(standing.open_break_glass, case(access=[behind_glass()])) == []


def test_a_key_of_the_emergency_user_that_has_expired_is_no_way_in() -> None:
    assert judged(standing.open_break_glass, case(credentials=[way_in(expires_at=AT)])) == []


def test_an_extension_after_exactly_the_allowed_pause_still_joins() -> None:
    joined = judged(standing.repeated_extension, case(tickets=chain(0.5, 0.5)))
    assert [f.facts["chain"] for f in joined] == [["PAY-0", "PAY-1", "PAY-2"]]


def test_a_chain_that_ended_before_the_period_is_not_judged_again() -> None:
    rows = chain(0.01, 0.01)
    ago = timedelta(days=40)
    old = [
        ticket(one.ticket, starts_at=one.starts_at - ago, ends_at=one.ends_at - ago, extends=one.extends)
        for one in rows
    ]
    assert list(standing.repeated_extension(case(tickets=old))) == []


def test_a_chain_for_two_people_or_systems_is_told_of_none_alone() -> None:
    rows = chain(0.01, 0.01)
    wide = [*rows[:2], ticket("PAY-2", starts_at=rows[2].starts_at, extends="PAY-1", systems=("checkout", "search"))]
    (found,) = judged(standing.repeated_extension, case(tickets=wide))
    assert (found.system, found.person) == (None, "nina")
