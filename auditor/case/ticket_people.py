"""Whom a ticket may mean that names nobody clearly. It allows them nothing: what they did could not be judged."""

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct, field

from auditor.case.duty import Duties
from auditor.case.people import People
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.model.hosts import Places
from auditor.model.person_names import folded_text, is_opaque, is_whoever_asked
from auditor.model.tables import Ticket
from auditor.model.vocabulary import TicketKind
from auditor.model.weekdays import names_days
from auditor.model.written import words_of
from auditor.providers.systems import Systems

_WORD = re.compile(r"[^\W_]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(text.casefold()))


_said = words_of(__package__, "words")
_ANYBODY = None


def goes_on(written: Iterable[str]) -> bool:
    """Whether times of a ticket that name none come again or go on: `every Tuesday 06:00`, `Mon-Fri 08:00`."""
    return any(_said("lasting") & _words(text) or names_days(text) for text in written)


Meant = frozenset[str] | None
"""Roster ids; None for anybody."""


class Reader(Struct, frozen=True, dict=True):
    """Tells whom words may mean, by what the configuration knows of people, jobs and systems.

    `known` are the hosts, projects and accounts that sources know.
    """

    people: People
    systems: Systems
    config: Config
    duties: Duties | None = None
    known: Places = field(default_factory=Places)

    def person(self, name: str, ticket: Ticket) -> str | None:
        """Whom a name in a ticket means: one person of that name, whoever asked, or whoever was on duty."""
        if is_whoever_asked(name):
            return self.people.called(ticket.requester)
        return self.people.called(name, of_namesakes=False) or self.on_duty(name, ticket)

    def on_duty(self, name: str, ticket: Ticket) -> str | None:
        """Whoever a ticket is for that names no person but whoever is on duty: the one who was when it began."""
        words, begins = _words(name), ticket.starts_at or ticket.opened_at
        if self.duties is None or begins is None or not (words & _said("duty") and words <= _said("whoever")):
            return None
        places = {self.systems.named(written) for written in ticket.systems}
        told = [self.duties.on(one, begins) for one in self.config.systems if one.id in places]
        found = {person for one in told for person in one.people}
        return found.pop() if len(found) == 1 and not any(one.doubt for one in told) else None

    def relieved_by(self, name: str, ticket: Ticket) -> Iterator[str]:
        """Whoever took over the duty while an incident lasted that is for whoever is on duty."""
        if ticket.is_incident and self.on_duty(name, ticket):
            places = {self.systems.named(written) for written in ticket.systems}
            yield from (who for one in self.config.systems if one.id in places for who in self._on(one, ticket))

    def meant(self, ticket: Ticket, kind: TicketKind, unknown: Collection[str]) -> Meant:
        """Whom a ticket may be for.

        A name that nobody knows may mean those who are called much like it, or whose job or duty it is. One that is
        like nobody's, and none at all, may mean whoever asked, whom the ticket is assigned to or who is named in its
        text; in an incident whoever answers for the system, too. Where none of that is known it may be anybody; so may
        a name like nobody's (a nickname, a new colleague) for which only the asker speaks, on the ticket's systems in
        its time: without both, whole rosters would stay unjudged for ever. So may a tracker's id of somebody.
        """
        places = {self.systems.named(written) for written in ticket.systems} - {None}
        concerned = [one for one in self.config.systems if one.id in places or not places]
        likes = [self._like(name, concerned, ticket) for name in unknown]
        if any(like is _ANYBODY for like in likes):
            return _ANYBODY
        found = _united(likes)
        bounded = unknown and places and (ticket.starts_at or ticket.opened_at or ticket.approved_at)
        if bounded and any(map(is_opaque, unknown)):
            return _ANYBODY
        if not all(likes) or not unknown:
            hints = self._hints(ticket, concerned)
            if hints is _ANYBODY or (bounded and not (ticket.assignees or found or self._named_in(ticket))):
                return _ANYBODY
            found |= hints
        if not unknown and kind is TicketKind.INCIDENT:
            found |= self._answering(concerned, ticket)
        return found or _ANYBODY

    def _hints(self, ticket: Ticket, concerned: Collection[System]) -> Meant:
        """Whoever asked, whom it is assigned to and who is named in its text."""
        asked = [name for name in (ticket.requester, *ticket.assignees) if name and name.strip()]
        likes = [self._called(name) or self._like(name, concerned, ticket) for name in asked]
        if not all(likes) or _said("team") & _words(_text(ticket)):
            return _ANYBODY
        return _united(likes) | self._named_in(ticket)

    def _named_in(self, ticket: Ticket) -> frozenset[str]:
        text = _words(folded_text(_text(ticket)))
        return frozenset(person for person, words in self._names if words <= text)

    @cached_property
    def _names(self) -> Sequence[tuple[str, frozenset[str]]]:
        """Every name of everybody on the roster, as its words."""
        return [(p.id, _words(name)) for p in self.config.people for name in self.people.names.of(p.id)]

    def _called(self, name: str) -> Meant:
        person = self.people.called(name)
        return frozenset({person}) if person else None

    def _like(self, name: str, concerned: Iterable[System], ticket: Ticket) -> Meant:
        """Those who are called much like a name, or whose job or duty it is; an address by what is theirs of it."""
        words = _initials(_words(name.partition("@")[0]), name)
        singular = words | {word.removesuffix("s") for word in words}
        jobs = {job for job in self.config.jobs if _words(job) & singular}
        held = ((person.id, {person.job, *(one.job for one in person.jobs)}) for person in self.config.people)
        place = self.systems.named(name)
        found = self.people.names.like(words) | {person for person, own in held if own & jobs}
        found |= self._answering((one for one in self.config.systems if one.id == place), ticket)
        if words & _said("rota") and any(self._doubt(one, ticket) for one in concerned):
            return _ANYBODY
        found |= self._answering(concerned, ticket) if words & _said("duty") else frozenset()
        if words & _said("except"):
            return frozenset(person.id for person in self.config.people) - found
        return _ANYBODY if not found and words & _said("for_all") else found

    def _doubt(self, system: System, ticket: Ticket) -> str:
        """Why somebody else may have been on duty for a system when a ticket began."""
        begins = ticket.starts_at or ticket.opened_at
        return self.duties.on(system, begins).doubt if self.duties and begins else ""

    def _answering(self, systems: Iterable[System], ticket: Ticket) -> frozenset[str]:
        """Who answers for systems: owners, and whoever was on duty when a ticket began, or an incident lasted."""
        return frozenset(person for one in systems for person in (*one.owners, *self._on(one, ticket)))

    def _on(self, system: System, ticket: Ticket) -> tuple[str, ...]:
        """Whoever was on duty for a system when a ticket began, or at any time while an incident lasted."""
        begins = ticket.starts_at or ticket.opened_at
        if self.duties is None or begins is None:
            return system.on_duty
        over = ticket.closed_at or begins + self.config.policy.max_incident
        return self.duties.on(system, begins, max(begins, over) if ticket.is_incident else None).people


def _initials(words: frozenset[str], name: str) -> frozenset[str]:
    """The words of a name; of `N.A.`, its letters as one."""
    letters = _WORD.findall(name.casefold())
    return frozenset({"".join(letters)}) if letters and all(len(one) == 1 for one in letters) else words


def _text(ticket: Ticket) -> str:
    """What people wrote on it."""
    told = (ticket.title, ticket.reason, ticket.approval, ticket.closeout, ticket.note)
    return " ".join(part for part in told if part)


def _united(found: Iterable[Meant]) -> frozenset[str]:
    return frozenset().union(*(one for one in found if one))
