"""Tickets from a CSV or JSON lines file whose columns are those of the tickets table."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from auditor.config.sources.tickets import TicketsFile
from auditor.model.statements import NO_COLUMN, Verdict, verdict
from auditor.model.tables import Ticket
from auditor.model.vocabulary import TicketKind
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.files import existing, raw_file
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.redact import LONGEST_TEXT, redact, without_secrets
from collectors.refusals import refusal
from collectors.tickets.exports import called, exports, shown_names
from collectors.tickets.extensions import approved_until
from collectors.tickets.mapping import usual
from collectors.tickets.own_columns import (
    COLUMNS,
    LISTS,
    TIMES,
    WORDS,
    Fields,
    column_of,
    in_one_order,
    in_order,
    misspelt,
    numbered,
    text_of,
    zone_in,
)
from collectors.tickets.records import Layout, Record, called_by, decoded, is_json, kept_time, read_records
from collectors.tickets.several import joined
from collectors.tickets.thread import ticket

_KEY = r"[A-Z][A-Z0-9_]{1,20}-\d{1,9}"
_KEY_IN_FORMULA = re.compile(rf"=HYPERLINK\(.*[;,]\s*\"({_KEY})\"\s*\)$", re.IGNORECASE)
_KEY_WITH_TITLE = re.compile(rf"({_KEY})(?::|\s+[-\u2013])?\s+(?!{_KEY})[^\W\d_]")
_HYPHENS = re.compile(r"(?<=[A-Za-z0-9])[\u2010-\u2013\u2212](?=\d)")
_THOUSANDS = re.compile(r"\d{1,3}(?:[ \u00a0\u202f]\d{3})+")
_KEY_IN_ADDRESS = re.compile(r"https?://[^\s/]+/(?:[^\s?#]*/)?([A-Z][A-Z0-9_]{1,20}-\d{1,9})(?:[/?#]\S*)?$")
# Kinds of tickets that are for whoever they are assigned to, where they name nobody else.
_ASSIGNED = (TicketKind.CHANGE, TicketKind.INCIDENT)
# Whom, where and when: where auditor.yaml names the columns of these, they are there, or were renamed in the file.
_DECIDING = frozenset({"person", "systems", "starts_at", "ends_at"})
# What is told of the end of a ticket: a file without a column for it does not say that nobody did it.
_AT_THE_END = frozenset({"closed_at", "closeout", "removal_confirmed"})
_ZONE = ("time_zone", "timezone", "tz", "zeitzone", "fuseau_horaire", "zona_horaria", "fuso_horário")
_LENGTHS = ("duration", "dauer", "durée", "duración", "durata", "duração", "duur")
_ANY = Layout(ticket=None, doubled=True)


class TicketsFileCollector(Snapshot[TicketsFile], frozen=True):
    """Tickets that somebody exports to a file."""

    PERMISSIONS = ()
    READS = "A CSV or JSON lines file of tickets."

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
        records = in_one_order(read_records(origin.data, self._layout))
        made = self._exported(records, origin) if isinstance(self.source.columns, str) else self._own(records, origin)
        for one in made:
            rows[one.ticket].append(one)

    @property
    def _layout(self) -> Layout:
        columns = self.source.columns
        if isinstance(columns, str):
            return Layout(exports()[columns].columns["ticket"], doubled=True)
        renamed = {Layout().named([theirs])[0]: ours for ours, theirs in columns.items()}
        needed = _DECIDING & columns.keys()
        return Layout(renamed=renamed, doubled=True, once=TIMES | WORDS.keys(), needed=needed)

    @property
    def _mapped(self) -> dict[str, str]:
        """The columns of a team's own file, as auditor.yaml calls them."""
        return self.source.columns if isinstance(self.source.columns, dict) else {}

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
            elif id_ := next(filter(None, (text_of(called_by(record.values.get(one))) for one in ids)), None):
                yield record, _key_of(id_)
            else:
                problems.reject("a record has no ticket id", where)

    def _own(self, records: Iterable[Record], origin: Origin) -> Iterator[Ticket]:
        """What a team wrote into columns of the tickets table."""
        readable = list(self._readable(records, origin.problems))
        told: defaultdict[str, list[str]] = defaultdict(list)
        for record, _ in readable:
            for name, value in record.values.items():
                told[column_of(name)].append(text_of(called_by(value)) or "")
        meant = usual(told, mapped=self._mapped)
        readable = [(replace(one, values=_renamed(one.values, meant)), id_) for one, id_ in readable]
        columns = {column_of(name) for record, _ in readable for name in record.values}
        self._miss(columns, origin)
        untold = tuple(sorted(_AT_THE_END - columns))
        for record, id_ in readable:
            one = replace(self._ticket(record, id_, origin), untold=untold)
            yield replace(one, approval=NO_COLUMN) if _hides_approver(one, columns) else one

    def _miss(self, columns: Collection[str], origin: Origin) -> None:
        """Say which columns auditor.yaml names that the file has not.

        A record of JSON may leave out what is empty: where it does not tell whom, where or when, that is no problem.
        """
        missing = {ours: theirs for ours, theirs in self._mapped.items() if ours not in columns} if columns else {}
        may_leave_out = bool(missing) and is_json(origin.data)
        for ours, theirs in missing.items():
            said = origin.remarks if may_leave_out and ours not in _DECIDING else origin.problems
            said.note_once(f"no record has {theirs}, which auditor.yaml reads as {ours}")

    def _ticket(self, record: Record, id_: str, origin: Origin) -> Ticket:
        zone, problems = ZoneInfo(self.context.zone), origin.problems
        named = {**{column_of(name): name for name in record.values}, **self._mapped}
        zones = {name: found for name, theirs in named.items() if name in TIMES and (found := zone_in(theirs))}
        beside = next((one for name in _ZONE if (one := text_of(record.values.get(name)))), "")
        fields = Fields(id_, zone, self.source.timezone is not None, problems, origin.remarks, zones, beside)
        status = next((name for name in ("status", *called()["status"]) if name in record.values), None)
        known = {status: "status", _length(record.values) if "ends_at" not in named else None: "ends_at"}
        told = {
            known.get(name, base): (kept_time if base in TIMES else called_by)(value)
            for name, value in record.values.items()
            for base in (column_of(name),)
        }
        values = {name: fields.read(name, told[name]) for name in in_order(told)}
        kind = values.get("kind") or numbered(id_)
        for name in (name for name in told if name not in COLUMNS and name not in _ZONE):
            left_out = f"the column {name or '(without a name)'} is not known and was left out"
            if (meant := misspelt(name)) and meant not in told:
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
            **{name: values.get(name) or () for name in LISTS},
            "unread": tuple(fields.unread),
        }
        return Ticket(**origin.at(record.number), **own)


def _key_of(id_: str) -> str:
    """A ticket's id; of an address that people paste (`…/browse/OPS-7`), or of a spreadsheet's link, the key in it.

    `OPS-7 Checkout times out` begins with it, and `1 007` is 1007.
    """
    id_ = _HYPHENS.sub("-", id_)
    if _THOUSANDS.fullmatch(id_):
        return "".join(id_.split())
    found = _KEY_IN_ADDRESS.match(id_) or _KEY_IN_FORMULA.match(id_) or _KEY_WITH_TITLE.match(id_)
    return found[1] if found else id_


def _renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    return {names.get(name, name): value for name, value in values.items()}


def _length(values: Mapping[str, Any]) -> str | None:
    """The column that tells how long it is to last, with a unit: a number alone may be of anything."""
    return next((name for name in _LENGTHS if not (text_of(values.get(name)) or "0").isdigit()), None)


def _hides_approver(ticket: Ticket, columns: Collection[str]) -> bool:
    """Whether a file has no column that would say who approved a ticket, or whether anybody did."""
    if "approver" in columns:
        return False
    return verdict(ticket.approval) is Verdict.AGREED if ticket.approval else "approval" not in columns
