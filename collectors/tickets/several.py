"""Rows of one file that have one ticket's id: read as that one ticket."""

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from msgspec.structs import replace

from auditor.model.tables import Ticket
from collectors.reading import Origin

_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LISTS = ("systems", "assignees", "comments")
_BY_ROW = frozenset({"record", "person", *_LISTS})
_TIMES = ("starts_at", "ends_at")


def joined(rows: Iterable[Ticket], origin: Origin) -> Ticket:
    """All rows of one id as one ticket.

    Exports have a row for each person or system of a ticket: it is for all of them. Where more differs, what was edited
    last counts; of that, what was approved last does, for whomever any of it names, and a start or an end that differs
    is not clear.
    """
    first_of: dict[Ticket, Ticket] = {}
    for row in rows:
        first_of.setdefault(replace(row, record=0), row)
    told = list(first_of.values())
    if len(told) == 1:
        return told[0]
    by_row = _differing(told) <= _BY_ROW
    for _ in told[1:]:
        if by_row:
            origin.remarks.note("a ticket has several rows, which were read as one", told[0].ticket)
        else:
            origin.problems.note("a ticket is there twice, and the later edit or approval counts", told[0].ticket)
    edited = max(row.edited_at or _LONG_AGO for row in told)
    latest = [row for row in told if (row.edited_at or _LONG_AGO) == edited]
    differing = _differing(latest)
    whole = _for_all(latest, latest[0] if differing <= _BY_ROW else max(latest, key=_lateness))
    unclear = [name for name in _TIMES if name in differing]
    return _without(unclear, latest, whole) if unclear else whole


def _differing(rows: Sequence[Ticket]) -> set[str]:
    return {name for name in Ticket.__struct_fields__ if len({getattr(row, name) for row in rows}) > 1}


def _without(unclear: Collection[str], rows: Sequence[Ticket], whole: Ticket) -> Ticket:
    """A ticket of about the time of all rows, without the times that differ."""
    times = [time for one in rows for time in (one.opened_at, one.starts_at, one.approved_at) if time]
    told = (f"{name} {_any_of(rows, name)}" for name in unclear)
    unread = tuple(dict.fromkeys((*whole.unread, *told)))
    return replace(whole, **dict.fromkeys(unclear), opened_at=min(times, default=None), unread=unread)


def _for_all(rows: Sequence[Ticket], base: Ticket) -> Ticket:
    people = dict.fromkeys(one.person.strip() for one in rows if one.person)
    lists = {name: tuple(dict.fromkeys(one for row in rows for one in getattr(row, name))) for name in _LISTS}
    return replace(base, person="\n".join(people) or None, **lists)


def _any_of(rows: Sequence[Ticket], name: str) -> str:
    times = {getattr(row, name) for row in rows}
    return " or ".join([f"{time:%Y-%m-%d %H:%M}Z" for time in sorted(times - {None})] + ["nothing"] * (None in times))


def _lateness(ticket: Ticket) -> tuple[datetime, datetime, int]:
    return ticket.approved_at or _LONG_AGO, ticket.closed_at or _LONG_AGO, ticket.record
