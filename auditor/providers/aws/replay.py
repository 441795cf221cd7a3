"""Changes of rights in AWS as CloudTrail tells them: policies, groups, trust, boundaries, keys and passwords."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.model.details import details
from auditor.model.tables import Account, Credential, Membership, Policy
from auditor.providers.aws.accounts import partition
from auditor.providers.aws.replay_center import UNKNOWN_BOUNDARY, center_changes, policy_change
from auditor.providers.changes import Change, Seen, grant_row, stamp

_CALL = re.compile(r"(Put|Delete|Attach|Detach)(User|Role|Group)(Policy)|(Add|Remove)User(?:To|From)Group")
_FENCE = re.compile(r"iam:(Put|Delete)(User|Role)PermissionsBoundary")
_KEYS = {
    "iam:CreateAccessKey": "Active",
    "iam:UpdateAccessKey": None,
    "iam:DeleteAccessKey": "Inactive",
    "iam:CreateLoginProfile": "Active",
    "iam:DeleteLoginProfile": "Inactive",
}


def aws_changes(event: JudgedEvent, seen: Seen) -> Iterator[Change]:
    """A policy or membership; the text of an attached policy is taken from wherever else it is attached."""
    said, accounts, policies = details(event.detail), seen.accounts, seen.policies
    yield from center_changes(event, seen)
    if event.action in _KEYS:
        yield from _key(event, said, accounts)
        return
    if match := _FENCE.fullmatch(event.action):
        yield from _boundary(event, said, seen, match)
        return
    yield from _rewritten(event, said, accounts, policies)
    match = _CALL.fullmatch(event.action.rsplit(":", 1)[-1])
    if match is None:
        return
    verb, sort = match[1] or match[4], match[2] or "User"
    holder = _principal(accounts, event, sort, said.get(f"{sort[0].lower()}{sort[1:]}Name"))
    if holder is None:
        return
    if match[4]:
        group = _principal(accounts, event, "Group", said.get("groupName"))
        if group:
            yield _member(event, holder, group.account, gives=verb == "Add")
        return
    name = said.get("policyArn" if verb in ("Attach", "Detach") else "policyName")
    if isinstance(name, str):
        document = said.get("policyDocument")
        text = document if isinstance(document, str) else seen.text_of(name)
        yield _policy(event, holder, name, text, verb)


def _key(event: JudgedEvent, said: Mapping[str, Any], accounts: Iterable[Account]) -> Iterator[Change]:
    """A key or password of a user of whom it is known whether they have a way in; who names nobody means themselves."""
    name, key, status = said.get("userName"), said.get("accessKeyId"), _KEYS[event.action] or said.get("status")
    own = next((row for row in accounts if row.account == event.account and row.kind != "role"), None)
    user = _principal(accounts, event, "User", name) if name else own
    password = event.action.endswith("LoginProfile")
    key = f"password:{user.account}" if user and password else key
    if user is None or user.enabled is None or not isinstance(key, str) or status not in ("Active", "Inactive"):
        return
    made = event.action.startswith("iam:Create")
    credential = Credential(
        **stamp(event),
        credential=key,
        kind="password" if password else "access-key",
        account=user.account,
        provider="aws",
        enabled=status == "Active",
        created_at=event.time if made else None,
    )
    yield Change(
        gives=credential.enabled,
        principal=user.account,
        role=key,
        resource=event.scope,
        overwrites=event.action == "iam:UpdateAccessKey",
        kind=credential.kind,
        credential=credential,
    )


def _boundary(event: JudgedEvent, said: Mapping[str, Any], seen: Seen, match: re.Match[str]) -> Iterator[Change]:
    """The permissions boundary of a user or role, of which there is one at a time."""
    holder = _principal(seen.accounts, event, match[2], said.get(f"{match[2].lower()}Name"))
    arn = said.get("permissionsBoundary") if match[1] == "Put" else UNKNOWN_BOUNDARY
    if holder is None or not isinstance(arn, str):
        return
    made = policy_change(event, holder.account, arn, seen.text_of(arn), match[1], boundary=True)
    yield replace(made, account=holder)


def _rewritten(
    event: JudgedEvent, said: Mapping[str, Any], accounts: Iterable[Account], policies: Iterable[Policy]
) -> Iterator[Change]:
    """Another text of a role's trust policy, or of a managed policy wherever it is attached."""
    made = Change(gives=True, principal="", role="", resource=event.scope, rewrites=True)
    match event.action:
        case "iam:UpdateAssumeRolePolicy" | "iam:CreateRole":
            new = event.action == "iam:CreateRole"
            role = _principal(accounts, event, "Role", said.get("roleName"))
            # Where a role is that no snapshot has is told by its path, and its boundary limits it.
            if role is None or (new and (said.get("permissionsBoundary") or said.get("path", "/") != "/")):
                return
            text = _text(said.get("assumeRolePolicyDocument" if new else "policyDocument"))
            trust = Policy(
                **stamp(event),
                policy=f"{role.account}#trust",
                kind="trust",
                attached_to=role.account,
                name="trust",
                document=text or "",
            )
            name = str(said["roleName"])
            made = replace(made, principal=role.account, role=name, kind="trust", overwrites=not new, account=role)
            yield replace(made, whole=text is not None, policies=(trust,))
        case "iam:CreatePolicyVersion" | "iam:SetDefaultPolicyVersion":
            arn = said.get("policyArn")
            version = f"{arn}#{said.get('versionId')}"
            older = next((row.document for row in policies if (row.kind, row.policy) == ("version", version)), None)
            text = _text(said.get("policyDocument") if event.action == "iam:CreatePolicyVersion" else older)
            if event.action == "iam:CreatePolicyVersion" and said.get("setAsDefault") is not True:
                return
            for row in [row for row in policies if row.policy == arn and row.kind in ("identity", "boundary")]:
                yield replace(
                    made,
                    principal=row.attached_to,
                    role=row.policy,
                    kind=row.kind,
                    overwrites=True,
                    whole=text is not None,
                    policies=(replace(row, **stamp(event), document=text or ""),),
                )


def _text(document: Any) -> str | None:
    """A policy's text; None where it was too long to keep whole."""
    return document if isinstance(document, str) and details(document) else None


def _member(event: JudgedEvent, user: Account, group: str, *, gives: bool) -> Change:
    return Change(
        gives=gives,
        principal=user.account,
        role=group,
        resource=event.scope,
        account=user,
        membership=Membership(**stamp(event), group=group, member=user.account),
        grant=grant_row(event, user.account, group, event.scope),
    )


def _policy(event: JudgedEvent, holder: Account, name: str, text: str | None, verb: str) -> Change:
    """A policy on a principal; `text` is None where it is not in evidence."""
    made = policy_change(event, holder.account, name, text, verb, inline=not name.startswith("arn:"))
    given = grant_row(event, holder.account, name, event.scope)
    return replace(made, account=holder, policies=made.policies if made.whole else (), grant=given)


def _principal(accounts: Iterable[Account], event: JudgedEvent, sort: str, name: Any) -> Account | None:
    """The user, role or group that a call names, in the account whose log it stands in."""
    if not isinstance(name, str) or not name:
        return None
    for row in accounts:
        own = row.kind if row.kind in ("role", "group", "root") else "user"
        if (row.provider, row.scope, row.name, own) == ("aws", event.scope, name, sort.lower()):
            return row
    arn = f"arn:{partition(event)}:iam::{event.scope}:{sort.lower()}/{name}"
    kind = "unknown" if sort == "User" else sort.lower()
    return Account(**stamp(event), account=arn, provider="aws", scope=event.scope, kind=kind, name=name)
