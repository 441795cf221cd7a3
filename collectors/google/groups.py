"""Who is in which group, as gcloud prints it to files: `identity groups`, and `asset analyze-iam-policy`."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.model.details import as_object, as_objects, texts
from collectors.google.members import member

Object = dict[str, Any]
_TYPES = {"group": "GROUP", "serviceAccount": "SERVICE_ACCOUNT", "user": "USER"}
_MEMBERSHIP = re.compile(r"(groups/[^/]+)/memberships/[^/]+")


def described(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    """The number and the address of a group that `gcloud identity groups describe` prints."""
    name, address = entry.get("name"), as_object(entry.get("groupKey")).get("id")
    return (name, f"group:{address}") if isinstance(name, str) and isinstance(address, str) else None


def group_of(entry: Mapping[str, Any]) -> str | None:
    """The number of the group of a member that `gcloud identity groups memberships list` prints."""
    match = _MEMBERSHIP.fullmatch(str(entry.get("name") or "")) if "preferredMemberKey" in entry else None
    return match[1] if match else None


def expanded(result: Mapping[str, Any]) -> Iterator[Object]:
    """The groups in a binding that was analysed, each with the members that stand beside it.

    Without the edges between groups and members, those that a binding's only group leads to are its own.
    """
    told, named = as_object(result.get("identityList")), texts(as_object(result.get("iamBinding")).get("members"))
    edges = [(str(one.get("sourceNode")), str(one.get("targetNode"))) for one in as_objects(told.get("groupEdges"))]
    groups = [name for name in named if name.startswith("group:")]
    if not edges and len(groups) == 1:
        inside = (str(one.get("name")) for one in as_objects(told.get("identities")))
        edges = [(groups[0], name) for name in inside if name not in named]
    members: dict[str, list[Object]] = {}
    for group, name in dict.fromkeys(edges):
        kind, _, address = member(name).partition(":")
        known = {"preferredMemberKey": {"id": address}, "type": _TYPES.get(kind)}
        members.setdefault(group, []).append(known)
    yield from ({"group": group, "memberships": listed} for group, listed in members.items())
