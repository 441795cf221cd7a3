"""The columns of the tickets table as a team writes them into a file of its own: their names, and values by column."""

import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache, lru_cache
from typing import Any, Literal, TypeGuard
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.config.wording import nearest
from auditor.model.levels import level_said
from auditor.model.statements import says_removed
from auditor.model.tables import Row, Ticket
from auditor.model.vocabulary import Level, TicketKind, Work
from auditor.model.written import written
from collectors.problems import Problems
from collectors.relative_times import parse_about, with_zone
from collectors.spans import parse_span
from collectors.tickets.approvals import MOST_COMMENTS
from collectors.tickets.records import Record
from collectors.tickets.request_template import NOTHING
from collectors.tickets.thread import kinds
from collectors.times import day_first, parse_day, parse_local, with_day_known, zone_named

COLUMNS = frozenset(Ticket.__struct_fields__) - frozenset(Row.__struct_fields__)
"""Those of the table; of them, these are times, lists, and words of a closed set."""
TIMES = frozenset({"opened_at", "starts_at", "ends_at", "approved_at", "reviewed_at", "closed_at", "edited_at"})
WORDS: dict[str, frozenset[str]] = {"kind": frozenset(TicketKind), "work": frozenset(Work), "level": frozenset(Level)}
LISTS = frozenset({"systems", "assignees", "comments"})
_DECIDING = ("starts_at", "ends_at")
_ENDS = ("ends_at", "closed_at")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER = re.compile(r"([A-Z]+)\d{5,}")
_MISSPELT = 0.8  # how alike a name must be to be one that was meant
_ZONED = re.compile(r"[\s_\[(-]+(?:utc|gmt|([A-Za-z]+/[A-Za-z_]+))[)\]]?$", re.IGNORECASE)


class Fields(Struct, frozen=True):
    """Reads the values of one ticket; `beside` is the zone that a column of its own tells of its times."""

    ticket: str
    zone: ZoneInfo
    zone_is_known: bool
    problems: Problems
    remarks: Problems
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    beside: str = ""
    unread: list[str] = field(default_factory=list)
    times: dict[str, datetime] = field(default_factory=dict)

    def read(self, name: str, value: Any) -> Any:
        """A column's value as the table has it; None where there is none, or none that can be read."""
        if name in LISTS:
            return _lines(value) if name == "comments" else _list(value)
        text = text_of(value)
        if text is None and value not in (None, ""):
            self.problems.note(f"{name} cannot be read", self.ticket)
        # A level that is not told is not one of nothing.
        if not text or (name != "level" and text.casefold() in NOTHING):
            return None
        if name in TIMES:
            return self._time(name, text)
        if name == "removal_confirmed":
            return self._flag(name, text)
        if name in WORDS:
            return self._word(name, text)
        return text

    def _time(self, name: str, text: str) -> datetime | None:
        try:
            # Of an hour that comes twice, all of it is meant.
            moment, zoned = self._moment(name, text, fold=1 if name in _ENDS else 0)
        except ValueError:
            if name == "starts_at" and (begins := self._from(text)):
                self.times[name] = begins
                return begins
            self.problems.note(f"{name} is no time and was left out", self.ticket)
            if name in _DECIDING:
                self.unread.append(f"{name} {text}")
            return None
        self.times[name] = moment
        if not zoned and not self.zone_is_known:
            self.remarks.note_once(f"times without a zone were read in {self.zone.key}; name the source's timezone")
        return moment

    def _from(self, text: str) -> datetime | None:
        """The beginning where it tells the end as well, which is kept."""
        with suppress(ValueError):
            zone = self._zone("starts_at")
            begins, self.times["ends_at"] = parse_span(text, zone, self.times.get("opened_at"))
            return begins
        return None

    def _moment(self, name: str, text: str, fold: Literal[0, 1]) -> tuple[datetime, bool]:
        """A time, and whether it or its column said its zone; without a day, it is told from those read before."""
        zone, known = self._zone(name), bool(self.beside) or name in self.zones
        if name not in self.zones:
            text = with_zone(text, self.beside, zone)
        if _DAY.fullmatch(text):
            return parse_day(text, zone, last=bool(fold)), True
        try:
            moment, zoned = parse_local(text, zone, fold)
        except ValueError:
            base = self.times.get("starts_at") or self.times.get("opened_at")
            return parse_about(text, zone, base, fold), known
        return moment, zoned or known

    def _zone(self, name: str) -> ZoneInfo:
        """The zone of a column's times where they do not say theirs."""
        return self.zones.get(name) or zone_named(self.beside) or self.zone

    def _flag(self, name: str, text: str) -> bool | None:
        word = text.lower()
        if word in _flags():
            return _flags()[word]
        if (said := says_removed(text)) is not None:
            return said
        with suppress(ValueError):  # when it was removed
            return bool(self._moment(name, text, fold=0))
        self.problems.note(f"{name} is neither true nor false and was left out", self.ticket)
        return None

    def _word(self, name: str, text: str) -> str:
        word = text.lower()
        if name == "level":
            word = level_said(word)
        if name == "kind":
            word = kinds().get(word) or numbered(self.ticket) or word
        if word in WORDS[name]:
            return word
        self.problems.note(f"{name} is not one of {', '.join(sorted(WORDS[name]))}", self.ticket)
        return text


