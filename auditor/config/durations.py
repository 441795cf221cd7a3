"""Durations as people write them: 30m, 2h, 90d."""

import re
from datetime import timedelta
from typing import Any

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_DURATION = re.compile(r"\s*([0-9]{1,9}(?:\.[0-9]{1,6})?)\s*([smhdw])\s*")
_LONGEST = timedelta(days=36_500)


def parse_duration(value: Any) -> timedelta:
    """`30m`, `2h` or `90d` as a timedelta.

    Raises:
        ValueError: for anything else, and for more than a hundred years, with an example.
    """
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("expected a number and a unit (s, m, h, d, w), such as 30m, 2h or 90d")
    length = timedelta(seconds=float(match[1]) * _UNITS[match[2]])
    if length > _LONGEST:
        raise ValueError("expected at most a hundred years (36500d)")
    return length


def format_duration(length: timedelta) -> str:
    """The shortest way to write it in whole units: `90d`, `2h`, `90s`."""
    seconds = length.total_seconds()
    for unit in ("d", "h", "m"):
        if seconds and seconds % _UNITS[unit] == 0:
            return f"{seconds / _UNITS[unit]:.0f}{unit}"
    return f"{seconds:g}s"
