"""Times as people, spreadsheets and trackers write them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.relative_times import parse_about
from collectors.times import parse_local

ZONE = ZoneInfo("Europe/Berlin")
START = datetime(2026, 10, 14, 6, 50, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zoned"),
    [
        ("2026-10-14 08:50", False),
        ("2026-10-14 8:50", False),
        ("2026/10/14 08:50", False),
        ("14.10.2026 08:50", False),
        ("14.10.26, 08:50 Uhr", False),
        ("14. Oktober 2026 08:50 Uhr", False),
        ("14 octobre 2026 08h50", False),
        ("14 octobre 2026 à 8h50", False),
        ("14 de octubre de 2026 8:50", False),
        ("14-Oct-2026 08:50", False),
        ("1791960600", True),
        ("1791960600000", True),
        ("1791960600.0", True),
        ("14/10/2026 08:50 a. m.", False),
        ("14/10/2026 8:50\u202fAM", False),
        ("14/Oct/26 8:50 AM", False),
        ("14/Okt/26 08:50", False),
        ("10/14/2026 8:50 AM", False),
        ("14/10/2026 08:50", False),
        ("October 14th, 2026 at 8:50 am", False),
        ("46309.36806", False),
        ("2026-10-14T06:50:00Z", True),
        ("2026-10-14 06:50:00 UTC", True),
        ("2026-10-14 08:50 CEST", True),
        ("2026-10-14 08:50 GMT+2", True),
        ("2026-10-14 08:50 Europe/Berlin", True),
        ("2026-10-14 08:50 (Berlin time)", True),
        ("14.10.2026 08:50 local time", True),
        ("2026-10-14 02:50 New York time", True),
        ("2026-10-14 02:50 (America/New_York)", True),
        ("2026-10-14 08:50 +02:00", True),
        ("2026-10-14T08:50:00.000+0200", True),
        ("Wed Oct 14 2026 08:50:00 GMT+0200 (CEST)", True),
        ("Wed, 14 Oct 2026 08:50:00 +0200", True),
        ("Wed Oct 14 08:50:00 2026", False),
        ("Wed Oct 14 08:50:00 CEST 2026", True),
        ("2026-10-14 12:20 GMT+5:30", True),
        ("mercredi 14 octobre 2026 à 08 h 50", False),
        ("14 ottobre 2026 ore 08:50", False),
        ("14 de outubro de 2026 às 08:50", False),
        ("14 oktober 2026 om 08:50", False),
        ("14 października 2026 08:50", False),
        ("14.10.2026 8 Uhr 50", False),
        ("14.10.2026 8.50", False),
        ("14-OCT-26 08.50.00.000000 AM", False),
        ("2026-10-14T08:50:00+02:00[Europe/Berlin]", True),
        ("/Date(1791960600000)/", True),
        ("8:50 14.10.2026", False),
        ("08:50, 14 Oct 2026", False),
        ("8:50 am on October 14, 2026", False),
        ("14/10/2026 08:50 h", False),
        ("14. 10. 2026 8:50", False),
        ("2026. 10. 14. 8:50", False),
        ("Wed, 10/14/2026 - 08:50", False),
        ("2026-10-14 @ 08:50", False),
        ("2026年10月14日 08:50", False),
        ("2026年10月14日 8時50分", False),
        ("14-10-2026 08.50 uur", False),
        ("14.10.2026 klo 8.50", False),
        ("14 Ekim 2026 08:50", False),
        ("14 octombrie 2026, ora 08:50", False),
        ("2026-10-14 06:50:00 +0000 UTC m=+0.0001", True),
        ("14.10.2026 r. godz. 8:50", False),
        ("14/paź/26 8:50 AM", False),
        ("mer 14 ottobre 2026 ore 8.50", False),
        ("mié, 14 oct 2026, 08:50", False),
        ("14 окт. 2026 \u0433., 08:50", False),
        ("ons 14 oktober 2026 kl. 08:50", False),
    ],
)
def test_a_time_is_read_however_it_is_written(text: str, *, zoned: bool) -> None:
    assert parse_local(text, ZONE) == (START, zoned)


@pytest.mark.parametrize(
    "text",
    ["soon", "2026-10-14 10:00 tea time", "2026-10-14", "04/05/2026 10:00", "2026-13-01 10:00", "14.10.2026", "5", ""],
)
def test_what_is_no_time_or_two_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_local(text, ZONE)


@pytest.mark.parametrize(
    ("text", "day", "hour", "minute"),
    [
        ("for one hour", 14, 7, 50),
        ("1 hr", 14, 7, 50),
        ("1h 30m", 14, 8, 20),
        ("90 minutes", 14, 8, 20),
        ("1 hour and 30 minutes", 14, 8, 20),
        ("2 ore", 14, 8, 50),
        ("10:30:00", 14, 8, 30),
        ("10:30 CEST", 14, 8, 30),
        ("6 pm (UTC+2)", 14, 16, 0),
        ("01:00 CEST", 14, 23, 0),
        ("half an hour", 14, 7, 20),
        ("2 days", 16, 6, 50),
        ("PT1H30M", 14, 8, 20),
        ("P1DT10M", 15, 7, 0),
        ("until 6pm", 14, 16, 0),
        ("18:00", 14, 16, 0),
        ("till end of day", 14, 22, 0),
        ("bis 12 Uhr", 14, 10, 0),
        ("noon", 14, 10, 0),
        ("until tomorrow 10:00", 15, 8, 0),
        ("une heure", 14, 7, 50),
        ("30 minutos", 14, 7, 20),
        ("+1h", 14, 7, 50),
        ("2h max", 14, 8, 50),
        ("jusqu'à 9h30", 14, 7, 30),
        ("hasta las 9:30", 14, 7, 30),
        ("14.10. 9:30", 14, 7, 30),
        ("Oct 14, 9:30", 14, 7, 30),
        ("until 14.10.2026 12:00", 14, 10, 0),
        ("until 07:00", 15, 5, 0),
        ("in 1 hour", 14, 7, 50),
        ("1,5 uur", 14, 8, 20),
        ("tot 9.30 uur", 14, 7, 30),
        ("fino alle 9:30", 14, 7, 30),
        ("do godz. 9:30", 14, 7, 30),
    ],
)
def test_a_time_is_told_from_the_beginning(text: str, day: int, hour: int, minute: int) -> None:
    assert parse_about(text, ZONE, START, fold=1) == datetime(2026, 10, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    [
        *("whenever", "5", "until resolved", "25:00", "until 10:75", "1h30", "1:30h"),
        *("for 99999999 days", "9999999999999 hours", "2026-10-14 08:50 America/Argentina"),
    ],
)
def test_other_words_are_no_time(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        parse_about(text, ZONE, START)


def test_a_word_for_a_month_and_a_weekday_is_told_by_what_follows() -> None:
    assert parse_local("Mar 14 2026 08:50", ZONE)[0] == datetime(2026, 3, 14, 7, 50, tzinfo=UTC)
    assert parse_local("mar 13 ottobre 2026 08:50", ZONE)[0] == datetime(2026, 10, 13, 6, 50, tzinfo=UTC)


def test_a_time_of_day_without_a_day_is_none() -> None:
    with pytest.raises(ValueError, match="no day"):
        parse_about("until 6pm", ZONE, None)


@pytest.mark.parametrize(
    ("text", "day", "hour", "minute"),
    [
        ("now", 14, 6, 50),
        ("sofort", 14, 6, 50),
        ("10:30", 14, 8, 30),
        ("Friday 18:00", 16, 16, 0),
        ("giovedì alle 8:50", 15, 6, 50),
        ("Fri 16 Oct 18:00", 16, 16, 0),
        ("7:30", 14, 5, 30),
        ("tomorrow 7:30", 15, 5, 30),
        ("16/10 18:00", 16, 16, 0),
        ("am 14.10.2026 um 10:30", 14, 8, 30),
    ],
)
def test_a_beginning_is_told_from_when_the_ticket_was_opened(text: str, day: int, hour: int, minute: int) -> None:
    assert parse_about(text, ZONE, START) == datetime(2026, 10, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize("text", ["3:30", "next Friday", "Wednesday 8:00", "until further notice", "Wed"])
def test_what_may_be_of_two_days_is_no_beginning(text: str) -> None:
    with pytest.raises(ValueError, match=r"may be|no time"):
        parse_about(text, ZONE, START)


def test_the_end_of_a_weekday_is_its_last_moment() -> None:
    assert parse_about("until Friday", ZONE, START, fold=1) == datetime(2026, 10, 16, 22, tzinfo=UTC)
