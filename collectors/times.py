"""Times as sources write them, turned into UTC."""

import re
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

_DAYS: tuple[str, ...] = (
    "%d.%m.%Y",
    "%d.%m.%y",
    "%d/%b/%y",
    "%d/%b/%Y",
    "%d-%b-%y",
    "%d-%b-%Y",
    "%d %b %Y",
    "%d %B %Y",
)
_DAYS += ("%b %d %Y", "%B %d %Y", "%Y/%m/%d", "%Y-%m-%d", "%Y.%m.%d")
_HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I %p")
_ZONES = {"utc": 0, "gmt": 0, "z": 0, "cet": 1, "cest": 2, "mez": 1, "mesz": 2, "bst": 1, "wet": 0, "eet": 2, "eest": 3}
_ZONES |= {"est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8, "pdt": -7}
_OFFSET = re.compile(
    r"\s+(?:(?:gmt|utc)?\s*([+-]\d{2}):?(\d{2})|(?:gmt|utc)\s*([+-]\d{1,2}))(?:\s*\([^)]*\))?$", re.IGNORECASE
)
_PLACE = re.compile(r"\s+\(?([A-Za-z_]+/[A-Za-z_/]+)\)?$")
_CITY = re.compile(r"\s+\(?(local|[a-z]+(?: [a-z]+)?)(?:'s)? time\)?$", re.IGNORECASE)
_WEEKDAY = re.compile(r"^(?:mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so)[a-z]*\.?,?\s+", re.IGNORECASE)
_NOISE = re.compile(
    r"\s*(?:,|\bat\b|\bon\b|\bum\b|\buhr\b|\bà\b|\ba las\b|\bde\b|(?<=\d)(?:st|nd|rd|th)\b)\s*", re.IGNORECASE
)
_MONTHS = dict(
    pair.split("=")
    for pair in re.split(
        r"\s+",
        "januar=January jänner=January februar=February märz=March mär=Mar mrz=Mar mai=May juni=June juli=July okt=Oct "
        "oktober=October dez=Dec dezember=December janvier=January février=February mars=March avril=April juin=June "
        "juillet=July août=August septembre=September octobre=October novembre=November décembre=December "
        "enero=January febrero=February marzo=March abril=April mayo=May junio=June julio=July agosto=August "
        "septiembre=September octubre=October noviembre=November diciembre=December sept=Sep",
    )
)
_SLASHED = re.compile(r"(?<!\d)(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})\b")
_SERIAL = re.compile(r"[45]\d{4}[.,]\d{2,}")
_UNIX = re.compile(r"[12]\.\d{1,15}E9|[12]\d{9}(?:\.\d{1,9})?")
_EPOCH = re.compile(r"1\d{9}(?:\d{3})?")
_EXCEL_DAY_0 = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's day has no zone
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
    could be confused (`04/05/2026 10:00`), nothing is. Of an hour that comes twice, when summer time ends, `fold` says
    which of the two is meant.

    Raises:
        ValueError: it is no such time.
    """
    text = " ".join(text.split())
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(int(text[:10]), UTC), True
    if place := _PLACE.search(text):
        with suppress(ZoneInfoNotFoundError):
            return parse_local(text[: place.start()], ZoneInfo(place[1]), fold)[0], True
    if (city := _CITY.search(text)) and (there := _zone_of(city[1], zone)):
        return parse_local(text[: city.start()], there, fold)[0], True
    plain, offset = _zoned(text)
    moment = _iso(plain) or _written(plain)
    if offset is not None:
        moment = moment.replace(tzinfo=timezone(offset))
    return to_utc(moment if moment.tzinfo else moment.replace(tzinfo=zone, fold=fold)), moment.tzinfo is not None


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


def _zoned(text: str) -> tuple[str, timedelta | None]:
    """A time without the zone that it names, and how far that is from UTC."""
    if match := _OFFSET.search(text):
        hours, minutes = match[1] or match[3], int(match[2] or 0)
        return text[: match.start()], timedelta(hours=int(hours), minutes=-minutes if hours[0] == "-" else minutes)
    rest, _, last = text.rpartition(" ")
    ahead = _ZONES.get(last.casefold())
    return (rest, timedelta(hours=ahead)) if rest and ahead is not None else (text, None)


def _written(text: str) -> datetime:
    if _SERIAL.fullmatch(text):
        moment = _EXCEL_DAY_0 + timedelta(days=float(text.replace(",", ".")))
        return (moment + timedelta(seconds=30)).replace(second=0, microsecond=0)
    plain = " ".join(_NOISE.sub(" ", _WEEKDAY.sub("", text)).split())
    plain = re.sub(r"^(\d{1,2})\.(?= )", r"\1", plain)
    plain = re.sub(r"(?<=\d)\s*([ap])\.?m\.?$", r" \1m", plain, flags=re.IGNORECASE)
    plain = re.sub(r"(?<=\d)h(?=\d\d$)", ":", plain)
    plain = re.sub(
        r"[^\W\d]{3,}\.?", lambda word: _MONTHS.get(word[0].casefold().rstrip("."), word[0].rstrip(".")), plain
    )
    plain = _SLASHED.sub(lambda match: _ordered(match, plain), plain, count=1)
    for day in _DAYS:
        for hour in _HOURS:
            with suppress(ValueError):
                return datetime.strptime(plain, f"{day} {hour}")  # noqa: DTZ007 - the caller gives it its zone
    raise ValueError("it is no time of day")


def _ordered(match: re.Match[str], text: str) -> str:
    """A day between slashes as ISO has it; American where the hour is, or where the second number is no month."""
    first, second = int(match[1]), int(match[2])
    year = f"20{match[3]}" if len(match[3]) == 2 else match[3]  # noqa: PLR2004 - a year without its century
    american = second > _LAST_MONTH or (first <= _LAST_MONTH and text.casefold().endswith("m"))
    if not american and first <= _LAST_MONTH and first != second:
        raise ValueError("its day and its month could be confused")
    month, day = (first, second) if american else (second, first)
    return f"{year}-{month:02}-{day:02}"


_LENGTH = re.compile(
    r"(?:for\s+|für\s+|pour\s+|por\s+|pendant\s+|durante\s+|\+\s*|max\.?\s+)?(?:about\s+|ca\.?\s+|up to\s+)?"
    r"(\d+(?:[.,]\d+)?|half an|an?|un|due|one|two|three|four|eine[nr]?|zwei|drei|halbe|une|deux|trois"
    r"|una|dos|tres|media)\s*(m|min|mins|minutes?|minuten?|minutos?|minuti|h|hs|hrs?|hours?|std|stunden?|heures?|horas?|or[ae]|d|days?"
    r"|tage?|jours?|días?)\b"
    r"(?:\s*(?:and\s+|und\s+|et\s+)?(\d+)\s*m(?:in(?:ute[ns]?)?s?)?)?(?:\s+max(?:imum)?)?",
    re.IGNORECASE,
)
_NUMBERS = {"half an": 0.5, "halbe": 0.5, "two": 2.0, "zwei": 2.0, "due": 2.0, "three": 3.0, "drei": 3.0, "four": 4.0}
_NUMBERS |= {"media": 0.5, "deux": 2.0, "dos": 2.0, "trois": 3.0, "tres": 3.0}
_UNITS = {"m": "minutes", "h": "hours", "s": "hours", "o": "hours", "d": "days", "t": "days", "j": "days"}
_UNTIL = re.compile(
    r"^(?:(?:until|till|til|by|to|bis|before|ends?(?:\s+at)?|from|ab|at|um|à|hasta)\s+(?:zum\s+|las?\s+)?"
    r"|jusqu['\u2019]à\s+)",
    re.IGNORECASE,
)
# A zone behind a time of day: `18:00 CEST`, `6 pm (UTC+2)`.
_CLOCK_IN = re.compile(r"(\d[\d:.]*(?:\s*[ap]\.?m\.?)?)\s+\(?([a-z]{1,4}(?:[+-]\d{1,2})?)\)?", re.IGNORECASE)
_DAY_AND_CLOCK = re.compile(r"(\d{1,2}\.\d{1,2}\.|\d{1,2}\.? [^\W\d]{3,}\.?|[^\W\d]{3,}\.? \d{1,2}),? (\d.*)")
_MOST_HOURS = 4  # `1h30` is as long as that, or a time of day
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2})(?::\d{2})?)?\s*(a\.?m\.?|p\.?m\.?|uhr|h)?(?:\s+(today|tomorrow|heute|morgen))?",
    re.IGNORECASE,
)
_NAMED = {
    **dict.fromkeys(("noon", "mittag", "12 noon"), 12),
    **dict.fromkeys(("cob", "close of business", "end of business", "feierabend", "end of shift"), 18),
    **dict.fromkeys(("midnight", "mitternacht", "end of day", "end of the day", "the end of the day", "eod"), 24),
    **dict.fromkeys(("end of today", "ende des tages", "tonight", "today", "heute"), 24),
}


def parse_about(text: str, zone: ZoneInfo, base: datetime | None, fold: Literal[0, 1] = 0) -> datetime:
    """A time that is told from another: `for one hour`, `until 6pm`, `till end of day`, `bis 12 Uhr`; or a whole one.

    Args:
        text: as people write it.
        zone: in which it is meant.
        base: when it begins; without it, times of day mean nothing.
        fold: which of two hours of one name is meant, and of a day alone, its beginning (0) or its end (1).

    Raises:
        ValueError: it is no time.
    """
    plain = " ".join(text.split()).strip(" .`")
    rest = _UNTIL.sub("", plain)
    for whole in (plain, rest):
        with suppress(ValueError):
            return time_or_day(whole, zone, fold, last=bool(fold))
    if base and (dated := _DAY_AND_CLOCK.fullmatch(rest)):
        year = f"{'' if dated[1].count('.') > 1 else ' '}{base.astimezone(zone).year}"
        with suppress(ValueError):
            return parse_local(f"{dated[1]}{year} {dated[2]}", zone, fold)[0]
    if base is None:
        raise ValueError("there is no day that it could be of")
    if (zoned := _CLOCK_IN.fullmatch(rest)) and (ahead := _zoned(f"- {zoned[2]}")[1]) is not None:
        there = base.astimezone(timezone(ahead))
        moment = parse_about(f"{there:%Y-%m-%d} {zoned[1]} {zoned[2]}", zone, None, fold)
        return moment + timedelta(days=moment < base)
    if length := _LENGTH.fullmatch(plain):
        word = length[1].casefold().replace(",", ".")
        number = float(word) if word[0].isdigit() else _NUMBERS.get(word, 1.0)
        unit = _UNITS[length[2][0].casefold()]
        return base + timedelta(**{unit: number}) + timedelta(minutes=int(length[3] or 0))
    day = base.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    # `end of day` begins like `ends 18:00`, and is a time of its own.
    if hour := _NAMED.get(plain.casefold()) or _NAMED.get(rest.casefold()):
        return to_utc(day + timedelta(hours=hour))
    match = _CLOCK.fullmatch(re.sub(r"^(today|tomorrow|heute|morgen),? (.+)$", r"\2 \1", rest))
    if match is None or not (match[2] or match[3] or rest != plain):
        raise ValueError("it is no time")
    return _on_the_clock(match, day, base, fold)


def time_or_day(text: str, zone: ZoneInfo, fold: Literal[0, 1] = 0, *, last: bool = False) -> datetime:
    """A time as `parse_local` reads it, else a day as `parse_day` does, whose errors it raises."""
    with suppress(ValueError):
        return parse_local(text, zone, fold)[0]
    return parse_day(text, zone, last=last)


def _on_the_clock(match: re.Match[str], day: datetime, base: datetime, fold: Literal[0, 1]) -> datetime:
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "").casefold().replace(".", "")
    if half in ("am", "pm"):
        hour = hour % 12 + (12 if half == "pm" else 0)
    if hour > 24 or minute > 59:  # noqa: PLR2004 - of a clock
        raise ValueError("there is no such time of day")
    moment = day + timedelta(hours=hour, minutes=minute)
    if moment < base and hour <= _MOST_HOURS and "h" in match[0].casefold() and not half.startswith(("am", "pm", "u")):
        raise ValueError("it may be a length or a time of day")
    moment = moment.replace(fold=fold)
    # Work that begins in the evening goes on after midnight.
    if (match[4] or "").casefold() in ("tomorrow", "morgen") or (not match[4] and moment < base):
        moment += timedelta(days=1)
    return to_utc(moment)


def parse_day(text: str, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """A day, or a week (`2026-W42`), as the moment at which it begins in `zone`, in UTC; a last one as that of its end.

    Raises:
        ValueError: it is no date, or its day and its month could be confused.
    """
    moment = parse_local(f"{text.strip()} 00:00", zone)[0].astimezone(zone)
    days = 7 if _WEEK.fullmatch(text.strip()) else 1
    return to_utc(moment + timedelta(days=days if last else 0))


def to_utc(moment: datetime) -> datetime:
    """An aware time in UTC.

    Raises:
        ValueError: it lies outside the calendar then, such as year 1 east of Greenwich.
    """
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("lies outside the calendar") from error
