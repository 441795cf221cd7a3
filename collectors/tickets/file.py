"""Tickets from a CSV or JSON lines file whose columns are those of the tickets table."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache, partial
from typing import Any, ClassVar, Literal, TypeGuard
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from auditor.config.sources.tickets import TicketsFile
from auditor.config.wording import nearest
from auditor.model.levels import level_said
from auditor.model.statements import NO_COLUMN, Verdict, says_removed, verdict
from auditor.model.tables import Row, Ticket
from auditor.model.vocabulary import Level, TicketKind, Work
from auditor.model.written import written
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.files import existing, raw_file
from collectors.reading import Origin, Problems, Reading
from collectors.redact import LONGEST_TEXT, redact, without_secrets
from collectors.refusals import refusal
from collectors.relative_times import parse_about
from collectors.spans import parse_span
from collectors.tickets.approvals import MOST_COMMENTS
from collectors.tickets.exports import called, exports, shown_names
from collectors.tickets.extensions import approved_until
from collectors.tickets.records import Layout, Record, called_by, decoded, kept_time, read_records
from collectors.tickets.request_template import NOTHING
from collectors.tickets.several import joined
from collectors.tickets.thread import kinds, ticket
from collectors.times import day_first, parse_day, parse_local, with_day_known, zone_named

_TIMES = frozenset({"opened_at", "starts_at", "ends_at", "approved_at", "reviewed_at", "closed_at", "edited_at"})
_WORDS: dict[str, frozenset[str]] = {"kind": frozenset(TicketKind), "work": frozenset(Work), "level": frozenset(Level)}
_COLUMNS = frozenset(Ticket.__struct_fields__) - frozenset(Row.__struct_fields__)
_LISTS = frozenset({"systems", "assignees", "comments"})
_DECIDING = ("starts_at", "ends_at")
_ENDS = ("ends_at", "closed_at")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_KEY_IN_ADDRESS = re.compile(r"https?://[^\s/]+/(?:[^\s?#]*/)?([A-Z][A-Z0-9_]{1,20}-\d{1,9})(?:[/?#]\S*)?$")
_NUMBER = re.compile(r"([A-Z]+)\d{5,}")
# Kinds of tickets that are for whoever they are assigned to, where they name nobody else.
_ASSIGNED = (TicketKind.CHANGE, TicketKind.INCIDENT)
_MISSPELT = 0.8  # how alike a name must be to be one that was meant
_ANY = Layout(ticket=None, doubled=True)
_ZONED = re.compile(r"[\s_\[(-]+(?:utc|gmt|([A-Za-z]+/[A-Za-z_]+))[)\]]?$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class TicketsFileCollector(Snapshot[TicketsFile]):
    """Tickets that somebody exports to a file."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[str] = "A CSV or JSON lines file of tickets."

    def raws(self) -> Iterator[Raw]:
        """The file.

        Raises:
            SourceError: it is missing, empty, no file, or lacks or doubles a column.
        """
        name, named = self.source.name, self.source.path
        path = existing(name, named, self.context)
        try:
            raw = raw_file(path, self.context)
            read_records(raw.load(), self._layout)
        except OSError as error:
            raise refusal("source", "unreadable tickets", name=name, path=named, why=error.strerror) from error
        except ValueError as error:
            trackers = ", ".join(exports())
            raise refusal("source", "no tickets", name=name, path=named, why=error, trackers=trackers) from error
        yield raw

    def normalise(self, batch: Batch) -> Normalised:
        """One row a ticket, and a line of coverage for the file."""
        reading = Reading(self.source.name, self.context)
        for raw in batch:
            rows: dict[str, list[Ticket]] = defaultdict(list)
            origin = reading.read(raw, partial(self._take, rows=rows))
            tickets = [joined(same, origin) for same in rows.values()]
            reading.extend(map(without_secrets, tickets))
            times = [t for ticket in tickets for t in (ticket.opened_at, ticket.edited_at, ticket.closed_at)]
            window = min((time for time in times if time), default=None), self.context.collected_at
            origin.lost = bool(origin.problems) and not tickets
            remark = origin.remarks.sentence()
            reading.cover(raw.origin, origin.problems, len(tickets), window=window, origins=[origin], remark=remark)
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The record that a row points at, column by column."""
        found = next(entry for entry in read_records(data, _ANY) if entry.number == record)
        text = "\n".join(f"{name}: {value}" for name, value in found.values.items() if value)
        return redact(text, LONGEST_TEXT)

    def _take(self, origin: Origin, rows: dict[str, list[Ticket]]) -> None:
        """Keep the rows by the ids of their tickets."""
        problems = origin.problems
        if not decoded(origin.data)[1]:
            problems.note("some of its text is not UTF-8")
        records = _in_one_order(read_records(origin.data, self._layout))
        made = self._exported(records, origin) if isinstance(self.source.columns, str) else self._own(records, origin)
        for one in made:
            rows[one.ticket].append(one)

    @property
    def _layout(self) -> Layout:
        columns = self.source.columns
        if isinstance(columns, str):
            return Layout(exports()[columns].columns["ticket"], doubled=True)
        renamed = {Layout().named([theirs])[0]: ours for ours, theirs in columns.items()}
        return Layout(renamed=renamed, doubled=True, once=_TIMES | _WORDS.keys())

    def _exported(self, records: Iterable[Record], origin: Origin) -> Iterator[Ticket]:
        """What a tracker wrote, but for plainly other work, where that or a request beside it says what it is."""
        zone, export, problems = ZoneInfo(self.context.zone), exports()[str(self.source.columns)], origin.problems
        readable = [record for record, _ in self._readable(records, problems)]
        shown = shown_names(record.values for record in readable)
        threads = [(record, export.thread(record.values, zone, problems, shown)) for record in readable]
        says = any(thread.kind for _, thread in threads)
        for record, thread in threads:
            if export.is_other(record.values) or ((says or thread.is_built) and thread.is_other_work):
                origin.remarks.note("a record is no request and was left out", thread.ticket)
            else:
                yield ticket(thread, origin.at(record.number), zone, problems)

    def _readable(self, records: Iterable[Record], problems: Problems) -> Iterator[tuple[Record, str]]:
        """The records that can be read, with their tickets' ids."""
        ids = self._layout.ids
        for record in records:
            where = f"record {record.number + 1}"
            if record.problem is not None:
                problems.reject(f"a record cannot be read: {record.problem}", where)
            elif id_ := next(filter(None, (_text(called_by(record.values.get(one))) for one in ids)), None):
                yield record, _key_of(id_)
            else:
                problems.reject("a record has no ticket id", where)

    def _own(self, records: Iterable[Record], origin: Origin) -> Iterator[Ticket]:
        """What a team wrote into columns of the tickets table."""
        readable = list(self._readable(records, origin.problems))
        columns = {_base(name) for record, _ in readable for name in record.values}
        for record, id_ in readable:
            one = self._ticket(record, id_, origin)
            yield replace(one, approval=NO_COLUMN) if _hides_approver(one, columns) else one

    def _ticket(self, record: Record, id_: str, origin: Origin) -> Ticket:
        zone, problems = ZoneInfo(self.context.zone), origin.problems
        mapped = self.source.columns if isinstance(self.source.columns, dict) else {}
        named = {**{_base(name): name for name in record.values}, **mapped}
        zones = {name: found for name, theirs in named.items() if name in _TIMES and (found := _zone_in(theirs))}
        fields = _Fields(id_, zone, self.source.timezone is not None, problems, origin.remarks, zones)
        status = next((name for name in ("status", *called()["status"]) if name in record.values), None)
        told = {
            "status" if name == status else base: (kept_time if base in _TIMES else called_by)(value)
            for name, value in record.values.items()
            for base in (_base(name),)
        }
        values = {name: fields.read(name, told[name]) for name in _in_order(told)}
        kind = values.get("kind") or _numbered(id_)
        for name in (name for name in told if name not in _COLUMNS):
            left_out = f"the column {name or '(without a name)'} is not known and was left out"
            if (meant := _misspelt(name)) and meant not in told:
                problems.note_once(f"{left_out}: did you mean {meant}?")
            else:
                origin.remarks.note_once(left_out)
        doers = ", ".join(values.get("assignees") or ()) if kind in _ASSIGNED else None
        ends_at = values.get("ends_at") or fields.times.get("ends_at")
        own = {
            **values,
            "ticket": id_,
            "kind": kind,
            "person": values.get("person") or doers or None,
            "ends_at": ends_at and approved_until(ends_at, values.get("starts_at"), values.get("approval") or "", zone),
            **{name: values.get(name) or () for name in _LISTS},
            "unread": tuple(fields.unread),
        }
        return Ticket(**origin.at(record.number), **own)


