"""Durations as people write them: 30m, 2h, 90d."""

import re
from datetime import timedelta
from typing import Any

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([smhdw])\s*")


def parse_duration(value: Any) -> timedelta:
    """`30m`, `2h` or `90d` as a timedelta.

    Raises:
        ValueError: for anything else, with an example.
    """
    if isinstance(value, timedelta):
        return value
    match = _DURATION.fullmatch(str(value))
    if not match:
        raise ValueError("write a number and a unit (s, m, h, d, w), such as 30m, 2h or 90d")
    return timedelta(**{_UNITS[match[2]]: float(match[1])})
