"""The accounts that things are in which a CloudTrail record was done to, where another's than the log's."""

import re
from collections.abc import Sequence

from collectors.aws.cloudtrail.kinds import Kind
from collectors.aws.cloudtrail.resources import is_of
from collectors.aws.cloudtrail.shapes import Entry

_OWNED = re.compile(r":\d+(?![^: ])")


def owners_of(
    kinds: Sequence[Kind],
    targets: Sequence[str | None],
    scopes: Sequence[str | None],
    listed: Sequence[list[Entry] | None],
) -> list[str | None]:
    """The account of what each record was done to; None where it is the log's, or not told."""
    return [
        _other_owner(kind.service, scope, target, entries or ())
        if target and scope and scope not in target and _may_be_elsewhere(scope, target, entries)
        else None
        for kind, target, scope, entries in zip(kinds, targets, scopes, listed, strict=True)
    ]


def _may_be_elsewhere(account: str, named: str, entries: list[Entry] | None) -> bool:
    """Whether any account but the log's is told at all: of most records, none is."""
    for one in entries or ():
        if one.account and one.account != account:
            return True
    return _OWNED.search(named) is not None


def _other_owner(service: str, account: str, named: str, entries: Sequence[Entry]) -> str | None:
    """The one account that the things of the service called are in, where that is not the log's.

    Args:
        service: the event source without `.amazonaws.com`.
        account: whose log the record stands in.
        named: what the call was done to; a bucket's name has no account in it.
        entries: the record's `resources`, which say whose a bucket is.
    """
    names = [name.split(":", 5) for name in named.split(" ") if is_of(service, name)]
    told = {parts[4] for parts in names if len(parts) > 4 and parts[4].isdigit()}  # noqa: PLR2004 - an ARN's account
    if names and not told:
        told = {one.account for one in entries if one.account and is_of(service, one.arn or one.small or "")}
    return told.pop() if len(told) == 1 and account not in told else None
