"""Times as sources write them, turned into UTC."""

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, available_timezones

from auditor.model.groups import only
from collectors.time_words import months, rewritten, without_weekday, words

_DAYS = (
    "%d.%m.%Y", "%d.%m.%y", "%d/%b/%y", "%d/%b/%Y", "%d-%b-%y", "%d-%b-%Y", "%d %b %Y", "%d %B %Y", "%b %d %Y",
    "%B %d %Y", "%Y/%m/%d", "%Y-%m-%d", "%Y.%m.%d",
)  # fmt: skip
_HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I %p")
HOURS_AHEAD = {
    "UTC": 0, "GMT": 0, "Z": 0, "WET": 0, "WEST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "EST": -5,
    "EDT": -4, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "JST": 9, "AEST": 10, "AEDT": 11, "NZST": 12,
    "NZDT": 13,
}  # fmt: skip
"""How far zones are ahead of UTC whose abbreviation means one thing only; machines write them."""
# What people mean by theirs.
_ZONES = {name.casefold(): hours for name, hours in HOURS_AHEAD.items()} | {"mez": 1, "mesz": 2, "bst": 1, "cst": -6}
# Where those live who mean a zone that is in force for half of the year; those who write GMT may mean UTC.
_IN_FORCE = {
    "cet": "Europe/Berlin", "cest": "Europe/Berlin", "mez": "Europe/Berlin", "mesz": "Europe/Berlin",
    "wet": "Europe/Lisbon", "west": "Europe/Lisbon", "eet": "Europe/Athens", "eest": "Europe/Athens",
    "bst": "Europe/London", "est": "America/New_York", "edt": "America/New_York", "cst": "America/Chicago",
    "cdt": "America/Chicago", "mdt": "America/Denver", "pst": "America/Los_Angeles", "pdt": "America/Los_Angeles",
    "aedt": "Australia/Sydney", "nzst": "Pacific/Auckland", "nzdt": "Pacific/Auckland",
}  # fmt: skip
_OFFSET = re.compile(
    r"\s+(?:(?:gmt|utc)?\s*([+-]\d{2}):?(\d{2})|(?:gmt|utc)\s*([+-]\d{1,2})(?::(\d{2}))?)(?:\s*\([^)]*\))?$",
    re.IGNORECASE,
)
_IN_BRACKETS = re.compile(r"(?<!\d{4})\s+\(((?:(?:gmt|utc)\s?[+-]\d{1,2}(?::?\d{2})?|[a-z]{3,4}))\)$", re.IGNORECASE)
_PLACE = re.compile(r"\s+\(?([A-Za-z_]+/[A-Za-z_/]+)\)?$")
_CITY = re.compile(r"\s+\(?(local|[a-z]+(?: [a-z]+)?)(?:'s)? time\)?$", re.IGNORECASE)
# As C and Java write it: `Wed Oct 14 08:50:00 CEST 2026`.
_YEAR_LAST = re.compile(
    r"(?:[a-z]{3} )?([a-z]{3}) (\d{1,2}) (\d{2}:\d{2}(?::\d{2})?)(?: ([a-z]{2,5}|[+-]\d{4}))? (\d{4})", re.IGNORECASE
)
_DOTTED = re.compile(r"(?<=\d )(\d{1,2})\.(\d{2})(?:\.\d{2}(?:\.\d+)?)?(?=$| [ap])", re.IGNORECASE)
_BEFORE_A_DAY = re.compile(r"^(?:le|el|il|am|on|den|the)\s+(?=\w)", re.IGNORECASE)
_NOISE = re.compile(
    r"\s*(?:,|\bat\b|\bon\b|\bum\b|\buhr\b|\bom\b|\bore\b|\bàs\b|\bà\b|\ba las\b|\balle\b"
    r"|\bde\b|\bв\b|\buur\b|\bgodz\b\.?|\bkl\b\.?|\bklo\b|\bora\b|\b\u043e\b|(?<=\d)(?:st|nd|rd|th)\b)\s*",
    re.IGNORECASE,
)
# The end of a day, as ISO 8601 has it.
_HOUR_24 = re.compile(r"(?<=[T ])24(?=:00(?::00)?(?![\d:.]))")
_SLASHED = re.compile(r"(?<![\d/-])(\d{1,2})(?:/(\d{1,2})/(\d{4}|\d{2})|-(\d{1,2})-(\d{4}))\b")
_SERIAL = re.compile(r"[45]\d{4}[.,]\d{2,}")
_UNIX = re.compile(r"[12]\.\d{1,15}E9|[12]\d{9}(?:\.\d{1,9})?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?(?:\.\d{1,9})?")
_EXCEL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day has no zone
_SPANISH = re.compile(r"[ap]\.\sm\.?$", re.IGNORECASE)
_TO = re.compile(r"(.*\d[.,]?)([ T])([0-2]?\d:[0-5]\d) ?-(?=(\d\d):(\d\d))(\d\d:\d\d)")
_HOURS_TO = re.compile(r"[ T]\d\d-\d\d$")
_HALF_A_DAY = 12 * 60
# How far behind UTC zones are: so many hours, and so many minutes.
_FURTHEST = 12
_MINUTES = (0, 30)
_LAST_MONTH = 12
_WEEK = re.compile(r"\d{4}-?W\d{2}")


