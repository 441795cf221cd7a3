"""What an incident review says beside the acts: tickets and their comments, agents, questions, what was not seen."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import groupby

from msgspec import Struct

from auditor.case.incident import Act, Incident
from auditor.case.placement import Where
from auditor.model.agents import AgentWork, in_order
from auditor.model.findings import pointer
from auditor.model.tables import Ticket
from auditor.model.through import Through
from auditor.model.vocabulary import Category
from auditor.providers.registry import provider
from auditor.rules.words import length
from reports.coverage import named
from reports.incident_lines import Line, Part
from reports.incident_links import Link
from reports.incident_reversal import Can
from reports.incident_words import command, target, uncovered
from reports.links import web
from reports.words import clipped, listing, person, plural, stretch, when

_MOST = 3
_LONGEST = 500
_COMMENT = re.compile(r"(\S+) (.{1,200}?): (.*)", re.DOTALL)


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


def questions(lines: Sequence[Line], ticket: Ticket | None) -> Iterator[str]:
    """Each as a sentence, for the people who were there."""
    changes = [line for line in lines if line.part in (Part.PEOPLE, Part.MACHINES)]
    for who in dict.fromkeys(line.who for line in changes if line.uncovered):
        own = [line for line in changes if line.uncovered and line.who == who]
        count = plural(sum(line.count for line in own), "change")
        yield f"What did {who} make {count} for ({_what(own)})? No ticket allowed it."
    for who in dict.fromkeys(line.who for line in lines if line.unknown):
        own = [line for line in lines if line.unknown and line.who == who]
        yield f"Whose is {who} ({_what(own)})?"
    asked = [line for line in changes if line.reversal.can is Can.ASK and line.kind != "release"]
    for who in dict.fromkeys(line.who for line in asked):
        own = [line for line in asked if line.who == who]
        if len(own) <= _MOST and own[0].part is Part.PEOPLE:
            yield from (f"What was there before {who}'s {line.what or line.did} on {line.target}?" for line in own)
        else:
            yield f"What was there before {who}'s {plural(sum(line.count for line in own), 'change')} ({_what(own)})?"
    if ticket and ticket.is_incident:
        if ticket.closed_at is None:
            yield f"{ticket.ticket} is open: is it over?"
        elif not ticket.closeout:
            yield f"What ended {ticket.ticket}? It was closed without a word."


def _what(lines: Sequence[Line]) -> str:
    return listing(dict.fromkeys(line.what or line.did for line in lines), most=_MOST)


def comments(review: Incident, asked_by: Ticket | None) -> Iterator[Line]:
    """Comments on the tickets that allowed somebody something, and on the one that was asked for, within the time."""
    named = {window.ticket for window in review.windows} | ({asked_by.ticket} if asked_by else set())
    rows = {**review.tickets, **({asked_by.ticket: asked_by} if asked_by else {})}
    for name in sorted(named & rows.keys()):
        for comment in rows[name].comments:
            if (line := _line(review, rows[name], comment)) and review.from_ <= line.at < review.to:
                yield line


def _line(review: Incident, row: Ticket, comment: str) -> Line | None:
    """One as a line; None where it does not tell when it was written."""
    found = _COMMENT.match(comment)
    try:
        at = datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        at = None
    if found is None or at is None or at.tzinfo is None:
        return None
    url = web(row.url)
    return Line(
        part=Part.SAID,
        at=at,
        until=at,
        kind="comment",
        who=person(review.then.people.called(found[2]) or found[2], review.config),
        did="wrote",
        what=clipped(found[3], _LONGEST),
        target="",
        ticket=row.ticket,
        links=(Link(row.ticket, url),) if url else (),
        evidence=pointer(row),
    )


def agents_at_work(review: Incident) -> tuple[AgentWork, ...]:
    """One row for each person, agent and system, those with changes under no ticket first."""
    found: dict[tuple[str, str, str | None], tuple[Through, list[Act]]] = {}
    for act in review.acts:
        through = provider(act.told.provider).through(act.told.invoked_by)
        if through and through.acts_itself:
            who = act.told.person or act.told.principal
            found.setdefault((who, through.name, act.told.system), (through, []))[1].append(act)
    return tuple(sorted((_work(review, who, *one) for (who, *_), one in found.items()), key=in_order))


def _work(review: Incident, who: str, through: Through, acts: list[Act]) -> AgentWork:
    changes = [act for act in acts if act.changes]
    first = [*changes, *acts]
    tickets = (window.ticket for act in acts if (window := act.placement.inside))
    return AgentWork(
        person=who,
        agent=through.name,
        kind=through.kind,
        system=acts[0].told.system,
        scope=acts[0].told.scope,
        starts_at=acts[0].told.time,
        ends_at=max(act.until for act in acts),
        sittings=len({act.told.session for act in acts}),
        changes=sum(act.count for act in changes),
        reads=sum(act.count for act in acts if act.told.outcome == "ok" and not act.changes),
        refused=sum(act.count for act in acts if act.told.outcome != "ok"),
        actions=tuple(dict.fromkeys(map(command, first))),
        resources=tuple(dict.fromkeys(map(target, first))),
        tickets=tuple(dict.fromkeys(tickets)),
        uncovered=sum(act.count for act in changes if uncovered(review, act)),
        unknown=next(_unknown(changes), None),
    )


def _unknown(changes: list[Act]) -> Iterator[str]:
    """Why it cannot be told whether a ticket allowed it."""
    for act in changes:
        if act.told.category != Category.GRANT and act.placement.where is Where.UNKNOWN:
            yield act.placement.reason
