"""The time that a ticket claims: from when to when, and whether anything came of it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from operator import attrgetter

from msgspec import Struct

from auditor.activity.times import merged
from auditor.case.ticket_people import goes_on
from auditor.config.policy import Policy
from auditor.model.statements import Verdict, is_draft, is_off, is_reopened, says_dropped, verdict
from auditor.model.tables import Ticket
from auditor.model.tickets import Window
from auditor.model.vocabulary import Level, TicketKind, Work

_DAY = timedelta(days=1)


class Sign(Struct, frozen=True):
    """A change that somebody made on a system: a sign that an incident of theirs there is still being worked on."""

    person: str
    system: str
    first: datetime
    last: datetime


def claimed(
    ticket: Ticket, kind: TicketKind, work: Work, policy: Policy, at: datetime, signs: Iterable[Sign]
) -> list[tuple[datetime, datetime]]:
    """The time that it claims: from its beginning to the earlier of end and closing; none where nothing came of it.

    An incident lasts until it is resolved, and policy's length for incidents after each sign of life: what stands in
    the ticket, or a change that was made while it lasted.
    """
    start = begins_at(ticket)
    if start is None or was_dropped(ticket):
        return []
    if kind is not TicketKind.INCIDENT:
        end = min(t for t in (ticket.ends_at or start + policy.windows[work], ticket.closed_at) if t)
        return [(start, end)] if start <= end else []
    end = ticket.closed_at or at
    length = policy.windows[Work.INCIDENT]
    spans = list(merged((sign, sign + length) for sign in _written_signs(ticket) if start <= sign <= end))
    for sign in sorted(signs, key=attrgetter("first")):
        if any(first - policy.overlap_tolerance <= sign.first <= last for first, last in spans):
            spans = list(merged([*spans, (max(sign.first, start), sign.last + length)]))
    return [(first, min(last, end)) for first, last in spans if first <= end]


def begins_at(ticket: Ticket) -> datetime | None:
    """When a ticket's time begins: with its start, else its approval, else its opening."""
    return ticket.starts_at or ticket.approved_at or ticket.opened_at


def _written_signs(ticket: Ticket) -> list[datetime]:
    """The signs of life that stand in the ticket itself."""
    signs = (begins_at(ticket), ticket.opened_at, ticket.approved_at, ticket.reviewed_at, ticket.edited_at)
    return [sign for sign in signs if sign]


def is_over_at(ticket: Ticket, policy: Policy, at: datetime) -> datetime:
    """When an incident is over, at the latest so long after its last sign of life."""
    return min(ticket.closed_at or at, max(_written_signs(ticket), default=at) + policy.max_incident)


def on_record(ticket: Ticket, level: Level, policy: Policy, at: datetime) -> Window | None:
    """The time that an incident is on record: nobody knew of it before it was opened."""
    opened, over = ticket.opened_at or begins_at(ticket), is_over_at(ticket, policy, at)
    if opened is None or opened > over:
        return None
    return Window(ticket=ticket.ticket, person="", system="", level=level, starts_at=opened, ends_at=over)


def around(ticket: Ticket, at: datetime) -> tuple[datetime, datetime] | None:
    """The days about the times of a ticket that could be read; None where there are none.

    What comes again or goes on (`every Tuesday 06:00`) lasts until somebody closes the ticket.
    """
    told = (ticket.opened_at, ticket.starts_at, ticket.approved_at, ticket.ends_at, ticket.closed_at)
    times = [time for time in told if time]
    if times and ticket.closed_at is None and goes_on(ticket.unread):
        times.append(at)
    return (min(times) - _DAY, max(times) + _DAY) if times else None


def is_turned(ticket: Ticket) -> bool:
    """Whether the end that is written lies before the beginning that is: one of them is a slip of the pen."""
    return bool(ticket.starts_at and ticket.ends_at and ticket.ends_at < ticket.starts_at)


def was_dropped(ticket: Ticket) -> bool:
    """Whether nothing came of a ticket: a draft, called off, closed as such, or before its time and without a word."""
    status = ticket.status or ""
    if (is_off(status) and not _was_on(ticket)) or (is_draft(status) and not _was_agreed(ticket)):
        return True
    if ticket.closed_at is None or ticket.removal_confirmed or is_reopened(status):
        return False
    closeout = (ticket.closeout or "").strip()
    return says_dropped(closeout) if closeout else bool(ticket.starts_at and ticket.closed_at < ticket.starts_at)


def _was_on(ticket: Ticket) -> bool:
    """Whether a ticket that is called off allowed something before: it was agreed to, or needs nobody's word."""
    return ticket.is_incident or ticket.words_unread or _was_agreed(ticket)


def _was_agreed(ticket: Ticket) -> bool:
    """Whether what is written there says that somebody agreed."""
    if ticket.words_unread:
        return False
    said = verdict(ticket.approval or "")
    named = bool(ticket.approver or ticket.approved_at)
    return named if said is None else said in (Verdict.AGREED, Verdict.CONDITIONAL)


def is_off_since_unknown(ticket: Ticket) -> bool:
    """Whether what it allowed before was called off, and it does not say when."""
    return is_off(ticket.status or "") and ticket.closed_at is None and _was_on(ticket)


def is_reopened_since_unknown(ticket: Ticket) -> bool:
    """Whether it goes on after the time at which it says that it was closed: nobody can tell from when on."""
    return bool(ticket.closed_at and is_reopened(ticket.status or ""))
