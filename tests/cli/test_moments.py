"""Times as people say them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from auditor.cli.terminal.moments import moment

BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 28, 9, 30, tzinfo=UTC)  # half past ten in Berlin


@pytest.mark.parametrize(
    ("said", "start", "end"),
    [
        ("now", "2026-11-28 09:30", None),
        ("02:00", "2026-11-28 01:00", None),
        ("23:15", "2026-11-27 22:15", None),
        ("yesterday", "2026-11-26 23:00", "2026-11-27 22:59:59.999999"),
        ("Yesterday 02:00", "2026-11-27 01:00", None),
        ("today", "2026-11-27 23:00", "2026-11-28 09:30"),
        ("2026-11-20", "2026-11-19 23:00", "2026-11-20 22:59:59.999999"),  # still that day, and that month,
        ("2026-07-20 9:05", "2026-07-20 07:05", None),
        ("20 Nov 2026 02:00", "2026-11-20 01:00", None),
        ("2026-11-20T02:00:00Z", "2026-11-20 02:00", None),
        ("2h ago", "2026-11-28 07:30", None),
    ],
)
def test_times_are_read_in_the_organisation_s_zone(said: str, start: str, end: str | None) -> None:
    for expected, last in ((start, False), (end or start, True)):
        found = moment(said, BERLIN, NOW, end=last)
        assert found == datetime.fromisoformat(f"{expected}+00:00")


@pytest.mark.parametrize(
    ("said", "after", "end"),
    [
        ("11:15", "2026-11-28 08:00", "2026-11-28 10:15"),  # an hour that is not over yet
        ("01:00", "2026-11-27 22:00", "2026-11-28 00:00"),  # from eleven at night
        ("23:00", "2026-11-27 22:00", "2026-11-28 22:00"),
        ("03:30", "2026-11-20 01:00", "2026-11-20 02:30"),
        ("yesterday 02:00", "2026-11-28 08:00", "2026-11-27 01:00"),
    ],
)
def test_a_time_of_day_ends_what_begins_before_it(said: str, after: str, end: str) -> None:
    begins = datetime.fromisoformat(f"{after}+00:00")
    assert moment(said, BERLIN, NOW, end=True, after=begins) == datetime.fromisoformat(f"{end}+00:00")


@pytest.mark.parametrize(
    ("said", "now", "start", "end"),
    [
        (
            "02:30",
            "2026-10-25 03:00",
            "2026-10-25 00:30",
            "2026-10-25 01:30",
        ),  # that hour came twice: all of it is meant
        ("02:30", "2026-10-25 00:45", "2026-10-25 00:30", "2026-10-25 00:30"),  # it came once so far
        ("2026-10-25 02:30", "2026-10-26 09:00", "2026-10-25 00:30", "2026-10-25 01:30"),
        ("02:30", "2026-03-29 09:00", "2026-03-29 00:30", "2026-03-29 01:30"),  # it never came
        ("2026-10-25", "2026-10-26 09:00", "2026-10-24 22:00", "2026-10-25 22:59:59.999999"),
    ],
)
def test_where_the_clocks_are_changed_a_time_takes_in_all_that_it_may_mean(
    said: str, now: str, start: str, end: str
) -> None:
    asked = datetime.fromisoformat(f"{now}+00:00")
    for expected, last in ((start, False), (end, True)):
        assert moment(said, BERLIN, asked, end=last) == datetime.fromisoformat(f"{expected}+00:00")
    begins = moment("02:15", BERLIN, asked, end=False)
    assert begins < moment("02:45", BERLIN, asked, end=True, after=begins)


@pytest.mark.parametrize("said", ["", "soon", "25:00", "2026-02-30", "04/05/2026 10:00", "ago", "yesterday noon"])
def test_what_is_no_time_is_refused(said: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        moment(said, BERLIN, NOW, end=False)
