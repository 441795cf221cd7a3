"""The accounts of an organisation, each with a session in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auditor.config.sources import AwsIam
from auditor.errors import SourceError
from collectors.aws import session as aws

if TYPE_CHECKING:
    import boto3

_CLOSED = frozenset({"SUSPENDED", "CLOSED"})


def members(source: AwsIam) -> Iterator[tuple[str, boto3.Session | SourceError]]:
    """Every account that is not closed, with a session in it or why there is none.

    The login's own account needs no role; in the others `member_role` is assumed.

    Raises:
        SourceError: signing in failed, or the accounts may not be listed.
    """
    signed_in = aws.session(source)
    caller = aws.caller(source, signed_in)
    partition = caller["Arn"].split(":")[1]
    for account in _accounts(source, signed_in):
        role = f"arn:{partition}:iam::{account}:role/{source.member_role}"
        yield account, signed_in if account == caller["Account"] else _inside(source, signed_in, role)


def _inside(source: AwsIam, signed_in: boto3.Session, role: str) -> boto3.Session | SourceError:
    try:
        return aws.assumed(signed_in, source, role)
    except SourceError as error:
        return error


def _accounts(source: AwsIam, signed_in: boto3.Session) -> list[str]:
    organizations = aws.client(source, "organizations", patient=True, signed_in=signed_in)
    with aws.explained("listing the accounts of the organisation (organizations:ListAccounts)"):
        pages = organizations.get_paginator("list_accounts").paginate()
        found = [account for page in pages for account in page["Accounts"]]
    return sorted(one["Id"] for one in found if one.get("State", one.get("Status")) not in _CLOSED)
