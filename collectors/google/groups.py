"""Who is in which group, as files have it: of gcloud's `identity groups` and `asset analyze-iam-policy`, and tables."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.model.details import as_object, as_objects, texts
from collectors.google.members import member
from collectors.json_values import Broken

Object = dict[str, Any]
_TYPES = {"group": "GROUP", "serviceAccount": "SERVICE_ACCOUNT", "user": "USER"}
# Columns of what GAM prints, and of what the console of Workspace downloads.
_COLUMNS = (("group", "group email"), ("email", "member email", "member"), ("type", "member type"))
# What the column `status` says of members who can sign in nowhere.
_SHUT = frozenset({"SUSPENDED", "ARCHIVED"})
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


def tabled(rows: Iterable[Mapping[str, Any] | Broken]) -> Iterator[Object | Broken]:
    """The groups of a table of members, which has a line for each."""
    members: dict[str, list[Object]] = {}
    for row in rows:
        if isinstance(row, Broken):
            yield row
            continue
        named = {name.strip().lower(): str(value).strip() for name, value in row.items()}
        group, address, kind = (next((named[one] for one in names if named.get(one)), "") for names in _COLUMNS)
        if group:
            known: Object = {"preferredMemberKey": {"id": address or named.get("id", "")}, "type": kind.upper()}
            known |= {"shut": True} if named.get("status", "").upper() in _SHUT else {}
            ends: Object = (
                {"roles": [{"expiryDetail": {"expireTime": end}}]} if (end := named.get("expiretime")) else {}
            )
            members.setdefault(group, []).append({**known, **ends})
        else:
            yield Broken("it names no group")
    yield from ({"group": f"group:{group}", "memberships": listed} for group, listed in members.items())
