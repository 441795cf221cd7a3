"""Rotas as calendars write them: what recurs, exceptions, time zones, whom an entry is about; and hostile ones."""

from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.sources.duty import OnCall
from auditor.model.tables import Duty
from collectors.duty.on_call import OnCallCollector

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
BERLIN = """BEGIN:VTIMEZONE
TZID:Our own
BEGIN:STANDARD
DTSTART:19701025T030000
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
"""


def event(start="DTSTART:20260216T080000Z", end="DTEND:20260216T160000Z", *lines, uid="a", title="Mia"):
    body = "\n".join((f"UID:{uid}", "DTSTAMP:20260101T000000Z", start, end, f"SUMMARY:{title}", *lines))
    return f"BEGIN:VEVENT\n{body}\nEND:VEVENT\n"


def calendar(*parts):
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//rota//EN\n{''.join(parts)}END:VCALENDAR\n".replace("\n", "\r\n")


@pytest.fixture
def read(context, collect, tmp_path):
    def run(*parts, **settings):
        (tmp_path / "rota.ics").write_bytes(calendar(*parts).encode())
        named = {"name": "rota", "kind": "on-call", "path": "rota.ics", "systems": ("checkout",), **settings}
        return collect(OnCallCollector(OnCall(**named), context))

    return run


def times(got):
    return [f"{row.starts_at:%m-%d %H:%M}/{row.ends_at:%m-%d %H:%M}" for row in got.rows(Duty)]


def test_an_entry_is_a_stretch_for_each_system(read):
    got = read(event(), systems=("checkout", "search"))
    assert [(row.system, row.schedule, row.title, row.names) for row in got.rows(Duty)] == [
        ("checkout", "rota", "Mia", ()),
        ("search", "rota", "Mia", ()),
    ]
    assert times(got)[0] == "02-16 08:00/02-16 16:00"
    assert [(line.scope, line.status, line.to) for line in got.coverage] == [("rota.ics", "ok", AT)]


@pytest.mark.parametrize(
    ("start", "end", "told"),
    [
        ("DTSTART;TZID=Europe/Berlin:20260216T080000", "DTEND;TZID=Europe/Berlin:20260216T160000", "07:00/02-16 15:00"),
        (
            "DTSTART;TZID=W. Europe Standard Time:20260216T080000",
            "DTEND;TZID=W. Europe Standard Time:20260216T160000",
            "07:00/02-16 15:00",
        ),
        ("DTSTART;TZID=Our own:20260216T080000", "DTEND;TZID=Our own:20260216T160000", "07:00/02-16 15:00"),
        ("DTSTART:20260216T080000", "DTEND:20260216T160000", "07:00/02-16 15:00"),
        ("DTSTART:20260216T080000Z", "DURATION:PT90M", "08:00/02-16 09:30"),
    ],
    ids=["by name", "as Windows calls it", "with a table", "without a zone", "a length"],
)
def test_times_are_those_of_their_zones(read, start, end, told):
    assert times(read(BERLIN, event(start, end))) == [f"02-16 {told}"]


def test_a_whole_day_begins_at_midnight_there(read):
    got = read(event("DTSTART;VALUE=DATE:20260216", "DTEND;VALUE=DATE:20260218"))
    assert times(got) == ["02-15 23:00/02-17 23:00"]


def test_an_event_in_a_zone_that_nobody_knows_is_said(read):
    got = read(event("DTSTART;TZID=Nowhere/X:20260216T080000", "DTEND;TZID=Nowhere/X:20260216T160000"), event(uid="b"))
    assert len(got.rows(Duty)) == 1
    assert [(line.status, line.rejected) for line in got.coverage] == [("partial", 1)]
    assert "its time zone Nowhere/X is not known (event 1)" in got.coverage[0].reason


def test_what_recurs_has_its_exceptions(read):
    series = event(
        "DTSTART:20260202T080000Z", "DTEND:20260202T160000Z", "RRULE:FREQ=WEEKLY;COUNT=5", "EXDATE:20260209T080000Z"
    )
    moved = event("DTSTART:20260217T090000Z", "DTEND:20260217T170000Z", "RECURRENCE-ID:20260216T080000Z", title="Leon")
    off = event(
        "DTSTART:20260223T080000Z", "DTEND:20260223T160000Z", "RECURRENCE-ID:20260223T080000Z", "STATUS:CANCELLED"
    )
    got = read(series, moved, off)
    assert times(got) == ["02-02 08:00/02-02 16:00", "02-17 09:00/02-17 17:00", "03-02 08:00/03-02 16:00"]
    assert [row.title for row in got.rows(Duty)] == ["Mia", "Leon", "Mia"]
    assert [row.record for row in got.rows(Duty)] == [0, 1, 0]


