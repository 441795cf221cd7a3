"""Uses of AWS rights that CloudTrail does not record, narrowed by when AWS last saw a service or a key used."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache

from msgspec import Struct

from auditor.evidence.snapshots import Snapshots
from auditor.model.few import few
from auditor.model.tables import ServiceUse, Trail
from auditor.model.vocabulary import AccountKind
from auditor.model.written import written
from auditor.providers.aws.accounts import IDENTITY_CENTER
from auditor.providers.aws.actions import Actions, catalogue, expand, services_of, union
from auditor.providers.aws.assigned import Assigned
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.trails.recorded import DATA, unrecorded
from auditor.providers.aws.uses import Uses
from auditor.providers.aws.ways_in import WaysIn
from auditor.providers.permitted import changed_accounts, gone
from auditor.providers.unseen import Unseen

_MOST_ACTIONS = 4


def aws_unseen(rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
    """What may have been done since a time, unrecorded, with rights that some rows give and others do not.

    A service that AWS has not seen an account call since then was not used, and neither was a key.
    """
    changed = changed_accounts(rows, after)
    before, left = _Holdings.of(rows, at), _Holdings.of(after, at)
    uses = Uses.of(rows.service_uses).counted
    idle = _idle_keys(rows, after, from_)
    for account in sorted(changed):
        yield from _elsewhere(account, before, left)
        for principal, lost in _lost(account, before, left, rows, after):
            if account in idle and not before.differs(account, left):
                continue
            trails = [one for one in rows.trails if one.account == principal.row.scope or one.organisation]
            for why, actions in _hidden(principal.row.scope, trails, lost):
                yield from _used(account, (why, actions), uses.get(principal.arn, {}), from_)


def _elsewhere(account: str, before: "_Holdings", left: "_Holdings") -> Iterator[Unseen]:
    """The roles that a user no longer becomes in accounts whose IAM was not read: their logs name them otherwise."""
    for role in sorted(before.roles(account).keys() - left.roles(account).keys()):
        if stand_in := before.assigned.roles.get(role):
            where = stand_in.row.scope
            why = f"The roles of AWS account {where} were not read"
            yield Unseen(account=account, what=f"anything that permission set {stand_in.name} allows there", why=why)


class _Holdings(Struct, frozen=True):
    """Who holds what, and which roles Identity Center's users become."""

    directory: Directory
    assigned: Assigned
    at: datetime

    @classmethod
    def of(cls, rows: Snapshots, at: datetime) -> "_Holdings":
        directory = Directory.of(rows)
        return cls(directory, WaysIn(rows, directory, at).assigned, at)

    def principal(self, account: str) -> Principal | None:
        """A user or role."""
        row = self.directory.accounts.get(account)
        held = row and row.kind not in (AccountKind.GROUP, AccountKind.ROOT)
        return self.directory.principal(row, self.at) if row and held else self.assigned.roles.get(account)

    def roles(self, user: str) -> Counter[str]:
        """The roles that a user of Identity Center becomes, and by how many ways."""
        return Counter(hop.role for hop in self.assigned.hops.get(user, ()))

    def given(self, account: str) -> dict[tuple[str, ...], Actions]:
        """What a principal's policies allow, by their steps."""
        held = self.principal(account)
        sources = held.sources if held else ()
        return {one.steps: union(s.actions for s in one.statements if s.allow) for one in sources}

    def differs(self, account: str, other: "_Holdings") -> bool:
        """Whether an account has other policies there."""
        return self.given(account) != other.given(account)


def _lost(
    account: str, before: _Holdings, left: _Holdings, rows: Snapshots, after: Snapshots
) -> Iterator[tuple[Principal, Actions]]:
    """As whom an account did what it would have lost, and which actions those are."""
    if account.startswith(IDENTITY_CENTER):
        for role in before.roles(account).keys() - left.roles(account).keys():
            held = before.principal(role)
            if held:
                yield held, union(before.given(role).values())
        return
    held = before.principal(account)
    if held is None:
        return
    policies, kept = before.given(account), left.given(account)
    ways_in = (one.credential for one in rows.credentials if one.account == account)
    keys_kept = {one.credential for one in after.credentials if one.account == account}
    whole = any(one not in keys_kept for one in ways_in)
    lost = union(actions for steps, actions in policies.items() if whole or steps not in kept)
    if lost:
        yield held, lost


def _idle_keys(rows: Snapshots, after: Snapshots, from_: datetime) -> set[str]:
    """Accounts of which no key or password that is taken away was used since a time, as AWS counts it."""
    lost = gone(rows.credentials, after.credentials)
    used = {row.account for row in lost if not (row.never_used or (row.last_used_at and row.last_used_at < from_))}
    return {row.account for row in lost} - used


def _hidden(scope: str, trails: Sequence[Trail], lost: Actions) -> Iterator[tuple[str, Actions]]:
    """What of some actions the trails of an account do not record, with the reason."""
    if not trails or any(trail.logging is None or not trail.asked for trail in trails):
        data = union(actions for actions in _data_events().values()) & lost
        if data:
            yield f"Whether AWS account {scope} records reads and writes of data was not read", data
        return
    for what in unrecorded(scope, trails).lacks:
        if what != DATA:
            yield f"AWS account {scope} does not record {what}", lost
    recorded = {kind for trail in trails if trail.logging for kind in trail.data}
    data = union(actions for kind, actions in _data_events().items() if kind not in recorded) & lost
    if data:
        yield f"AWS account {scope} does not record these reads and writes of data (data events)", data


def _used(
    account: str, hidden: tuple[str, Actions], uses: Mapping[str, ServiceUse], from_: datetime
) -> Iterator[Unseen]:
    """Those of the services that may have been used since a time."""
    why, actions = hidden
    for service in sorted(services_of(actions)):
        use = uses.get(service)
        if use and use.watched_since <= from_ and (use.last_used_at is None or use.last_used_at < from_):
            continue
        yield Unseen(
            account=account,
            what=_named(actions & expand(f"{service}:*")),
            why=why,
            last_used_at=use.last_used_at if use else None,
        )


@cache
def _data_events() -> Mapping[str, Actions]:
    """The actions of each type of data event."""
    return {kind: union(map(expand, names)) for kind, names in _named_events().items()}


@cache
def _named_events() -> Mapping[str, list[str]]:
    return {kind: names.split() for kind, names in written(__package__, "data_events", dict[str, str]).items()}


def _named(actions: Actions) -> str:
    """Some actions by their names, the first few."""
    known = (name for names in _named_events().values() for name in names)
    names = [name for name in known if expand(name) & actions]
    lower = names or [name for bit, name in enumerate(catalogue().names) if actions >> bit & 1]
    return few(lower, _MOST_ACTIONS)
