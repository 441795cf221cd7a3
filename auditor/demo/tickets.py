"""Who was allowed to: the company's tickets, the good ones and those that do not carry what they claim."""

import csv
import dataclasses
import io
from dataclasses import dataclass
from datetime import date

from auditor.demo.calendar import Calendar, clock
from auditor.demo.data import read
from auditor.model.tables import Row, Ticket
from auditor.model.vocabulary import TicketKind

_COLUMNS = [
    field.name
    for field in dataclasses.fields(Ticket)
    if field.name not in {own.name for own in dataclasses.fields(Row)}
]
_DONE = "Changed the value, watched errors for ten minutes, all quiet. Access is gone."


@dataclass(frozen=True, slots=True)
class Approval:
    """Who agreed, at what time of day, and in which words."""

    by: str
    at: str
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A ticket as the story tells it; times are times of day, and `day` counts working days before the first night."""

    ticket: str
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


TICKETS = read("tickets.yaml", tuple[Told, ...])


def incidents(calendar: Calendar) -> str:
    """The tickets of incidents as CSV: the company's pager exports them so. The others are issues in GitLab."""
    out = io.StringIO()
    writer = csv.DictWriter(out, _COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    for told in TICKETS:
        if told.kind == TicketKind.INCIDENT:
            writer.writerow(_row(told, calendar.workday(told.day)))
    return out.getvalue()


def _row(told: Told, day: date) -> dict[str, str]:
    def at(text: str) -> str:
        return clock(day, text).isoformat()

    same = ("ticket", "kind", "work", "title", "reason", "person", "closeout", "note")
    approved = told.approved
    return {
        **{name: getattr(told, name) for name in same},
        "url": f"https://pager.harbour.example/incidents/{told.ticket}",
        "requester": told.requester or told.person,
        "systems": told.system,
        "level": "write",
        "opened_at": at(told.opened),
        "starts_at": at(told.starts),
        "ends_at": at(told.ends),
        "closed_at": at(told.closed),
        "approver": approved.by if approved else "",
        "approved_at": at(approved.at) if approved else "",
        "approval": approved.words if approved else "",
        "removal_confirmed": str(told.removed).lower(),
    }
