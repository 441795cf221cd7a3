"""The time that a line of a system log begins with, as it is written."""

import re
from datetime import datetime

from msgspec import Struct

from collectors.time_words import months

MONTHS = {
    name: number
    for number, name in enumerate(
        ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), 1
    )
}
# As journalctl writes them in the language of the host: `Okt`, `déc.`.
_ABROAD = {
    written: MONTHS[name[:3]]
    for word, name in (*months().items(), *((name.lower(), name) for name in MONTHS))
    for written in (word, word.capitalize())
}
MONTH = rf"(?:{'|'.join(MONTHS)}|(?:{'|'.join(sorted(_ABROAD, key=len, reverse=True))})\.?)"
CLOCK = r"\d\d:\d\d:\d\d(?:[.,]\d{1,9})?"
_ISO = re.compile(
    rf"(\d{{4}})([-/])(\d\d)\2(\d\d)[T ]({CLOCK})(Z|[+-]\d\d:?\d\d| [+-]\d{{4}}| (?:UTC|GMT))?\s+(.*)", re.DOTALL
)
_CLASSIC = re.compile(
    rf"(?:(\d{{4}}) )?({MONTH}) {{1,2}}(\d{{1,2}}),? (?:(\d{{4}}) (?:@ )?)?({CLOCK})"
    r"(?: (\d{4}))?(?:\s+(.*))?",
    re.DOTALL,
)
# `journalctl -o short-full`: the weekday in front, and the zone behind the time, as the host calls it.
_FULL = re.compile(rf"[^\W\d]{{2,4}}\.? (\d{{4}}-\d\d-\d\d {CLOCK}) ([A-Z]{{2,5}}|[+-]\d\d:?\d*) (.*)", re.DOTALL)
_ZONE, _SECONDS = re.compile(r"[0-9](?:Z|[+-]\d\d:?\d\d)$"), re.compile(r"\d+(?:\.\d+)?")
_UNIX = re.compile(r"(\d{10}(?:\.\d{1,9})?) (.*)", re.DOTALL)
# OpenWrt's logread.
_WEEKDAYS = ("Mon ", "Tue ", "Wed ", "Thu ", "Fri ", "Sat ", "Sun ")


class Written(Struct, frozen=True):
    """A time as it is written.

    Args:
        text: ISO 8601, without a zone where none is told; or seconds since 1970.
        zone: an abbreviation that only the host knows.
        stamp: month, day, hour, minute and second of a classic time, which tells no year.
    """

    text: str = ""
    zone: str = ""
    stamp: tuple[int, int, int, int, int] | None = None

    @property
    def tells_zone(self) -> bool:
        """Whether it says how far it is from UTC, or is counted from a moment."""
        return bool(self.zone or _ZONE.search(self.text) or self.is_count)

    @property
    def is_count(self) -> bool:
        """Whether it is counted in seconds since 1970."""
        return _SECONDS.fullmatch(self.text) is not None

    def in_year(self, year: int) -> datetime | None:
        """A classic time in a year, without a zone; None where that has no such day."""
        try:
            return datetime(year, *self.stamp) if self.stamp else None  # noqa: DTZ001 - nobody knows its zone yet
        except ValueError:
            return None


def timed(text: str) -> tuple[Written, str] | None:
    """The time that a line begins with, and what follows it."""
    if text[:3] in MONTHS:
        return _classic(text)
    if text.startswith(_WEEKDAYS) and text[4:7] in MONTHS:
        return _classic(text[4:])
    if not text[:1].isdigit():
        match = _FULL.fullmatch(text)
        return (Written(match[1], zone=match[2]), match[3]) if match else _classic(text)
    if match := _ISO.fullmatch(text):
        clock, zone = match[5].replace(",", "."), (match[6] or "").strip()
        zone = "Z" if zone in ("UTC", "GMT") else zone
        return Written(f"{match[1]}-{match[3]}-{match[4]}T{clock[:15]}{zone}"), match[7]
    if match := _UNIX.fullmatch(text):
        return Written(match[1]), match[2]
    return _classic(text)


def _classic(text: str) -> tuple[Written, str] | None:
    match = _CLASSIC.fullmatch(text)
    if match is None:
        return None
    clock, year = match[5], match[1] or match[4] or match[6]
    name = match[2].rstrip(".")
    month, day = MONTHS.get(name) or _ABROAD[name], int(match[3])
    if year:
        return Written(f"{year}-{month:02}-{day:02}T{clock[:8]}"), match[7] or ""
    return Written(stamp=(month, day, int(clock[:2]), int(clock[3:5]), int(clock[6:8]))), match[7] or ""
