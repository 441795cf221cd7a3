"""Whom the Principal element of a policy means: a principal in evidence, in person or by account, or strangers."""

from collections.abc import Iterable, Iterator
from enum import Enum

from msgspec.structs import replace

from auditor.providers.aws.callers import Caller, Gap
from auditor.providers.aws.policy import Statement
from auditor.providers.aws.principals import Directory, Principal

CLOUDFRONT = "cloudfront"
"""What stands in place of an account where CloudFront reads for one of somebody's distributions."""
_ARN_PARTS = 6
_ORGANISATION, _UNITS = "aws:principalorgid", "aws:principalorgpaths"


class Named(Enum):
    """How a Principal element names somebody."""

    BY_ARN = "by themselves"
    BY_ACCOUNT = "by their account"
    WHOLE = "by both, or as anybody"


def scope_of(name: str) -> str | None:
    """The account that a principal of a trust policy belongs to; None for ids of deleted ones and for non-AWS ones."""
    parts = name.split(":", 5)
    if len(parts) == _ARN_PARTS and parts[0] == "arn":
        return None if parts[4] == CLOUDFRONT else parts[4] or None
    return name if name.isdigit() else None


def strangers(name: str, statement: Statement) -> frozenset[str]:
    """The accounts of whomever a principal's name means; `*` where nothing narrows anybody at all."""
    meant = {scope_of(name)} if name != "*" else _accounts(statement) or {"*"}
    return frozenset(one for one in meant if one)


def stranger(directory: Directory, home_account: str, scope: str, trust: Statement) -> Caller:
    """What is known of a caller from an account that was not read; `*` is from any."""
    home = directory.place(home_account).get("organisation")
    values: dict[str, str | Gap] = {"aws:principalisawsservice": "false"}
    if scope != "*":
        values["aws:principalaccount"] = scope
    if home:
        asked = [
            c.values for c in trust.clauses if c.key.lower() in (_ORGANISATION, _UNITS) and "not" not in c.operator
        ]
        others = [one.partition("/")[0] for named in asked for one in named if one.partition("/")[0] != home]
        elsewhere = next(iter(others), "another organisation")
        theirs = directory.place(scope).get("organisation") or elsewhere
        values |= {_ORGANISATION: theirs, _UNITS: f"{theirs}/*"}
    return Caller(values)


def _accounts(statement: Statement) -> set[str]:
    """The accounts that conditions narrow anybody at all to; empty where they do not."""
    for clause in statement.clauses:
        key = clause.key.lower()
        if key in ("aws:principalaccount", "aws:principalarn") and "not" not in clause.operator:
            found = {scope_of(value) for value in clause.values}
            if all(found) and not clause.if_exists:
                return {one if one and one.isdigit() else "*" for one in found}
    return set()


def refusing(statements: Iterable[Statement], name: str, scope: str) -> Iterator[Statement]:
    """The denials that mean whoever an Allow names so, in an account of which there is no evidence."""
    for statement in statements:
        listed = statement.principals
        means = bool({"*", name, scope}.intersection(listed)) or any(one.endswith(f"::{scope}:root") for one in listed)
        if not statement.allow and means is not statement.other_principals:
            yield statement


def is_past_boundary(principal: Principal, statement: Statement) -> bool:
    """Whether what names a principal of its own account so need not be allowed by its permissions boundary as well.

    It holds for users and for sessions; whoever is named as a role is named behind its boundary.
    """
    names = statement.principals
    return not principal.is_role or "*" in names or any(_is_session_of(name, principal) for name in names)


def meant(statements: Iterable[Statement], principal: Principal) -> Iterator[Statement]:
    """The denials that mean a principal in evidence.

    AWS denies whoever NotPrincipal does not name in person, and may deny whoever it names without their account, and
    a role without its sessions. A permissions boundary makes it deny whomever.
    """
    for written in statements:
        statement = None if written.allow else written.given(principal.caller)
        if statement is None:
            continue
        named = named_as(principal, statement)
        sessions = is_past_boundary(principal, statement)
        if statement.other_principals and principal.limits.boundary is not None:
            yield statement
        elif statement.other_principals and (named is Named.BY_ARN or (named is Named.WHOLE and not sessions)):
            doubt = f"unless {principal.name} counts as named in NotPrincipal"
            yield replace(statement, terms=replace(statement.terms, facts=(*statement.terms.facts, doubt)))
        elif (named in (None, Named.BY_ACCOUNT)) if statement.other_principals else named is not None:
            yield statement


def named_as(principal: Principal, statement: Statement) -> Named | None:
    """Whether a Principal or NotPrincipal element names a principal, its account, or both."""
    listed = set(statement.principals)
    if "*" in listed:
        return Named.WHOLE
    by_account = bool(
        {principal.row.scope, f"arn:{principal.arn.split(':')[1]}:iam::{principal.row.scope}:root"} & listed
    )
    by_arn = principal.arn in listed or any(_is_session_of(name, principal) for name in listed)
    if by_account and by_arn:
        return Named.WHOLE
    return Named.BY_ARN if by_arn else Named.BY_ACCOUNT if by_account else None


def sessions(principal: Principal, statement: Statement) -> tuple[str, ...]:
    """The only sessions of a role that an Allow names, by name; none where it lets in the whole role."""
    found = tuple(name.split("/", 2)[2] for name in statement.principals if _is_session_of(name, principal))
    whole = principal.arn in statement.principals or named_as(principal, statement) is not Named.BY_ARN
    return () if whole else found


def _is_session_of(name: str, role: Principal) -> bool:
    """Whether an ARN is that of a session of a role."""
    return ":assumed-role/" in name and (scope_of(name), name.split("/")[1]) == (role.row.scope, role.name)
