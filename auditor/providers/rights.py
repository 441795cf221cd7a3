"""Rights as resolved from snapshot rows, and how far they are known where nothing but the rows says what they allow."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, ForeignTrust, Identity, IdentityOf, Unresolved
from auditor.model.findings import pointer
from auditor.model.groups import grouped
from auditor.model.levels import level_of
from auditor.model.pipelines import PipelineTrust
from auditor.model.tables import Credential, Grant, Membership
from auditor.model.vocabulary import AccountKind, Capability, Level
from auditor.providers.systems import Systems


class Rights(Struct, frozen=True, kw_only=True):
    """Who reaches what, whom strangers can become, and what could not be told.

    `eligible` are paths that nobody has yet, but may ask for. `writing_roles` pairs each role with the systems that its
    sessions can change; None stands for all of its account. `forwarded` are paths to addresses, their `resource`, whose
    system is not told yet. `pipelines` are accounts that forges' pipelines become, of which paths begin in `access`.
    """

    access: tuple[Entitlement, ...]
    eligible: tuple[Entitlement, ...] = ()
    foreign_trusts: tuple[ForeignTrust, ...] = ()
    writing_roles: frozenset[tuple[str, str | None]] = frozenset()
    unresolved: tuple[Unresolved, ...] = ()
    forwarded: tuple[Entitlement, ...] = ()
    pipelines: tuple[PipelineTrust, ...] = ()


def holder_of(key: Credential, who: IdentityOf) -> Identity:
    """Whose a key is that opens a login: its owner's, or the login's where nobody is known to own the key."""
    owner = who(key.credential)
    return owner if owner.is_known else who(key.account)


def without_contained(paths: Sequence[Entitlement]) -> Iterator[Entitlement]:
    """One holder's paths but those that an unrestricted right over the same account or project contains anyway."""
    wide = [path for path in paths if path.unrestricted]
    for path in paths:
        if path.unrestricted or not any(_contains(other, path) for other in wide):
            yield path


def _contains(wide: Entitlement, narrow: Entitlement) -> bool:
    """Whether it is over the same scope, and lasts as long."""
    lasts = wide.expires_at is None or (narrow.expires_at is not None and narrow.expires_at <= wide.expires_at)
    return wide.scope == narrow.scope and lasts


def stated_rights(name: str, config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
    """What a provider's rows state, for whoever holds it in the end; other rights could not be judged."""
    reading = _Reading(name, Systems(config), rows, who, at)
    grants = [grant for grant in rows.grants if grant.provider == name and reading.is_now(grant)]
    found = [one for grant in grants for one in reading.of(grant)]
    return Rights(
        access=tuple(one for one in found if isinstance(one, Entitlement)),
        unresolved=tuple(one for one in found if isinstance(one, Unresolved)),
    )


class _Reading:
    def __init__(self, name: str, systems: Systems, rows: Snapshots, who: IdentityOf, at: datetime) -> None:
        self._systems, self._who, self._at = systems, who, at
        self._accounts = {row.account: row for row in rows.accounts if row.provider == name}
        self._members = grouped((row.group, row) for row in filter(self.is_now, rows.memberships))
        self._known_groups = {row.group for row in rows.memberships}

    def is_now(self, row: Grant | Membership) -> bool:
        """Whether it has begun, as far as that is told, and has not ended."""
        begins = row.since if isinstance(row, Membership) else None
        return (begins is None or begins <= self._at) and row.lasts(self._at)

    def of(self, grant: Grant) -> Iterator[Entitlement | Unresolved]:
        """A path for each holder in the end, or why there can be none."""
        right = f"{grant.role} on {grant.resource}"
        scope, system = self._place(grant)
        unknown = {*grant.capabilities} - {*Capability} | {grant.level or Level.READ} - {*Level}
        lost = (
            (not grant.capabilities, f"{right} does not say what it allows"),
            (bool(unknown), f"{right} states {', '.join(sorted(unknown))}, which is no known capability or level"),
            (system is None, f"{right} belongs to no system"),
        )
        for is_lost, reason in lost:
            if is_lost:
                yield Unresolved.of_account(grant.principal, f"{reason}.", Grant.TABLE)
                return
        held = frozenset(map(Capability, grant.capabilities))
        for holder, way in self._holders(grant.principal, ()):
            if isinstance(holder, Unresolved):
                yield holder
            elif (account := self._accounts.get(holder)) is None or account.enabled is not False:
                rows: tuple[Grant | Membership, ...] = (*way, grant)
                yield Entitlement(
                    identity=self._who(holder),
                    account=holder,
                    provider=grant.provider,
                    scope=scope,
                    system=system,
                    capabilities=held,
                    level=Level(grant.level) if grant.level else level_of(held),
                    path=(*(f"member of {row.group}" for row in way), right),
                    resource=grant.resource,
                    expires_at=min((row.expires_at for row in rows if row.expires_at), default=None),
                    conditions=tuple(row.condition for row in rows if row.condition),
                    granted_at=grant.granted_at,
                    last_used_at=account.last_used_at if account else None,
                    ticket=grant.ticket,
                    written=(grant.role, grant.condition, *(row.group for row in way)),
                    handles=(grant.handle,) if grant.handle else (),
                    evidence=tuple(map(pointer, rows)),
                )

    def _place(self, grant: Grant) -> tuple[str, str | None]:
        """Scope and system of what a grant is on: it names the scope itself, or something in its holder's."""
        account = self._accounts.get(grant.principal)
        for scope in (grant.resource, account.scope if account else grant.resource):
            if system := self._systems.of(grant.provider, scope, grant.resource):
                return scope, system
        return grant.resource, None

    def _holders(
        self, principal: str, way: tuple[Membership, ...]
    ) -> Iterator[tuple[str | Unresolved, tuple[Membership, ...]]]:
        """Who has what a principal has, and through which groups and roles."""
        account, members = self._accounts.get(principal), self._members.get(principal, ())
        if account and account.kind == AccountKind.GROUP and not members and principal in self._known_groups:
            return  # all of them left, or are still to come
        if account and account.kind == AccountKind.GROUP and not members:
            reason = f"The members of {principal} are not known."
            yield Unresolved.of_account(principal, reason, Membership.TABLE), way
        elif not members:
            yield principal, way
        for row in members:
            if row.member not in {principal, *(one.group for one in way)}:
                yield from self._holders(row.member, (row, *way))
