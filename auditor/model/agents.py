"""What agents and vendors did in people's sessions, put together for reports."""

from datetime import datetime

from msgspec import Struct

from auditor.model.through import ThroughKind


class AgentWork(Struct, frozen=True, kw_only=True):
    """What one agent, or one vendor, did for one person on one system.

    Args:
        person: roster id, or the account of a person whom nobody knows.
        agent: as people know it; `kind` tells an agent from a vendor.
        system: None where no system claims what it was done to; `scope` is the account or project.
        sittings: how many pieces of work with no long pause.
        changes: what succeeded and changed something; `reads` are the rest of what succeeded, `refused` what did not.
        actions: what was done, changes first; `resources` are what it was done to. The foremost of each.
        tickets: under which windows of the person's it was done.
        uncovered: changes under none, as far as tickets are known; `unknown` says why they are not.
    """

    person: str
    agent: str
    kind: ThroughKind
    system: str | None
    scope: str
    starts_at: datetime
    ends_at: datetime
    sittings: int
    changes: int
    reads: int
    refused: int
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    tickets: tuple[str, ...]
    uncovered: int
    unknown: str | None = None


def in_order(work: AgentWork) -> tuple[int, int, str, str]:
    """What needs a look first: changes without a ticket, then other changes."""
    return -work.uncovered, -work.changes, work.person, work.agent
