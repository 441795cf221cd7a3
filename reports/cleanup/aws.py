"""Rights in AWS accounts, taken away with the aws program."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, is_name, text
from reports.words import shown

_POLICY_TYPE = re.compile(r"(inline|attached)-(user|group|role)-policy")
_RIGHTS = {"group-membership": "group", "access-key": "key", "login-profile": "user"}
_CREDENTIALS = {"access-key", "login-profile"}


def _right(handle: Handle) -> Right | None:
    """The right that a handle names; None where there is no step for it."""
    kind, holder_kind, key = _shape(text(handle, "type"))
    account, holder, name = text(handle, "account"), text(handle, holder_kind), text(handle, key)
    if not kind or not re.fullmatch(r"\d{12}", account) or not all(map(_is_aws_name, (holder, name))):
        return None
    return Right(
        provider="aws",
        kind=kind,
        account=account,
        holder_kind=holder_kind,
        holder=holder,
        name=name,
        what=_what(kind, account, holder_kind, holder, name),
        again=_again(kind, account, holder_kind, holder, name),
        held_by=f"arn:aws:iam::{account}:{holder_kind}/{holder}",
        expected=text(handle, "created_at" if kind == "login-profile" else "fingerprint"),
        opens=kind in _CREDENTIALS,
    )


def _shape(stated: str) -> tuple[str, str, str]:
    """Kind of right, kind of holder, and the handle's key that names the right; empty where there is no step."""
    if policy := _POLICY_TYPE.fullmatch(stated):
        how, holder = policy.groups()
        return f"{how}-policy", holder, "policy" if how == "inline" else "policy_arn"
    return (stated, "user", _RIGHTS[stated]) if stated in _RIGHTS else ("", "", "")


def _what(kind: str, account: str, holder_kind: str, holder: str, name: str) -> str:
    everybody = " (every member loses it)" if holder_kind == "group" else ""
    everybody = " (everybody who can assume it loses it)" if holder_kind == "role" else everybody
    sentence = {
        "access-key": f"Deactivate access key {name} of user {holder}",
        "group-membership": f"Remove user {holder} from group {name}",
        "attached-policy": f"Detach policy {name} from {holder_kind} {holder}{everybody}",
        "inline-policy": f"Remove inline policy {name} from {holder_kind} {holder}{everybody}",
        "login-profile": f"Delete the console password of user {holder} (cannot be undone: a new one must be set)",
    }[kind]
    return shown(f"{sentence} in AWS account {account}")


def _again(kind: str, account: str, holder_kind: str, holder: str, name: str) -> str:
    sentence = {
        "access-key": f"Activate access key {name} of user {holder} again",
        "group-membership": f"Add user {holder} to group {name} again",
        "attached-policy": f"Attach policy {name} to {holder_kind} {holder} again",
        "inline-policy": f"Write inline policy {name} of {holder_kind} {holder} again",
        "login-profile": f"Set a new console password for user {holder}",
    }[kind]
    return shown(f"{sentence} in AWS account {account}")


def _is_aws_name(value: str) -> bool:
    """Whether the AWS CLI takes the value as it stands: it reads `file://…` and the like from elsewhere."""
    return is_name(value) and "://" not in value


def _by_hand(handle: Handle) -> str | None:
    place = f"in AWS account {text(handle, 'account')}"
    if text(handle, "type") == "access-key":
        key = f"the access key made at {text(handle, 'created_at')}"
        return f"Deactivate {key} of user {text(handle, 'user')} {place}"
    if text(handle, "type") == "trust":
        who = text(handle, "principal") or "the principal"
        return f"Remove {who} from the trust policy of role {text(handle, 'role')} {place}"
    return None


def _without_path(account: str) -> str:
    prefix, slash, path = account.partition("/")
    return f"{prefix}/{path.rsplit('/', 1)[-1]}" if slash and account.startswith("arn:") else account


def _place(account: str) -> str | None:
    parts = account.split(":")
    return parts[4] if account.startswith("arn:") and len(parts) > 4 else None  # noqa: PLR2004 - an ARN


AWS = Remover(
    tool="aws",
    kinds=("access-key", "group-membership", "attached-policy", "inline-policy"),
    final=("login-profile",),
    right_of=_right,
    deletes={"access-key": "Delete access key {name} of user {holder} in AWS account {account}"},
    by_hand=_by_hand,
    held_by=_without_path,
    place=_place,
)
