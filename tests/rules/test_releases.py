"""Releases when people can watch them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.case.case import Case
from auditor.config.models import Config
from auditor.model.findings import CoverageLine, NotJudged
from auditor.rules import changes
from auditor.rules.base import Rule
from tests.cases import AT, AWS, case, hour, judged, release, ticket

PROJECT = "harbour/checkout"
NOON = datetime(2026, 10, 1, 10, tzinfo=UTC)  # a Thursday in Berlin


def company(**changes_: Any) -> Config:
    """Checkout, released from GitLab; Mia and Leon own it, and Mia is on duty."""
    system = {
        "id": "checkout",
        "name": "Checkout",
        "primary": "mia",
        "backup": "leon",
        "on_duty": changes_.pop("on_duty", ["mia"]),
        "resources": [
            {"provider": "aws", "account": AWS, "match": ["*checkout*"]},
            {"provider": "gitlab", "project": PROJECT, "environment": "production"},
        ],
    }
    people = [
        {"id": "mia", "name": "Mia", "accounts": ["gitlab:mia"]},
        {"id": "leon", "name": "Leon", "accounts": ["gitlab:leon"]},
        {"id": "piet", "name": "Piet", "left": "2026-09-30", "accounts": ["gitlab:piet"]},
    ]
    base = {
        "organisation": "Harbour Shop",
        "timezone": "Europe/Berlin",
        "people": people,
        "systems": [{**system, **changes_.pop("system", {})}],
        "policy": changes_.pop("policy", {}),
    }
    return Config.model_validate({**base, **changes_})


def seen(status: str = "ok", from_: datetime = AT - timedelta(days=90)) -> CoverageLine:
    reason = None if status == "ok" else "a page could not be read"
    return CoverageLine(
        source="releases", scope=f"{PROJECT} deployments", from_=from_, to=AT, status=status, reason=reason
    )


def given(*, config: Config | None = None, coverage: tuple[CoverageLine, ...] = (seen(),), **parts: Any) -> Case:
    return case(config=config or company(), coverage=coverage, **parts)


def unjudged(rule: Rule, given_: Case) -> list[tuple[str, str]]:
    return [(str(o.subject), o.reason) for o in rule(given_) if isinstance(o, NotJudged)]


@pytest.mark.parametrize(
    ("began", "found"),
    [
        (NOON, False),
        (datetime(2026, 10, 1, 6, 0, tzinfo=UTC), False),
        (datetime(2026, 10, 1, 5, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 10, 1, 16, 0, 59, tzinfo=UTC), False),
        (datetime(2026, 10, 1, 16, 1, tzinfo=UTC), True),
        (datetime(2026, 9, 26, 10, tzinfo=UTC), True),
        (datetime(2026, 9, 20, 22, 30, tzinfo=UTC), True),
    ],
    ids=["noon", "eight o'clock in Berlin", "a second before", "six o'clock", "a minute after", "Saturday", "midnight"],
)
def test_release_hours_are_those_of_the_organisation(began: datetime, found: bool) -> None:
    got = judged(changes.release_hours, given(releases=[release(began)]))
    assert [(f.person, f.system, f.facts["faults"]) for f in got] == (
        [("mia", "checkout", ["outside release hours"])] if found else []
    )


@pytest.mark.parametrize(("trigger", "what"), [("schedule", "A schedule"), ("trigger", "A pipeline trigger")])
def test_who_a_schedule_or_a_trigger_runs_as_did_not_start_it(trigger: str, what: str) -> None:
    at_night = [release(NOON + timedelta(hours=12), trigger=trigger)]
    [got] = judged(changes.release_hours, given(releases=at_night))
    assert (got.person, got.account) == (None, "gitlab:mia")
    assert got.summary.startswith(f"{what} released")


def test_who_released_after_a_schedule_is_named_and_who_it_ran_as_is_not() -> None:
    night = NOON + timedelta(hours=12)
    both = [
        release(night, trigger="schedule"),
        release(night + timedelta(minutes=9), deployment_id="2", actor="gitlab:leon"),
    ]
    got = judged(changes.release_hours, given(releases=both))
    assert sorted(((f.person, f.account) for f in got), key=str) == [("leon", "gitlab:leon"), (None, "gitlab:mia")]


@pytest.mark.parametrize(
    ("first", "last", "found"), [("09-25", "10-01", True), ("10-01", "10-05", True), ("09-20", "09-30", False)]
)
def test_nothing_is_released_in_a_freeze(first: str, last: str, found: bool) -> None:
    frozen = company(policy={"freezes": [{"from": f"2026-{first}", "to": f"2026-{last}", "reason": "sale"}]})
    got = judged(changes.release_hours, given(config=frozen, releases=[release()]))
    assert [f.facts["faults"] for f in got] == ([[f"in the freeze until 2026-{last} (sale)"]] if found else [])


@pytest.mark.parametrize(
    ("system", "found"),
    [
        ({"on_duty": ["mia"]}, False),
        ({"on_duty": ["leon", "tom"]}, False),
        ({"on_duty": ["tom"]}, True),
        ({"on_duty": ["piet"], "primary": "piet"}, True),
    ],
    ids=["the primary", "the backup", "somebody else", "an owner who has left"],
)
def test_an_owner_is_on_duty_when_it_is_released(system: dict[str, Any], found: bool) -> None:
    got = judged(changes.release_hours, given(config=company(system=system), releases=[release()]))
    assert [f.facts["faults"] for f in got] == ([["with neither owner on duty"]] if found else [])


def test_where_nobody_is_named_on_duty_only_the_hours_are_judged() -> None:
    nobody = given(config=company(on_duty=[]), releases=[release(), release(AT - hour(12), 2)])
    assert len(judged(changes.release_hours, nobody)) == 1
    assert unjudged(changes.release_hours, nobody) == [("owners on duty for checkout", "nobody is named in on_duty")]


@pytest.mark.parametrize(
    ("status", "found"),
    [("failed", True), ("running", True), ("blocked", False), ("canceled", False), ("skipped", False)],
)
def test_what_never_ran_is_no_release(status: str, found: bool) -> None:
    assert bool(judged(changes.release_hours, given(releases=[release(AT - hour(12), status=status)]))) is found


def test_a_release_that_ends_an_incident_cannot_wait_for_the_morning() -> None:
    night = AT - hour(12)
    outage = ticket("INC-1", kind="incident", work="incident", starts_at=night - hour(0.5), closed_at=night + hour(1))
    assert judged(changes.release_hours, given(releases=[release(night)], tickets=[outage])) == []
    other = ticket("INC-1", kind="incident", work="incident", starts_at=night - hour(3), closed_at=night - hour(1))
    assert len(judged(changes.release_hours, given(releases=[release(night)], tickets=[other]))) == 1


def test_releases_that_follow_closely_are_one_finding() -> None:
    night = AT - hour(12)
    found = judged(
        changes.release_hours,
        given(releases=[release(night), release(night + hour(0.4), 2), release(night + hour(2), 3)]),
    )
    assert [f.facts["deployments"] for f in found] == [["1", "2"], ["3"]]
    assert "(2 releases)" in found[0].summary
    assert len({f.id for f in found}) == 2


@pytest.mark.parametrize(
    ("settings", "coverage", "reason"),
    [
        (
            company(system={"resources": [{"provider": "aws", "account": AWS}]}),
            (),
            "no source tells of its deployments",
        ),
        (company(), (), f"the deployments of {PROJECT} were not read"),
        (company(), (seen("failed"),), f"the deployments of {PROJECT} were not read"),
        (company(), (seen("partial"),), f"not all deployments of {PROJECT} could be read"),
    ],
    ids=["no project", "no source", "failed", "partial"],
)
def test_without_the_deployments_it_could_not_be_judged(
    settings: Config, coverage: tuple[CoverageLine, ...], reason: str
) -> None:
    without = given(config=settings, coverage=coverage)
    assert judged(changes.release_hours, without) == []
    assert unjudged(changes.release_hours, without) == [("checkout", reason)]


def test_a_release_of_an_earlier_night_is_not_judged_where_deployments_could_not_be_read() -> None:
    failed = given(coverage=(seen("failed"),), releases=[release(AT - hour(12))])
    assert [type(outcome) for outcome in changes.release_hours(failed)] == [NotJudged]


def test_what_is_known_of_deployments_is_judged_though_some_are_missing() -> None:
    found = judged(changes.release_hours, given(coverage=(seen("partial"),), releases=[release(AT - hour(12))]))
    assert len(found) == 1


def test_what_somebody_else_released_right_after_is_theirs() -> None:
    night = NOON + timedelta(hours=12)
    both = [release(night), release(night + timedelta(minutes=9), deployment_id="2", actor="gitlab:leon")]
    got = judged(changes.release_hours, given(releases=both))
    assert {(f.person, tuple(f.facts["deployments"])) for f in got} == {("mia", ("1",)), ("leon", ("2",))}


def test_a_single_release_is_told_without_a_number() -> None:
    (found,) = judged(changes.release_hours, given(releases=[release(AT - hour(12))]))
    assert found.summary == "Mia released Checkout on 2 Oct 2026 02:00, outside release hours"


def test_an_incident_that_was_opened_before_anybody_worked_on_it_counts_from_then() -> None:
    night = AT - hour(12)
    outage = ticket("INC-1", kind="incident", work="incident", opened_at=night, starts_at=None, closed_at=None)
    assert judged(changes.release_hours, given(releases=[release(night)], tickets=[outage])) == []
