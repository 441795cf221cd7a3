"""Rows of one file that have one ticket's id: read as that one ticket."""

from collections.abc import Collection
from datetime import UTC, datetime

from msgspec.structs import replace

from auditor.model.tables import Ticket
from collectors.reading import Origin

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_BY_ROW = frozenset({"record", "person", "systems", "assignees", "comments"})
_TIMES = ("starts_at", "ends_at")


def joined(first: Ticket, second: Ticket, origin: Origin) -> Ticket:
    """Two rows as one ticket.

    Exports have a row for each person or system of a ticket: it is for all of them. Where more differs, the later edit
    counts; where none is known to be it, the later approval does, for whomever either names, and a start or an end that
    differs is not clear.
    """
    differing = {name for name in Ticket.__struct_fields__ if getattr(first, name) != getattr(second, name)}
    if differing <= {"record"}:
        return first
    later = max(first, second, key=_lateness)
    if differing <= _BY_ROW:
        origin.remarks.note("a ticket has several rows, which were read as one", first.ticket)
        return _for_both(first, second, first)
    origin.problems.note("a ticket is there twice, and the later edit or approval counts", first.ticket)
    if "edited_at" in differing:
        return later
    both = _for_both(first, second, later)
    unclear = [name for name in _TIMES if name in differing]
    return _without(unclear, first, second, both) if unclear else both


def _without(unclear: Collection[str], first: Ticket, second: Ticket, both: Ticket) -> Ticket:
    """A ticket of about the time of both rows, without the times that differ."""
    times = [time for one in (first, second) for time in (one.opened_at, one.starts_at, one.approved_at) if time]
    told = (f"{name} {_either(first, second, name)}" for name in unclear)
    return replace(
        both,
        starts_at=None if "starts_at" in unclear else both.starts_at,
        ends_at=None if "ends_at" in unclear else both.ends_at,
        opened_at=min(times, default=None),
        unread=tuple(dict.fromkeys((*both.unread, *told))),
    )


def _for_both(first: Ticket, second: Ticket, base: Ticket) -> Ticket:
    people = dict.fromkeys(one.person.strip() for one in (first, second) if one.person)
    return replace(
        base,
        person="\n".join(people) or None,
        systems=tuple(dict.fromkeys((*first.systems, *second.systems))),
        assignees=tuple(dict.fromkeys((*first.assignees, *second.assignees))),
        comments=tuple(dict.fromkeys((*first.comments, *second.comments))),
    )


def _either(first: Ticket, second: Ticket, name: str) -> str:
    times = sorted(time for one in (first, second) if (time := getattr(one, name)))
    return " or ".join([f"{time:%Y-%m-%d %H:%M}Z" for time in times] + ["nothing"] * (len(times) == 1))


def _lateness(ticket: Ticket) -> tuple[datetime, datetime, datetime, int]:
    told = (ticket.edited_at, ticket.approved_at, ticket.closed_at)
    edited, approved, closed = (time or _LONG_AGO for time in told)
    return edited, approved, closed, ticket.record
