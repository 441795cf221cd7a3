"""The time that tickets claim."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from auditor.case.people import People
from auditor.case.ticket_people import Reader
from auditor.case.ticket_times import Sign
from auditor.case.windows import speaks_of, ticket_refs
from auditor.model.hosts import is_other_place
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef, Window
from auditor.model.vocabulary import Level
from auditor.providers.systems import Systems
from tests.cases import AT, config, hour, ticket


def ref(row: Ticket) -> TicketRef:
    settings = config()
    return ticket_refs([row], Reader(People(settings), Systems(settings), settings), AT)[0]


def span(row: Ticket) -> tuple[datetime, datetime] | None:
    windows = ref(row).windows
    return (windows[0].starts_at, windows[0].ends_at) if windows else None


START = AT - hour(4)
LONG_AGO = START - hour(24 * 20)
TIMELESS = dict.fromkeys(("opened_at", "starts_at", "ends_at", "approved_at", "closed_at"))


def test_a_window_ends_at_the_earlier_of_end_and_closing() -> None:
    assert span(ticket()) == (START, AT - hour(3))
    assert span(ticket(closed_at=AT - hour(3.5))) == (START, AT - hour(3.5))
    assert ref(ticket(closed_at=AT - hour(3.5))).windows[0].closed_early


def test_without_an_end_policy_gives_the_length_for_that_work() -> None:
    assert span(ticket(ends_at=None, closed_at=None)) == (START, START + hour(1))
    assert span(ticket(ends_at=None, closed_at=None, work="risky")) == (START, START + hour(2))


def test_without_a_start_it_begins_with_the_approval_else_the_opening() -> None:
    assert span(ticket(starts_at=None, closed_at=None)) == (AT - hour(4.5), AT - hour(3.5))
    assert span(ticket(starts_at=None, approved_at=None, closed_at=None)) == (AT - hour(5), AT - hour(4))


def test_an_incident_that_was_forgotten_opens_nothing_for_long() -> None:
    long_ago = AT - hour(24 * 90)
    open_since = ticket(
        kind="incident", opened_at=long_ago, starts_at=long_ago, approved_at=long_ago, ends_at=None, closed_at=None
    )
    assert span(open_since) == (long_ago, long_ago + hour(2))


def test_an_incident_lasts_until_it_is_resolved_and_two_hours_after_its_latest_sign_of_life() -> None:
    assert span(ticket(kind="incident", closed_at=AT - hour(3))) == (START, AT - hour(3))
    assert span(ticket(kind="incident", ends_at=AT - hour(3), closed_at=None)) == (START, START + hour(2))


@pytest.mark.parametrize(
    ("who", "where", "hours", "ends"),
    [
        ("nina", "checkout", [1.5], 3.5),
        ("nina", "checkout", [1.5, 3.4], 4),
        ("nina", "checkout", [1.5, 3.6], 3.5),
        ("leon", "checkout", [1.5], 2),
        ("nina", "search", [1.5], 2),
    ],
    ids=["a change", "and another", "another too late", "somebody else's", "of something else"],
)
def test_changes_while_an_incident_lasts_renew_it(who: str, where: str, hours: list[float], ends: float) -> None:
    settings = config()
    signs = [Sign(who, where, START + hour(h), START + hour(h)) for h in hours]
    row = ticket(kind="incident", closed_at=None)
    (found,) = ticket_refs([row], Reader(People(settings), Systems(settings), settings), AT, signs)
    assert found.windows[0].ends_at == START + hour(ends)


def test_the_time_of_an_incident_on_record_does_not_need_a_person() -> None:
    nobodys = ticket(kind="incident", person=None, closed_at=None)
    assert (ref(nobodys).windows, ref(nobodys).span) == ((), (START, AT))
    assert ref(ticket(kind="incident", person=None, closed_at=AT - hour(1))).span == (START, AT - hour(1))


def test_a_ticket_closed_before_it_began_claims_nothing() -> None:
    assert ref(ticket(closed_at=AT - hour(6))).windows == ()


@pytest.mark.parametrize(
    ("known", "windows", "unread"),
    [
        ({"status": "Rejected"}, 0, False),
        ({"status": "Canceled", "approval": "Rejected"}, 0, False),
        ({"status": "Done, Won't Do", "closed_at": AT}, 0, False),
        ({"status": "Done"}, 1, False),
        ({"status": "Draft"}, 0, False),
        ({"status": "entwurf"}, 0, False),
        ({"status": "New - draft", "approval": "could not be read: no comments"}, 0, False),
        ({"status": "Drafting the change"}, 1, False),
        ({"status": "Draft", "approver": "tom"}, 1, False),
        ({"status": "Cancelled", "approver": "tom", "closed_at": START + hour(1)}, 1, False),
        ({"status": "Cancelled", "approver": "tom"}, 0, True),
        ({"status": "Cancelled", "approval": "could not be read: no comments"}, 0, True),
        ({"status": "Duplicate", "kind": "incident", "closed_at": START + hour(1)}, 1, False),
    ],
)
def test_what_was_called_off_claims_nothing_and_what_was_agreed_to_before_claims_until_then(
    known: dict[str, Any], windows: int, unread: bool
) -> None:
    found = ref(ticket(**{"approver": None, "approved_at": None, "approval": None, "closed_at": None, **known}))
    assert (len(found.windows), bool(found.unread)) == (windows, unread)


def test_one_ticket_for_two_people_and_two_systems_claims_four_windows() -> None:
    both = ref(ticket(person="nina; leon@harbour.example", systems=("production Checkout  service", "search")))
    assert {(w.person, w.system) for w in both.windows} == {
        (p, s) for p in ("nina", "leon") for s in ("checkout", "search")
    }
    assert both.unknown == ()


def test_names_that_nobody_knows_are_kept_as_written() -> None:
    assert ref(ticket(person="nobody", systems=("billing",))).unknown == ("nobody", "billing")


def test_a_read_only_ticket_without_a_level_is_for_reading() -> None:
    assert ref(ticket(level=None, work="read-only")).level is Level.READ
    assert ref(ticket(level=None)).level is Level.WRITE


def test_the_tolerance_holds_on_both_sides_to_the_second() -> None:
    window = Window(ticket="T", person="p", system="s", level=Level.WRITE, starts_at=START, ends_at=START + hour(1))
    five = timedelta(minutes=5)
    assert window.covers(START - five, five)
    assert not window.covers(START - five - timedelta(seconds=1), five)
    assert window.covers(window.ends_at + five, five)
    assert window.distance(START - five) == five


def test_a_window_over_the_repeated_hour_is_as_long_as_its_instants_say() -> None:
    first = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    assert span(ticket(starts_at=first, ends_at=first + hour(0.75), closed_at=None)) == (first, first + hour(0.75))


@pytest.mark.parametrize(
    ("written", "people", "unknown"),
    [
        ("nina, leon", ("nina", "leon"), ()),
        ("nina and leon", ("nina", "leon"), ()),
        ("nina / leon", ("nina", "leon"), ()),
        ("nina | leon; mia", ("nina", "leon", "mia"), ()),
        ("1. nina\n2. leon", ("nina", "leon"), ()),
        ("nina und Leonn", ("nina",), ("Leonn",)),
        ("Leonn;", (), ("Leonn",)),
        (" ; ", (), (";",)),
    ],
)
def test_several_in_one_field(written: str, people: tuple[str, ...], unknown: tuple[str, ...]) -> None:
    found = ref(ticket(person=written))
    assert (found.people, found.unknown_people) == (people, unknown)


def test_who_asks_for_themselves_is_whoever_asked() -> None:
    assert ref(ticket(person="me", requester="leon")).people == ("leon",)
    assert ref(ticket(person="Ich selbst", requester="leon")).people == ("leon",)
    assert ref(ticket(person="myself", requester="somebody else")).unknown_people == ("myself",)


@pytest.mark.parametrize(
    ("told", "meant"),
    [
        ({}, {"sam"}),
        ({"requester": None}, None),
        ({"requester": "sam@harbour.example"}, {"sam"}),
        ({"requester": "Bubbles"}, None),
        ({"requester": "owner"}, {"mia", "leon"}),
        ({"assignees": ("nina",)}, {"sam", "nina"}),
        ({"title": "Nina needs it"}, {"sam", "nina"}),
        ({"title": "Niña needs it"}, {"sam", "nina"}),
        ({"closeout": "Done by the team"}, None),
        ({"kind": "incident"}, {"sam", "mia", "leon"}),
        ({"kind": "incident", "systems": ("search",)}, {"sam", "leon"}),
        # A name like nobody's, for which only the asker speaks; and one for which somebody else does.
        ({"person": "Bubbles"}, None),
        ({"person": "Bubbles", "systems": ()}, {"sam"}),
        ({"person": "Bubbles", "starts_at": None, "opened_at": None, "approved_at": None}, {"sam"}),
        ({"person": "Bubbles", "starts_at": None, "approved_at": None}, None),
        ({"person": "Bubbles", "assignees": ("nina",)}, {"sam", "nina"}),
        ({"person": "Bubbles", "title": "Nina needs it"}, {"sam", "nina"}),
        ({"person": "Bubbles", "kind": "incident", "title": "Nina needs it"}, {"sam", "nina"}),
        ({"person": "Bubbles, Ninaa"}, {"sam", "nina"}),
        ({"person": "[~accountid:712020:0e9a5b0c-11d2-4c85]", "assignees": ("nina",)}, None),
        # Names like somebody's, jobs, systems and duties.
        ({"person": "Ninaa"}, {"nina"}),
        ({"person": "ninaa@leon.example"}, {"nina"}),
        ({"person": "engineers"}, {"nina"}),
        ({"person": "checkout"}, {"mia", "leon"}),
        ({"person": "primary", "systems": ("search",)}, {"leon"}),
        ({"person": "primary", "systems": ()}, {"mia", "leon"}),
        ({"person": "all of us"}, None),
        ({"person": "all engineers"}, {"nina"}),
    ],
)
def test_whom_a_ticket_may_mean_that_does_not_say_clearly(told: dict[str, Any], meant: set[str] | None) -> None:
    silent = dict.fromkeys(("person", "title", "reason", "approval", "closeout", "note"))
    assert ref(ticket(**{**silent, "requester": "sam", **told})).meant == meant


def test_several_systems_in_one_field() -> None:
    assert ref(ticket(systems=("checkout and search",))).systems == ("checkout", "search")


@pytest.mark.parametrize(
    ("level", "read_as", "said"),
    [
        ("RW", Level.WRITE, False),
        ("read-only", Level.READ, False),
        ("Lesen", Level.READ, False),
        ("schreiben", Level.WRITE, False),
        ("gucken", Level.READ, True),
        ("raed", Level.READ, True),
        ("lezen en schrijven", Level.WRITE, False),
        ("Nur lesend", Level.READ, False),
        ("deploy", Level.WRITE, False),
        ("read-logs", Level.READ, False),
    ],
)
def test_a_level_that_nobody_knows_opens_reading_only_and_is_said(level: str, read_as: Level, said: Any) -> None:
    found = ref(ticket(level=level))
    assert (found.level, bool(found.unread)) == (read_as, said)


def test_a_ticket_that_ends_before_it_begins_opens_nothing_and_is_said():
    found = ref(ticket(starts_at=AT, ends_at=AT - hour(1)))
    assert (found.windows, found.unread) == ((), ("ends before it begins",))
    assert found.span
    assert found.span[0] < AT - hour(1) < AT < found.span[1]


def test_a_ticket_that_was_reopened_may_allow_more_than_until_it_was_closed():
    found = ref(ticket(status="Re-opened", starts_at=AT, ends_at=AT + hour(1), closed_at=AT + hour(0.5)))
    assert found.windows[0].ends_at == AT + hour(0.5)
    assert found.unclear == "is Re-opened, and does not say since when"
    assert found.could_cover("nina", "checkout", (AT + hour(0.8), AT + hour(0.9)), hour(0))


def test_a_time_that_cannot_be_read_opens_nothing_and_covers_perhaps() -> None:
    found = ref(ticket(unread=("starts_at sometime",), starts_at=None))
    assert found.windows == ()
    assert found.unclear == "says starts_at sometime, which names no clear time"
    assert found.could_cover("nina", "checkout", (START, START), hour(0))
    assert not found.could_cover("leon", "checkout", (START, START), hour(0))
    assert not found.could_cover("nina", "checkout", (START + hour(72), START + hour(72)), hour(0))


@pytest.mark.parametrize(
    ("said", "closed", "covers"),
    [
        ("every Tuesday 06:00", None, True),
        ("jeden Dienstag 6 Uhr", None, True),
        ("Mon-Fri 08:00-10:00", None, True),
        ("lun. à ven. 8h", None, True),
        ("until further notice", None, True),
        ("every Tuesday 06:00", LONG_AGO, False),
        ("Montag bis Freitag", None, True),
        ("Monday and Wednesday 8am", None, True),
        ("Tue/Thu", None, True),
        ("soon", None, False),
        ("TBD - see PR", None, False),
        ("up to you", None, False),
        ("asap - or so", None, False),
        ("Mon", None, False),
    ],
)
def test_a_time_that_comes_again_may_be_any_until_the_ticket_is_closed(said: str, closed: Any, covers: bool) -> None:
    times = {**TIMELESS, "opened_at": LONG_AGO, "approved_at": LONG_AGO, "closed_at": closed}
    found = ref(ticket(unread=(f"starts_at {said}",), **times))
    assert found.could_cover("nina", "checkout", (START, START), hour(0)) is covers


EVERYBODY = {"mia", "leon", "nina", "tom"}


def perhaps(**changes: Any) -> set[str]:
    """Whom of four people a ticket on checkout may have covered."""
    found = ref(ticket(**{"approval": None, "closeout": None, **changes}))
    return {one for one in EVERYBODY if found.could_cover(one, "checkout", (START, START), hour(0))}


@pytest.mark.parametrize(
    ("changes", "who"),
    [
        ({"person": "Ninna"}, {"nina"}),
        ({"person": "nina.alvares@old.example", "requester": "mia"}, {"nina"}),
        ({"person": "Leonhard; Ninna"}, {"leon", "nina"}),
        ({"person": "the engineers"}, {"nina"}),
        ({"person": "everybody except Mia"}, EVERYBODY - {"mia"}),
        ({"person": "whoever is on call"}, {"mia", "leon"}),
        ({"person": "Checkout team"}, {"mia", "leon"}),
        ({"person": "the team"}, EVERYBODY),
        ({"person": "DB Wizard", "requester": "mia"}, EVERYBODY),
        ({"person": "DB Wizard", "requester": "mia", "assignees": ("leon",)}, {"mia", "leon"}),
        ({"person": "DB Wizard", "requester": "mia", "reason": "Nina moves the table"}, {"mia", "nina"}),
        ({"person": "DB Wizard", "requester": "mia", "systems": ()}, {"mia"}),
        ({"person": "DB Wizard", "requester": "mia", **TIMELESS}, {"mia"}),
        ({"person": "DB Wizard", "requester": None, "systems": ("chekout",), **TIMELESS}, set()),
        ({"person": "DB Wizard", "requester": "Xq"}, EVERYBODY),
        ({"person": None, "requester": "nina"}, {"nina"}),
        ({"person": None, "requester": "nina", "assignees": ("leon",)}, {"nina", "leon"}),
        ({"person": None, "requester": "nina", "approval": "PAY-184 for Leon until 12:00"}, {"nina", "leon"}),
        ({"person": None, "requester": "nina", "reason": "the team migrates it"}, EVERYBODY),
        ({"person": None, "requester": None}, EVERYBODY),
        ({"person": None, "requester": None, "systems": ()}, set()),
        ({"person": None, "requester": "tom", "kind": "incident"}, {"tom", "mia", "leon"}),
        ({"person": None, "kind": "change"}, set()),
        ({"person": "nina", "systems": ()}, {"nina"}),
        ({"person": "nina"}, set()),
    ],
)
def test_whom_an_unclear_ticket_may_have_covered(changes: dict[str, Any], who: set[str]) -> None:
    assert perhaps(**changes) == who


def test_an_unclear_ticket_covers_nobody_at_another_time_or_on_another_system() -> None:
    found = ref(ticket(person=None, requester=None))
    assert found.unclear == "does not say for whom it is"
    assert not found.could_cover("leon", "checkout", (START + hour(72), START + hour(72)), hour(0))
    assert not found.could_cover("leon", "search", (START, START), hour(0))


def test_somebody_whom_nobody_knows_may_be_the_one_in_the_ticket() -> None:
    assert ref(ticket(person="Bob Miller", requester="mia")).could_cover(None, "checkout", (START, START), hour(0))
    assert not ref(ticket(unread=("starts_at soon",))).could_cover(None, "checkout", (START, START), hour(0))


def on_record(**times: Any) -> tuple[datetime, datetime] | None:
    record = ref(ticket(kind="incident", **{**TIMELESS, **times})).record
    return (record.starts_at, record.ends_at) if record else None


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ({"opened_at": START, "closed_at": AT}, (START, AT)),
        ({"opened_at": START, "closed_at": START}, (START, START)),
        ({"opened_at": AT, "closed_at": START}, None),
        ({"opened_at": START, "starts_at": START - hour(9), "closed_at": AT}, (START, AT)),
        ({"starts_at": START, "closed_at": AT}, (START, AT)),
        ({"opened_at": START}, (START, AT)),
        ({"opened_at": START - hour(30)}, (START - hour(30), START - hour(6))),
        ({"opened_at": START - hour(30), "edited_at": START - hour(25)}, (START - hour(30), START - hour(1))),
        ({"opened_at": START - hour(30), "closed_at": START}, (START - hour(30), START - hour(6))),
        ({}, None),
    ],
)
def test_an_incident_is_on_record_from_its_opening_until_it_is_closed_or_shows_no_life(
    times: dict[str, datetime], expected: tuple[datetime, datetime] | None
) -> None:
    assert on_record(**times) == expected


def test_only_an_incident_is_on_record() -> None:
    assert ref(ticket()).record is None


@pytest.mark.parametrize(
    ("first", "last", "begins", "ends"),
    [(-0.05, 1, 0, 3), (-0.05, -0.05, 0, 2), (0.5, 0.6, 0, 2.6), (-0.2, 3, 0, 2)],
    ids=["within the tolerance", "over before it began", "in it", "too early"],
)
def test_a_change_renews_an_incident_and_begins_it_no_earlier(
    first: float, last: float, begins: float, ends: float
) -> None:
    settings = config()
    sign = Sign("nina", "checkout", START + hour(first), START + hour(last))
    row = ticket(kind="incident", opened_at=START, approved_at=START, closed_at=None)
    (found,) = ticket_refs([row], Reader(People(settings), Systems(settings), settings), AT, [sign])
    window = found.windows[0]
    assert (window.starts_at, window.ends_at) == (START + hour(begins), START + hour(ends))


def test_a_ticket_that_speaks_of_one_hosts_address_does_not_speak_of_anothers() -> None:
    of_one = ("Restart nginx on 10.0.3.5 within 10 minutes",)
    assert speaks_of(of_one, "10.0.3.5")
    assert not speaks_of(of_one, "10.0.3.7")


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("web-1", "web-2", True),
        ("web-1", "WEB-1.harbour.example", False),
        ("harbour/checkout", "harbour/search", True),
        ("harbour/checkout", "Harbour", False),
        ("harbour/checkout", "harbour/check", True),
        ("shop-prod", "421337", False),
        ("10.0.3.5", "web-1", False),
        ("111122223333", "444455556666", True),
    ],
)
def test_names_are_of_two_places_where_neither_may_be_or_hold_the_other(one: str, other: str, apart: bool) -> None:
    assert is_other_place(one, other) is is_other_place(other, one) is apart
