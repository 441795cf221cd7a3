"""What accounts did, each way of it once."""

from contextlib import closing
from datetime import timedelta
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pytest

from auditor.activity.limits import Limits
from auditor.activity.results import UsedAct
from tests.activity.acts import AWS, BEGIN, END, LIMITS, MINUTE, act, actors_of, at, begun, look

NINA, ROLE = f"arn:aws:iam::{AWS}:user/nina", f"arn:aws:iam::{AWS}:role/operator"


def owner(provider, scope, resource):
    return resource and resource.partition("/")[0]


def owners(provider, scope, resources):
    return pa.array([owner(provider, scope, one) for one in resources.to_pylist()], pa.string())


@pytest.fixture
def used(tmp_path):
    """What was done by some accounts, of these rows."""
    with closing(duckdb.connect()) as connection:

        def told(*rows, by=(NINA,), openers=None, systems=(), limits=LIMITS) -> list[UsedAct]:
            digester = begun(rows, limits, str(tmp_path), connection)
            actors = actors_of(digester.callers())
            digester.know([{**one, "opener": (openers or {}).get(one["account"])} for one in actors])
            digester.account_acts(by)
            if systems:
                digester.place([("aws", AWS)], owner, owners, "account_acts")
                digester.on_systems(systems)
            return digester.used_acts(owner)

        yield told


def test_alike_acts_are_told_once_with_how_often_on_how_many_days_and_when(used):
    tuesdays = ("1 10:00", "1 10:05", "8 09:00", "15 12:30")
    (one,) = used(*(act(time) for time in tuesdays))
    assert (one.events, one.days, one.first_at, one.last_at) == (4, 3, at("1 10:00"), at("15 12:30"))
    assert one.weekday == BEGIN.weekday() == 1
    assert (one.person, one.action, one.resource, one.system) == (
        "nina",
        "ecs:UpdateService",
        "checkout/api",
        "checkout",
    )


def test_on_several_week_days_it_is_no_week_day(used):
    (one,) = used(act("1 10:00"), act("2 10:00"))
    assert one.weekday is None


@pytest.mark.parametrize(
    ("times", "days", "weekday"),
    [
        (("7 22:30", "14 22:30", "56 23:30"), 3, 1),
        (("7 22:30", "8 21:30"), 1, 1),
        (("7 01:00", "14 23:00"), 2, None),
    ],
    ids=["every Tuesday at half past midnight, by either time", "one day, which is two in UTC", "Monday and Tuesday"],
)
def test_days_are_those_of_the_zone(used, times, days, weekday):
    limits = Limits(period_from=BEGIN, period_to=END + timedelta(days=60), zone=ZoneInfo("Europe/Berlin"))
    (one,) = used(*(act(time) for time in times), limits=limits)
    assert (one.days, one.weekday) == (days, weekday)


def test_the_first_of_them_shows_them_and_their_tickets_are_named(used):
    rows = [act("2 10:00", ticket="OPS-2"), act("1 10:00", ticket="OPS-1"), act("3 10:00")]
    (one,) = used(*rows)
    assert one.sample.event_id == rows[1].event_id
    assert one.sample.record == rows[1].record
    assert one.tickets == ("OPS-1", "OPS-2")


def test_what_differs_in_anything_is_told_apart(used):
    rows = [
        act("1 10:00"),
        act("1 10:01", on="checkout/db"),
        act("1 10:02", outcome="denied"),
        act("1 10:03", credential="AKIAOTHER"),
        act("1 10:04", invoked_by="cloudformation.amazonaws.com"),
        look("1 10:05"),
    ]
    assert len(used(*rows)) == len(rows)


def test_only_of_the_accounts_that_were_asked_for_and_in_the_period(used):
    assert used(act("1 10:00", who="leon"), act(BEGIN - MINUTE)) == []
    assert [one.account for one in used(act("1 10:00", who="leon"), by=(NINA.replace("nina", "leon"),))] == [
        NINA.replace("nina", "leon")
    ]


def test_who_asked_for_a_session_as_one_of_them_is_told_and_who_opened_a_session(used):
    asked = {"action": "sts:AssumeRole", "category": "login", "resource": ROLE}
    rows = [
        act("1 10:00", **asked),
        act("1 10:01", **{**asked, "resource": f"{ROLE}-2"}),
        act("1 10:02", account=ROLE, actor=f"{ROLE}/session", actor_kind="AssumedRole"),
    ]
    told = used(*rows, by=(ROLE,), openers={ROLE: NINA})
    assert [(one.account, one.action, one.opener) for one in told] == [
        (NINA, "sts:AssumeRole", None),
        (ROLE, "ecs:UpdateService", NINA),
    ]


def test_what_was_done_to_some_systems_is_told_alone(used):
    rows = [act("1 10:00"), act("1 10:05", resource="search/api"), act("1 10:10", resource=None)]
    assert [one.system for one in used(*rows)] == ["checkout", "search", None]
    assert [one.resource for one in used(*rows, systems=["search"])] == ["search/api"]