def parse_time(text: str) -> datetime:
    """An ISO 8601 time with an offset, in UTC.

    Raises:
        ValueError: it is no time, has no zone, or lies outside the calendar once it is UTC.
    """
    moment = datetime.fromisoformat(text.strip())
    if moment.tzinfo is None:
        raise ValueError("has no time zone")
    return to_utc(moment)


def parse_utc(text: str) -> datetime:
    """A time with an offset, or as tables of logs have it, which is UTC: `2026-10-14 09:10:00.000`, `1.7921448E9`.

    Raises:
        ValueError: it is no such time, or lies outside the calendar once it is UTC.
    """
    if _UNIX.fullmatch(text):
        return datetime.fromtimestamp(float(text), UTC)
    date_, space, clock = text.strip().removesuffix(" UTC").partition(" ")
    if not space or "+" in clock or "-" in clock:
        return parse_time(text)
    return datetime.fromisoformat(f"{date_}T{clock.removesuffix('Z')}+00:00").astimezone(UTC)


def parse_local(text: str, zone: ZoneInfo, fold: Literal[0, 1] = 0) -> tuple[datetime, bool]:
    """A time as people and spreadsheets write it, in UTC, and whether it said its zone; else it is in `zone`.

    `2026-10-14 06:50:00 UTC`, `14.10.2026 08:50`, `14/Oct/26 8:50 AM`, `Wed Oct 14 2026 08:50:00 GMT+0200 (CEST)`,
    `2026-10-14 08:50 Europe/Berlin`, `… Berlin time` and a spreadsheet's number of days are read; where day and month
    could be confused (`04/05/2026 10:00`), nothing is, nor where a zone is named that is not in force on that day
    (`14.10.2026 08:50 CET`), which may be what the clock shows there, or an hour later; behind hours from UTC
    (`+0800 (CST)`) a name tells nothing more. Of an hour that comes twice, when summer time ends, `fold` says which of
    the two is meant.

    Raises:
        ValueError: it is no such time.
    """
    text = " ".join(text.split())
    for pattern, instead in rewritten():
        text = pattern.sub(instead, text)
    if _is_span(text, zone):
        raise ValueError("it is a beginning and an end")
    if year_last := _YEAR_LAST.fullmatch(text):
        text = " ".join(filter(None, year_last.group(1, 2, 5, 3, 4)))
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC), True
    if (place := _PLACE.search(text)) and (there := zone_named(place[1])):
        return parse_local(text[: place.start()], there, fold)[0], True
    if (city := _CITY.search(text)) and (there := _zone_of(city[1], zone)):
        return parse_local(text[: city.start()], there, fold)[0], True
    text, days = _HOUR_24.subn("00", text)
    plain, offset = zoned(text)
    moment = (_iso(plain) or _written(plain, zone)) + timedelta(days=days)
    if offset is not None:
        moment = moment.replace(tzinfo=timezone(offset))
        if not _OFFSET.search(text):
            _in_force(text, moment)
    return to_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=fold)), moment.tzinfo is not None


