"""Tickets to windows: the time each ticket claims, for whom, on what."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import TypeVar

from auditor.case.people import People
from auditor.case.ticket_people import Reader
from auditor.case.ticket_times import (
    Sign,
    around,
    claimed,
    is_off_since_unknown,
    is_over_at,
    is_reopened_since_unknown,
    is_turned,
    on_record,
)
from auditor.config.policy import Policy
from auditor.model.hosts import short_name
from auditor.model.levels import level_said
from auditor.model.person_names import acting
from auditor.model.statements import names
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef, Window
from auditor.model.vocabulary import Level, TicketKind, Work
from auditor.providers.systems import Systems

_SEPARATORS = (
    re.compile(r"[;\n|]"),
    re.compile(r",|\s(?:and|und|et|y|e|&|\+)\s"),
    re.compile(r"\s*/\s*|\s(?=@)"),
)

# What begins a line of a list.
_BULLET = re.compile(r"^(?:\d{1,2}[.)]|[-*\u2022])\s+")

E = TypeVar("E", Level, TicketKind, Work)


def ticket_refs(tickets: Iterable[Ticket], reader: Reader, at: datetime, signs: Sequence[Sign] = ()) -> list[TicketRef]:
    """Each ticket with its names resolved and its windows worked out; `signs` renew those of incidents."""
    return [_ref(ticket, reader, at, signs) for ticket in tickets]


def _ref(ticket: Ticket, reader: Reader, at: datetime, signs: Sequence[Sign]) -> TicketRef:
    people, systems, policy = reader.people, reader.systems, reader.config.policy
    kind = _word(TicketKind, ticket.kind, TicketKind.ACCESS)
    work = _word(Work, ticket.work, Work.INCIDENT if kind is TicketKind.INCIDENT else Work.ROUTINE)
    level = _level(ticket, work)
    names = dict(resolved(ticket.person or "", lambda name: reader.person(name, ticket)))
    places = systems_of(ticket, systems)
    relieved = (p for name, found in names.items() if found for p in reader.relieved_by(name, ticket))
    persons = tuple(dict.fromkeys((*(p for p in names.values() if p), *relieved)))
    unknown = tuple(name for name, found in names.items() if not found)
    covered = tuple(dict.fromkeys(s for s in places.values() if s))
    later = reader.config.later_names
    own = [sign for sign in signs if sign.person in persons and sign.system in covered]
    spans = claimed(ticket, kind, work, policy, at, own)
    span = (spans[0][0], spans[-1][1]) if spans else None
    if span and kind is TicketKind.INCIDENT:
        span = (span[0], max(span[1], is_over_at(ticket, policy, at)))
    if is_reopened_since_unknown(ticket):
        span = around(ticket, at)
    if ticket.unread or is_turned(ticket) or is_off_since_unknown(ticket):
        spans, span = [], around(ticket, at)
    return TicketRef(
        ticket=ticket.ticket,
        kind=kind,
        work=work,
        requester=people.called(ticket.requester),
        people=persons,
        systems=covered,
        level=level,
        approver=_approver(ticket, people, policy, (people.called(ticket.requester), *persons)),
        windows=_windows(ticket, persons, {s: _only(s, places, reader) for s in covered}, level, spans),
        unknown_people=unknown,
        meant=reader.meant(ticket, kind, unknown) if unknown or not persons else frozenset(),
        unknown_systems=tuple(name for name, found in places.items() if not found and name.casefold() not in later),
        unread=tuple(_unread(ticket, kind)),
        unknown_words=tuple(_unknown_words(ticket)),
        span=span,
        closed_at=ticket.closed_at,
        record=on_record(ticket, level, policy, at) if kind is TicketKind.INCIDENT else None,
        elsewhere=bool(ticket.broker and ticket.systems and not places),
        texts=tuple(filter(None, (ticket.title, ticket.reason, ticket.approval, ticket.closeout, ticket.note))),
        extends=ticket.extends,
    )


def systems_of(ticket: Ticket, systems: Systems) -> dict[str, str | None]:
    """The systems that a ticket names, as written, each with the one that is meant; None where nobody knows it.

    Brokers name accounts and projects with their provider (`provider:scope`), and mean every system in them, or none.
    """
    found: dict[str, str | None] = {}
    for written in ticket.systems:
        provider, colon, scope = written.partition(":")
        if ticket.broker and colon:
            found |= {system: system for system in systems.of_scope(provider, scope)}
        else:
            found |= resolved(written, systems.named)
    return found


def _only(system: str, found: Mapping[str, str | None], reader: Reader) -> tuple[tuple[str, str], ...]:
    """The places of a system that a ticket names in its stead; none where it names the system itself."""
    places = [reader.systems.places(written) for written, meant in found.items() if meant == system]
    named = [one for some in places for one in some] if all(places) else []
    unknown = {provider for provider, scope in named if scope not in reader.known}
    return tuple(one for one in named if one[0] not in unknown)


def speaks_of(texts: Iterable[str], place: str) -> bool:
    """Whether words name a host, with its domain or without, a project or an account."""
    called = (place, short_name(place))
    return any(names(text, one) for text in texts for one in called)


def resolved(written: str, known: Callable[[str], str | None]) -> Iterator[tuple[str, str | None]]:
    """Each name in a field with whom or what it means: the whole field where that is known, else part by part."""
    text = _BULLET.sub("", written.strip())
    if found := known(text) if text else None:
        yield text, found
        return
    for separator in _SEPARATORS:
        parts = separator.split(text)
        if len(parts) > 1 and any(map(str.strip, parts)):
            for part in parts:
                yield from resolved(part, known)
            return
    if text:
        yield text, None


def _approver(ticket: Ticket, people: People, policy: Policy, concerned: Collection[str | None]) -> str | None:
    """Who agreed: of several, an approver of policy's who is not concerned, else somebody who is not."""
    named = [person for _, person in resolved(acting(ticket.approver or ""), people.called) if person]
    others = [person for person in named if person not in concerned]
    able = {people.called(name) for name in policy.approvers}
    return next((person for person in others if person in able), next(iter((*others, *named)), None))


