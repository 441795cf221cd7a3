"""Grant events in Google Cloud: what a change of policy added, and to whom."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import datetime
from operator import attrgetter
from typing import Any

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_object, as_objects, details, texts
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.levels import level_of
from auditor.model.tables import Grant as Row
from auditor.model.vocabulary import Capability, Level
from auditor.providers.given import given, unplaced
from auditor.providers.google.conditions import best_at, expiry
from auditor.providers.google.holders import Directory
from auditor.providers.google.named_grants import named_grants
from auditor.providers.google.permissions import capabilities
from auditor.providers.google.policy_changes import PolicyChanges, deltas_in
from auditor.providers.google.projects import ProjectTree, is_project
from auditor.providers.google.roles import UNRESTRICTED, acts, is_custom

_KEYS = ("iam:CreateServiceAccountKey", "iam:UploadServiceAccountKey", "iam:EnableServiceAccountKey")
_JOINING = re.compile(r"admin:.*addGroupMember|cloudidentity:.*Membership", re.IGNORECASE)
_ACCOUNT = re.compile(r"serviceAccounts/([^/]+)")
_CONTAINER = re.compile(r"(?:projects|folders|organizations)/[^/]+")
_CHANGE = "iam:UpdateRole"
Bound = Mapping[tuple[str, str], datetime]


def google_grants(config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A grant for each whom a change added to a role, or to a group that holds one, and each key of a service account.

    Others are given by calls that name whom they are for. The ticket is the one that a binding's condition names.
    """
    land, directory = ProjectTree.of(config, rows.policies), Directory.of(rows)
    policies, in_order = PolicyChanges(directory), sorted(events, key=attrgetter("time"))
    bound, groups = bound_at(in_order), _Groups()
    for event in in_order:
        came, why = policies.added(event)
        for delta in came:
            one = _grant(event, delta, (land, directory), who)
            yield replace(one, unplaced=why or one.unplaced)
        for delta in deltas_in(details(event.detail)):
            groups.see(event, delta, _grant(event, delta, (land, directory), who))
        if _JOINING.fullmatch(event.action):
            yield from _joined(event, rows.grants, groups, (land, directory), who)
        if event.action in _KEYS and (account := _keyholder(event)):
            yield given(event, account, who, systems=(), level=Level.WRITE, what="a service account's key")
        yield from named_grants(event, land, who)
        yield from widened(event, rows.grants, land, bound, who)


class _Groups(defaultdict[str, dict[tuple[str, str | None, str], Grant]]):
    """What the log bound to groups so far and did not take from them, by group; then by where and which role."""

    def __init__(self) -> None:
        super().__init__(dict)

    def see(self, event: JudgedEvent, delta: Mapping[str, Any], grant: Grant) -> None:
        """Take in what a change of policy did for a group."""
        if not grant.recipient.startswith("group:"):
            return
        bound, key = self[grant.recipient], (event.scope, event.resource, str(delta["role"]))
        bound.pop(key, None)
        if delta.get("action") == "ADD" and grant.systems:
            bound[key] = grant


def _joined(
    event: JudgedEvent, rows: Collection[Row], groups: _Groups, evidence: tuple[ProjectTree, Directory], who: IdentityOf
) -> Iterator[Grant]:
    """A grant for whoever was put into a group that holds a role; other groups give nothing here."""
    land, directory = evidence
    for member, group in _memberships(details(event.detail)):
        roles = [row for row in rows if row.provider == "gcp" and row.principal == f"group:{group}"]
        told = groups.get(f"group:{group}", {}).values()
        reached = {system for row in roles for system in land.reached(row.resource)}
        reached |= {system for one in told for system in one.systems}
        levels = [_level(row.role, directory.capabilities(row.role)) for row in roles] + [one.level for one in told]
        level = max(levels, key=lambda one: one.rank, default=Level.WRITE)
        what = f"membership of {group}"
        joined = given(event, member, who, systems=tuple(sorted(reached)), level=level, what=what)
        yield from [joined] if roles or told else unplaced(joined, event.provider, rows)


def _memberships(detail: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Who was put into which group: by the parameters of an administrator's log, or as Cloud Identity has it."""
    delta = as_object(detail.get("membershipDelta"))
    member, group = delta.get("member"), detail.get("group")
    came = any(one.get("action") == "ADD" for one in as_objects(delta.get("roleDeltas")))
    if came and isinstance(member, str) and isinstance(group, str):
        yield member, group.removeprefix("group:")
    for act in as_objects(detail.get("event")):
        named = {one.get("name"): one.get("value") for one in as_objects(act.get("parameter"))}
        member, group = named.get("USER_EMAIL"), named.get("GROUP_EMAIL")
        if isinstance(member, str) and isinstance(group, str):
            yield f"user:{member}", group


def _keyholder(event: JudgedEvent) -> str | None:
    """The service account of which a key was made: by its address, where the log has it, else by its number."""
    named = (details(event.detail).get("name"), event.resource)
    found = [match for text in named if isinstance(text, str) and (match := _ACCOUNT.search(text))]
    best = next((match for match in found if "@" in match[1]), found[0] if found else None)
    return f"serviceAccount:{best[1]}" if best else None


def _grant(
    event: JudgedEvent, delta: Mapping[str, Any], evidence: tuple[ProjectTree, Directory], who: IdentityOf
) -> Grant:
    land, directory = evidence
    role, member = delta["role"], delta["member"]
    condition = delta.get("condition") if isinstance(delta.get("condition"), dict) else {}
    parts = {key: value for key, value in (condition or {}).items() if isinstance(value, str)}
    expression = parts.get("expression", "")
    held = directory.capabilities(role)
    systems = _systems(land, event, held, expression)
    grant = given(
        event,
        member,
        who,
        systems=systems,
        level=_level(role, held),
        what=role,
        written=(parts.get("title"), parts.get("description")),
        expires_at=expiry(expression) if expression else None,
    )
    is_elsewhere = not systems and is_project(event.scope) and not land.systems_of(event.scope, ())
    return replace(grant, unplaced=f"no declared system lies in {event.scope}") if is_elsewhere else grant


def _systems(land: ProjectTree, event: JudgedEvent, held: frozenset[Capability], expression: str) -> tuple[str, ...]:
    """The systems that the role reaches where it was given: one resource's, or all of the project."""
    if not held:
        return ()
    name = event.resource or ""
    if name and not _CONTAINER.fullmatch(name):
        found = land.system_of(land.id_of(event.scope), name)
        return (found,) if found else ()
    container = name if name.startswith(("folders/", "organizations/")) else event.scope
    patterns = [terms.patterns for terms in best_at(expression, event.time)] or [()]
    return tuple(
        sorted({s for project in land.under(container) for one in patterns for s in land.systems_of(project, one)})
    )


def _level(role: str, held: frozenset[Capability]) -> Level:
    if role in UNRESTRICTED:
        return Level.ADMIN
    return level_of(held) if held or not is_custom(role) else Level.WRITE


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
