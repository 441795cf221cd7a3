"""Uses of a right that no log would show."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime

from msgspec import Struct

from auditor.evidence.snapshots import Snapshots
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.providers.permitted import gone


class Unseen(Struct, frozen=True, kw_only=True):
    """What an account may have done with a right without any record of it.

    Args:
        what: acts in words, to follow "may have used it for".
        why: why no record would show them.
        last_used_at: when the provider last saw it use what those acts are of; None where it does not say.
    """

    account: str
    what: str
    why: str
    last_used_at: datetime | None = None


def lost_grants(name: str, rows: Snapshots, after: Snapshots) -> Iterator[tuple[str, Grant]]:
    """Who has which right of a provider in rows and not in those after: their own, and those of groups they left."""
    own = [row for row in rows.grants if row.provider == name]
    yield from ((row.principal, row) for row in gone(own, after.grants))
    inside = grouped((row.member, row.group) for row in rows.memberships)
    for row in gone(rows.memberships, after.memberships):
        groups = {row.group}
        while further := {up for group in groups for up in inside.get(group, ())} - groups:
            groups |= further
        yield from ((row.member, grant) for grant in own if grant.principal in groups)


def unlogged(
    rows: Snapshots, lost: Iterable[tuple[str, Grant]], from_: datetime, what: Callable[[Grant], str], why: str
) -> Iterator[Unseen]:
    """What no log tells of lost rights, but of accounts that their provider has not seen since a time.

    `what` says what a right lets do that no log tells, empty where that is nothing; `why` is why no log does.
    """
    used = {row.account: row.last_used_at for row in rows.accounts}
    for account, words in dict.fromkeys((account, what(grant)) for account, grant in lost):
        last = used.get(account)
        if words and not (last and last < from_):
            yield Unseen(account=account, what=words, why=why, last_used_at=last)
