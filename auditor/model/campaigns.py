"""A review of every line of access: its frozen population, line by line, with the facts that decide."""

import hashlib
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal

from msgspec import Struct

from auditor.model.entitlements import Entitlement
from auditor.model.findings import CoverageLine
from auditor.model.vocabulary import ActorClass, Capability, Level, Severity

Role = Literal["owner", "backup", "approver", "nobody"]


class LineItem(Struct, frozen=True, kw_only=True):
    """One path by which one holder reaches one system, as it was frozen, and who reviews it.

    The fields are those of an `Entitlement`. `sources` are where it is known from, `findings` the ids of those that are
    open on it; `reviewer` is a roster id, None where nobody is left who may decide, and `reviews_as` is why it is them.
    """

    id: str
    person: str | None
    owner: str | None
    candidates: tuple[str, ...]
    actor_class: ActorClass
    account: str
    provider: str
    scope: str
    system: str | None
    level: Level
    capabilities: tuple[Capability, ...]
    unrestricted: bool
    eligible: bool
    path: tuple[str, ...]
    resource: str | None
    credential: str | None
    conditions: tuple[str, ...]
    granted_at: datetime | None
    expires_at: datetime | None
    last_used_at: datetime | None
    watched_since: datetime | None
    ticket: str | None
    handles: tuple[str, ...]
    sources: tuple[str, ...]
    findings: tuple[str, ...]
    reviewer: str | None
    reviews_as: Role

    @property
    def writes(self) -> bool:
        """Whether production can be changed with it."""
        return self.level.changes


class OpenFinding(Struct, frozen=True, kw_only=True):
    """A finding that was open on a line when it was frozen."""

    rule: str
    severity: Severity
    summary: str


class Population(Struct, frozen=True, kw_only=True):
    """Everything that a campaign reviews.

    Args:
        campaign: its month, such as 2026-10.
        run: the run that the lines come from.
        manifest: the hash by which the chain of evidence vouches for that run; empty where it does not.
        unseen: what that run could not read, or not all of it.
        unseen_systems: the systems of which it did not read all rights.
        changers: by system, the roster ids of everybody who could change it; "" for what reaches everything.
        findings: those that the lines name, by id.
    """

    format: Literal["production-access-auditor/population/1"] = "production-access-auditor/population/1"
    campaign: str
    organisation: str
    run: str
    manifest: str
    audited_at: datetime
    opened_at: datetime
    due: date
    unseen: tuple[CoverageLine, ...]
    unseen_systems: tuple[str, ...]
    changers: Mapping[str, tuple[str, ...]]
    findings: Mapping[str, OpenFinding]
    lines: tuple[LineItem, ...]

    def others(self, line: LineItem) -> list[str]:
        """Who else could change the line's system."""
        return [who for who in self.changers.get(line.system or "", ()) if who != line.person]


def line_id(path: Entitlement) -> str:
    """Sixteen hex digits of what makes a path this one: another where it leads elsewhere or on other conditions.

    The same in each run: a use, an end or an ability more or less does not change it.
    """
    holder = path.identity.person or path.identity.owner or ""
    where = (path.provider, path.scope, path.system or "", path.resource or "", path.credential or "")
    parts = (holder, path.account, *where, path.level, path.state, *path.path, "", *path.conditions)
    return hashlib.sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:16]
