"""Times that people tell from another one: `for one hour`, `until 6pm`, `Friday 18:00`."""

import re
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Literal
from zoneinfo import ZoneInfo

from auditor.model.weekdays import weekdays
from collectors.time_words import by_name, without_weekday, words
from collectors.times import parse_day, parse_local, time_or_day, to_utc, zone_named, zoned

_LENGTH = re.compile(
    r"(?:for\s+|für\s+|pour\s+|por\s+|pendant\s+|durante\s+|in\s+|within\s+|dans\s+|\+\s*|max\.?\s+)?"
    r"(?:about\s+|ca\.?\s+|up to\s+)?"
    r"(\d+(?:[.,]\d+)?|half an|an?|un|due|one|two|three|four|eine[nr]?|zwei|drei|halbe|une|deux|trois"
    r"|una|dos|tres|media)\s*(m|min|mins|minutes?|minuten?|minuut|minutos?|minuti|minuty?|h|hs|hrs?|hours?|std|stunden?"
    r"|heures?|horas?|or[ae]|uur|uren|godz|godzin[ay]?|d|days?|tage?|jours?|días?)\b"
    r"(?:\s*(?:and\s+|und\s+|et\s+)?(\d+)\s*m(?:in(?:ute[ns]?)?s?)?)?(?:\s+max(?:imum)?)?",
    re.IGNORECASE,
)
# As programs write a length: `PT40M`.
_PERIOD = re.compile(r"P(?=.)(?:(\d{1,3})D)?(?:T(?=\d)(?:(\d{1,4})H)?(?:(\d{1,5})M)?(?:\d{1,6}S)?)?")
_UNITS = {"m": "minutes", **dict.fromkeys("hsoug", "hours"), **dict.fromkeys("dtj", "days")}
_UNTIL = re.compile(
    r"^(?:(?:until|till|til|by|to|bis|before|ends?(?:\s+at)?|from|ab|at|um|à|hasta|tot|fino|até|do|до)\s+"
    r"(?:zum\s+|las?\s+|alle\s+|às\s+|godz\.?\s+)?"
    r"|jusqu['\u2019]à\s+)",
    re.IGNORECASE,
)
# A zone behind a time of day: `18:00 CEST`, `6 pm (UTC+2)`.
_CLOCK_IN = re.compile(r"(\d[\d:.]*(?:\s*[ap]\.?m\.?)?)\s+\(?([a-z]{1,4}(?:[+-]\d{1,2})?)\)?", re.IGNORECASE)
_DAY_AND_CLOCK = re.compile(
    r"(\d{1,2}\.\d{1,2}\.|\d{1,2}/\d{1,2}|\d{1,2}\.? [^\W\d]{3,}\.?|[^\W\d]{3,}\.? \d{1,2}),? (\d.*)"
)
_HOUR = re.compile(r"\d[:.h]\d\d|\d ?[ap]\.?m", re.IGNORECASE)
_WHOLE_DAY = 24
_MOST_HOURS = 4  # `1h30` is as long as that, or a time of day
_CLOCK = re.compile(
    r"(\d{1,2})(?:[:.h](\d{2})(?::\d{2})?)?\s*(a\.?m\.?|p\.?m\.?|uhr|uur|h)?"
    r"(?:\s+(today|tomorrow|heute|morgen|tonight|heute abend))?",
    re.IGNORECASE,
)
_DAY_FIRST = r"^(today|tomorrow|heute|morgen|tonight|heute abend),? (?:at |um )?(.+)$"
_ON_A_WEEKDAY = re.compile(
    r"(?:this |diesen |coming |kommenden )?([^\W\d]{2,12}\.?)(?:,? (?:at |um |à |om |alle |o |kl\.? )?(\d.*))?",
    re.IGNORECASE,
)
_SOON, _JUST_BEFORE = timedelta(hours=12), timedelta(hours=4)


@cache
def _numbers() -> dict[str, float]:
    return by_name(words()["numbers"])


@cache
def _hours() -> dict[str, int]:
    return by_name(words()["hours"])


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
    if base is None:
        raise ValueError("there is no day that it could be of")
    try:
        return (
            _of_the_year(rest, zone, base, fold)
            or _by_its_name(rest, zone, base)
            or _in_its_zone(rest, base, fold)
            or _after(plain, rest, zone, base, fold)
        )
    except OverflowError as error:
        raise ValueError("it lies outside the calendar") from error


def with_zone(text: str, beside: str, zone: ZoneInfo) -> str:
    """A time with the zone that is told beside it, such as `CEST` or `GMT+2`; not one of a place."""
    if not beside or zone_named(beside) or not _HOUR.search(text):
        return text
    with suppress(ValueError):
        if parse_local(text, zone)[1]:
            return text
    return f"{text} {beside}"


