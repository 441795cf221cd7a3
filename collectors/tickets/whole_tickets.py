"""Answers in which each record is a whole ticket, with its story in it, to rows."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from auditor.model.tables import Ticket
from collectors.base import Batch, Context, Normalised
from collectors.reading import Origin, Problems, Reading, Record, shaped
from collectors.tickets.answers import listed
from collectors.tickets.thread import Thread, ticket


@dataclass(slots=True)
class _Scope:
    """One project or repository."""

    records: dict[str, tuple[Record[Any], Thread]] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    answered: bool = False


class WholeTickets:
    """Reads the one batch of a snapshot of a source.

    Args:
        source: its name.
        shape: what a record looks like.
        thread: makes a thread of a record of a scope, noting what cannot be read.
        within: how far back was read; None where everything was.
    """

    def __init__(
        self,
        source: str,
        context: Context,
        shape: type[Any],
        thread: Callable[[str, Any, Problems], Thread],
        within: timedelta | None = None,
    ) -> None:
        self._shape = shape
        self._thread = thread
        self._within = within
        self._reading = Reading(source, context)
        self._scopes: dict[str, _Scope] = {}

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for each scope."""
        for raw in batch:
            scope = self._scopes.setdefault(raw.origin.partition(":")[2].partition("#")[0], _Scope())
            scope.problems.include(self._reading.read(raw, self._take).problems)
        for name, scope in self._scopes.items():
            threads = [(record, thread) for record, thread in scope.records.values() if thread.kind]
            kept = [self._ticket(record, thread, scope.problems) for record, thread in threads]
            self._reading.extend(kept)
            self._cover(name, scope, kept)
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        raw = origin.raw
        name = raw.origin.partition(":")[2].partition("#")[0]
        scope = self._scopes[name]
        for number, record in shaped(listed(origin.data), self._shape, origin.problems, raw.origin):
            thread = self._thread(name, record, scope.problems)
            scope.records[thread.ticket] = (Record(origin.at(number), record), thread)
        scope.answered = True

    def _ticket(self, record: Record[Any], thread: Thread, problems: Problems) -> Ticket:
        if thread.unread:
            problems.note(f"its history could not be read: {thread.unread}", thread.ticket)
        return ticket(thread, record.at, ZoneInfo(self._reading.context.zone), problems)

    def _cover(self, name: str, scope: _Scope, kept: list[Ticket]) -> None:
        now = self._reading.context.collected_at
        times = [time for row in kept for time in (row.opened_at, row.closed_at) if time]
        others = len(scope.records) - len(kept)
        said = f"{others} issues carry no label, type or field that makes them tickets" if others else None
        self._reading.cover(
            name,
            scope.problems,
            len(kept),
            window=(now - self._within if self._within else min(times, default=None), now),
            origins=(),
            failed=not scope.answered,
            remark=None if scope.problems else said,
        )