def test_summer_time_moves_what_recurs(read, context):
    got = read(
        event(
            "DTSTART;TZID=Europe/Berlin:20251020T090000", "DTEND;TZID=Europe/Berlin:20251020T170000", "RRULE:FREQ=DAILY"
        )
    )
    assert {row.starts_at.hour for row in got.rows(Duty)} == {8}
    assert len(got.rows(Duty)) == (Duty.BACK + Duty.AHEAD).days


def test_whom_an_entry_is_about(read):
    mails = (
        "ATTENDEE;CN=Mia;PARTSTAT=ACCEPTED:mailto:Mia@harbour.example",
        "ATTENDEE;PARTSTAT=DECLINED:mailto:leon@harbour.example",
        "ATTENDEE;CUTYPE=ROOM:mailto:room@harbour.example",
        "ATTENDEE;EMAIL=nina@harbour.example:urn:uuid:1",
        "ORGANIZER;CN=Tom:mailto:tom@harbour.example",
    )
    (row,) = read(event("DTSTART:20260216T080000Z", "DTEND:20260216T160000Z", *mails)).rows(Duty)
    assert (row.names, row.organiser) == (("Mia@harbour.example", "nina@harbour.example"), "tom@harbour.example")


def test_whoever_made_an_event_and_declined_it_is_not_meant(read):
    mails = ("ATTENDEE;PARTSTAT=DECLINED:mailto:Tom@harbour.example", "ORGANIZER:mailto:tom@harbour.example")
    (row,) = read(event("DTSTART:20260216T080000Z", "DTEND:20260216T160000Z", *mails)).rows(Duty)
    assert (row.names, row.organiser) == ((), "")


def test_a_cancelled_event_is_none(read):
    assert read(event("DTSTART:20260216T080000Z", "DTEND:20260216T160000Z", "STATUS:CANCELLED")).rows(Duty) == []


def test_ten_years_cost_what_the_present_does(read):
    old = "".join(
        event(f"DTSTART:{day:%Y%m%d}T080000Z", f"DTEND:{day:%Y%m%d}T160000Z", uid=f"{day:%Y%m%d}")
        for number in range(3650)
        for day in (datetime(2016, 1, 1, tzinfo=UTC) + timedelta(days=number),)
    )
    got = read(old)
    assert [row.record for row in got.rows(Duty)] == list(
        range(3650 - (datetime(2025, 12, 29) - datetime(2025, 12, 16)).days, 3650)
    )
    assert "20251226T080000Z" in OnCallCollector.quote(calendar(old).encode(), 3647)


@pytest.mark.parametrize(
    "rule", ["FREQ=SECONDLY;COUNT=999999999", "FREQ=MINUTELY", "FREQ=DAI\n LY;BYHOUR=1;BYMINUTE=1,2,3"]
)
def test_what_recurs_by_the_minute_is_no_duty(read, rule):
    got = read(event("DTSTART:20260216T080000Z", "DTEND:20260216T160000Z", f"RRULE:{rule}"), event(uid="b"))
    assert len(got.rows(Duty)) == 1
    assert "recurs by the minute" in got.coverage[0].reason


def test_an_event_that_does_not_end_costs_no_time(read):
    got = read("BEGIN:VEVENT\n", "\n" * 50_000, "BEGIN:VEVENT\n" * 50)
    assert got.rows(Duty) == []
    assert got.coverage[0].status != "ok"


def test_a_rule_that_never_comes_to_an_end_costs_the_source(read):
    never = event("DTSTART:20260216T080000Z", "DTEND:20260216T160000Z", "RRULE:FREQ=HOURLY;BYMONTH=2;BYMONTHDAY=30")
    (line,) = read(never, timeout="2s").coverage
    assert line.status == "failed"
    assert "cannot be worked out in time" in line.reason


def test_a_broken_event_is_said_and_costs_itself(read):
    got = read(
        event("DTSTART:2026-02-16", "DTEND:soon", uid="a"),
        event("DTSTART:20260216T080000Z", "DTEND:20260216T160000Z", "RRULE:FREQ=SOMETIMES", uid="b"),
        event(uid="c", title="Leon"),
    )
    assert [row.title for row in got.rows(Duty)] == ["Leon"]
    (line,) = got.coverage
    assert line.status == "partial"
    assert "'2026-02-16' (event 1)" in line.reason
    assert "SOMETIMES (event 2)" in line.reason


@pytest.mark.parametrize("text", ["", "<html></html>", "BEGIN:VCALENDAR\n", "BEGIN:VEVENT\nEND:VEVENT\n"])
def test_what_is_no_calendar_is_lost(read, tmp_path, context, collect, text):
    (tmp_path / "other.ics").write_text(text)
    source = OnCall(name="rota", kind="on-call", path="other.ics", systems=("checkout",))
    assert [line.status for line in collect(OnCallCollector(source, context)).coverage] == ["failed"]
