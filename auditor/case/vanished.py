"""Tickets that a run of the period read and no source holds any more: an export of other days, or a row that is gone.

They allow nothing, and no rule judges them; but what they may have allowed was not done without a ticket.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from auditor.case.meant import Reader
from auditor.case.past_rows import rows_of, runs_of
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef

_GONE = "was read on an earlier night and is in no source any more"


def vanished_tickets(
    store: Store, config: Config, present: set[str], period: tuple[datetime, datetime]
) -> Sequence[Ticket]:
    """Those that are not among the present ids, as each was read last."""
    found: dict[str, Ticket] = {}
    for source in config.feeding(Ticket.TABLE):
        for run in runs_of(store, source.name, period)[:-1]:
            parts = [part for part in run.parts if (part.table, part.source) == (Ticket.TABLE, source.name)]
            told = store.read(Ticket, parts, ["ticket"])["ticket"].to_pylist() if parts else []
            if not present.issuperset(told):
                found |= {row.ticket: row for row in rows_of(store, run, Ticket, source.name)}
    return [row for id_, row in found.items() if id_ not in present]


def in_doubt(tickets: Sequence[Ticket], reader: Reader, at: datetime) -> Iterator[TicketRef]:
    """What they claimed, as tickets that may allow it or not; those that claimed no time are left out."""
    for ref in ticket_refs(tickets, reader, at):
        if ref.span:
            yield replace(ref, windows=(), unread=(*ref.unread, _GONE))