def _is_span(text: str, zone: ZoneInfo) -> bool:
    """Whether `2026-10-14 08:50-09:30` ends at half past nine, and is no time that far behind UTC.

    With a blank before the hour, it is an offset where it is the zone's own, or would last for more than half a day.
    """
    match = _TO.fullmatch(text)
    if match is None:
        return _HOURS_TO.search(text) is not None
    begins, hours, minutes = match[3].zfill(5), int(match[4]), int(match[5])
    if hours > _FURTHEST or minutes not in _MINUTES or (not hours and minutes):
        return True
    moment = _iso(f"{match[1]} {begins}") or _written(f"{match[1]} {begins}", zone)
    behind = moment.replace(tzinfo=zone).utcoffset()
    lasts = (_minute_of(match[6]) - _minute_of(begins)) % (24 * 60)
    return match[2] == " " and behind != -timedelta(hours=hours, minutes=minutes) and 0 < lasts <= _HALF_A_DAY


def _minute_of(clock: str) -> int:
    """A time of day as minutes after midnight."""
    return int(clock[:2]) * 60 + int(clock[3:])


def _in_force(text: str, moment: datetime) -> None:
    """Raises ValueError where the zone that ends a text is one of the other half of the year."""
    place = _IN_FORCE.get(text.rpartition(" ")[2].strip("()").casefold())
    if place and moment.utcoffset() != moment.astimezone(ZoneInfo(place)).utcoffset():
        raise ValueError("its zone is not in force on that day")


def zone_named(name: str) -> ZoneInfo | None:
    """The zone of `Europe/Berlin`, however that is capitalised; None where there is none of that name."""
    known = _zone_names().get(name.casefold())
    return ZoneInfo(known) if known else None


@cache
def _zone_names() -> dict[str, str]:
    return {name.casefold(): name for name in available_timezones()}


@cache
def _zone_of(city: str, own: ZoneInfo) -> ZoneInfo | None:
    """The zone of `Berlin time` or `local time`, where there is just one of that name."""
    word = city.casefold().replace(" ", "_")
    if word == "local":
        return own
    names = [name for name in available_timezones() if name.casefold().rpartition("/")[2] == word and "/" in name]
    return ZoneInfo(names[0]) if len(names) == 1 else None


