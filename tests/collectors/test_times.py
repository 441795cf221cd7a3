"""Times as sources and people write them."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from collectors.answers import Times
from collectors.problems import Problems
from collectors.relative_times import parse_about
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
    assert parse_utc(str(SEVEN.timestamp())) == SEVEN
    assert parse_utc(f"{SEVEN.timestamp() / 1e9}E9") == SEVEN


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
    assert parse_day("14.10.2026", BERLIN) == parse_day("2026-10-14", BERLIN)
    assert parse_day("2026-W42", BERLIN, last=True) == parse_day("18.10.2026", BERLIN, last=True)
    # The last Sunday of October has 25 hours.
    assert parse_day("25 Oct 2026", BERLIN, last=True) == datetime(2026, 10, 25, 23, tzinfo=UTC)
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


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Wed Oct 14 2026 09:10:00 GMT+0200 (Central European Summer Time)", True),
        ("2026-10-14 04:40 -02:30", True),
        ("Wed Oct 14 2026 15:10:00 GMT+0800 (CST)", True),
        ("2026-10-14 08:10 +0100 (CET)", True),
        ("2026-10-14 12:40 +05:30", True),
        ("14.10.26 09:10", False),
        ("14-Oct-26 9:10 am", False),
        ("14 October 2026 09:10", False),
        ("October 14 2026, 9:10 a.m.", False),
        ("Mittwoch, 14. Oktober 2026 um 09:10 Uhr", False),
        ("14 octobre 2026 9h10", False),
        ("Oct. 14th 2026 at 09:10", False),
        ("2026/10/14 09:10", False),
        ("2026.10.14 09:10", False),
        ("10/14/2026 9:10 AM", False),
        ("14/10/2026 09:10", False),
        ("14/10/26 09:10", False),
        ("46309.381944", False),
        ("46309,38194", False),
    ],
)
def test_more_ways_to_write_the_same_time(text, told):
    assert parse_local(text, BERLIN) == (SEVEN, told)


@pytest.mark.parametrize(
    ("text", "day"),
    [("12/12/2026 09:10", (12, 12)), ("04/05/2026 9:10 am", (4, 5)), ("13/12/2026 09:10", (12, 13)),
        ("12/13/2026 09:10", (12, 13)), ("02/12/2026 9 pm", (2, 12))],
)  # fmt: skip
def test_a_day_between_slashes_is_told_where_it_can_only_be_one(text, day):
    moment, _ = parse_local(text, BERLIN)
    assert (moment.month, moment.day) == day


@pytest.mark.parametrize(
    ("text", "zone", "day"),
    [("04/05/2026 9:10 am", "America/New_York", (4, 5)), ("04/05/2026 9:10 am", "Australia/Sydney", None),
        ("04/05/2026 9:10 AM", "Asia/Kolkata", None), ("04/05/2026 9:10 a. m.", "Europe/Madrid", None),
        ("14/05/2026 9:10 am", "Australia/Sydney", (5, 14))],
)  # fmt: skip
def test_an_hour_with_am_tells_an_american_day_where_nobody_else_writes_so(text, zone, day):
    if day is None:
        with pytest.raises(ValueError, match="could be confused"):
            parse_local(text, ZoneInfo(zone))
    else:
        moment = parse_local(text, ZoneInfo(zone))[0].astimezone(ZoneInfo(zone))
        assert (moment.month, moment.day) == day


@pytest.mark.parametrize(
    ("month", "zones", "ahead"),
    [(10, "UTC GMT Z", 0), (10, "BST WEST", 1), (10, "CEST MESZ", 2), (10, "EEST MSK", 3), (10, "JST", 9), (10, "AEST", 10),
        (10, "AEDT", 11), (7, "NZST", 12), (10, "NZDT", 13), (10, "EDT", -4), (10, "CDT", -5), (10, "MDT", -6),
        (10, "MST PDT", -7), (1, "WET", 0), (1, "CET MEZ", 1), (1, "EET", 2), (1, "EST", -5), (1, "CST", -6), (1, "PST", -8)],
)  # fmt: skip
def test_zones_by_their_names(month, zones, ahead):
    for zone in zones.split():
        told = datetime(2026, month, 14, 12, tzinfo=UTC) - timedelta(hours=ahead)
        assert parse_local(f"14.{month}.2026 12:00 {zone}", BERLIN) == (told, True)


def test_a_zone_that_is_not_in_force_on_a_day_may_mean_either():
    for text in ("14.10.2026 08:50 CET", "10/14/2026 2:50 AM (EST)", "14.01.2026 08:50 MESZ", "25.10.2026 03:30 CEST"):
        with pytest.raises(ValueError, match="not in force"):
            parse_local(text, BERLIN)
    assert parse_local("25.10.2026 02:30 CEST", BERLIN)[0] == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert parse_local("25.10.2026 02:30 CET", BERLIN)[0] == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["2026-10-14T24:00+02:00", "2026-10-14 24:00", "14.10.2026 24:00 Uhr", "2026-10-14T24:00:00+02:00"]
)
def test_a_day_ends_at_its_24th_hour(text):
    assert parse_local(text, BERLIN)[0] == datetime(2026, 10, 15, tzinfo=BERLIN)


def test_a_day_may_have_its_hour_by_name():
    assert parse_about("14 October 2026, noon", BERLIN, SEVEN) == datetime(2026, 10, 14, 12, tzinfo=BERLIN)
    assert parse_about("bis 16.10.2026 Feierabend", BERLIN, SEVEN) == datetime(2026, 10, 16, 18, tzinfo=BERLIN)
    assert parse_about("14.10.2026 midnight", BERLIN, SEVEN) == datetime(2026, 10, 15, tzinfo=BERLIN)
    with pytest.raises(ValueError, match="no time"):  # of that day's beginning, or of its end
        parse_about("15.10.2026 midnight", BERLIN, SEVEN)


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("for 90 minutes", 90), ("45m", 45), ("45 min", 45), ("an hour", 60), ("a day", 24 * 60), ("for about 2 h", 120),
        ("1.5 hours", 90), ("1,5 Std", 90), ("half an hour", 30), ("für eine halbe Stunde", None), ("halbe Stunde", 30),
        ("two hours", 120), ("zwei Stunden", 120), ("three hours", 180), ("drei Stunden", 180), ("four hours", 240),
        ("1h 30m", 90), ("1 h 5 min", 65), ("2 days", 2 * 24 * 60), ("3 Tage", 3 * 24 * 60), ("one day", 24 * 60),
        ("deux heures", 120), ("dos horas", 120), ("trois heures", 180), ("tres horas", 180), ("media hora", 30),
        ("pendant une heure", 60), ("durante 3 días", 3 * 24 * 60), ("2 jours", 2 * 24 * 60), ("zwei hs", 120),
    ],
)  # fmt: skip
def test_a_length_goes_on_from_when_the_work_begins(text, after):
    if after is None:
        with pytest.raises(ValueError, match="it is no time"):
            parse_about(text, BERLIN, SEVEN)
    else:
        assert parse_about(text, BERLIN, SEVEN) == SEVEN + timedelta(minutes=after)


@pytest.mark.parametrize(
    ("text", "day", "clock"),
    [
        ("until 6pm", 14, "18:00"), ("till 6:30 p.m.", 14, "18:30"), ("by 18.45", 14, "18:45"), ("11 am", 14, "11:00"),
        ("bis 12 Uhr", 14, "12:00"), ("bis zum 18h", 14, "18:00"), ("until 12pm", 14, "12:00"), ("12am", 15, "00:00"),
        ("8:00", 15, "08:00"), ("at 9:10", 14, "09:10"), ("until 8", 15, "08:00"), ("8:00 today", 14, "08:00"),
        ("10:00 tomorrow", 15, "10:00"), ("tomorrow, 10am", 15, "10:00"), ("morgen 10 Uhr", 15, "10:00"),
        ("heute 10:00", 14, "10:00"), ("24:00", 15, "00:00"), ("23:59", 14, "23:59"), ("noon", 14, "12:00"),
        ("12 noon", 14, "12:00"), ("Mittag", 14, "12:00"), ("cob", 14, "18:00"), ("close of business", 14, "18:00"),
        ("end of business.", 14, "18:00"), ("Feierabend", 14, "18:00"), ("end of shift", 14, "18:00"),
        ("midnight", 15, "00:00"), ("Mitternacht", 15, "00:00"), ("end of day", 15, "00:00"), ("eod", 15, "00:00"),
        ("until the end of the day", 15, "00:00"), ("tonight", 15, "00:00"), ("`heute`", 15, "00:00"),
        ("end of today", 15, "00:00"), ("until 2026-10-15 08:00", 15, "08:00"), ("2026-10-15 08:00", 15, "08:00"),
    ],
)  # fmt: skip
def test_a_time_of_day_is_the_next_one_after_the_work_begins(text, day, clock):
    hour, minute = map(int, clock.split(":"))
    assert parse_about(text, BERLIN, SEVEN, fold=1) == datetime(2026, 10, day, hour, minute, tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("text", "base", "why"),
    [
        ("6pm", None, "no day that it could be of"),
        ("soon", SEVEN, "it is no time"),
        ("8", SEVEN, "it is no time"),
        ("until 25:00", SEVEN, "there is no such time of day"),
        ("until 10:60", SEVEN, "there is no such time of day"),
    ],
)
def test_what_tells_no_end_says_so(text, base, why):
    with pytest.raises(ValueError, match=why):
        parse_about(text, BERLIN, base)


@pytest.mark.parametrize("read", [lambda text, fold: parse_local(f"2026-10-25 {text}", BERLIN, fold)[0],
    lambda text, fold: parse_about(f"until {text}", BERLIN, datetime(2026, 10, 25, 1, tzinfo=BERLIN), fold)])  # fmt: skip
@pytest.mark.parametrize(("fold", "hour"), [(0, 0), (1, 1)])
def test_of_an_hour_that_comes_twice_either_may_be_meant(read, fold, hour):
    assert read("02:45", fold) == datetime(2026, 10, 25, hour, 45, tzinfo=UTC)
