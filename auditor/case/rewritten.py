"""Tickets that say something else than they did in an earlier run: not every tracker tells that one was edited."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any

from msgspec import Struct

from auditor.case.past_rows import runs_of
from auditor.case.people import People
from auditor.case.windows import resolved
from auditor.config.models import Config
from auditor.evidence.judgements import kept_policies
from auditor.evidence.manifest import Manifest
from auditor.evidence.store import Store
from auditor.model.levels import level_said
from auditor.model.person_names import is_whoever_asked
from auditor.model.tables import Ticket
from auditor.model.vocabulary import TicketKind
from auditor.providers.systems import Systems

_DECIDING = ("person", "systems", "level", "starts_at", "ends_at")
_READ = ("ticket", "kind", "requester", "opened_at", "approved_at", "closed_at", *_DECIDING)


class Rewritten(Struct, frozen=True):
    """A ticket that was edited between two runs: `before` and `after` are what it said, by field."""

    ticket: str
    seen: datetime
    changed: datetime
    before: Mapping[str, object]
    after: Mapping[str, object]


def rewritten_tickets(
    store: Store, config: Config, people: People, period: tuple[datetime, datetime]
) -> Mapping[str, Rewritten]:
    """The first edit of each ticket in a period that two runs show and that was made after its time had begun.

    Two runs are compared where the same program read the source by the same configuration: else what differs may be how
    it was read. What is filled in that was empty or could not be read is no edit, nor is a name written another way.
    """
    found: dict[str, Rewritten] = {}
    meant = _Meaning(people, Systems(config))
    for source in config.feeding(Ticket.TABLE):
        for one in _of_source(store, source.name, period, meant, config.policy.overlap_tolerance):
            found.setdefault(one.ticket, one)
    return found


def _of_source(
    store: Store, source: str, period: tuple[datetime, datetime], meant: "_Meaning", tolerance: timedelta
) -> Iterator[Rewritten]:
    ways = {run.run: _way(run, policy, source) for run, policy in kept_policies(store, period[1])}
    known: tuple[str, dict[str, dict[str, Any]]] | None = None
    for earlier, later in pairwise(runs_of(store, source, period)):
        if ways[earlier.run] is None or ways[earlier.run] != ways[later.run]:
            continue
        said = known[1] if known and known[0] == earlier.run else _said(store, earlier, source, period[0])
        says = _said(store, later, source, period[0])
        known = later.run, says
        for ticket, then in said.items():
            began = then["starts_at"] or then["approved_at"] or then["opened_at"]
            if began and earlier.at > began + tolerance and (fields := meant.edited(then, says.get(ticket, then))):
                now = says[ticket]
                yield Rewritten(ticket, earlier.at, later.at, {f: then[f] for f in fields}, {f: now[f] for f in fields})


def _way(run: Manifest, policy: bytes | None, source: str) -> str | None:
    """How a run read a source: what is the same was read alike."""
    if policy is None:
        return None
    settings = json.loads(policy)
    entry = next((one for one in settings.get("sources", ()) if one.get("name") == source), None)
    return json.dumps((run.version, settings.get("timezone"), entry), sort_keys=True)


def _said(store: Store, run: Manifest, source: str, from_: datetime) -> dict[str, dict[str, Any]]:
    """What a run knew of the tickets that were not closed before a time: of years of them, few matter."""
    import pyarrow.compute as pc  # late: questions about the past need no Arrow

    parts = [part for part in run.parts if (part.table, part.source) == (Ticket.TABLE, source)]
    data = store.read(Ticket, parts, _READ)
    alive = pc.fill_null(pc.greater_equal(data["closed_at"], from_), fill_value=True)
    return {row["ticket"]: row for row in data.filter(alive).to_pylist()}


class _Meaning(Struct, frozen=True):
    """What the fields of a ticket mean, however they are written."""

    people: People
    systems: Systems

    def edited(self, then: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
        """The fields that say something else; an incident's end is written when it is over."""
        open_ended = (then["kind"] or "").strip().lower() == TicketKind.INCIDENT
        fields = [one for one in _DECIDING if not (open_ended and one == "ends_at")]
        told = [one for one in fields if then[one] and now[one] and then[one] != now[one]]
        return [one for one in told if self._of(one, then) != self._of(one, now)]

    def _of(self, field: str, row: Mapping[str, Any]) -> object:
        said = row[field]
        if field == "person":
            names = resolved(
                said, lambda name: self.people.called(row["requester"] if is_whoever_asked(name) else name)
            )
            return {found or name for name, found in names}
        if field == "systems":
            return {found or name for one in said for name, found in resolved(one, self.systems.named)}
        return level_said(said) if field == "level" else said
