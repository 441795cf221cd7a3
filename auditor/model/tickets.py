"""Tickets with the names in them resolved, and the windows that they open: who was allowed, where, and when."""

from collections.abc import Collection
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.model.findings import Evidence
from auditor.model.hosts import is_other_place
from auditor.model.vocabulary import Level, TicketKind, Work


class Window(Struct, frozen=True, kw_only=True):
    """The time a ticket claims for a person on a system.

    `only` are the hosts, projects and accounts of it that the ticket names in its stead, each after its provider: those
    of a provider whose every name a source knows, as another may be another name of any.
    """

    ticket: str
    person: str
    system: str
    level: Level
    starts_at: datetime
    ends_at: datetime
    closed_early: bool = False
    only: tuple[tuple[str, str], ...] = ()

    def names_others(self, provider: str, scope: str) -> bool:
        """Whether others of its kind are named, and not this host, project or account."""
        named = [one for kind, one in self.only if kind == provider]
        return bool(named) and all(is_other_place(one, scope) for one in named)

    def covers(self, moment: datetime, tolerance: timedelta) -> bool:
        """Whether the moment lies in it, give or take the tolerance."""
        return self.starts_at - tolerance <= moment <= self.ends_at + tolerance

    def overlaps(self, starts_at: datetime, ends_at: datetime, tolerance: timedelta) -> bool:
        """Whether the stretch touches it, give or take the tolerance."""
        return self.starts_at - tolerance <= ends_at and starts_at <= self.ends_at + tolerance

    def distance(self, moment: datetime) -> timedelta:
        """How far outside it the moment is; zero inside."""
        return max(self.starts_at - moment, moment - self.ends_at, timedelta(0))


class TicketRef(Struct, frozen=True, kw_only=True):
    """A ticket with its names resolved: roster ids and system ids; others are kept as written.

    `meant` are those whom it may be for where a name in it is not known, or none is there; None where that may be
    anybody. `unread` are what of it could not be understood otherwise, so that what it allows cannot be told: a time, a
    level, the person that is missing. `unknown_words` is what could not be understood and does not matter so much.

    `asked` is the raw record of a request to an access broker, which has no ticket's row. A request that is `elsewhere`
    is for places of no system: it allows nothing here, and leaves nothing in doubt.

    `span` is the time that it claims, whoever for; None where no time is known. `record` is that of an incident, from
    when it was opened: a window of nobody's. `texts` is what people wrote on it, which may name further places.
    `extends` is the ticket that it goes on with, as written.
    """

    ticket: str
    kind: TicketKind
    work: Work
    requester: str | None
    people: tuple[str, ...]
    systems: tuple[str, ...]
    level: Level
    approver: str | None
    windows: tuple[Window, ...] = ()
    unknown_people: tuple[str, ...] = ()
    meant: frozenset[str] | None = frozenset()
    unknown_systems: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    unknown_words: tuple[str, ...] = ()
    span: tuple[datetime, datetime] | None = None
    closed_at: datetime | None = None
    record: Window | None = None
    asked: Evidence | None = None
    elsewhere: bool = False
    texts: tuple[str, ...] = ()
    extends: str | None = None

    @property
    def starts_at(self) -> datetime | None:
        """When its first window begins; None where it has none."""
        return min((window.starts_at for window in self.windows), default=None)

    @property
    def ends_at(self) -> datetime | None:
        """When its last window ends; None where it has none."""
        return max((window.ends_at for window in self.windows), default=None)

    @property
    def end(self) -> datetime | None:
        """When the time that it claims is over, whoever it is for; that of its closing where it claims none."""
        return self.span[1] if self.span else self.closed_at

    @property
    def unknown(self) -> tuple[str, ...]:
        """The names in it that nobody knows."""
        return (*self.unknown_people, *self.unknown_systems)

    @property
    def unclear(self) -> str | None:
        """Why it cannot be told whom, what or when it allows, to follow its id; None where it can."""
        names = f"names {', '.join(self.unknown)}, which nobody knows" if self.unknown else ""
        return " and ".join(part for part in (names, *self.unread) if part) or None

    @property
    def doubt(self) -> str | None:
        """Why it may allow more than it says, to follow its id: as `unclear`, or it does not say for whom or where."""
        if self.unclear or self.elsewhere or self.kind not in (TicketKind.ACCESS, TicketKind.INCIDENT):
            return self.unclear
        lacks = {"for whom": self.people, "for which system": self.systems}
        unsaid = " or ".join(what for what, said in lacks.items() if not said)
        return f"does not say {unsaid} it is" if unsaid else None

    def concerns(self, systems: Collection[str]) -> bool:
        """Whether it is about one of the systems; what names none may be about any."""
        return not (systems and (self.systems or self.unknown_systems) and set(systems).isdisjoint(self.systems))

    def could_cover(
        self, person: str | None, system: str | None, span: tuple[datetime, datetime], tolerance: timedelta
    ) -> bool:
        """Whether what is not clear of it may have meant this person and system, in a stretch that it claims some of.

        Somebody whom nobody knows is None, and so is a system. One that says neither for whom nor where means nothing,
        and neither does one that nobody can be read from, nor a time: it would leave everybody unjudged for ever.
        """
        if self.span and not (self.span[0] - tolerance <= span[1] and span[0] <= self.span[1] + tolerance):
            return False  # first, since it is asked of many tickets and cheap
        blank = self.meant is None and not (self.people or self.systems or (self.unknown and self.span))
        if blank or not self.doubt:
            return False
        stranger = person is None and (self.unknown_people or not self.people)
        named = stranger or person in self.people or self.meant is None or person in self.meant
        return bool(named and (system in (None, *self.systems) or self.unknown_systems or not self.systems))