def numbered(id_: str) -> str | None:
    """The kind that a ticket's number tells by how it begins: `CHG0030007`, whatever type of change it is."""
    found = _NUMBER.fullmatch(id_)
    return _numbers().get(found[1]) if found else None


@cache
def _numbers() -> Mapping[str, str]:
    """Kinds of tickets by what their numbers begin with."""
    told = written(__package__, "numbers", dict[TicketKind, list[str]])
    return {begin: kind.value for kind, begins in told.items() for begin in begins}


@cache
def _flags() -> Mapping[str, bool]:
    """Whether something is done, by what people write."""
    told = written(__package__, "flags", dict[str, str])
    return {word: use == "done" for use, words in told.items() for word in words.split()}


# Every record has much the same columns: what a name means is found once.
@lru_cache(maxsize=1024)
def column_of(name: str) -> str:
    """The table's column that a time's name means where a zone stands behind it: `starts_at_(utc)`."""
    base = _ZONED.sub("", name).rstrip("_")
    return base if base in TIMES and zone_in(name) else name


@lru_cache(maxsize=1024)
def misspelt(name: str) -> str | None:
    """The table's column that a name like none of them was probably meant to be."""
    return nearest(name, COLUMNS, cutoff=_MISSPELT)


@lru_cache(maxsize=1024)
def zone_in(column: str) -> ZoneInfo | None:
    """The zone that a column's name tells: `Start (UTC)`; CET is not told from CEST by everybody."""
    found = _ZONED.search(column)
    return zone_named(found[1] or "UTC") if found else None


def in_one_order(records: Sequence[Record]) -> Sequence[Record]:
    """Records with dates as ISO has them where day and month could be confused, and others in the file tell.

    What people write below a ticket begins with dates of their own, which are left as they are.
    """
    first = day_first(value for one in records for name, value in one.values.items() if _may_be_time(name, value))
    if first is None:
        return records
    return [
        replace(
            one,
            values={
                name: with_day_known(value, day_first=first) if _may_be_time(name, value) else value
                for name, value in one.values.items()
            },
        )
        for one in records
    ]


def _may_be_time(name: str, value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and "\n" not in value and (column_of(name) in TIMES or name not in COLUMNS)


def in_order(values: Iterable[str]) -> list[str]:
    """The columns that are known, the times first from which others may be told."""
    first = ("opened_at", "starts_at")
    return sorted((name for name in values if name in COLUMNS), key=lambda name: (name not in first, name))


def text_of(value: Any) -> str | None:
    """A value as text; lists joined with commas, what else is no plain value is None."""
    if isinstance(value, str):
        return value.strip()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(dict.fromkeys(value))
    return None


def _list(value: Any) -> tuple[str, ...]:
    parts = value if isinstance(value, list) else re.split(r"[,;\n]", text_of(value) or "")
    return tuple(dict.fromkeys(text for part in parts if (text := text_of(part)) and text.casefold() not in NOTHING))


def _lines(value: Any) -> tuple[str, ...]:
    """Comments, a line each."""
    parts = value if isinstance(value, list) else (text_of(value) or "").splitlines()
    return tuple(text for part in parts if (text := text_of(part)))[:MOST_COMMENTS]
