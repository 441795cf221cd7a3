"""The resolved vocabulary that rules and reports speak: who, what they can reach, and what was given to whom."""

import re
from collections.abc import Callable, Iterable
from datetime import datetime

from msgspec import Struct
from msgspec.structs import force_setattr

from auditor.model.findings import Evidence
from auditor.model.subjects import Subject
from auditor.model.vocabulary import ActorClass, Capability, Level

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


class Grant(Struct, frozen=True, kw_only=True):
    """A right, or a way to be somebody, that was given during the period: by whom and to whom.

    `giver` is the roster id of whoever gave it; `by` what sort of actor that was; `written`
    is what its ticket's id may stand in. `since` is when it was not given yet, where only that is known: then `time` is
    when it was first seen. `unplaced` says why it cannot be told what it reaches, or that it was new. `place` is the
    account, project or host that it is for, behind its provider; None where it is for several, or that is not told.
    `called` is what the log calls whoever received it, where their account is but a number.
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
    called: str = ""

    @property
    def earliest(self) -> datetime:
        """When it was given at the earliest."""
        return self.since or self.time
