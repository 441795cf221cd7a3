"""Grants by calls that name whom they are for, without a policy of IAM: clusters, databases, invitations, Workspace."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.model.details import as_object, as_objects, details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.vocabulary import Level
from auditor.providers.given import given
from auditor.providers.google.projects import ProjectTree

_BINDING = re.compile(r"k8s\.io:(cluster)?rolebindings\.create")
_USER = re.compile(r"(?:cloudsql|alloydb):(?:users\.(?:create|insert|update)|(?:Create|Update)User)")
_PLACE = re.compile(r"(?:instances|clusters)/([^/]+)")
_USER_NAME = re.compile(r"/users/(.+)")
_ADDRESS = re.compile(r"[\w.-]+@[\w.-]+\.gserviceaccount\.com")
_CLUSTER_LEVELS = {"cluster-admin": Level.ADMIN, "view": Level.READ}
_ANYBODY = {
    "system:anonymous": "allUsers",
    "system:unauthenticated": "allUsers",
    "system:authenticated": "allAuthenticatedUsers",
}
_SUPER_ADMIN = "_SEED_ADMIN_ROLE"


def named_grants(event: JudgedEvent, land: ProjectTree, who: IdentityOf) -> Iterator[Grant]:
    """What a call gave to whom it names; nothing where it is another, or does not tell."""
    asked = details(event.detail)
    if bound := _BINDING.fullmatch(event.action):
        yield from _in_cluster(event, asked, _systems(land, event, whole=bool(bound[1])), who)
    elif _USER.fullmatch(event.action):
        made = "update" not in event.action.lower()
        yield from _in_database(event, asked, _systems(land, event), who, made=made)
    elif event.action == "cloudresourcemanager:InsertProjectOwnershipInvite":
        member, systems = asked.get("member"), _systems(land, event, whole=True)
        if isinstance(member, str):
            yield given(event, member, who, systems=systems, level=Level.ADMIN, what="roles/owner, by invitation")
    elif event.action == "storage:hmacKeys.create" and (robot := _ADDRESS.search(event.detail or "")):
        what = "an HMAC key of a service account"
        yield given(event, f"serviceAccount:{robot[0]}", who, systems=(), level=Level.WRITE, what=what)
    elif event.action.startswith("admin:") and event.action.endswith("assignRole"):
        yield from _in_workspace(event, asked, who)


def _systems(land: ProjectTree, event: JudgedEvent, *, whole: bool = False) -> tuple[str, ...]:
    """The systems of what the call was about, or all of its project."""
    project = land.id_of(event.scope)
    found = None if whole else land.system_of(project, event.resource or "")
    return land.systems_of(project, ()) if whole else (found,) if found else ()


def _in_cluster(
    event: JudgedEvent, asked: Mapping[str, Any], systems: tuple[str, ...], who: IdentityOf
) -> Iterator[Grant]:
    """A grant for each user and group of a new binding; what runs in the cluster is no person's."""
    role = str(as_object(asked.get("roleRef")).get("name") or "")
    level = _CLUSTER_LEVELS.get(role, Level.WRITE)
    for subject in as_objects(asked.get("subjects")):
        kind, name = subject.get("kind"), subject.get("name")
        if kind in ("User", "Group") and isinstance(name, str) and role:
            member = _ANYBODY.get(name) or _member(name, "group" if kind == "Group" else "user")
            yield given(event, member, who, systems=systems, level=level, what=f"the role {role} of Kubernetes")


def _in_database(
    event: JudgedEvent, asked: Mapping[str, Any], systems: tuple[str, ...], who: IdentityOf, *, made: bool
) -> Iterator[Grant]:
    """A grant for a user who was made, or given another password: whoever asked for it knows that."""
    inside = next((asked[name] for name in ("body", "user") if isinstance(asked.get(name), dict)), asked)
    found = _USER_NAME.search(event.resource or "")
    name = inside.get("name") or asked.get("name") or asked.get("userId") or (found and found[1])
    place = _PLACE.search(event.resource or "")
    if not isinstance(name, str) or (not made and "@" in name):
        return
    server = place[1] if place else "a database"
    member = _member(name, "user") if "@" in name else f"{event.action.partition(':')[0]}:{name}@{server}"
    what = f"a user of {server}" if made else f"another password of a user of {server}"
    yield given(event, member, who, systems=systems, level=Level.WRITE, what=what)


def _in_workspace(event: JudgedEvent, asked: Mapping[str, Any], who: IdentityOf) -> Iterator[Grant]:
    """A grant for whoever was made a super administrator, who can take every other right."""
    for act in as_objects(asked.get("event")):
        named = {one.get("name"): one.get("value") for one in as_objects(act.get("parameter"))}
        if named.get("ROLE_NAME") == _SUPER_ADMIN and isinstance(member := named.get("USER_EMAIL"), str):
            what = "super administration of Google Workspace"
            yield given(event, _member(member, "user"), who, systems=(), level=Level.ADMIN, what=what)


def _member(name: str, kind: str) -> str:
    """A name as members of bindings are written; in PostgreSQL robots stand without the end of their address."""
    address = f"{name.lower()}.gserviceaccount.com" if name.endswith(".iam") else name.lower()
    return f"serviceAccount:{address}" if address.endswith("gserviceaccount.com") else f"{kind}:{address}"
