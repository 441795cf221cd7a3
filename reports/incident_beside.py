"""What stands beside the acts of an incident review: the tickets of that time, and what could not be seen."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from auditor.resolve.incident import Incident
from auditor.rules.words import length
from reports.words import listing, shown, stretch, when


def tickets(review: Incident) -> Iterator[tuple[str, str, str]]:
    """The tickets that allowed somebody something in this time: id, title, for whom until when."""
    for name, windows in groupby(sorted(review.windows, key=lambda w: (w.ticket, w.person)), key=lambda w: w.ticket):
        held = list(windows)
        people = [review.config.people_by_id[w.person].name for w in held if w.person in review.config.people_by_id]
        span = stretch(held[0].starts_at, held[0].ends_at, review.config.zone)
        row = review.tickets.get(name)
        yield shown(name), shown(row.title or row.reason if row else ""), f"{shown(listing(people))}, {span}"


def gaps(review: Incident) -> Iterator[str]:
    """What could not be seen."""
    zone, until = review.config.zone, review.then.logs_until
    if until is None:
        yield "No log was ever read: nothing can be said about what happened."
    elif until < review.to:
        yield f"The logs end at {when(until, zone)}: what happened later is not known."
    for one in review.silences:
        told = "the whole time" if one.at_start and one.at_end else stretch(one.from_, one.to, zone)
        yield f"{shown(one.scope)}: no record at all for {length(one.length)} ({told})."
    for seen in review.unseen:
        yield f"{shown(seen.source)}, {shown(seen.scope)}: {seen.status}; {shown(seen.reason) or 'no reason is known'}."
    known = review.tickets_until
    if known is None:
        yield "No ticket was ever read: whether something was allowed is not known."
    elif known < review.to:
        yield f"Tickets are known until {when(known, zone)} only."
