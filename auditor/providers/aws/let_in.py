"""Whom a call lets in by the policy or the access control list that it puts on a thing."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from auditor.model.details import as_list, as_object, as_objects, texts
from auditor.providers.aws.accounts import balancers
from auditor.providers.aws.conditions import Clause
from auditor.providers.aws.policy import MalformedPolicyError, Statement, parse
from auditor.providers.aws.trusted import CLOUDFRONT, scope_of

_DEEPEST = 3
_PUBLIC = ("public-read", "public-read-write", "authenticated-read")
_GROUPS = ("/global/AllUsers", "/global/AuthenticatedUsers")
_GRANTEE = re.compile(r'uri="?([^",]+)|emailaddress="?([^",]+)', re.IGNORECASE)
# What narrows anybody at all to those whom its values name; to an organisation; to a service's calls or a network's.
_OF_ACCOUNTS = frozenset({"aws:principalaccount", "aws:principalarn", "aws:sourceaccount", "aws:sourceowner"})
_OF_ORGANISATIONS = frozenset({"aws:principalorgid", "aws:principalorgpaths"})
_WITHIN = frozenset({"aws:sourcearn", "aws:sourceorgid", "aws:sourceorgpaths", "aws:sourcevpce", "aws:sourcevpc"})


def read(document: str | None) -> tuple[Statement, ...]:
    """A policy's statements; none where it cannot be read."""
    try:
        return parse(document or "")
    except MalformedPolicyError:
        return ()


def named(document: str | None, account: str) -> list[str]:
    """AWS's principals whom a document lets in, but an account's own root, which leaves it to IAM.

    No principal of anybody's are AWS's own: services, load balancers that write their logs, CloudFront's identities.
    """
    found = (name for one in read(document) if one.allow for name in _names(one))
    return [
        name
        for name in dict.fromkeys(found)
        if name != account
        and not name.endswith(f":iam::{account}:root")
        and not name.startswith(("Service:", "Federated:", "CanonicalUser:"))
        and f":iam::{CLOUDFRONT}:" not in name
        and scope_of(name) not in balancers()
    ]


def only_services(document: str | None) -> bool:
    """Whether a document, as far as it can be read, lets nobody in but AWS's services, or nobody at all."""
    statements = read(document)
    names = (name for one in statements if one.allow for name in one.principals)
    return bool(statements) and all(name.startswith("Service:") for name in names)


def policy(asked: Any, depth: int = 0) -> str | None:
    """The first policy among a call's parameters, whatever it is called there."""
    if isinstance(asked, str):
        return asked if '"Statement"' in asked and asked.lstrip()[:1] == "{" else None
    if isinstance(asked, dict) and "Statement" in asked:
        return json.dumps(asked)
    within = asked.values() if isinstance(asked, dict) else asked if isinstance(asked, list) else ()
    return next(filter(None, (policy(one, depth + 1) for one in within)), None) if depth < _DEEPEST else None


def listed(asked: Mapping[str, Any]) -> list[str]:
    """Whom a list lets in, in its headers or in the body; a canonical id does not tell whose it is."""
    found = dict.fromkeys(_granted(asked))
    return list(dict.fromkeys("*" if one.endswith(_GROUPS) else one for one in found if "/groups/s3/" not in one))


def _granted(asked: Mapping[str, Any]) -> Iterator[str]:
    headers = {**asked, **as_object(asked.get("accessControlList"))}
    for name, value in headers.items():
        named = texts(as_list(value))
        if name.lower() == "x-amz-acl" and not set(_PUBLIC).isdisjoint(named):
            yield "*"
        elif name.lower().startswith("x-amz-grant-"):
            yield from (uri or mail for text in named for uri, mail in _GRANTEE.findall(text))
    body = as_object(as_object(asked.get("AccessControlPolicy")).get("AccessControlList")).get("Grant")
    for grant in as_objects(as_list(body)):
        grantee = as_object(grant.get("Grantee"))
        yield from (one for kind in ("URI", "EmailAddress") if isinstance(one := grantee.get(kind), str))


def _names(statement: Statement) -> Iterable[str]:
    names = ("*",) if statement.other_principals else statement.principals
    for name in names:
        yield from _anybody(statement.clauses) if name == "*" else (name,)


def _anybody(asked: Iterable[Clause]) -> Iterable[str]:
    """Who anybody at all comes to under conditions; a service's calls, and a network of one's own, are nobody."""
    for clause in asked:
        key = clause.key.lower()
        if "not" in clause.operator or clause.operator == "null" or clause.if_exists:
            continue
        if key in _OF_ORGANISATIONS:
            return clause.values
        if key in _WITHIN:
            return ()
        accounts = [scope_of(value) for value in clause.values] if key in _OF_ACCOUNTS else []
        if accounts and all(accounts):
            return [one for one in accounts if one]
    return ("*",)
