"""Who was allowed to: the company's tickets, the good ones and those that do not carry what they claim."""

import csv
import dataclasses
import io
from dataclasses import dataclass
from datetime import date

from auditor.demo.calendar import Calendar, clock
from auditor.model.tables import Row, Ticket
from auditor.model.vocabulary import TicketKind

_COLUMNS = [
    field.name
    for field in dataclasses.fields(Ticket)
    if field.name not in {own.name for own in dataclasses.fields(Row)}
]
_DONE = "Changed the value, watched errors for ten minutes, all quiet. Access is gone."


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A ticket as the story tells it; times are times of day, and `day` counts working days before the first night.

    Args:
        approved: the approver, the time, and their words; None where nobody approved.
    """

    ticket: str
    day: int
    title: str
    reason: str
    person: str
    system: str
    opened: str
    starts: str
    ends: str
    approved: tuple[str, str, str] | None
    closed: str
    closeout: str = _DONE
    kind: str = "access"
    work: str = "routine"
    requester: str = ""
    removed: bool = True
    note: str = ""


def _agreed(by: str, when: str, ticket: str, who: str, system: str, until: str) -> tuple[str, str, str]:
    """An approval that names the task, the person, the system and the end."""
    return by, when, f"Approved {ticket} for {who} on {system}, until {until}."


TICKETS = (
    Told(
        ticket="PAY-184",
        day=1,
        title="Customers cannot pay: <script>alert('basket')</script> stands in the basket",
        reason="Checkout times out since last night's change of its settings. First look, then correct the one value.",
        person="nina",
        system="production checkout service",
        opened="09:10",
        starts="09:15",
        ends="09:35",
        approved=_agreed("tom", "09:13", "PAY-184", "Nina", "checkout", "09:35"),
        closed="09:24",
        closeout="payment-timeout was 3, is 30 again. Follow-up: PAY-186, a test for it. Access is gone.",
    ),
    Told(
        ticket="INC-31",
        day=15,
        title="Orders are not shipped: the queue is stuck",
        reason="The batch size is too large for the new warehouse.",
        person="leon",
        system="jobs",
        kind="incident",
        work="incident",
        opened="13:04",
        starts="13:06",
        ends="15:06",
        approved=_agreed("tom", "13:10", "INC-31", "Leon", "background jobs", "resolved, at the latest 15:06"),
        closed="14:20",
        closeout="Batch size halved, queue drained.",
        removed=False,
    ),
    Told(
        ticket="INC-40",
        day=6,
        title="Checkout answers with errors",
        reason="One worker has no memory left.",
        person="mia",
        system="checkout",
        kind="incident",
        work="incident",
        opened="02:10",
        starts="02:12",
        ends="04:12",
        approved=_agreed("tom", "08:55", "INC-40", "Mia", "checkout", "resolved"),
        closed="02:51",
        closeout="Restarted the service, two workers more.",
    ),
    Told(
        ticket="PAY-179",
        day=5,
        title="More workers for the sale",
        reason="The sale starts tomorrow.",
        person="mia",
        system="checkout",
        opened="14:50",
        starts="15:30",
        ends="16:30",
        approved=_agreed("tom", "15:05", "PAY-179", "Mia", "checkout", "16:30"),
        closed="16:20",
    ),
    Told(
        ticket="OPS-12",
        day=7,
        title="Release the jobs again",
        reason="The last release did not reach both workers.",
        person="nina",
        system="jobs",
        opened="10:52",
        starts="11:00",
        ends="11:45",
        approved=("tom", "10:58", "ok, go (from the chat)"),
        closed="11:40",
    ),
    Told(
        ticket="OPS-14",
        day=9,
        title="Tune checkout's workers",
        reason="Try settings for the sale during the day.",
        person="leon",
        system="checkout",
        opened="08:40",
        starts="09:00",
        ends="17:30",
        approved=_agreed("tom", "08:55", "OPS-14", "Leon", "checkout", "17:30"),
        closed="17:30",
    ),
    Told(
        ticket="OPS-15",
        day=11,
        title="=SUM(A1:A9) stands where the invoice's total should",
        reason="A template of the invoices is wrong.",
        person="tom",
        system="jobs",
        opened="13:55",
        starts="14:00",
        ends="14:45",
        approved=_agreed("tom", "13:58", "OPS-15", "Tom", "jobs", "14:45"),
        closed="14:40",
    ),
    Told(
        ticket="PAY-171",
        day=18,
        title="Raise the number of workers",
        reason="Mornings are slow.",
        person="mia",
        system="checkout",
        opened="09:40",
        starts="10:00",
        ends="10:45",
        approved=_agreed("tom", "09:50", "PAY-171", "Mia", "checkout", "10:45"),
        closed="10:30",
    ),
    Told(
        ticket="PAY-176",
        day=12,
        title="Lower the number of workers",
        reason="The campaign is over.",
        person="leon",
        system="checkout",
        opened="13:30",
        starts="14:00",
        ends="15:00",
        approved=_agreed("tom", "13:45", "PAY-176", "Leon", "checkout", "15:00"),
        closed="14:40",
    ),
    Told(
        ticket="OPS-10",
        day=16,
        title="Invoices are sent twice",
        reason="Look at the worker, and stop the second one.",
        person="tom",
        system="background jobs",
        opened="10:35",
        starts="11:00",
        ends="11:40",
        approved=_agreed("frida", "10:50", "OPS-10", "Tom", "jobs", "11:40"),
        closed="11:25",
    ),
    Told(
        ticket="OPS-17",
        day=2,
        title="Nightly export: one hour later",
        reason="The warehouse is still writing at that time.",
        person="mia",
        system="jobs",
        opened="14:40",
        starts="15:00",
        ends="15:45",
        approved=_agreed("tom", "14:50", "OPS-17", "Mia", "jobs", "15:45"),
        closed="15:25",
    ),
    Told(
        ticket="OPS-9",
        day=17,
        title="Rollback drill of checkout",
        reason="The monthly drill, on a calm day: release the banner's colour and take it back.",
        person="leon",
        system="checkout",
        kind="drill",
        opened="09:30",
        starts="10:00",
        ends="10:30",
        approved=_agreed("tom", "09:40", "OPS-9", "Leon", "checkout", "10:30"),
        closed="10:25",
        note="Rollback of code: done in 6m (target 10m)\nRollback of config: done in 3m (target 5m)",
    ),
    Told(
        ticket="OPS-11",
        day=13,
        title="Rollback drill of the jobs",
        reason="The monthly drill: the release of the week before, and back.",
        person="tom",
        system="jobs",
        kind="drill",
        opened="15:00",
        starts="15:30",
        ends="16:00",
        approved=_agreed("frida", "15:10", "OPS-11", "Tom", "jobs", "16:00"),
        closed="15:55",
        note="Rollback of code: done in 8m (target 10m)",
    ),
    Told(
        ticket="OPS-19",
        day=4,
        title="More memory for the reports",
        reason="The monthly report stops half-way.",
        person="tom",
        system="reports",
        opened="12:40",
        starts="13:00",
        ends="13:45",
        approved=_agreed("frida", "12:50", "OPS-19", "Tom", "reports", "13:45"),
        closed="13:40",
    ),
    Told(
        ticket="OPS-13",
        day=10,
        title="Rollback drill of the reports",
        reason="The monthly drill: the revision before, and the setting before.",
        person="tom",
        system="reports",
        kind="drill",
        opened="14:00",
        starts="14:30",
        ends="15:00",
        approved=_agreed("frida", "14:10", "OPS-13", "Tom", "reports", "15:00"),
        closed="14:50",
        note="Rollback of code: done in 4m (target 10m)\nRollback of config: done in 4m (target 5m)",
    ),
    Told(
        ticket="OPS-18",
        day=3,
        title="Access review after INC-40",
        reason="Who needed which access that night, and who still has it.",
        person="tom",
        requester="mia",
        system="checkout",
        kind="review",
        work="read-only",
        opened="10:00",
        starts="10:00",
        ends="10:30",
        approved=None,
        closed="10:25",
        closeout="Mia's access was enough, and it is gone.",
    ),
)


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

    approver, approved_at, words = told.approved or ("", "", "")
    return {
        "ticket": told.ticket,
        "url": f"https://pager.harbour.example/incidents/{told.ticket}",
        "kind": told.kind,
        "work": told.work,
        "title": told.title,
        "reason": told.reason,
        "requester": told.requester or told.person,
        "person": told.person,
        "systems": told.system,
        "level": "write",
        "opened_at": at(told.opened),
        "starts_at": at(told.starts),
        "ends_at": at(told.ends),
        "approver": approver,
        "approved_at": approved_at and at(approved_at),
        "approval": words,
        "closed_at": at(told.closed),
        "closeout": told.closeout,
        "removal_confirmed": str(told.removed).lower(),
        "note": told.note,
    }
