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
