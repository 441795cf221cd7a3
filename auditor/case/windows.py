"""Tickets to windows: the time each ticket claims, for whom, on what."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from operator import attrgetter
from typing import TypeVar

from msgspec import Struct

from auditor.activity.times import merged
from auditor.case.meant import Reader, goes_on
from auditor.case.people import People
from auditor.config.policy import Policy
from auditor.model.hosts import short_name
from auditor.model.levels import level_said
from auditor.model.person_names import acting
from auditor.model.statements import Verdict, is_draft, is_off, is_reopened, names, says_dropped, verdict
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef, Window
from auditor.model.vocabulary import Level, TicketKind, Work
from auditor.providers.systems import Systems

_SEPARATORS = (
    re.compile(r"[;\n|]"),
    re.compile(r",|\s(?:and|und|et|y|e|&|\+)\s"),
    re.compile(r"\s*/\s*|\s(?=@)"),
)
_DAY = timedelta(days=1)

E = TypeVar("E", Level, TicketKind, Work)


class Sign(Struct, frozen=True):
    """A change that somebody made on a system: a sign that an incident of theirs there is still being worked on."""

    person: str
    system: str
    first: datetime
    last: datetime


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
    spans = _spans(ticket, kind, work, policy, at, own)
    span = (spans[0][0], spans[-1][1]) if spans else None
    if span and kind is TicketKind.INCIDENT:
        span = (span[0], max(span[1], _over(ticket, policy, at)))
    if _is_reopened_since_unknown(ticket):
        span = _around(ticket, at)
    if ticket.unread or _turned(ticket) or _is_off_since_unknown(ticket):
        spans, span = [], _around(ticket, at)
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
        record=_record(ticket, level, policy, at) if kind is TicketKind.INCIDENT else None,
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
    text = written.strip()
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
    if _turned(ticket):
        yield "ends before it begins"
    if _is_off_since_unknown(ticket) or _is_reopened_since_unknown(ticket):
        yield f"is {ticket.status}, and does not say since when"
    level = (ticket.level or "").strip()
    if level and level_said(level) not in _by_value(Level):
        yield f"asks for {level}, which is no level"
    if kind is TicketKind.ACCESS and not (ticket.person or "").strip():
        yield "does not say for whom it is"


def _turned(ticket: Ticket) -> bool:
    """Whether the end that is written lies before the beginning that is: one of them is a slip of the pen."""
    return bool(ticket.starts_at and ticket.ends_at and ticket.ends_at < ticket.starts_at)


def _unknown_words(ticket: Ticket) -> Iterator[str]:
    """The kinds that nobody knows."""
    for words, text in ((TicketKind, ticket.kind), (Work, ticket.work)):
        if text and text.strip().lower() not in _by_value(words):
            yield text


def _around(ticket: Ticket, at: datetime) -> tuple[datetime, datetime] | None:
    """The days about the times of a ticket that could be read; None where there are none.

    What comes again or goes on (`every Tuesday 06:00`) lasts until somebody closes the ticket.
    """
    told = (ticket.opened_at, ticket.starts_at, ticket.approved_at, ticket.ends_at, ticket.closed_at)
    times = [time for time in told if time]
    if times and ticket.closed_at is None and goes_on(ticket.unread):
        times.append(at)
    return (min(times) - _DAY, max(times) + _DAY) if times else None


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


def _is_off_since_unknown(ticket: Ticket) -> bool:
    return is_off(ticket.status or "") and ticket.closed_at is None and _was_on(ticket)


def _is_reopened_since_unknown(ticket: Ticket) -> bool:
    """Whether it goes on after the time at which it says that it was closed: nobody can tell from when on."""
    return bool(ticket.closed_at and is_reopened(ticket.status or ""))


def begins_at(ticket: Ticket) -> datetime | None:
    """When a ticket's time begins: with its start, else its approval, else its opening."""
    return ticket.starts_at or ticket.approved_at or ticket.opened_at


def _spans(
    ticket: Ticket, kind: TicketKind, work: Work, policy: Policy, at: datetime, signs: Iterable[Sign]
) -> list[tuple[datetime, datetime]]:
    """From its beginning to the earlier of end and closing; none where nothing came of it.

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


def _over(ticket: Ticket, policy: Policy, at: datetime) -> datetime:
    """When an incident is over, at the latest so long after its last sign of life."""
    return min(ticket.closed_at or at, max(_written_signs(ticket), default=at) + policy.max_incident)


def _written_signs(ticket: Ticket) -> list[datetime]:
    """The signs of life that stand in the ticket itself."""
    signs = (begins_at(ticket), ticket.opened_at, ticket.approved_at, ticket.reviewed_at, ticket.edited_at)
    return [sign for sign in signs if sign]


def _record(ticket: Ticket, level: Level, policy: Policy, at: datetime) -> Window | None:
    """The time that an incident is on record: nobody knew of it before it was opened."""
    opened, over = ticket.opened_at or begins_at(ticket), _over(ticket, policy, at)
    if opened is None or opened > over:
        return None
    return Window(ticket=ticket.ticket, person="", system="", level=level, starts_at=opened, ends_at=over)


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
