"""Would it hold tonight."""

from datetime import timedelta
from time import thread_time
from typing import Any

import pytest

from auditor.model.entitlements import Entitlement
from auditor.model.findings import NotJudged
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Capability, Level
from auditor.rules import readiness
from auditor.rules.drills import practised
from tests.cases import AT, AWS, access, case, config, hour, judged, ticket
from tests.copies import replace

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
BOTH = "Rollback of code: done in 6m (target 10m)\nRollback of config: done in 4m (target 5m)"
ONE_SYSTEM = {"id": "checkout", "name": "Checkout", "primary": "mia", "backup": "leon", "on_duty": ["mia"]}


def shop(**changes: Any) -> Any:
    resource = {"provider": "aws", "account": AWS, "match": ["*checkout*"]}
    return config(systems=[{**ONE_SYSTEM, "resources": [resource], **changes}])


def drill(note: str | None = BOTH, ago: timedelta = 5 * DAY, name: str = "OPS-1", **changes: Any) -> Ticket:
    return ticket(name, kind="drill", note=note, starts_at=AT - ago, closed_at=AT - ago + hour(1), **changes)


@pytest.mark.parametrize(
    ("drills", "missing"),
    [
        ([drill()], None),
        ([drill("Rollback of code: done in 6m"), drill("rollback of config: DONE IN 240s", name="OPS-2")], None),
        ([drill("Rollback of code: done in 6m")], ["not for config"]),
        ([drill("Rollback of code: 6 minutes. Rollback of config: 4 minutes. Target: 10 minutes.")], None),
        ([drill("Rollback of code took 20m. Rollback of config took 4m. The target was 10m.")],
            ["code took 20 minutes, 10 minutes over its target"]),
        ([drill("Rollback of code and config took 6m.")], None),
        ([drill("Rollback of code needs 3 days of notice\n" + BOTH.splitlines()[1])], ["not for code"]),
        ([drill("Rollback of code: done in 16m (target 10m)\n" + BOTH.splitlines()[1])],
         ["code took 16 minutes, 6 minutes over its target"]),
        ([drill("Rollback of code: 25 minutes, target 10 minutes\n" + BOTH.splitlines()[1])],
         ["code took 25 minutes, 15 minutes over its target"]),
        ([drill("Rollback of code: done in 0:45 h (target 1 h)\n" + BOTH.splitlines()[1])], None),
        ([drill("Rollback of code: done in half an hour (target 45 minutes)\n" + BOTH.splitlines()[1])], None),
        ([drill("Rollback of code: done in forty-five minutes (target one hour)\n" + BOTH.splitlines()[1])], None),
        ([drill("Rollback of code: done in Twenty minutes (target ten minutes)\n" + BOTH.splitlines()[1])],
         ["code took 20 minutes, 10 minutes over its target"]),
        ([drill(note=None, closeout=BOTH)], None),
        ([drill("Rollback of code: target 1h, done in 1h 20m\n" + BOTH.splitlines()[1])],
         ["code took 80 minutes, 20 minutes over its target"]),
        ([drill("Rollback of code: done in 1h 20m (target 2 hours)\n" + BOTH.splitlines()[1])], None),
        ([drill("Rollback of code: not done, 3 days of leave\n" + BOTH.splitlines()[1])], ["not for code"]),
        ([drill("Rollback of code: v3 in place\n" + BOTH.splitlines()[1])], ["not for code"]),
        ([drill("Rolled back the code in four minutes and the configuration in ninety seconds.")], None),
        ([drill(None, closeout="Config was back in half a minute, code in a quarter of an hour. Target: 10m.")],
         ["code took 15 minutes, 5 minutes over its target"]),
        ([drill("Code in 4 Minuten, Konfiguration in einer Stunde zurückgerollt.")], None),
        ([drill("Code restauré en quatre minutes, configuration en 2 minutes.")], None),
        ([drill("We failed to roll back the code in 4 minutes, the config was back in 2 minutes.")], ["not for code"]),
        ([drill("Code was back in 15 minutes with a target of 10 minutes, config in 2 minutes.")],
         ["code took 15 minutes, 5 minutes over its target"]),
        ([drill("Rollback of code: done in 1 ora (target 30m)\n" + BOTH.splitlines()[1])],
         ["code took 60 minutes, 30 minutes over its target"]),
        ([drill("Code was back in 4 minutes, config could not be rolled back in 2 hours.")], ["not for config"]),
        ([drill("Aborted after 3 minutes: code not rolled back, config not tried.")], ["not for code", "not for config"]),
        ([drill("The code was built in 4 minutes. The config was checked in 2 minutes.")],
         ["not for code", "not for config"]),
        ([drill(ago=31 * DAY)], ["not for code", "not for config"]),
        ([drill(note=None)], ["not for code", "not for config"]),
        ([drill(systems=("elsewhere",))], ["not for code", "not for config"]),
        ([], ["not for code", "not for config"]),
    ],
)  # fmt: skip
def test_both_rollbacks_are_practised_in_time_and_fast_enough(drills: list[Ticket], missing: list[str] | None) -> None:
    found = judged(readiness.rollback_drill, case(config=shop(), tickets=drills))
    assert [f.facts["missing"] for f in found] == ([missing] if missing else [])


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("nineteen", 19), ("ninety-nine", 99), ("zwei", 2), ("trois", 3), ("vier", 4), ("fünf", 5), ("seis", 6), ("sept", 7),
        ("acht", 8), ("nueve", 9), ("zehn", 10), ("douze", 12), ("quince", 15), ("vingt", 20), ("dreißig", 30),
        ("cuarenta", 40), ("sechzig", 60), ("a", 1), ("an", 1), ("eine", 1),
    ],
)  # fmt: skip
def test_lengths_are_read_in_words(words: str, number: int) -> None:
    assert practised([drill(f"Rollback of code: done in {words} minutes")]) == {"code": (number * MINUTE, None)}


