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
