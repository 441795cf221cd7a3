"""A beginning and an end in one text."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from collectors.spans import parse_span

BASE = datetime(2026, 10, 14, 9, tzinfo=UTC)


def test_a_text_with_ever_more_ends_is_none_and_costs_no_time() -> None:
    zone = ZoneInfo("UTC")
    assert parse_span("10:00 - 11:00", zone, BASE) == (BASE.replace(hour=10), BASE.replace(hour=11))
    with pytest.raises(ValueError, match="too long"):
        parse_span("10:00 to " * 20_000, zone, BASE)


@pytest.mark.parametrize("text", ["2026-10-14T08:50:00-05:00", "2026-10-14 08:50-05:00", "14.10.2026 08:50 -0500"])
def test_the_offset_of_a_time_is_no_end(text: str) -> None:
    with pytest.raises(ValueError, match="one time"):
        parse_span(text, ZoneInfo("Europe/Berlin"), BASE)


@pytest.mark.parametrize(
    ("text", "zone", "end"),
    [
        ("2026-10-14 08:50-09:30", "Europe/Berlin", (7, 30)),
        ("2026-10-14 13:00-14:00", "Europe/Berlin", (12, 0)),
        ("2026-10-14T13:00-14:00", "Europe/Berlin", (12, 0)),
        ("2026-10-14 08:50 -09:30", "Europe/Berlin", (7, 30)),
        ("14.10.2026 8:50 -09:30", "Europe/Berlin", (7, 30)),
        ("14.10.2026 13:00 -14:00", "Europe/Berlin", (12, 0)),
        ("14.10.2026 03:00 -04:00", "America/New_York", None),
        ("2026-10-13 22:00-06:00", "Europe/Berlin", (4, 0)),
        ("2026-10-14 23:15-23:45", "Europe/Berlin", (21, 45)),
        ("2026-10-14 03:00-04:00", "America/New_York", None),
        ("2026-10-14T03:00-04:00", "Europe/Berlin", None),
        ("2026-10-14 03:00:00-04:00", "Europe/Berlin", None),
    ],
)
def test_two_times_of_a_day_are_no_time_so_far_behind_utc_where_it_can_be_told(text, zone, end) -> None:
    if end is None:
        with pytest.raises(ValueError, match="one time"):
            parse_span(text, ZoneInfo(zone), BASE)
    else:
        begins, ends = parse_span(text, ZoneInfo(zone), BASE)
        assert begins < ends == BASE.replace(hour=end[0], minute=end[1])


def test_hours_alone_are_no_time_so_far_behind_utc() -> None:
    with pytest.raises(ValueError, match="no beginning with an end"):
        parse_span("2026-10-14 08-10", ZoneInfo("Europe/Berlin"), BASE)
