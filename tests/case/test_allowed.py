"""Whether something was allowed."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from auditor.case.allowed import Allowed
from auditor.case.people import People
from auditor.case.placement import Placement, Where, farthest
from auditor.case.ticket_people import Reader
from auditor.case.windows import ticket_refs
from auditor.model.hosts import Places
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Level
from auditor.providers.systems import Systems
from tests.cases import AT, access, config, grant, hour, ticket
from tests.copies import replace

START, END = AT - hour(4), AT - hour(3)
OPEN = {"closed_at": None, "ends_at": END}
SECOND = timedelta(seconds=1)


HOSTS = ("web-1.harbour.example", "web-2.harbour.example")


def allowed(*tickets: Ticket, known_until: datetime | None = AT, hosts: Iterable[str] = HOSTS) -> Allowed:
    settings = config()
    refs = ticket_refs(tickets, Reader(People(settings), Systems(settings), settings, known=Places(hosts)), AT)
    return Allowed(refs, settings.policy.overlap_tolerance, known_until)


@pytest.mark.parametrize(
    ("first", "last", "where"),
    [
        (START, END, Where.COVERED),
        (START - hour(1 / 12), END + hour(1 / 12), Where.COVERED),
        (START, END + hour(1 / 12) + SECOND, Where.OUTSIDE),
        (END + hour(24), AT + hour(30), Where.OUTSIDE),
        (END + hour(24) + SECOND, AT + hour(30), Where.NOWHERE),
    ],
    ids=["inside", "within the tolerance", "just beyond it", "a day later", "later still"],
)
def test_work_lies_inside_a_window_near_one_or_nowhere(first: datetime, last: datetime, where: Where) -> None:
    told = allowed(ticket(**OPEN), known_until=AT + hour(48))
    assert told.work("nina", "checkout", None, first, last).where is where


def test_work_on_another_system_or_under_a_ticket_for_reading_is_beyond_it() -> None:
    reading = ticket(level="read", work="read-only", **OPEN)
    assert allowed(ticket(**OPEN)).work("nina", "search", None, START, END).where is Where.BEYOND
    assert allowed(reading).work("nina", "checkout", None, START, END).where is Where.BEYOND
    assert allowed(reading).work("nina", "checkout", None, START, END, changes=False).where is Where.COVERED


@pytest.mark.parametrize(
    ("host", "changes", "where"),
    [
        ("web-1", True, Where.COVERED),
        ("web-2.harbour.example", True, Where.BEYOND),
        ("web-2.harbour.example", False, Where.COVERED),
    ],
)
def test_a_ticket_for_one_host_is_for_changes_there_alone(host: str, changes: bool, where: Where) -> None:
    place, one_host = ("ssh", host), ticket(systems=("web-1.harbour.example",), **OPEN)
    assert allowed(one_host).work("nina", "checkout", place, START, END, changes=changes).where is where
    unknown_to_sources = allowed(one_host, hosts=["ip-10-0-3-5", "web-2.harbour.example"])
    assert unknown_to_sources.work("nina", "checkout", place, START, END, changes=changes).inside
    spoken_of = allowed(replace(one_host, reason="The disks of web-1 and web-2 are full"))
    assert spoken_of.work("nina", "checkout", place, START, END, changes=changes).inside


def test_a_ticket_for_one_host_explains_no_root_on_another_but_a_login_that_may_lead_there() -> None:
    one_host = allowed(ticket(systems=("web-1.harbour.example",), level="admin", **OPEN))

    def is_for_it(host: str, level: Level) -> bool:
        path = access("nina", provider="ssh", scope=host, level=level, expires_at=END)
        return one_host.right(path, END)

    assert is_for_it("web-1", Level.ADMIN)
    assert not is_for_it("web-2.harbour.example", Level.ADMIN)
    assert is_for_it("web-2.harbour.example", Level.WRITE)


def test_a_window_for_reading_that_has_ended_is_still_the_one_that_the_work_is_near_to() -> None:
    reading = ticket(level="read", work="read-only", **OPEN)
    placement = allowed(reading).work("nina", "checkout", None, END + hour(1), END + hour(1))
    assert (placement.where, placement.window and placement.window.ticket) == (Where.OUTSIDE, "PAY-184")


def test_nobodys_work_and_work_after_the_last_known_ticket_cannot_be_told() -> None:
    told = allowed(ticket(**OPEN), known_until=END)
    assert told.work(None, "checkout", None, START, END).where is Where.UNKNOWN
    assert told.work("nina", "checkout", None, START, END).inside
    assert (
        told.work("nina", "checkout", None, AT, AT).reason
        == told.unknown(AT)
        == "tickets are known until 2026-10-02 09:00 UTC only"
    )
    assert allowed(known_until=None).unknown(START) == "no ticket has been read"


def test_where_tickets_were_lost_only_what_is_covered_can_be_told() -> None:
    settings = config()
    refs = ticket_refs([ticket(**OPEN)], Reader(People(settings), Systems(settings), settings), AT)
    told = Allowed(refs, settings.policy.overlap_tolerance, AT, lost="not every ticket could be read")
    assert told.work("nina", "checkout", None, START, END).inside
    assert told.work("nina", "checkout", None, AT, AT) == Placement(
        Where.UNKNOWN, reason="not every ticket could be read"
    )
    assert told.unknown_grant(grant(time=AT, granted_by=None)) == "not every ticket could be read"


def test_the_farther_side_is_told() -> None:
    (window,) = ticket_window()
    assert farthest(window, START - hour(2), END + hour(1)) == (hour(2), "before")
    assert farthest(window, START - hour(1), END + hour(2)) == (hour(2), "after")


def ticket_window():
    settings = config()
    return ticket_refs([ticket(**OPEN)], Reader(People(settings), Systems(settings), settings), AT)[0].windows


def test_a_right_and_a_grant_are_allowed_while_the_window_is_open() -> None:
    told = allowed(ticket(**OPEN))
    assert told.right(access("nina", granted_at=START), END)
    assert [w.ticket for w in told.grant(grant(time=START))] == ["PAY-184"]
    assert [w.ticket for w in told.grant(grant(time=START, systems=()))] == ["PAY-184"]
    assert not told.grant(grant(time=START, systems=("search",)))
    assert not told.grant(grant("leon", time=START))


@pytest.mark.parametrize(
    ("right", "exempt"),
    [
        ({"ticket": "PAY-184"}, True),
        ({"granted_at": START + SECOND}, True),
        ({"expires_at": END}, True),
        ({}, False),
        ({"granted_at": START - hour(24)}, False),
        ({"ticket": "PAY-184", "level": Level.READ}, True),
        ({"ticket": "PAY-184", "level": Level.ADMIN}, False),
        ({"ticket": "PAY-184", "expires_at": END + hour(24 * 365)}, False),
        ({"ticket": "PAY-185", "granted_at": START}, False),
        ({"ticket": "PAY-184", "system": "search"}, False),
    ],
    ids=[
        "its id",
        "given in it",
        "ends with it",
        "nothing links it",
        "given the day before",
        "a lower level",
        "a higher level",
        "ends years later",
        "another ticket's",
        "another system",
    ],
)
def test_a_window_exempts_the_right_that_is_linked_to_it_of_its_level(right: dict[str, Any], exempt: bool) -> None:
    other = ticket("PAY-185", person="leon", **OPEN)
    path = access("nina", right.pop("system", "checkout"), **right)
    assert allowed(ticket(**OPEN), other).right(path, END) is exempt
    assert not allowed(ticket(**OPEN), other).right(path, END + SECOND)


@pytest.mark.parametrize(
    ("right", "ends"),
    [
        ({}, False),
        ({"expires_at": AT + timedelta(days=7)}, True),
        ({"expires_at": AT + timedelta(days=8)}, False),
        ({"expires_at": AT + timedelta(days=2), "granted_at": AT - timedelta(days=6)}, False),
        ({"expires_at": AT + timedelta(days=80), "credential": "ssh-key:SHA256:nina"}, True),
        ({"expires_at": AT + timedelta(days=100), "credential": "ssh-key:SHA256:nina"}, False),
        ({"ticket": "PAY-184", "expires_at": END}, True),
        ({"ticket": "PAY-184", "expires_at": END + hour(1 / 12)}, True),
        ({"ticket": "PAY-184", "expires_at": END + hour(1)}, False),
        ({"expires_at": AT + timedelta(days=7) + hour(1 / 12)}, True),
    ],
)
def test_an_end_that_is_far_away_is_none(right: dict[str, Any], ends: bool) -> None:
    assert allowed(ticket(**OPEN)).ends_in_time(access("nina", **right), AT, config().policy) is ends


def test_a_ticket_has_ended_with_its_window_or_when_it_is_closed() -> None:
    told = allowed(ticket(**OPEN), ticket("OPS-1", person="somebody unknown", closed_at=START))
    assert not told.ended("PAY-184", END)
    assert told.ended("PAY-184", END + hour(1))
    assert told.ended("OPS-1", END)
    assert not told.ended("OPS-2", AT)


def test_an_incident_is_on_record_for_its_systems_only() -> None:
    told = allowed(ticket("INC-1", kind="incident", work="incident", closed_at=END), ticket(**OPEN))
    assert told.emergency({"checkout"}, START, START).inside
    assert told.emergency((), START, START).inside
    assert told.emergency({"search"}, START, START).where is Where.NOWHERE
    assert told.emergency({"checkout"}, AT, AT).where is Where.OUTSIDE


@pytest.mark.parametrize(
    ("first", "last", "where"),
    [
        (START - hour(1 / 12), END + hour(1 / 12), Where.COVERED),
        (START - hour(1 / 12) - SECOND, END, Where.OUTSIDE),
        (START, END + hour(1 / 12) + SECOND, Where.OUTSIDE),
        (END + hour(24), AT + hour(30), Where.OUTSIDE),
        (END + hour(24) + SECOND, AT + hour(30), Where.NOWHERE),
    ],
)
def test_an_incident_is_as_near_as_a_window_is(first: datetime, last: datetime, where: Where) -> None:
    incident = ticket("INC-1", kind="incident", work="incident", opened_at=START, starts_at=START, closed_at=END)
    assert allowed(incident, known_until=AT + hour(48)).emergency({"checkout"}, first, last).where is where


def test_stretches_for_writing_are_widened_merged_and_cut() -> None:
    longer = ticket("PAY-185", starts_at=END, ends_at=END + hour(2), closed_at=None)
    told = allowed(ticket(**OPEN), longer, ticket("PAY-186", level="read", starts_at=AT - hour(9), **OPEN))
    assert list(told.writing(AT - hour(30), AT - hour(2))) == [
        ("nina", "checkout", None, START - hour(1 / 12), AT - hour(2)),
    ]


@pytest.mark.parametrize(
    ("later", "goes_on"),
    [
        ({}, True),
        ({"person": "tom"}, False),
        ({"systems": ("search",)}, False),
        ({"extends": None}, False),
        ({"starts_at": AT + hour(1)}, False),
        ({"ends_at": AT - hour(1)}, False),
    ],
)
def test_a_right_lives_on_under_the_ticket_that_extends_its_own(later: dict[str, Any], goes_on: bool) -> None:
    longer = {"extends": "PAY-184", "starts_at": END, "ends_at": AT + hour(2), "closed_at": None, **later}
    told = allowed(ticket(**OPEN), ticket("PAY-185", **longer))
    path = access("nina", ticket="PAY-184", expires_at=AT + hour(2))
    assert told.right(path, AT) is goes_on
    assert told.ended("PAY-184", AT) is not goes_on


def test_a_right_ends_in_time_with_the_last_of_the_tickets_that_extend_its_own() -> None:
    longer = {"starts_at": END, "ends_at": AT + hour(2), "closed_at": None}
    first, circle = ticket(extends="PAY-185", **OPEN), ticket("PAY-185", extends="PAY-184", **longer)
    path = access("nina", ticket="PAY-184", expires_at=AT + hour(2))
    assert allowed(first, circle).ends_in_time(path, AT, config().policy)
    assert not allowed(first).ends_in_time(path, AT, config().policy)


@pytest.mark.parametrize(("pause", "extended"), [(hour(1), True), (hour(0.25), False)])
def test_a_ticket_is_extended_by_one_that_begins_soon_after(pause: timedelta, extended: bool) -> None:
    later = ticket("PAY-185", extends="PAY-184", starts_at=END + hour(0.5), closed_at=None)
    told = allowed(ticket(**OPEN), later)
    assert told.extended("PAY-184", pause) is extended
    assert not told.extended("PAY-185", pause)
    assert not told.extended("PAY-186", pause)
