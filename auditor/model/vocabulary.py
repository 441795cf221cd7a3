"""The shared words: closed sets that every source is translated into."""

from enum import StrEnum
from typing import NamedTuple, Self


class Level(StrEnum):
    """How far a right or an action goes."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"

    @property
    def changes(self) -> bool:
        """Whether production can be different afterwards."""
        return self is not Level.READ

    @property
    def rank(self) -> int:
        """0 for read to 2 for admin: each contains the ones below it."""
        return list(Level).index(self)


class Category(StrEnum):
    """What sort of thing was done."""

    LOGIN = "login"
    READ = "read"
    CHANGE = "change"
    GRANT = "grant"
    SECRET = "secret"  # noqa: S105 - a category, not a password
    AUDIT_TRAIL = "audit-trail"


SAFEGUARDS = frozenset({Category.GRANT, Category.AUDIT_TRAIL})
"""What changes who may do something, or what is recorded of it: judged whoever it was, and kept in detail."""


class Act(NamedTuple):
    """What one kind of record is about, in these words."""

    action: str
    category: str
    level: str


class Outcome(StrEnum):
    """What came of an action."""

    OK = "ok"
    DENIED = "denied"
    FAILED = "failed"


class AccountKind(StrEnum):
    """What a provider's account is, as the provider says."""

    PERSON = "person"
    SERVICE = "service"
    GROUP = "group"
    ROLE = "role"
    ROOT = "root"
    UNKNOWN = "unknown"


class ActorClass(StrEnum):
    """Who is behind an account. Most false alarms come from judging a robot as a person."""

    PERSON = "person"
    PIPELINE = "pipeline"
    SERVICE = "service"
    PROVIDER = "provider"
    BREAK_GLASS = "break-glass"
    ROOT = "root"
    UNKNOWN = "unknown"


ROBOTS = frozenset({ActorClass.SERVICE, ActorClass.PIPELINE})
"""The company's own programs: what is done through their accounts is nobody's, unless a log tells whose."""


class Capability(StrEnum):
    """A right in plain words.

    Args:
        words: what somebody who holds it can do: `deploy`, `change the database`.
    """

    words: str

    def __new__(cls, value: str, words: str = "") -> Self:
        """One with its words."""
        one = str.__new__(cls, value)
        one._value_, one.words = value, words
        return one

    READ_LOGS = "read-logs", "read logs"
    READ_DATA = "read-data", "read data"
    DEPLOY = "deploy", "deploy"
    RESTART = "restart", "restart"
    CHANGE_CONFIG = "change-config", "change configuration"
    WRITE_DATABASE = "write-database", "change the database"
    SHELL = "shell", "log in to hosts"
    MANAGE_SECRETS = "manage-secrets", "manage secrets"
    MANAGE_INFRASTRUCTURE = "manage-infrastructure", "manage infrastructure"
    MANAGE_ACCESS = "manage-access", "manage access"
    MANAGE_BILLING = "manage-billing", "manage billing"
    NETWORK = "network", "reach the private network"

    @property
    def changes(self) -> bool:
        """Whether holding it is production write access."""
        return self not in (Capability.READ_LOGS, Capability.READ_DATA, Capability.NETWORK)


EVERYTHING = frozenset(Capability) - {Capability.NETWORK}
"""What an unrestricted right comes to: a place in a private network is none of it."""


class TicketKind(StrEnum):
    """What a ticket is about."""

    ACCESS = "access"
    INCIDENT = "incident"
    CHANGE = "change"
    DRILL = "drill"
    REVIEW = "review"


class Work(StrEnum):
    """The kind of work a ticket asks access for; policy gives each a longest window."""

    ROUTINE = "routine"
    READ_ONLY = "read-only"
    RISKY = "risky"
    INCIDENT = "incident"


class CoverageStatus(StrEnum):
    """How much of a source was seen."""

    OK = "ok"
    PARTIAL = "partial"
    FAILED = "failed"


class Severity(StrEnum):
    """How much a finding matters; ordered by `rank`."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """0 for low to 3 for critical."""
        return list(Severity).index(self)


class Report(StrEnum):
    """What a run can write beside its findings and what the next commands need of it."""

    PAGE = "page"
    PDF = "pdf"
    CSV = "csv"
    CLEANUP = "cleanup"


class Status(StrEnum):
    """Where a finding stands across runs."""

    NEW = "new"
    OPEN = "open"
    REOPENED = "reopened"
    CLOSED = "closed"  # a state that is gone
    PAST = "past"  # an act that is longer ago than the audit looks back
    EXCEPTED = "excepted"

    @property
    def stands(self) -> bool:
        """Whether the finding is there, and no exception covers it."""
        return self in (Status.NEW, Status.OPEN, Status.REOPENED)


def trails_of(account: str) -> str:
    """The scope under which coverage tells of the CloudTrail trails of an AWS account."""
    return f"{account} trails"