@dataclass(frozen=True, slots=True)
class _Fields:
    """Reads the values of one ticket."""

    ticket: str
    zone: ZoneInfo
    zone_is_known: bool
    problems: Problems
    remarks: Problems
    zones: Mapping[str, ZoneInfo] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)
    times: dict[str, datetime] = field(default_factory=dict)

    def read(self, name: str, value: Any) -> Any:
        """A column's value as the table has it; None where there is none, or none that can be read."""
        if name in _LISTS:
            return _lines(value) if name == "comments" else _list(value)
        text = _text(value)
        if text is None and value not in (None, ""):
            self.problems.note(f"{name} cannot be read", self.ticket)
        # A level that is not told is not one of nothing.
        if not text or (name != "level" and text.casefold() in NOTHING):
            return None
        if name in _TIMES:
            return self._time(name, text)
        if name == "removal_confirmed":
            return self._flag(name, text)
        if name in _WORDS:
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
            zone = self.zones.get("starts_at", self.zone)
            begins, self.times["ends_at"] = parse_span(text, zone, self.times.get("opened_at"))
            return begins
        return None

    def _moment(self, name: str, text: str, fold: Literal[0, 1]) -> tuple[datetime, bool]:
        """A time, and whether it or its column said its zone; without a day, it is told from those read before."""
        zone, known = self.zones.get(name, self.zone), name in self.zones
        if _DAY.fullmatch(text):
            return parse_day(text, zone, last=bool(fold)), True
        try:
            moment, zoned = parse_local(text, zone, fold)
        except ValueError:
            base = self.times.get("starts_at") or self.times.get("opened_at")
            return parse_about(text, zone, base, fold), known
        return moment, zoned or known

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
            word = kinds().get(word) or _numbered(self.ticket) or word
        if word in _WORDS[name]:
            return word
        self.problems.note(f"{name} is not one of {', '.join(sorted(_WORDS[name]))}", self.ticket)
        return text


