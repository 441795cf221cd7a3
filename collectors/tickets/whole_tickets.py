"""Answers in which each record is a whole ticket, with its story in it, to rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from auditor.model.tables import Coverage, ReadObject, Ticket
from collectors.base import Batch, Context, Normalised, Raw
from collectors.stamping import Complaints, Place, Rows
from collectors.tickets.answers import MISSING, listed, shaped
from collectors.tickets.fields import Said
from collectors.tickets.thread import Thread, ticket


@dataclass(slots=True)
class _Scope:
    """One project or repository."""

    records: dict[str, tuple[Said[Any], Thread]] = field(default_factory=dict)
    complaints: Complaints = field(default_factory=Complaints)
    answered: bool = False


@dataclass(slots=True)
class WholeTickets:
    """Reads the one batch of a snapshot of a source.

    Args:
        source: its name.
        shape: what a record looks like.
        thread: makes a thread of a record of a scope, complaining of what cannot be read.
        within: how far back was read; None where everything was.
    """

    source: str
    context: Context
    shape: type[Any]
    thread: Callable[[str, Any, Complaints], Thread]
    within: timedelta | None = None
    rows: Rows = field(default_factory=Rows)
    scopes: dict[str, _Scope] = field(default_factory=dict)

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for each scope."""
        self.rows.objects = [self._take(raw) for raw in batch]
        for name, scope in self.scopes.items():
            threads = [(said, thread) for said, thread in scope.records.values() if thread.kind]
            kept = [self._ticket(said, thread, scope.complaints) for said, thread in threads]
            self.rows.extend(kept)
            self.rows.coverage.append(self._coverage(name, scope, kept))
        return self.rows.normalised()

    def _take(self, raw: Raw) -> ReadObject:
        data = raw.load()
        place = Place.of(self.source, self.context, raw, data)
        name = raw.origin.partition(":")[2].partition("#")[0]
        scope = self.scopes.setdefault(name, _Scope())
        rejects = Complaints()
        try:
            if raw.part == MISSING:
                rejects.note(data.decode())
            else:
                for number, record in shaped(listed(data), self.shape, rejects, raw.origin):
                    thread = self.thread(name, record, scope.complaints)
                    scope.records[thread.ticket] = (Said(place, number, record), thread)
                scope.answered = True
        except ValueError as error:
            rejects.note(f"{raw.origin} cannot be read: {error}")
        if sentence := rejects.sentence():
            scope.complaints.note(sentence)
            scope.complaints.rejected += rejects.rejected
        status = "ok" if not rejects else "partial" if rejects.rejected else "failed"
        return ReadObject(**place.at(), status=status, reason=sentence, rejected=rejects.rejected)

    def _ticket(self, said: Said[Any], thread: Thread, complaints: Complaints) -> Ticket:
        if thread.unread:
            complaints.note(f"its history could not be read: {thread.unread}", thread.ticket)
        return ticket(thread, said.at(), ZoneInfo(self.context.zone), complaints)

    def _coverage(self, name: str, scope: _Scope, kept: list[Ticket]) -> Coverage:
        times = [time for row in kept for time in (row.opened_at, row.closed_at) if time]
        others = len(scope.records) - len(kept)
        said = f"{others} issues carry no label, type or field that makes them tickets" if others else None
        status = "failed" if not scope.answered else "partial" if scope.complaints else "ok"
        return Coverage(
            **Place(self.source, self.context.collected_at, name).at(),
            scope=name,
            from_=self.context.collected_at - self.within if self.within else min(times, default=None),
            to=self.context.collected_at,
            rows=len(kept),
            rejected=scope.complaints.rejected,
            status=status,
            reason=scope.complaints.sentence() or said,
        )