def _of_the_year(text: str, zone: ZoneInfo, base: datetime, fold: Literal[0, 1]) -> datetime | None:
    """A day without its year, with an hour: `14.10. 18:00`."""
    dated = _DAY_AND_CLOCK.fullmatch(without_weekday(text))
    if dated is None:
        return None
    between = "/" if "/" in dated[1] else "" if dated[1].count(".") > 1 else " "
    with suppress(ValueError):
        return parse_local(f"{dated[1]}{between}{base.astimezone(zone).year} {dated[2]}", zone, fold)[0]
    return None


def _by_its_name(text: str, zone: ZoneInfo, base: datetime) -> datetime | None:
    """A day with an hour by its name: `14 October 2026 noon`; midnight is the end of the day on which work begins."""
    for name, hour in _hours().items():
        if not text.casefold().endswith(f" {name}"):
            continue
        with suppress(ValueError):
            day = parse_day(text[: -len(name)].rstrip(" ,"), zone).astimezone(zone)
            if hour < _WHOLE_DAY or day.date() == base.astimezone(zone).date():
                return to_utc(day + timedelta(hours=hour))
    return None


def _in_its_zone(text: str, base: datetime, fold: Literal[0, 1]) -> datetime | None:
    """An hour with its zone: `18:00 CEST`."""
    told = _CLOCK_IN.fullmatch(text)
    ahead = zoned(f"- {told[2]}")[1] if told else None
    if told is None or ahead is None:
        return None
    there = base.astimezone(timezone(ahead))
    moment = parse_about(f"{there:%Y-%m-%d} {told[1]} {told[2]}", ZoneInfo("UTC"), None, fold)
    return moment if moment >= base else _on_which_day(moment, base, fold)


def _after(plain: str, rest: str, zone: ZoneInfo, base: datetime, fold: Literal[0, 1]) -> datetime:
    """A length from the base on, or an hour of its day or of a weekday after it."""
    if length := _LENGTH.fullmatch(plain):
        word = length[1].casefold().replace(",", ".")
        number = float(word) if word[0].isdigit() else _numbers().get(word, 1.0)
        unit = _UNITS[length[2][0].casefold()]
        return base + timedelta(**{unit: number}) + timedelta(minutes=int(length[3] or 0))
    if period := _PERIOD.fullmatch(plain):
        parts = (int(part or 0) for part in period.groups())
        return base + timedelta(**dict(zip(("days", "hours", "minutes"), parts, strict=True)))
    if not fold and plain.casefold() in words()["now"]:
        return base
    day = base.astimezone(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    if (named := _ON_A_WEEKDAY.fullmatch(rest)) and (days := _days_until(named[1], day)) is not None:
        return _on_that_day(named[2], day + timedelta(days=days), base, zone, fold)
    # `end of day` begins like `ends 18:00`, and is a time of its own.
    if hour := _hours().get(plain.casefold()) or _hours().get(rest.casefold()):
        return to_utc(day + timedelta(hours=hour))
    match = _CLOCK.fullmatch(re.sub(_DAY_FIRST, r"\2 \1", rest, flags=re.IGNORECASE))
    if match is None or not (match[2] or match[3] or rest != plain):
        raise ValueError("it is no time")
    return _on_the_clock(match, day, base, fold)


def _days_until(name: str, day: datetime) -> int | None:
    """How many days after one the weekday of this name comes, within a week; None where it is no weekday."""
    number = weekdays().get(name.casefold().rstrip("."))
    return None if number is None else (number - day.weekday()) % 7


def _on_that_day(clock: str | None, day: datetime, base: datetime, zone: ZoneInfo, fold: Literal[0, 1]) -> datetime:
    """A weekday's hour, or its first or last moment; on the base's own weekday, an hour that is over is ambiguous."""
    if clock:
        moment = parse_about(f"{day:%Y-%m-%d} {clock}", zone, None, fold)
    elif day.date() == base.astimezone(zone).date():
        raise ValueError("it may be this week's or the next one's")
    else:
        moment = to_utc(day + timedelta(days=1 if fold else 0))
    if moment < base:
        raise ValueError("it may be this week's or the next one's")
    return moment


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
    if (match[4] or "").casefold() in ("tomorrow", "morgen"):
        return to_utc(moment + timedelta(days=1))
    return to_utc(moment if match[4] or moment >= base else _on_which_day(moment, base, fold))


def _on_which_day(moment: datetime, base: datetime, fold: Literal[0, 1]) -> datetime:
    """An hour that is over on the base's day: an end is of the next one, work having begun in the evening.

    What begins then was written down afterwards, or is of the next day, whichever is much nearer.
    """
    following = moment + timedelta(days=1)
    if fold or following - base <= _SOON:
        return following
    if base - moment <= _JUST_BEFORE:
        return moment
    raise ValueError("it may be of that day or of the next one")
