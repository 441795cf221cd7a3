"""What the forges have in common: who holds a role in a project, and who belongs to which of its groups."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, Identity, IdentityOf
from auditor.model.few import few
from auditor.model.findings import pointer
from auditor.model.groups import distinct
from auditor.model.levels import level_of
from auditor.model.tables import Account, Credential, Grant, Membership
from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.permitted import Permitted, allowed, any_of, not_known

_MOST_NAMES = 3
DEPLOYMENT = "deployment"
"""The action of a forge that a row of its deployments is."""


class Held(Struct, frozen=True):
    """A role in a project, and who holds it.

    Args:
        opened_by: the key or token that opens the project as this holder.
        deploy_key: the same, where the holder is a deploy key.
    """

    grant: Grant
    identity: Identity
    account: Account | None = None
    opened_by: Credential | None = None
    deploy_key: Credential | None = None

    @property
    def last_used_at(self) -> datetime | None:
        """When the key or token, or else the account, was last used."""
        row = self.opened_by or self.account
        return row.last_used_at if row else None

    def ways(
        self,
        system: str,
        capabilities: Collection[Capability],
        conditions: Iterable[str],
        secrets: tuple[str, Sequence[str]],
        comment: str | None,
    ) -> Iterator[Entitlement]:
        """The path to a system, where it gives anything.

        Args:
            system: the project's.
            capabilities: what it gives beside the secrets.
            conditions: what it asks for.
            secrets: what they are called, and the names of those that the holder may manage.
            comment: of the key or token.
        """
        grant, (what, names) = self.grant, secrets
        held = frozenset(capabilities) | ({Capability.MANAGE_SECRETS} if names else frozenset())
        if held:
            yield Entitlement(
                identity=self.identity,
                account=grant.principal,
                provider=grant.provider,
                scope=grant.resource,
                system=system,
                capabilities=held,
                level=level_of(held),
                path=(*path_of(grant), *([f"{what} {few(names, _MOST_NAMES)}"] if names else ())),
                resource=grant.resource,
                credential=self.deploy_key.credential if self.deploy_key else None,
                expires_at=grant.expires_at,
                conditions=tuple(conditions),
                granted_at=grant.granted_at,
                last_used_at=self.last_used_at,
                ticket=grant.ticket,
                written=(grant.condition, comment),
                handles=(grant.handle,) if grant.handle else (),
                evidence=(pointer(grant),),
            )


def held_by_project(provider: str, rows: Snapshots, who: IdentityOf, at: datetime) -> Mapping[str, list[Held]]:
    """The roles that are held at a moment, by the path of their project or group in lower case.

    Those that are over by then, and accounts that are switched off, are left out.
    """
    accounts = {row.account: row for row in rows.accounts if row.provider == provider}
    keys = {(row.account, row.resource): row for row in rows.credentials if row.provider == provider}
    found: defaultdict[str, list[Held]] = defaultdict(list)
    for grant in rows.grants:
        if grant.provider != provider or not grant.lasts(at):
            continue
        account, key = accounts.get(grant.principal), keys.get((grant.principal, grant.resource))
        own = key if grant.principal.startswith(f"{provider}-deploy-key:") else None
        if account is None or account.enabled is not False:
            held = Held(grant, who(_known(grant, own, who)), account, key, own)
            found[grant.resource.casefold()].append(held)
    return found


def _known(grant: Grant, deploy_key: Credential | None, who: IdentityOf) -> str:
    """The account to ask for: a deploy key's fingerprint where somebody declares it, else the principal."""
    if deploy_key is None:
        return grant.principal
    owner = who(deploy_key.credential)
    return deploy_key.credential if owner.person or owner.owner else grant.principal


def ways_of(held: Held, conditions: Iterable[str]) -> Iterator[Entitlement]:
    """The path of whoever can have a pipeline run, into the forge alone."""
    return held.ways("", {Capability.DEPLOY}, dict.fromkeys(conditions), ("", ()), None)


def path_of(grant: Grant) -> tuple[str, ...]:
    """By which steps somebody comes to a role: how it reaches them, where that is not directly, and the role."""
    step = f"{grant.role} of {grant.resource}"
    return (grant.condition, step) if grant.condition else (step,)


def groups_of(memberships: Iterable[Membership], prefix: str, at: datetime) -> Mapping[str, set[str]]:
    """Who belongs to which group at a moment, of the groups whose names begin like this."""
    return distinct((row.group, row.member) for row in memberships if row.group.startswith(prefix) and row.lasts(at))


def by_roles(held: Iterable[tuple[int, Grant]], *, least: int, sure: int) -> Permitted:
    """Whether roles allow what takes one.

    Args:
        held: the roles that somebody has there, each with its rank.
        least: with any rank below, it is not allowed.
        sure: with any rank from here on, it is; in between, that cannot be told.
    """
    ranked = [(rank, ", ".join(reversed(path_of(grant)))) for rank, grant in held]
    return any_of(
        allowed(words) if rank >= sure else not_known(f"whether a {words} may do it is not in the evidence", words)
        for rank, words in ranked
        if rank >= least
    )


def anybody(account: str) -> Identity:
    """Who is behind an account, where that does not matter."""
    return Identity(account=account, actor_class=ActorClass.UNKNOWN)
