"""Times as people say them on the command line."""

import re
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from auditor.config.durations import parse_duration
from collectors.times import parse_local, to_utc

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_DAYS = {"today": 0, "yesterday": 1}
_DAY = timedelta(days=1)


def moment(text: str, zone: ZoneInfo, now: datetime, *, end: bool, after: datetime | None = None) -> datetime:
    """A time in UTC: `02:00`, `yesterday`, `yesterday 02:00`, `2026-11-20`, `2h ago`, and whole times of many forms.

    A time of day is the last one there was, or the first that comes after `after`. A day alone is its beginning; with
    `end` its last moment, which is still that day's, or now where it is today.

    Raises:
        ValueError: it is no such time.
    """
    words = " ".join(text.casefold().split())
    today = now.astimezone(zone).date()
    first, _, rest = words.partition(" ")
    day = _day(first, today)
    if words == "now" or (end and not rest and day == today):
        return now
    if words.endswith(" ago"):
        return now - parse_duration(words.removesuffix(" ago"))
    if day and not rest:
        return to_utc(datetime.combine(day, time.max if end else time(), zone))
    clock = _CLOCK.fullmatch(rest if day else words)
    if clock is None:
        return parse_local(text, zone)[0]
    if after and not day:
        starts_on = after.astimezone(zone).date()
        return next(at for days in (0, 1) if (at := max(_at(starts_on + days * _DAY, clock, zone))) > after)
    times = [_at(day, clock, zone)] if day else [_at(today - days * _DAY, clock, zone) for days in (0, 1)]
    return next((max if end else min)(fit) for both in times if (fit := [at for at in both if day or at <= now]))


def _day(word: str, today: date) -> date | None:
    if word in _DAYS:
        return today - _DAYS[word] * _DAY
    try:
        return date.fromisoformat(word)
    except ValueError:
        return None


def _at(day: date, clock: re.Match[str], zone: ZoneInfo) -> list[datetime]:
    """The time by either offset, where the clocks are changed: an hour comes twice then, or never."""
    return [to_utc(datetime.combine(day, time(int(clock[1]), int(clock[2]), fold=fold), zone)) for fold in (0, 1)]
