"""The resolved vocabulary that rules and reports speak: who, what they can reach, and when they were allowed to."""

import re
from collections.abc import Callable, Collection, Iterable
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import force_setattr

from auditor.model.findings import Evidence
from auditor.model.hosts import is_other_place
from auditor.model.subjects import Subject
from auditor.model.vocabulary import ActorClass, Capability, Level, TicketKind, Work

_ACCOUNT_NUMBER = re.compile(r"\b\d{12}\b")


def steps(path: Iterable[str]) -> str:
    """A path of access, step by step."""
    return " → ".join(path)


class Identity(Struct, frozen=True, kw_only=True):
    """Who is behind an account, and how that was found out.

    `person` is the roster id; `owner` names the service account or break-glass entry. `candidates` holds the roster ids
    when the match is ambiguous: then `person` is None, and what hangs on it could not be judged. `claims` is the roster
    id of somebody else, whose name a session called itself.
    """

    account: str
    actor_class: ActorClass
    person: str | None = None
    owner: str | None = None
    how: str = ""
    candidates: tuple[str, ...] = ()
    claims: str | None = None

    @property
    def is_known(self) -> bool:
        """Whether somebody is known to be behind it, or one of several."""
        return bool(self.person or self.owner or self.candidates)


IdentityOf = Callable[[str], Identity]
"""Tells the identity behind an account."""


class Entitlement(Struct, frozen=True, kw_only=True):
    """One path by which one holder reaches one system.

    `account` is where the path begins (the holder's own account), `path` every step of it in words; `system` is None
    for unrestricted rights over a whole scope. `handles` are what a revocation needs, one for each right to take away.
    `last_used_at` is the last use of it that the provider knows of, or of the account where it tells no more; where it
    would know of every use since a moment, `watched_since` is that. `written` are the names, titles and comments of
    what the path rests on: a ticket's id may stand in them. `opened_by` says who or what becomes the account,
    where it is a role that nobody declares. What is `borrowed` is held by a role or an account that the holder can
    become. What is `eligible` is not held: its holder may ask for it. `state` is `held`, `eligible`, or `if`, where it
    hangs on conditions that the evidence does not tell.
    """

    identity: Identity
    account: str
    provider: str
    scope: str
    system: str | None
    capabilities: frozenset[Capability]
    level: Level
    unrestricted: bool = False
    borrowed: bool = False
    eligible: bool = False
    path: tuple[str, ...] = ()
    resource: str | None = None
    credential: str | None = None
    expires_at: datetime | None = None
    conditions: tuple[str, ...] = ()
    granted_at: datetime | None = None
    last_used_at: datetime | None = None
    watched_since: datetime | None = None
    ticket: str | None = None
    written: tuple[str | None, ...] = ()
    handles: tuple[str, ...] = ()
    opened_by: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    state: str = "held"

    def __post_init__(self) -> None:
        """Tell the state."""
        force_setattr(self, "state", "eligible" if self.eligible else "if" if self.conditions else "held")

    @property
    def person(self) -> str | None:
        """The roster id behind it."""
        return self.identity.person

    @property
    def words(self) -> str:
        """Its path, step by step; empty where no step is known."""
        return steps(self.path)

    def lasts(self, moment: datetime) -> bool:
        """Whether it has not ended by itself at a moment."""
        return self.expires_at is None or self.expires_at > moment

    @property
    def place(self) -> tuple[str, str]:
        """The account, project or host that it ends in, behind its provider."""
        return self.provider, self.scope

    @property
    def writes(self) -> bool:
        """Whether production can be changed with it."""
        return self.level.changes


class ForeignTrust(Struct, frozen=True, kw_only=True):
    """A role that trusts a principal of which there is no evidence, or something of a system that lets one in.

    Args:
        role: the role, or the thing.
        principal: as the policy writes it: an account's root, a user or role, or `*` for anybody at all.
        system: that of the thing.
        nameless: whether whose principal it is, the policy does not tell.
        whom: words for a crowd that nobody can declare.
    """

    role: str
    principal: str
    conditions: tuple[str, ...] = ()
    access: tuple[Entitlement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    system: str | None = None
    nameless: bool = False
    whom: str = ""

    @property
    def account(self) -> str | None:
        """The number of the account that is trusted; None where it is anybody's."""
        number = _ACCOUNT_NUMBER.search(self.principal)
        return number[0] if number else None


class Unresolved(Struct, frozen=True, kw_only=True):
    """Something that resolution could not make out, and what hangs on it (a system, an account, a policy)."""

    subject: Subject
    reason: str
    tables: tuple[str, ...] = ()

    @classmethod
    def of_account(cls, account: str, reason: str, *tables: str) -> "Unresolved":
        """What hangs on an account, group or role as the provider writes it, by rows of these tables."""
        return cls(subject=Subject.of_account(account), reason=reason, tables=tables)


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


class Grant(Struct, frozen=True, kw_only=True):
    """A right, or a way to be somebody, that was given during the period: by whom and to whom.

    `giver` is the roster id of whoever gave it; `by` what sort of actor that was; `written`
    is what its ticket's id may stand in. `since` is when it was not given yet, where only that is known: then `time` is
    when it was first seen. `unplaced` says why it cannot be told what it reaches, or that it was new. `place` is the
    account, project or host that it is for, behind its provider; None where it is for several, or that is not told.
    """

    time: datetime
    granted_by: str | None
    recipient: str
    identity: Identity
    systems: tuple[str, ...]
    level: Level
    what: str
    ticket: str | None
    evidence: Evidence
    written: tuple[str | None, ...] = ()
    expires_at: datetime | None = None
    resource: str | None = None
    giver: str | None = None
    by: ActorClass = ActorClass.UNKNOWN
    since: datetime | None = None
    unplaced: str = ""
    place: tuple[str, str] | None = None

    @property
    def earliest(self) -> datetime:
        """When it was given at the earliest."""
        return self.since or self.time


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
