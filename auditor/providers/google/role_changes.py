"""Grants by what a custom role gained: whoever holds it has that too."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime

from auditor.activity.results import JudgedEvent
from auditor.model.details import as_object, details, texts
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.levels import level_of
from auditor.model.tables import Grant as Row
from auditor.model.vocabulary import Level
from auditor.providers.given import given
from auditor.providers.google.permissions import capabilities
from auditor.providers.google.policy_changes import deltas_in
from auditor.providers.google.projects import ProjectTree
from auditor.providers.google.roles import acts

_CHANGE = "iam:UpdateRole"
Bound = Mapping[tuple[str, str], datetime]


def bound_at(events: Iterable[JudgedEvent]) -> Bound:
    """When each member was last given each role, as far as the log tells: before that they did not hold it."""
    found: dict[tuple[str, str], datetime] = {}
    for event in events:
        for delta in deltas_in(details(event.detail)):
            if delta.get("action") == "ADD":
                key = delta["role"], delta["member"]
                found[key] = max(event.time, found.get(key, event.time))
    return found


def widened(
    event: JudgedEvent, rows: Collection[Row], land: ProjectTree, bound: Bound, who: IdentityOf
) -> Iterator[Grant]:
    """A grant for each holder of a role to which permissions were added that give something."""
    if event.action != _CHANGE:
        return
    added = texts(as_object(details(event.detail).get("permissionDelta")).get("addedPermissions"))
    role, gives = event.resource or "", capabilities(added)
    if not gives and not acts(role, added):
        return
    holders: dict[str, set[str]] = {}
    for row in rows:
        last = bound.get((role, row.principal))
        if row.provider == "gcp" and row.role == role and (last is None or last <= event.time):
            holders.setdefault(row.principal, set()).update(land.reached(row.resource))
    for holder, systems in holders.items():
        level = level_of(gives) if gives else Level.WRITE
        yield given(event, holder, who, systems=tuple(sorted(systems)), level=level, what=f"more by the role {role}")
