"""A grant that fits: the smallest rights that what somebody did needed, as files for people to apply."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct, field

from auditor.activity.results import UsedAct
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement
from auditor.model.tables import Grant, Policy
from auditor.model.vocabulary import Capability


class Work(Struct, frozen=True, kw_only=True):
    """What one account did, and how long a grant for it may last.

    Args:
        account: who acted, as the provider writes it.
        held: the account's own paths, to every system.
        until: when what is not to stand ends.
        standing: what may be held without an end; None where everything may, as a robot's.
        owned: the systems on which everything may.
    """

    account: str
    acts: Sequence[UsedAct]
    held: Sequence[Entitlement] = ()
    at: datetime
    until: datetime
    standing: frozenset[Capability] | None = None
    owned: frozenset[str] = frozenset()

    @property
    def holds(self) -> frozenset[Capability]:
        """What the account's own paths give, in plain capabilities."""
        return frozenset[Capability]().union(*(path.capabilities for path in self.held))

    @property
    def instead(self) -> str:
        """What is to go once the grant works."""
        return f"When that works, take away what it had before: {'; '.join(', '.join(p.path) for p in self.held)}."

    def grant(self, role: str, resource: str, provider: str, **told: Any) -> Grant:
        """The row of a right that the grant gives."""
        own: dict[str, Any] = {"source": "", "collected_at": self.at, "origin": "fitted", "principal": self.account}
        return Grant(**own, role=role, resource=resource, provider=provider, **told)

    def policy(self, policy: str, kind: str, attached_to: str, document: str, **told: Any) -> Policy:
        """The row of a policy, or of a role's definition, that the grant makes."""
        own: dict[str, Any] = {"source": "", "collected_at": self.at, "origin": "fitted", **told}
        return Policy(**own, policy=policy, kind=kind, attached_to=attached_to, document=document)

    def ends(self, capabilities: Iterable[Capability], acts: Iterable[UsedAct]) -> datetime | None:
        """When what gives these capabilities, and was used for these acts, is to end; None where it may stand."""
        if self.standing is None or self.standing.issuperset(capabilities):
            return None
        return None if all(act.system in self.owned for act in acts) else self.until


class Fitted(Struct, frozen=True, kw_only=True):
    """The grant, beside what is held.

    Args:
        files: what a person applies, by the name of the file.
        steps: how, a sentence or a command each.
        covered: the acts that it claims to allow.
        left: what was done and is not in it, each with why.
        rows: snapshot rows as they would be with it in the place of what the account holds; None where it cannot be
            put into rows.
        keeps: what it allows, in plain capabilities; `ending` are those of them that end, `drops` those that go.
        rights: how many of `unit` it has; `dropped` how many of those held go, None where that cannot be counted.
        narrowed: how many of it are held on everything, and go on only for what they were used on.
        added: what it has and the account does not hold today.
        wide: what it has on everything, since evidence does not tell on what, each with why.
        unseen: what evidence does not show of the work, for people to add.
    """

    files: Mapping[str, str] = field(default_factory=dict)
    steps: tuple[str, ...] = ()
    covered: tuple[UsedAct, ...] = ()
    left: tuple[tuple[str, str], ...] = ()
    rows: Snapshots | None = None
    keeps: frozenset[Capability] = frozenset()
    ending: frozenset[Capability] = frozenset()
    drops: frozenset[Capability] = frozenset()
    unit: str = "right"
    rights: int = 0
    dropped: int | None = None
    narrowed: int = 0
    added: tuple[str, ...] = ()
    wide: tuple[tuple[str, str], ...] = ()
    unseen: tuple[str, ...] = ()


def stamp(moment: datetime) -> str:
    """`2026-10-02T09:15:00Z`, as policies and conditions take it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