def _iso(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if len(text) > len("2026-10-14") else None
    except ValueError:
        return None


def zoned(text: str) -> tuple[str, timedelta | None]:
    """A time without the zone that it names, and how far that is from UTC."""
    text = _IN_BRACKETS.sub(r" \1", text)
    if match := _OFFSET.search(text):
        hours, minutes = match[1] or match[3], int(match[2] or match[4] or 0)
        return text[: match.start()], timedelta(hours=int(hours), minutes=-minutes if hours[0] == "-" else minutes)
    rest, _, last = text.rpartition(" ")
    ahead = _ZONES.get(last.casefold())
    return (rest, timedelta(hours=ahead)) if rest and ahead is not None else (text, None)


def _written(text: str, zone: ZoneInfo) -> datetime:
    if _SERIAL.fullmatch(text):
        moment = _EXCEL_DAY_0 + timedelta(days=float(text.replace(",", ".")))
        return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)
    text = re.sub(r"(?<=\d)\s?(?:h|uhr)\s?(?=\d\d$)", ":", text, flags=re.IGNORECASE)
    plain = " ".join(_NOISE.sub(" ", without_weekday(_BEFORE_A_DAY.sub("", text))).split())
    plain = re.sub(r"^(\d{1,2})\.(?= )", r"\1", plain)
    plain = re.sub(r"(?<=\d)\s*([ap])\.?\s?m\.?$", r" \1m", plain, flags=re.IGNORECASE)
    plain = _DOTTED.sub(r"\1:\2", plain)
    plain = re.sub(
        r"[^\W\d]{3,}\.?", lambda word: months().get(word[0].casefold().rstrip("."), word[0].rstrip(".")), plain
    )
    # Spanish has a blank in `a. m.`.
    american = plain.endswith("m") and not (zone.key.startswith(words()["halves"]) or _SPANISH.search(text))
    plain = _SLASHED.sub(lambda match: _ordered(match, american=american), plain, count=1)
    for day in _DAYS:
        for hour in _HOURS:
            with suppress(ValueError):
                return datetime.strptime(plain, f"{day} {hour}")  # noqa: DTZ007 - the caller gives it its zone
    raise ValueError("it is no time of day")


def _ordered(match: re.Match[str], *, american: bool) -> str:
    """A day between slashes as ISO has it; American where the hour is, or where the second number is no month."""
    first, second = _numbers(match)
    american = second > _LAST_MONTH or (first <= _LAST_MONTH and american)
    if not american and first <= _LAST_MONTH and first != second:
        raise ValueError("its day and its month could be confused")
    return _in_order(match, day_first=not american)


def _numbers(match: re.Match[str]) -> tuple[int, int]:
    return int(match[1]), int(match[2] or match[4])


def _in_order(match: re.Match[str], *, day_first: bool) -> str:
    year = match[3] or match[5]
    day, month = _numbers(match) if day_first else reversed(_numbers(match))
    return f"{f'20{year}' if len(year) == 2 else year}-{month:02}-{day:02}"  # noqa: PLR2004 - without its century


def day_first(texts: Iterable[str]) -> bool | None:
    """Whether the day stands first in texts that begin with a date such as `10/05/2026`, as others of them tell.

    `14/10/2026` can mean one thing only. None where none of them tells, or where they do not agree.
    """
    return only(
        first > _LAST_MONTH
        for text in texts
        if (match := _SLASHED.match(text.strip()))
        and max(first := _numbers(match)[0], _numbers(match)[1]) > _LAST_MONTH
    )


def with_day_known(text: str, *, day_first: bool) -> str:
    """A text that begins with a date between slashes, with that as ISO has it, where it can be one."""
    match = _SLASHED.match(text)
    if match is None or _numbers(match)[0 if not day_first else 1] > _LAST_MONTH:
        return text
    return f"{_in_order(match, day_first=day_first)}{text[match.end() :]}"


def time_or_day(text: str, zone: ZoneInfo, fold: Literal[0, 1] = 0, *, last: bool = False) -> datetime:
    """A time as `parse_local` reads it, else a day as `parse_day` does, whose errors it raises."""
    with suppress(ValueError):
        return parse_local(text, zone, fold)[0]
    return parse_day(text, zone, last=last)


def parse_day(text: str, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """A day, or a week (`2026-W42`), as the moment at which it begins in `zone`, in UTC; a last one as that of its end.

    Raises:
        ValueError: it is no date, or its day and its month could be confused, or the calendar ends before it does.
    """
    moment = parse_local(f"{text.strip()} 00:00", zone)[0].astimezone(zone)
    days = 7 if _WEEK.fullmatch(text.strip()) else 1
    try:
        return to_utc(moment + timedelta(days=days if last else 0))
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error


def to_utc(moment: datetime) -> datetime:
    """An aware time in UTC.

    Raises:
        ValueError: it lies outside the calendar then, such as year 1 east of Greenwich.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error
