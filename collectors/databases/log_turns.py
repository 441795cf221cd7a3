"""Files of a log that the server turned: which log each is of, in which order they are read, and what is missing."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from operator import itemgetter

from collectors.base import Raw
from collectors.files import unpacked
from collectors.turned import Order, age

_TURN = re.compile(
    r"(?<!\d)(?P<year>\d{4})[-/]?(?P<month>\d\d)[-/]?(?P<day>\d\d)"
    r"(?:[T_./-]?(?P<hour>\d\d)(?::?(?P<minute>\d\d)(?::?\d\d)?)?)?(?!\d)"
    r"|(?<=[._-])(?P<weekday>Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?=\.|$)"
    r"|\.\d{1,3}(?=$|\.(?:gz|xz|bz2|zst)$)|\.(?:gz|xz|bz2|zst)$"
)
_STAMP = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
_LOOKED_AT = 1 << 16
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def log_of(name: str) -> str:
    """The log that a file is of: the names of its files differ in days, hours and numbers, and in what packed them."""
    return _TURN.sub("", name).rstrip("._-")


def turn(raw: Raw) -> tuple[Order, str, str]:
    """What sorts the files of one log, oldest first: days of the week say nothing, and come as they were written."""
    written = raw.version.rpartition(":")[2].zfill(20) if (said := _TURN.search(raw.origin)) and said["weekday"] else ""
    return age(raw.origin), written, raw.origin


def as_written(files: Sequence[Raw]) -> list[Raw]:
    """Files by the first time that stands in each; one without any stays behind the one before."""
    times = accumulate(map(_began, files) if len(files) > 1 else [b""], lambda before, time: time or before)
    return [raw for _, raw in sorted(zip(times, files, strict=False), key=itemgetter(0))]


def _began(raw: Raw) -> bytes:
    """The first time that stands in a file; empty where there is none, or it cannot be had."""
    if raw.missing or raw.skipped:
        return b""
    try:
        found = _STAMP.search(unpacked(raw.load(), _LOOKED_AT)[0][:_LOOKED_AT])
    except (OSError, ValueError):
        return b""  # reading it says why
    return found[0].replace(b"T", b" ") if found else b""


def silence(before: str, name: str) -> timedelta | None:
    """How long may lie between the last line of a file and the first of the next, so that no other is missing.

    None is however long: their names tell that one follows the other.
    """
    first, second = _begin(before), _begin(name)
    if first is None or second is None:
        return _DAY
    by_the_hour = any(moment.hour or moment.minute for moment in (first, second))
    return None if timedelta() <= second - first <= (_HOUR if by_the_hour else _DAY) else _HOUR


def _begin(name: str) -> datetime | None:
    """When a file was begun, as its name tells."""
    found = next((one for one in _TURN.finditer(name) if one["year"]), None)
    try:
        parts = [int(value or 0) for value in found.group("year", "month", "day", "hour", "minute")] if found else []
        return datetime(*parts, tzinfo=UTC) if parts else None  # type: ignore[misc,arg-type]
    except ValueError:
        return None
