"""What an incident review says beside the acts: the tickets of that time, and what could not be seen."""

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from msgspec import Struct

from auditor.case.incident import Incident
from auditor.rules.words import length
from reports.coverage import named
from reports.words import person, stretch, when


class Allowing(Struct, frozen=True, kw_only=True):
    """A ticket that allowed somebody something on the system: whom, from when to when."""

    ticket: str
    title: str
    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    url: str | None = None


def tickets(review: Incident) -> Iterator[Allowing]:
    """The tickets that allowed somebody something in this time."""
    for name, windows in groupby(sorted(review.windows, key=lambda w: (w.ticket, w.person)), key=lambda w: w.ticket):
        held, row = list(windows), review.tickets.get(name)
        yield Allowing(
            ticket=name,
            title=(row.title or row.reason or "") if row else "",
            people=tuple(person(w.person, review.config) for w in held if w.person in review.config.people_by_id),
            starts_at=held[0].starts_at,
            ends_at=held[0].ends_at,
            url=row.url if row else None,
        )


def gaps(review: Incident) -> Iterator[str]:
    """What could not be seen."""
    zone, until = review.config.zone, review.then.logs_until
    if until is None:
        yield "No log was ever read: nothing can be said about what happened."
    elif until < review.to:
        yield f"The logs end at {when(until, zone)}: what happened later is not known. `auditor collect` reads on."
    for one in review.silences:
        told = "the whole time" if one.at_start and one.at_end else stretch(one.from_, one.to, zone)
        yield f"{one.scope}: no record at all for {length(one.length)} ({told})."
    for seen in review.unseen:
        yield f"{named(seen)}: {seen.status}; {seen.reason or 'no reason is known'}."
    known = review.tickets_until
    if known is None:
        yield "No ticket was ever read: whether something was allowed is not known."
    elif known < review.to:
        yield f"Tickets are known until {when(known, zone)} only."
