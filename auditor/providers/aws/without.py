"""AWS's rows as they would be without some rights: what stands in a role's trust policy is taken out of its text."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from msgspec.structs import replace

from auditor.errors import UsageError
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import as_list
from auditor.model.handles import Handle, read_handle
from auditor.model.tables import Account, Policy
from auditor.providers.aws.accounts import PARTITIONS
from auditor.providers.aws.policy import MalformedPolicyError, parse
from auditor.providers.permitted import rows_without

_KEYLESS = ("ec2-key-pair", "ssh-public-key")
_ACCOUNT_DIGITS = 12


def aws_without(rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
    """Snapshots without some rights; None where one is not in them, or is one of which no call tells its use."""
    if any(handle.get("type") in _KEYLESS for handle in handles):
        return None
    left = rows_without("aws", rows, handles)
    trusts = [handle for handle in handles if handle.get("type") == "trust"]
    if left is None or not trusts:
        return left
    taken: dict[str, set[str]] = {}
    for grant in rows.grants:
        told = _named(read_handle(grant.handle or ""))
        if any(told == _named(trust) for trust in trusts):
            taken.setdefault(grant.role, set()).add(grant.principal)
    policies = []
    for row in left.policies:
        if row.kind == "trust" and row.attached_to in taken:
            text = _without(row, taken[row.attached_to])
            if text is None:
                return None
            policies.append(replace(row, document=text))
        else:
            policies.append(row)
    return replace(left, policies=policies)


def _named(handle: Handle) -> tuple[object, ...]:
    return tuple(handle.get(key) for key in ("type", "account", "role", "principal"))


def _without(row: Policy, principals: set[str]) -> str | None:
    """A trust policy that lets some no longer in; None where it cannot be read."""
    try:
        document = json.loads(row.document)
        kept = [one for item in as_list(document["Statement"]) for one in _kept(item, principals)]
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
    return json.dumps({**document, "Statement": kept})


def _kept(statement: dict[str, Any], principals: set[str]) -> Iterator[dict[str, Any]]:
    """What is left of a statement, if anything."""
    if statement.get("Effect") != "Allow":
        yield statement
    elif "NotPrincipal" in statement:
        yield from () if "*" in principals else (statement,)
    elif isinstance(named := statement["Principal"], str):
        yield from () if named in principals else (statement,)
    else:
        left = {
            kind: [name for name in as_list(names) if not principals & _spellings(str(name))]
            for kind, names in named.items()
        }
        left = {kind: names for kind, names in left.items() if names}
        yield from ({**statement, "Principal": left},) if left else ()


def _spellings(name: str) -> set[str]:
    """How rows write a principal: an account's number as its root in any partition."""
    is_number = len(name) == _ACCOUNT_DIGITS and name.isdigit()
    return {name, *(f"arn:{part}:iam::{name}:root" for part in PARTITIONS if is_number)}


def aws_rewritten(rows: Snapshots, holder: Account, text: str, replaces: str | None) -> Snapshots:
    """Snapshots in which a user, role or group has another document in the place of one of its policies.

    A policy that others hold too is replaced for this holder alone; of a holder without any it becomes its own.

    Raises:
        UsageError: it is no policy document, or it is not said which policy it replaces.
    """
    try:
        parse(text)
    except MalformedPolicyError as error:
        raise UsageError(f"The document is no policy that AWS would take: {error}.", do="Mend it.") from error
    own = [row for row in rows.policies if row.kind == "identity" and row.attached_to == holder.account]
    named = own if replaces is None else [row for row in own if replaces in (row.name, row.policy)]
    if (own and len(named) != 1) or (replaces and not own):
        names = ", ".join(sorted(row.name or row.policy for row in own)) or "none"
        raise UsageError(
            f"It is not told which policy of {holder.name or holder.account} the document replaces.",
            means=f"It has {names}.",
            do="Name one with --replaces.",
        )
    if named:
        policies = [replace(row, document=text) if row is named[0] else row for row in rows.policies]
        return replace(rows, policies=policies)
    added = Policy(
        source=holder.source,
        collected_at=holder.collected_at,
        origin=holder.origin,
        policy=f"{holder.account}#new",
        kind="identity",
        attached_to=holder.account,
        name="new",
        document=text,
    )
    return replace(rows, policies=[*rows.policies, added])
