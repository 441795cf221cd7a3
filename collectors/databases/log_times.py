"""Times of PostgreSQL's log, in the zone that it names."""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from collectors.times import HOURS_AHEAD

_AHEAD = re.compile(r"([+-])(\d\d):?(\d\d)?")


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """A time of the log, in UTC.

    Raises:
        ValueError: it is none, or its zone is neither UTC nor that of the source.
    """
    written, _, name = text.rpartition(" ")
    return datetime.fromisoformat(written).replace(tzinfo=UTC) - _offset(written[: len("2026-10-14 09")], name, zone)


@lru_cache(maxsize=4096)
def _offset(hour: str, name: str, zone: ZoneInfo) -> timedelta:
    """How far a zone of the log is ahead in an hour: its name alone could be several."""
    if name in ("UTC", "GMT"):
        return timedelta()
    if (ahead := _AHEAD.fullmatch(name)) is not None:
        return (-1 if ahead[1] == "-" else 1) * timedelta(hours=int(ahead[2]), minutes=int(ahead[3] or 0))
    local = datetime.fromisoformat(f"{hour}:00").replace(tzinfo=zone)
    for fold in (0, 1):
        if local.replace(fold=fold).tzname() == name:
            return local.replace(fold=fold).utcoffset() or timedelta()
    if name in HOURS_AHEAD:
        return timedelta(hours=HOURS_AHEAD[name])
    raise ValueError(f"its times are in {name}, which is not the time of {zone.key}: name its zone as `timezone`")
