"""Facts that several rules state in the same way."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from auditor.case.case import Case
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Evidence
from auditor.model.handles import Handle, read_handle
from auditor.model.tables import Credential
from auditor.model.through import Through
from auditor.rules.words import length

MOST_EVIDENCE = 10


def path_facts(case: Case, paths: Sequence[Entitlement]) -> dict[str, Any]:
    """How somebody reaches something, and what they can do there."""
    facts: dict[str, Any] = {
        "paths": [a.words for a in paths],
        "capabilities": sorted({c.value for a in paths for c in a.capabilities}),
        "how_matched": sorted({a.identity.how for a in paths if a.identity.how}),
    }
    if conditions := sorted({c for a in paths for c in a.conditions}):
        facts["conditions"] = conditions
    if opened_by := sorted({words for a in paths for words in a.opened_by}):
        facts["opened_by"] = opened_by
    idle = idle_since(paths)
    if idle and case.at - idle > case.policy.unused_after:
        facts["unused_for"] = length(case.at - idle)
    return facts


def idle_since(paths: Sequence[Entitlement], *seen: datetime | None) -> datetime | None:
    """Since when nobody is known to have used any of the paths; None where a use could have gone unseen.

    That is the last use, whether the provider knows of it or it was `seen` in the logs. Where there was none, it is
    the moment from which the provider watched them all.
    """
    uses = [moment for moment in (*seen, *(a.last_used_at for a in paths)) if moment]
    if uses:
        return max(uses)
    watched = [max(a.watched_since, a.granted_at or a.watched_since) for a in paths if a.watched_since]
    return max(watched) if paths and len(watched) == len(paths) else None


def handles(*groups: Iterable[str | None]) -> tuple[Handle, ...]:
    """What a revocation needs, each once."""
    return tuple(map(read_handle, sorted({handle for group in groups for handle in group if handle})))


def handles_of(paths: Iterable[Entitlement]) -> tuple[Handle, ...]:
    """What taking several paths away needs, each once."""
    return handles(*(path.handles for path in paths))


def evidence_of(paths: Iterable[Entitlement]) -> tuple[Evidence, ...]:
    """The pointers of several paths, each once, a readable number of them."""
    return tuple(dict.fromkeys(pointer for a in paths for pointer in a.evidence))[:MOST_EVIDENCE]


def holder_of(case: Case, row: Credential) -> str | None:
    """Whose a credential is: the key's known holder, else the account's owner."""
    return case.who(row.credential).person or case.who(row.account).person


def credential_name(kind: str) -> str:
    """A kind of credential as people call it: access key, SSH key."""
    return kind.replace("ssh-key", "SSH key").replace("-", " ")


def told_through(through: Through | None) -> str | None:
    """Through what something was done."""
    return str(through) if through else None


def stamp(time: datetime | None) -> str | None:
    """A time as findings.json has it."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if time else None
