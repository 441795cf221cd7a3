"""Times as sources and people write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.reading import Problems
from collectors.tickets.times import Times
from collectors.times import parse_day, parse_local, parse_time, parse_utc

BERLIN = ZoneInfo("Europe/Berlin")
SEVEN = datetime(2026, 10, 14, 7, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-10-14T07:10:00Z", SEVEN),
        (" 2026-10-14T09:10:00+02:00\n", SEVEN),
        ("2026-10-14 09:10:00.250+02:00", SEVEN.replace(microsecond=250_000)),
    ],
)
def test_a_time_with_an_offset_is_turned_into_utc(text, moment):
    assert parse_time(text) == moment
    assert parse_time(text).tzinfo is UTC


@pytest.mark.parametrize("text", ["2026-10-14T07:10:00", "2026-10-14", "soon", "", "0001-01-01T00:00:00+05:00"])
def test_what_is_no_time_with_an_offset_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "2026-10-14 07:10:00",
        "2026-10-14 07:10:00.000",
        "2026-10-14 07:10:00 UTC",
        " 2026-10-14 07:10:00Z",
        "2026-10-14 09:10:00+02:00",
        "2026-10-14 02:10:00-05:00",
        "2026-10-14T07:10:00Z",
    ],
)
def test_tables_of_logs_are_in_utc_where_they_do_not_say(text):
    assert parse_utc(text) == SEVEN


def test_a_time_of_a_table_is_none_without_its_clock():
    with pytest.raises(ValueError, match="time zone"):
        parse_utc("2026-10-14")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-10-14 09:10", False),
        ("14.10.2026 09:10", False),
        ("14.10.2026 09:10:00", False),
        ("14/Oct/26 9:10 AM", False),
        ("14 Oct 2026 09:10", False),
        ("2026-10-14 07:10:00 UTC", True),
        ("14.10.2026 07:10 GMT", True),
        ("2026-10-14T07:10:00Z", True),
        ("2026-10-14T09:10:00+02:00", True),
    ],
)
def test_people_write_their_own_time_unless_they_say_so(text, told):
    assert parse_local(text, BERLIN) == (SEVEN, told)


@pytest.mark.parametrize("text", ["04/05/2026 09:10", "04/05/2026", "yesterday", ""])
def test_what_could_be_another_day_is_no_time(text):
    with pytest.raises(ValueError, match=r".+"):
        parse_local(text, BERLIN)


def test_a_day_begins_at_midnight_where_the_company_is():
    assert parse_day(" 2026-10-14 ", BERLIN) == datetime(2026, 10, 13, 22, tzinfo=UTC)
    assert parse_day("2026-12-14", BERLIN) == datetime(2026, 12, 13, 23, tzinfo=UTC)
    with pytest.raises(ValueError, match="calendar"):
        parse_day("0001-01-01", ZoneInfo("Asia/Tokyo"))


def test_a_forges_time_that_is_none_costs_itself_and_is_said():
    problems = Problems()
    times = Times(problems)
    assert times.read("2026-10-14T07:10:00Z", "created_at", "#1") == SEVEN
    assert times.read("2026-10-14", "expires_at", "#1") == datetime(2026, 10, 14, tzinfo=UTC)
    assert (times.read(None, "x", "#1"), times.read("", "x", "#1"), bool(problems)) == (None, None, False)
    assert times.read("soon", "created_at", "#2") is None
    assert (problems.sentence(), problems.rejected) == ("created_at is no time and was left out (#2)", 0)
