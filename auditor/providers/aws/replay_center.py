"""Changes of rights in Identity Center as CloudTrail tells them: assignments, groups and permission sets."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.model.details import as_object, details
from auditor.model.tables import Membership, Policy
from auditor.providers.aws.accounts import IDENTITY_CENTER, IDENTITY_CENTER_GROUP
from auditor.providers.aws.managed import known
from auditor.providers.changes import UNKNOWN_TEXT, Change, Seen, grant_row, stamp

_ASSIGNS = {"sso:CreateAccountAssignment": True, "sso:DeleteAccountAssignment": False}
_JOINS = {
    "identitystore:CreateGroupMembership": True,
    "sso-directory:AddMemberToGroup": True,
    "identitystore:DeleteGroupMembership": False,
    "sso-directory:RemoveMemberFromGroup": False,
}
_OF_A_SET = re.compile(
    r"sso:(?P<verb>Put|Delete|Attach|Detach)(?P<what>InlinePolicy|ManagedPolicy|CustomerManagedPolicyReference"
    r"|PermissionsBoundary)(?:To|From)PermissionSet"
)
UNKNOWN_BOUNDARY = "permissions boundary"
"""One that was taken away, of which the log does not say which it was."""
# As Identity Center names the inline policy of the roles that it makes.
_INLINE = "AwsSSOInlinePolicy"


def center_changes(event: JudgedEvent, seen: Seen) -> Iterator[Change]:
    """An assignment, a user in a group, or a policy of a permission set."""
    said = details(event.detail)
    if event.action in _ASSIGNS:
        yield from _assignment(event, said, gives=_ASSIGNS[event.action])
    elif event.action in _JOINS:
        yield from _membership(event, said, seen, gives=_JOINS[event.action])
    elif match := _OF_A_SET.fullmatch(event.action):
        yield from _of_a_set(event, said, seen, match)


def _assignment(event: JudgedEvent, said: Mapping[str, Any], *, gives: bool) -> Iterator[Change]:
    """A permission set in one account, of a user or group of Identity Center."""
    named = (said.get("principalId"), said.get("permissionSetArn"), said.get("targetId"))
    holder, role, account = (one if isinstance(one, str) else "" for one in named)
    if holder and role and account and said.get("principalType") in ("USER", "GROUP"):
        principal = (IDENTITY_CENTER_GROUP if said["principalType"] == "GROUP" else IDENTITY_CENTER) + holder
        row = grant_row(event, principal, role, account)
        yield Change(gives=gives, principal=principal, role=role, resource=account, narrow=True, grant=row)


def _membership(event: JudgedEvent, said: Mapping[str, Any], seen: Seen, *, gives: bool) -> Iterator[Change]:
    """A user who joins a group, or leaves it; whoever leaves may be named by the membership's id alone."""
    user, group = _member(said) or _by_id(said.get("membershipId"), seen) or ("", "")
    store = said.get("identityStoreId")
    if user and group and isinstance(store, str):
        yield Change(
            gives=gives,
            principal=user,
            role=group,
            resource=store,
            membership=Membership(**stamp(event), group=group, member=user),
            grant=grant_row(event, user, group, store),
        )


def _member(said: Mapping[str, Any]) -> tuple[str, str] | None:
    member, group = said.get("memberId") or as_object(said.get("member")).get("memberId"), said.get("groupId")
    user = member.get("userId") if isinstance(member, dict) else member
    named = isinstance(user, str) and isinstance(group, str)
    return (f"{IDENTITY_CENTER}{user}", f"{IDENTITY_CENTER_GROUP}{group}") if named else None


def _by_id(membership: Any, seen: Seen) -> tuple[str, str] | None:
    """Who was in which group by a membership, from where it was read or the call that made it."""
    if not isinstance(membership, str):
        return None
    for row in seen.grants:
        if row.role.startswith(IDENTITY_CENTER_GROUP) and details(row.handle).get("membership") == membership:
            return row.principal, row.role
    for event in seen.log:
        if _JOINS.get(event.action) and (made := details(event.detail)).get("membershipId") == membership:
            return _member(made)
    return None


def _of_a_set(event: JudgedEvent, said: Mapping[str, Any], seen: Seen, match: re.Match[str]) -> Iterator[Change]:
    """A policy of a permission set, or its boundary."""
    holder, boundary = said.get("permissionSetArn"), match["what"] == "PermissionsBoundary"
    asked = said.get("permissionsBoundary") if boundary else said
    name, text = _policy(asked if isinstance(asked, dict) else {}, match["what"], seen)
    name = name or (UNKNOWN_BOUNDARY if boundary and match["verb"] == "Delete" else "")
    if not (isinstance(holder, str) and name):
        return
    inline = match["what"] == "InlinePolicy"
    yield policy_change(event, holder, name, text, match["verb"], inline=inline, boundary=boundary)


def policy_change(
    event: JudgedEvent,
    holder: str,
    name: str,
    text: str | None,
    verb: str,
    *,
    inline: bool = False,
    boundary: bool = False,
) -> Change:
    """A policy that is put, attached, detached or deleted, or a boundary; `text` is None where it is not in evidence.

    Of one that is attached, the evidence may be AWS's own text of it.
    """
    row = Policy(
        **stamp(event),
        policy=f"{holder}#{name}" if inline else name,
        kind="boundary" if boundary else "identity",
        attached_to=holder,
        name=name.rpartition("/")[2],
        document=text or UNKNOWN_TEXT,
    )
    return Change(
        gives=verb in ("Put", "Attach"),
        principal=holder,
        role=name,
        resource=event.scope,
        kind=row.kind,
        whole=text is not None or bool(known(name)),
        overwrites=verb == "Put",
        any_role=boundary,
        restricts=boundary,
        policies=(row,),
    )


def _policy(asked: Mapping[str, Any], what: str, seen: Seen) -> tuple[str, str | None]:
    """A policy's name, as the permission set's rows have it, and its text where that is known."""
    if what == "InlinePolicy":
        text = asked.get("inlinePolicy")
        return _INLINE, text if isinstance(text, str) and details(text) else None
    customer = asked.get("customerManagedPolicyReference")
    if isinstance(customer, dict) and isinstance(customer.get("name"), str):
        # Its text stands in each account, and may differ there.
        return f"policy{customer.get('path') or '/'}{customer['name']}", UNKNOWN_TEXT
    arn = asked.get("managedPolicyArn")
    return (arn, seen.text_of(arn)) if isinstance(arn, str) else ("", None)