def _level(ticket: Ticket, work: Work) -> Level:
    """How far it goes; a word that nobody knows opens reading only. A broker gives the role asked for, whole."""
    text = (ticket.level or "").strip().lower()
    if not text and ticket.broker:
        return Level.ADMIN
    if not text:
        return Level.READ if work is Work.READ_ONLY else Level.WRITE
    found: Level = _by_value(Level).get(level_said(text), Level.READ)
    return found


def _unread(ticket: Ticket, kind: TicketKind) -> Iterator[str]:
    """What could not be understood so that what it allows cannot be told, each to follow its id."""
    yield from (f"says {one}, which names no clear time" for one in ticket.unread)
    if is_turned(ticket):
        yield "ends before it begins"
    if is_off_since_unknown(ticket) or is_reopened_since_unknown(ticket):
        yield f"is {ticket.status}, and does not say since when"
    level = (ticket.level or "").strip()
    if level and level_said(level) not in _by_value(Level):
        yield f"asks for {level}, which is no level"
    if kind is TicketKind.ACCESS and not (ticket.person or "").strip():
        yield "does not say for whom it is"


def _unknown_words(ticket: Ticket) -> Iterator[str]:
    """The kinds that nobody knows."""
    for words, text in ((TicketKind, ticket.kind), (Work, ticket.work)):
        if text and text.strip().lower() not in _by_value(words):
            yield text


def _windows(
    ticket: Ticket,
    people: Sequence[str],
    systems: Mapping[str, tuple[tuple[str, str], ...]],
    level: Level,
    spans: Iterable[tuple[datetime, datetime]],
) -> tuple[Window, ...]:
    early = bool(ticket.closed_at and ticket.ends_at and ticket.closed_at < ticket.ends_at)
    return tuple(
        Window(
            ticket=ticket.ticket,
            person=p,
            system=s,
            level=level,
            starts_at=first,
            ends_at=last,
            closed_early=early,
            only=only,
        )
        for p in people
        for s, only in systems.items()
        for first, last in spans
    )


def _word(words: type[E], text: str | None, default: E) -> E:
    word: E = _by_value(words).get((text or "").strip().lower(), default)
    return word


@cache
def _by_value(words: type[E]) -> dict[str, E]:
    return {word.value: word for word in words}