def test_without_tickets_no_drill_is_missed() -> None:
    outcomes = list(readiness.rollback_drill(case(config=shop(), tickets_until=None)))
    assert [type(outcome) for outcome in outcomes] == [NotJudged]


def incident(ago: timedelta = 10 * DAY, **changes: Any) -> Ticket:
    times = {"starts_at": AT - ago - hour(1), "closed_at": AT - ago}
    return ticket("INC-1", **{"kind": "incident", "work": "incident", **times, **changes})


def review(ago: timedelta, **changes: Any) -> Ticket:
    return ticket("OPS-2", **{"kind": "review", "starts_at": AT - ago - hour(1), "closed_at": AT - ago, **changes})


@pytest.mark.parametrize(
    ("tickets", "found"),
    [
        ([incident()], True),
        ([incident(), review(4 * DAY)], False),
        ([incident(), review(2 * DAY)], True),
        ([incident(), review(11 * DAY)], True),
        ([incident(), review(4 * DAY, systems=("search",))], True),
        ([incident(), review(4 * DAY, closed_at=None)], True),
        ([incident(2 * DAY)], False),
        ([incident(closed_at=None)], False),
        ([incident(60 * DAY)], False),
    ],
    ids=[
        "none",
        "in time",
        "late",
        "before the incident",
        "of something else",
        "never closed",
        "not due yet",
        "not over",
        "judged long ago",
    ],
)
def test_rights_are_reviewed_within_a_week_of_an_incident(tickets: list[Ticket], found: bool) -> None:
    assert bool(judged(readiness.review_after_incident, case(tickets=tickets))) is found


def test_every_system_of_an_incident_is_reviewed() -> None:
    both = incident(systems=("checkout", "search"))
    one = review(4 * DAY)
    other = replace(review(3 * DAY, systems=("search",)), ticket="OPS-3")
    assert judged(readiness.review_after_incident, case(tickets=[both, one, other])) == []
    (found,) = judged(readiness.review_after_incident, case(tickets=[both, one]))
    assert found.system == "search"
    assert "review of rights on Search after INC-1 was due" in found.summary


def test_a_long_note_of_a_drill_is_read_in_no_time() -> None:
    for note in ("Rollback of code: " + "1h " * 40_000, "Rollback of code: target" + " " * 200_000 + "1x"):
        started = thread_time()
        judged(readiness.rollback_drill, case(config=shop(), tickets=[drill(note)]))
        assert thread_time() - started < 5


WAY = {"owner": "mia", "steps": "runbooks/checkout.md"}


