"""Who a role's trust policy lets in."""

from collections.abc import Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any

from auditor.model.details import as_list

_ASSUME = ("sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity")
_ACCOUNT_ID_LENGTH = 12


Condition = Mapping[str, Any] | None


def trusted(document: Mapping[str, Any], partition: str) -> Iterator[tuple[str, Condition]]:
    """Everybody whom a trust policy allows to assume its role, as far as its Allow statements go.

    Each is an ARN, `*`, a service or a federated provider, with the condition that binds them.

    Raises:
        ValueError: a statement is not one.
    """
    for statement in as_list(document.get("Statement", [])):
        if not isinstance(statement, dict):
            raise ValueError("a statement is not an object")  # noqa: TRY004 - bad data, told in one way
        if statement.get("Effect") != "Allow" or not _assumes(statement):
            continue
        condition = statement.get("Condition") or None
        if "NotPrincipal" in statement:
            # Everybody but those named.
            yield "*", {"NotPrincipal": statement["NotPrincipal"], **(condition or {})}
        for member in _members(statement.get("Principal"), partition):
            yield member, condition


def _members(principal: Any, partition: str) -> Iterator[str]:
    if isinstance(principal, str):
        yield principal
        return
    if principal is not None and not isinstance(principal, dict):
        raise ValueError("a principal is not an object")
    for kind, names in (principal or {}).items():
        for name in as_list(names):
            if kind == "AWS" and len(str(name)) == _ACCOUNT_ID_LENGTH and str(name).isdigit():
                yield f"arn:{partition}:iam::{name}:root"
            else:
                yield str(name)


def _assumes(statement: Mapping[str, Any]) -> bool:
    if "NotAction" in statement:
        return not all(_matches(statement["NotAction"], action) for action in _ASSUME)
    return any(_matches(statement.get("Action", []), action) for action in _ASSUME)


def _matches(patterns: Any, action: str) -> bool:
    return any(fnmatchcase(action, str(pattern).lower()) for pattern in as_list(patterns))
