"""Tickets that a run of the period read and no source holds any more: an export of other days, or a row that is gone.

They allow nothing, and no rule judges them; but what they may have allowed was not done without a ticket.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from auditor.case.past_rows import runs_of
from auditor.case.ticket_people import Reader
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef

_LEFT = """
(ticket, part_number) IN (SELECT ticket, max(part_number) FROM stored GROUP BY ticket) AND part_number < $first
"""
_GONE = "was read on an earlier night and is in no source any more"


def vanished_tickets(store: Store, config: Config, period: tuple[datetime, datetime]) -> Sequence[Ticket]:
    """Those that no source has at the end of the period, as each was read last; also of sources that are no more."""
    present = store.snapshot_parts(Ticket, [source.name for source in config.feeding(Ticket.TABLE)], period[1])
    names = {part.source for run in store.manifests() for part in run.parts if part.table == Ticket.TABLE}
    read = sorted(
        (run.at, run.number, part.path, part)
        for name in names
        for run in runs_of(store, name, period)
        for part in run.parts
        if (part.table, part.source) == (Ticket.TABLE, name) and part not in present
    )
    before = [part for *_, part in read]
    return list({row.ticket: row for row in store.rows(Ticket, [*before, *present], _LEFT, first=len(before))}.values())


def in_doubt(tickets: Sequence[Ticket], reader: Reader, at: datetime) -> Iterator[TicketRef]:
    """What they claimed, as tickets that may allow it or not."""
    for ref in ticket_refs(tickets, reader, at):
        yield replace(ref, windows=(), unread=(*ref.unread, _GONE))