@pytest.mark.parametrize(
    ("rollback", "problem"),
    [
        ({"code": WAY, "config": WAY}, None),
        ({"code": WAY}, "The rollback of Checkout has no owner for config and has no steps for config"),
        ({"code": WAY, "config": {**WAY, "steps": None}}, "The rollback of Checkout has no steps for config"),
        (
            {"code": {**WAY, "owner": "piet"}, "config": WAY},
            "The rollback of Checkout has an owner who has left (Piet) for code",
        ),
    ],
)
def test_each_way_back_has_an_owner_and_steps(rollback: dict[str, Any], problem: str | None) -> None:
    found = judged(readiness.rollback_owner, case(config=shop(rollback=rollback)))
    assert [f.summary for f in found] == ([problem] if problem else [])


def test_where_no_system_says_how_it_is_rolled_back_none_is_judged() -> None:
    outcomes = list(readiness.rollback_owner(case(config=shop())))
    assert [type(outcome) for outcome in outcomes] == [NotJudged]


def reads(**changes: Any) -> Entitlement:
    logs = {"level": Level.READ, "capabilities": frozenset({Capability.READ_LOGS})}
    return access("mia", **{**logs, **changes})


@pytest.mark.parametrize(
    ("held", "found"),
    [
        ([reads()], False),
        ([reads(system=None, unrestricted=True, capabilities=frozenset(Capability))], False),
        ([reads(capabilities=frozenset({Capability.SHELL}), provider="ssh", scope="web-1")], False),
        ([reads(capabilities=frozenset({Capability.DEPLOY}))], True),
        ([reads(system="search")], True),
        ([], True),
    ],
    ids=["reads logs", "anything there", "a shell", "deploys only", "another system's", "nothing"],
)
def test_whoever_is_on_duty_can_read_the_logs(held: list[Entitlement], found: bool) -> None:
    told = judged(readiness.log_access, case(config=shop(), access=held))
    assert [(f.person, f.system) for f in told] == ([("mia", "checkout")] if found else [])


def test_where_rights_were_not_read_nobody_is_said_to_lack_them() -> None:
    outcomes = list(readiness.log_access(case(config=shop(), unseen_systems=("checkout",))))
    assert [type(outcome) for outcome in outcomes] == [NotJudged]


@pytest.mark.parametrize(
    ("owners", "problem"),
    [
        ({}, None),
        ({"backup": None}, "Checkout has no backup"),
        ({"primary": "piet"}, "Checkout has a primary who has left (Piet)"),
        ({"primary": None, "backup": None}, "Checkout has no primary and has no backup"),
    ],
)
def test_a_system_has_two_people_who_answer_for_it(owners: dict[str, Any], problem: str | None) -> None:
    found = judged(readiness.ownership, case(config=shop(**owners)))
    assert [f.summary for f in found] == ([problem] if problem else [])


@pytest.mark.parametrize(("days", "found"), [(7, True), (6, False)], ids=["due now", "due tomorrow"])
def test_a_review_is_missed_from_the_moment_that_it_is_due(days: int, found: bool) -> None:
    assert bool(judged(readiness.review_after_incident, case(tickets=[incident(days * DAY)]))) is found


def test_a_review_on_the_last_moment_is_in_time_and_one_as_the_incident_ends_counts() -> None:
    for ago in (3 * DAY, 10 * DAY):
        assert judged(readiness.review_after_incident, case(tickets=[incident(), review(ago)])) == []


def test_a_drill_exactly_as_old_as_is_allowed_is_in_time_and_one_as_fast_as_its_target_is_fast_enough() -> None:
    note = BOTH.replace("6m (target 10m)", "10m (target 10m)")
    last = ticket("OPS-1", kind="drill", note=note, starts_at=AT - 31 * DAY, closed_at=AT - 30 * DAY)
    assert judged(readiness.rollback_drill, case(config=shop(), tickets=[last])) == []


def test_the_latest_drill_counts_though_an_earlier_one_was_faster() -> None:
    slow = BOTH.replace("6m (target 10m)", "1h 5m (target 10m)")
    (found,) = judged(readiness.rollback_drill, case(config=shop(), tickets=[drill(slow, DAY), drill(name="OPS-0")]))
    assert found.facts["missing"] == ["code took 65 minutes, 55 minutes over its target"]
