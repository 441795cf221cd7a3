"""Answers in which each record is a whole ticket, with its story in it, to rows."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from collectors.answers import listed
from collectors.base import Batch, Context, Normalised
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Record, shaped
from collectors.redact import without_secrets
from collectors.tickets.thread import Thread, ticket


class _Scope(Struct):
    """One project or repository: its pages, and its issues by ticket."""

    pages: list[Origin] = field(default_factory=list)
    issues: dict[str, Record[Thread]] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)


class TicketReader:
    """Reads the one batch of a snapshot of a source.

    Args:
        source: its name.
        shape: what a record looks like.
        thread: makes a thread of a record of a scope; what cannot be read of it is a problem.
        within: how far back was read; None where everything was.
    """

    def __init__(
        self,
        source: str,
        context: Context,
        shape: type[Any],
        thread: Callable[[str, Any, Problems], Thread],
        within: timedelta | None,
    ) -> None:
        self._reading = Reading(source, context)
        self._shape = shape
        self._thread = thread
        self._within = within
        self._scopes: dict[str, _Scope] = {}

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for each scope."""
        for raw in batch:
            scope = self._scopes.setdefault(_scope_of(raw.origin), _Scope())
            scope.pages.append(origin := self._reading.read(raw, self._take))
            scope.problems.include(origin.problems)
            scope.problems.rejected += origin.lost  # a page, of as many tickets as there may have been on it
        for name, scope in self._scopes.items():
            self._conclude(name, scope)
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        name = _scope_of(origin.raw.origin)
        scope = self._scopes[name]
        for number, record in shaped(listed(origin.data), self._shape, origin.problems, origin.raw.origin):
            thread = self._thread(name, record, scope.problems)
            scope.issues[thread.ticket] = Record(origin.at(number), thread)

    def _conclude(self, name: str, scope: _Scope) -> None:
        """The tickets of a scope, and its line of coverage."""
        tickets = [issue for issue in scope.issues.values() if issue.value.kind]
        times = []
        for issue in tickets:
            if issue.value.unread:
                scope.problems.note(f"its history could not be read: {issue.value.unread}", issue.value.ticket)
            row = ticket(issue.value, issue.at, ZoneInfo(self._reading.context.zone), scope.problems)
            self._reading.add(without_secrets(row))
            times += [time for time in (row.opened_at, row.closed_at) if time]
        now = self._reading.context.collected_at
        self._reading.cover(
            name,
            scope.problems,
            len(tickets),
            window=(now - self._within if self._within else min(times, default=None), now),
            origins=scope.pages,
            remark=None if scope.problems else _left_out(len(scope.issues) - len(tickets)),
        )


def _scope_of(origin: str) -> str:
    return origin.partition(":")[2].partition("#")[0]


def _left_out(number: int) -> str | None:
    if number == 1:
        return "1 issue is no request: no label and no field says so"
    return f"{number} issues carry no label and no field that makes them requests" if number else None