def _key_of(id_: str) -> str:
    """A ticket's id; of the address of one, as people paste it, the key in it: `…/browse/OPS-7`."""
    found = _KEY_IN_ADDRESS.match(id_)
    return found[1] if found else id_


def _numbered(id_: str) -> str | None:
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
def _base(name: str) -> str:
    """The table's column that a time's name means where a zone stands behind it: `starts_at_(utc)`."""
    base = _ZONED.sub("", name).rstrip("_")
    return base if base in _TIMES and _zone_in(name) else name


@lru_cache(maxsize=1024)
def _misspelt(name: str) -> str | None:
    """The table's column that a name like none of them was probably meant to be."""
    return nearest(name, _COLUMNS, cutoff=_MISSPELT)


@lru_cache(maxsize=1024)
def _zone_in(column: str) -> ZoneInfo | None:
    """The zone that a column's name tells: `Start (UTC)`; CET is not told from CEST by everybody."""
    found = _ZONED.search(column)
    return zone_named(found[1] or "UTC") if found else None


def _in_one_order(records: Sequence[Record]) -> Sequence[Record]:
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


def _hides_approver(ticket: Ticket, columns: Collection[str]) -> bool:
    """Whether a file has no column that would say who approved a ticket, or whether anybody did."""
    if "approver" in columns:
        return False
    return verdict(ticket.approval) is Verdict.AGREED if ticket.approval else "approval" not in columns


def _may_be_time(name: str, value: Any) -> TypeGuard[str]:
    return isinstance(value, str) and "\n" not in value and (_base(name) in _TIMES or name not in _COLUMNS)


def _in_order(values: Iterable[str]) -> list[str]:
    """The columns that are known, the times first from which others may be told."""
    first = ("opened_at", "starts_at")
    return sorted((name for name in values if name in _COLUMNS), key=lambda name: (name not in first, name))


def _text(value: Any) -> str | None:
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
    parts = value if isinstance(value, list) else re.split(r"[,;\n]", _text(value) or "")
    return tuple(dict.fromkeys(text for part in parts if (text := _text(part)) and text.casefold() not in NOTHING))


def _lines(value: Any) -> tuple[str, ...]:
    """Comments, a line each."""
    parts = value if isinstance(value, list) else (_text(value) or "").splitlines()
    return tuple(text for part in parts if (text := _text(part)))[:MOST_COMMENTS]
