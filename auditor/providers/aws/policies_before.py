"""What a call on a policy replaced or took away, as a snapshot from before it has it."""

import re
from collections.abc import Iterable
from typing import Any

from auditor.model.details import as_object
from auditor.model.tables import Policy
from auditor.providers.aws.settings import statements
from auditor.providers.settings import Setting

_INLINE = re.compile(r"iam:(Put|Delete)(User|Role|Group)Policy")
_BOUNDARY = re.compile(r"iam:(Put|Delete)(User|Role)PermissionsBoundary")
_TRUST = re.compile(r"iam:(UpdateAssumeRolePolicy|DeleteRole)")
_MANAGED = re.compile(r"iam:(CreatePolicyVersion|SetDefaultPolicyVersion|DeletePolicy)")
_OF_RESOURCE = re.compile(r"\w+:(Put|Set|Delete)\w*Policy")
_GONE = "Delete"


def stood(action: str, asked: Any, place: tuple[str, str | None], rows: Iterable[Policy]) -> Setting | None:
    """The statements, or the boundary, that were there; None where no row is of what the call names."""
    params = as_object(asked)
    if match := _BOUNDARY.fullmatch(action):
        row = _row(rows, "boundary", *_holder(match[2], params, place[0]))
        return _arn(row, gone=match[1] == _GONE) if row else None
    if match := _INLINE.fullmatch(action):
        row = _row(rows, "identity", *_holder(match[2], params, place[0]), f"#{params.get('policyName')}")
    elif _TRUST.fullmatch(action):
        row = _row(rows, "trust", *_holder("Role", params, place[0]))
    elif _MANAGED.fullmatch(action):
        row = next((one for one in rows if one.policy == params.get("policyArn") and one.kind != "version"), None)
    elif _OF_RESOURCE.fullmatch(action) and place[1]:
        row = _row(rows, "resource", place[1], "", "#policy")
    else:
        return None
    found = statements(row.document) if row else ()
    if not row or not found:
        return None
    name, of = ("trust" if row.kind == "trust" else "policy"), str(params.get("policyName") or "")
    if _GONE in action:
        return Setting(of=of, took=tuple((name, one) for one in found), at=row.collected_at)
    return Setting(of=of, entries={"policy": found}, at=row.collected_at)


def _holder(sort: str, params: dict[str, Any], account: str) -> tuple[str, str]:
    """How the ARN of a user, role or group begins and ends: between the two stands its path."""
    name = str(params.get(f"{sort.lower()}Name") or "")
    return f"arn:aws:iam::{account}:{sort.lower()}/", f"/{name}" if name else "/?"


def _row(rows: Iterable[Policy], kind: str, begins: str, ends: str, policy: str = "") -> Policy | None:
    """The one row of a kind whose holder's ARN begins and ends so, and its policy's name ends so."""
    return next(
        (
            one
            for one in rows
            if one.kind == kind
            and one.attached_to.startswith(begins)
            and (one.attached_to.endswith(ends) if ends else one.attached_to == begins)
            and one.policy.endswith(policy)
        ),
        None,
    )


def _arn(row: Policy, *, gone: bool) -> Setting:
    took = (("permissionsBoundary", row.policy),) if gone else ()
    return Setting(values={} if gone else {"permissionsBoundary": row.policy}, took=took, at=row.collected_at)
