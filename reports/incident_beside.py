"""What an incident review says beside the acts: its headline, the tickets of that time, and what could not be seen."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

from auditor.case.incident import Incident
from auditor.rules.words import length
from reports.incident_words import uncovered
from reports.words import person, plural, stretch, when


def headline(review: Incident, left: int = 0) -> str:
    """The sentence that matters: who changed what, how much under no ticket, what failed, how much is not listed."""
    own = [act for act in review.acts if act.told.system == review.system.id]
    changes = [act for act in own if act.changes]
    people = {act.told.person for act in changes if act.told.person}
    count = sum(act.count for act in changes)
    system = review.system.name
    if not review.acts and not review.deployments:
        return f"Nothing is on record for {system} in this time."
    parts = [_changed(system, len(people), count)]
    bare = sum(act.count for act in changes if uncovered(review, act))
    if bare:
        parts.append(f"{bare:,} under no ticket that allows {'it' if bare == 1 else 'them'}")
    if review.deployments:
        parts.append(plural(len(review.deployments), "deployment"))
    refused = sum(act.count for act in review.acts if act.told.outcome != "ok")
    if refused:
        parts.append(f"{plural(refused, 'act')} failed or denied")
    if left:
        parts.append(f"{left:,} that changed nothing not listed")
    return f"{'; '.join(parts)}."


def _changed(system: str, people: int, changes: int) -> str:
    if people:
        return f"{plural(people, 'person', 'people')} changed {system}, with {plural(changes, 'change')} altogether"
    return f"{plural(changes, 'change')} to {system}, none by a known person" if changes else f"No change to {system}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowing:
    """A ticket that allowed somebody something on the system: whom, from when to when."""

    ticket: str
    title: str
    people: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime


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
        )


def gaps(review: Incident) -> Iterator[str]:
    """What could not be seen."""
    zone, until = review.config.zone, review.then.logs_until
    if until is None:
        yield "No log was ever read: nothing can be said about what happened."
    elif until < review.to:
        yield f"The logs end at {when(until, zone)}: what happened later is not known."
    for one in review.silences:
        told = "the whole time" if one.at_start and one.at_end else stretch(one.from_, one.to, zone)
        yield f"{one.scope}: no record at all for {length(one.length)} ({told})."
    for seen in review.unseen:
        yield f"{seen.source}, {seen.scope}: {seen.status}; {seen.reason or 'no reason is known'}."
    known = review.tickets_until
    if known is None:
        yield "No ticket was ever read: whether something was allowed is not known."
    elif known < review.to:
        yield f"Tickets are known until {when(known, zone)} only."
