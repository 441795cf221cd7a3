"""AWS's accounts by name: how the configuration may write one, which are AWS's own, and which only machines become."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from auditor.model.tables import Policy

_SESSION = re.compile(r"arn:(aws[\w-]*):sts::(\d*):assumed-role/([^/]+)/(.+)")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::(\d*):role/(.+)")
# EC2 names the session that it hands an instance after the instance.
_INSTANCE = re.compile(r"i-[0-9a-f]{8,17}")
_RESERVED = "AWSReservedSSO_"


def spellings(account: str) -> Iterator[str]:
    """Less specific names of a session or role: a session's role, a role without its path."""
    if session := role_of_session(account):
        yield f"arn:aws:iam::{session[0]}:role/{session[1]}"
    elif (role := _ROLE.fullmatch(account)) and "/" in role[2]:
        yield f"arn:aws:iam::{role[1]}:role/{role[2].rsplit('/', 1)[1]}"


def is_own(account: str) -> bool:
    """Whether only AWS can have made the account: a service, or a role linked to one."""
    return "/aws-service-role/" in account or account.endswith(".amazonaws.com")


def is_root(account: str) -> bool:
    """Whether it is an account's root user."""
    return account.endswith(":root")


def role_of_session(actor: str | None) -> tuple[str, str, str] | None:
    """AWS account, role name and session name of an assumed-role ARN."""
    match = _SESSION.fullmatch(actor or "")
    return (match[2], match[3], match[4]) if match else None


def session_name(actor: str | None) -> str | None:
    """The name of a role session, as whoever opened it chose it."""
    session = role_of_session(actor)
    return session[2] if session else None


def sign_in_name(actor: str | None) -> str | None:
    """The name that somebody signed in with, where Identity Center named the session after it."""
    session = role_of_session(actor)
    return session[2] if session and session[1].startswith(_RESERVED) else None


def is_machine_session(actor: str | None) -> bool:
    """Whether a session is an instance's own."""
    return _INSTANCE.fullmatch(session_name(actor) or "") is not None


def machine_roles(policies: Iterable[Policy]) -> frozenset[str]:
    """Roles that AWS's services may become and nobody else: no person opens a session of theirs."""
    return frozenset(row.attached_to for row in policies if row.kind == "trust" and _only_services(row.document))


def _only_services(document: str) -> bool:
    try:
        statements = json.loads(document).get("Statement")
    except (ValueError, AttributeError):
        return False
    listed = statements if isinstance(statements, list) else [statements]
    allowed = [one for one in listed if isinstance(one, dict) and one.get("Effect") == "Allow"]
    return bool(allowed) and all(_is_service(one.get("Principal")) for one in allowed)


def _is_service(principal: Any) -> bool:
    return isinstance(principal, dict) and set(principal) == {"Service"}
