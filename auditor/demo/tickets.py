"""Who was allowed to: the company's tickets, the good ones and those that do not carry what they claim."""

import csv
import io
from collections.abc import Iterator
from datetime import date

from msgspec import Struct

from auditor.demo.calendar import Calendar, clock
from auditor.demo.data import read
from auditor.model.tables import Row, Ticket
from auditor.model.vocabulary import TicketKind

_COLUMNS = [name for name in Ticket.__struct_fields__ if name not in Row.__struct_fields__]
_DONE = "Changed the value, watched errors for ten minutes, all quiet. Access is gone."


class Approval(Struct, frozen=True):
    """Who agreed, or wrote something else, at what time of day, and in which words."""

    by: str
    at: str
    words: str


class StoryTicket(Struct, frozen=True, kw_only=True):
    """A ticket as the story tells it.

    Times are times of day, and `day` counts working days before the night that the story is told from.
    `asked_for` stands in the ticket where it names somebody in other words than `person`, who did it.
    """

    id: str
    day: int
    title: str
    reason: str
    person: str
    system: str
    opened: str
    starts: str
    ends: str
    closed: str
    approved: Approval | None = None
    closeout: str = _DONE
    kind: str = "access"
    work: str = "routine"
    requester: str = ""
    removed: bool = True
    note: str = ""
    comments: tuple[Approval, ...] = ()
    asked_for: str = ""


TICKETS = read("tickets.yaml", tuple[StoryTicket, ...])


def incidents(calendar: Calendar) -> str:
    """The tickets of incidents as CSV: the company's pager exports them so. The others are issues in GitLab."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for ticket, day in known(calendar):
        if ticket.kind == TicketKind.INCIDENT:
            writer.writerow(_row(ticket, day))
    return out.getvalue()


def known(calendar: Calendar) -> Iterator[tuple[StoryTicket, date]]:
    """The tickets that there are at this night's audit, each with its day; all of them are closed by then."""
    for ticket in TICKETS:
        day = calendar.workday(ticket.day)
        if calendar.logged(clock(day, ticket.opened)):
            yield ticket, day


def _row(ticket: StoryTicket, day: date) -> dict[str, str]:
    def at(text: str) -> str:
        return clock(day, text).isoformat()

    same = ("kind", "work", "title", "reason", "person", "closeout", "note")
    approved = ticket.approved
    return {
        **{name: getattr(ticket, name) for name in same},
        "ticket": ticket.id,
        "url": f"https://pager.harbour.example/incidents/{ticket.id}",
        "requester": ticket.requester or ticket.person,
        "systems": ticket.system,
        "level": "write",
        "opened_at": at(ticket.opened),
        "starts_at": at(ticket.starts),
        "ends_at": at(ticket.ends),
        "closed_at": at(ticket.closed),
        "approver": approved.by if approved else "",
        "approved_at": at(approved.at) if approved else "",
        "approval": approved.words if approved else "",
        "comments": "\n".join(f"{at(one.at)} {one.by}: {one.words}" for one in ticket.comments),
        "removal_confirmed": str(ticket.removed).lower(),
    }
