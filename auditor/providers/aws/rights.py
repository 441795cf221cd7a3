"""Rights in AWS: every path by which a user, or a role that machines use, reaches a system."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.systems import System
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, ForeignTrust, Identity, IdentityOf
from auditor.model.findings import Evidence, pointer
from auditor.model.tables import Account, Row
from auditor.model.vocabulary import EVERYTHING, AccountKind, ActorClass, Level
from auditor.providers.aws.accounts import RESERVED
from auditor.providers.aws.assigned import Assigned
from auditor.providers.aws.holdings import Holdings, Right
from auditor.providers.aws.pipelines import pipelines
from auditor.providers.aws.policy import soonest
from auditor.providers.aws.principals import Directory, Principal, Source
from auditor.providers.aws.reach import Hop, Path, Reach, paths
from auditor.providers.aws.resource_policies import ResourcePolicies
from auditor.providers.aws.unguarded import Unguarded
from auditor.providers.aws.uses import Uses
from auditor.providers.aws.vendors import Vendors, held_by, identity_of
from auditor.providers.aws.ways import Ways
from auditor.providers.rights import Rights, without_contained

NO_WAY_IN = "no way in: no active key or password"

_OWN_WORK = "only services of AWS become it, for their own work"
_SERVICE_LINKED = "/aws-service-role/"


def aws_access(config: Config, rows: Snapshots, who: IdentityOf, at: datetime, system: System | None = None) -> Rights:
    """Who reaches which system through AWS's IAM at a moment, and how.

    The rows may be of any provider and account. `who` gives the identity behind an account, `at` is the time of the
    audit: rights that ended before it are left out. Where a `system` is asked about, what IAM's policies give on others
    is left out too.
    """
    directory = Directory.of(rows)
    shared = ResourcePolicies(config, directory, at)
    principals = shared.over(directory.principals(at))
    assigned = Assigned.of(directory, principals, rows, at)
    usable = {c.account for c in rows.credentials if c.kind in ("access-key", "password") and c.enabled and c.lasts(at)}
    passwords = frozenset(c.account for c in rows.credentials if c.kind == "password") if rows.credentials else None
    holdings = Holdings(config, at, system.id if system else None, rows.policies)
    uses = Uses.of(rows.service_uses)
    resolver = _Resolver(
        Vendors.of(config),
        directory,
        principals,
        assigned,
        frozenset(usable),
        passwords,
        holdings,
        uses,
        who,
        at,
        shared,
    )
    trusts = tuple(resolver.foreign_trusts())
    strangers = (path for trust in trusts for path in trust.access if path.account == trust.principal)
    unguarded = Unguarded.of(config, directory, rows.policies)
    return Rights(
        access=(*map(unguarded.told, resolver.access()), *strangers),
        foreign_trusts=trusts,
        writing_roles=frozenset(resolver.writing_roles()),
        unresolved=(*directory.unresolved.values(), *assigned.unresolved),
        pipelines=tuple(trust for one in resolver.principals.values() if one.is_role for trust in pipelines(one, at)),
    )


class _Resolver(Struct, frozen=True, dict=True):
    vendors: Vendors
    directory: Directory
    own: Mapping[str, Principal]
    assigned: Assigned
    usable: frozenset[str]
    passwords: frozenset[str] | None
    holdings: Holdings
    uses: Uses
    who: IdentityOf
    at: datetime
    shared: ResourcePolicies

    @cached_property
    def ways(self) -> Ways:
        """Whom a principal can become."""
        return Ways(self.directory, self.own, self.assigned, self.passwords, self._is_endless, self.at)

    @property
    def principals(self) -> Mapping[str, Principal]:
        """Everybody whom somebody can be."""
        return self.ways.principals

    @property
    def reach(self) -> Reach:
        """Who can become which role by IAM alone."""
        return self.ways.reach

    def _is_endless(self, one: Principal) -> bool:
        """Whether its own policies give it everything for ever, though it may be under conditions."""
        rights = ((source, right) for source in one.sources for right in self.holdings.of(one, source))
        return any(right.system is None and soonest(source.ends, right.ends) is None for source, right in rights)

    def access(self) -> Iterator[Entitlement]:
        """Every path of everyone who begins one."""
        for principal in self.principals.values():
            begins = principal.row.kind != AccountKind.ROOT and (not principal.is_role or self._begins(principal))
            yield from without_contained(self._whole(principal)) if begins else ()
        for trust in self.reach.outsiders():
            if vendor := self.vendors.named(trust.principal, trust.external_ids):
                yield from (held_by(vendor, trust, one) for one in self._of_role(self.principals[trust.role]))
        for name, one in self.shared.strangers():
            if vendor := self.vendors.named(name):
                yield replace(
                    one, identity=identity_of(vendor, one.account), path=(f"vendor {vendor.id}", *one.path[1:])
                )
        for row in self.directory.accounts.values():
            if row.kind == AccountKind.ROOT:
                yield self._root(row)

    def _whole(self, holder: Principal) -> list[Entitlement]:
        """Everything that one holder reaches."""
        reached = {holder.arn: Path(), **paths(holder.arn, self.ways.hops, self.assigned.names(holder.arn))}
        found = [
            one
            for arn, path in reached.items()
            for way in self.ways.each_cut(holder.arn, path)
            for one in self._through(holder, self.principals[arn], way)
        ]
        if any(map(_is_endless, found)):
            return found
        # One way to everything is enough, and the shortest tells most.
        given = [one for last, path in self.ways.given(reached) for one in self._through(holder, last, path)]
        given.sort(key=lambda one: (not one.unrestricted, len(one.path)))
        return [*found, *(given[:1] if given and _is_endless(given[0]) else given)]

    def _of_role(self, role: Principal) -> list[Entitlement]:
        """What whoever becomes a role reaches."""
        return list(without_contained(self._whole(role)))

    def foreign_trusts(self) -> Iterator[ForeignTrust]:
        """Roles that strangers can assume, with what they then hold; declared ones too, where anybody at all can."""
        for trust in self.reach.outsiders():
            role = self.principals[trust.role]
            if not self.vendors.named(trust.principal, trust.external_ids) and not self.vendors.is_own(trust.principal):
                yield self._foreign(role, trust.principal, tuple(f"only {fact}" for fact in trust.facts))
        for principal, one in self.shared.strangers():
            if not self.vendors.named(principal) and not self.vendors.is_own(principal):
                yield ForeignTrust(
                    role=one.resource or "",
                    system=one.system,
                    principal=principal,
                    conditions=one.conditions,
                    access=(one,),
                    evidence=one.evidence,
                )
        yield from self.shared.nameless()
        for role in self.principals.values():
            for opener in self.reach.openers(role) if role.is_role and self._holder(role)[0].owner else ():
                if opener.anybody and any(path.writes for path in self._of_role(role)):
                    yield self._foreign(role, opener.words, ())

    def _foreign(self, role: Principal, principal: str, conditions: tuple[str, ...]) -> ForeignTrust:
        return ForeignTrust(
            role=role.arn,
            principal=principal,
            conditions=conditions,
            access=tuple(self._of_role(role)),
            evidence=_evidence((role.row, role.trust_row)),
        )

    def writing_roles(self) -> Iterator[tuple[str, str | None]]:
        """Roles with the systems that their sessions can change, whoever opens them."""
        for role in self.principals.values():
            if role.is_role and role.known:
                rights = (right for source in role.sources for right in self.holdings.of(role, source))
                yield from ((role.arn, right.system) for right in rights if right.level.changes)

    def _begins(self, role: Principal) -> bool:
        """Whether paths begin at a role: it is declared, or not only IAM's principals become it."""
        if _SERVICE_LINKED in role.arn or RESERVED in role.arn:
            return False
        return bool(self.reach.openers(role)) or self.who(role.arn).actor_class is not ActorClass.UNKNOWN

    def _through(self, holder: Principal, last: Principal, path: Path) -> Iterator[Entitlement]:
        """What the holder has by the policies of the path's last principal."""
        steps = [self.principals[hop.role] for hop in path.hops]
        if not all(principal.known for principal in (holder, *steps)):
            return
        for source in last.sources:
            lasting = [
                (right, ends)
                for right in self.holdings.of(last, source)
                if (ends := soonest(path.ends, source.ends, right.ends)) is None or ends > self.at
            ]
            if lasting:
                yield from self._by(holder, last, path, source, lasting)

    def _by(
        self,
        holder: Principal,
        last: Principal,
        path: Path,
        source: Source,
        rights: Sequence[tuple[Right, datetime | None]],
    ) -> Iterator[Entitlement]:
        """Rights that one policy gives over one path, each with its end."""
        trusts = [
            hop.grant or self.directory.grant(hop_from, hop.role) for hop_from, hop in _with_start(holder.arn, path)
        ]
        grants = [grant for grant in (*trusts, source.grant) if grant]
        kind = "role" if holder.is_role else "user"
        assumed = [hop.steps or (f"assumes role {self.principals[hop.role].name}",) for hop in path.hops]
        rows = (holder.row, *(row for hop in path.hops for row in hop.rows), *source.rows)
        identity, opened_by = self._holder(holder)
        opened = [" or ".join(opened_by)] if opened_by else []
        written = (*chain.from_iterable(assumed), *source.steps)
        granted_at = max((grant.granted_at for grant in grants if grant.granted_at), default=None)
        ticket = next((grant.ticket for grant in grants if grant.ticket), None)
        cut = self.ways.cut(holder.arn, path.hops[0]) if path.hops else source.grant and source.grant.handle
        evidence = _evidence(rows)
        for right, ends in rights:
            used = self.uses.of_right(last.row, right)
            yield Entitlement(
                identity=identity,
                account=holder.arn,
                provider="aws",
                scope=source.account or last.row.scope,
                system=right.system,
                capabilities=right.capabilities,
                level=right.level,
                unrestricted=right.system is None,
                borrowed=bool(path.hops),
                path=(*opened, f"{kind} {holder.name}", *written),
                resource=right.through,
                expires_at=ends,
                conditions=self._conditions(holder, (*path.facts, *right.facts)),
                granted_at=granted_at,
                last_used_at=used.last_at,
                watched_since=used.watched_since,
                ticket=ticket,
                written=written,
                handles=(cut,) if cut else (),
                opened_by=opened_by,
                evidence=evidence,
            )

    def _holder(self, holder: Principal) -> tuple[Identity, tuple[str, ...]]:
        """Who is behind a user or role; for a role that nobody declares, whoever becomes it, declared or not."""
        identity = self.who(holder.arn)
        if identity.person or identity.owner or not holder.is_role:
            return identity, ()
        found = [(self.who(opener.account), opener) for opener in self.reach.openers(holder)]
        strangers = [opener for who, opener in found if not (who.person or who.owner)]
        if not found or strangers:
            if strangers and all(opener.own_work for opener in strangers) and not identity.candidates:
                identity = Identity(account=holder.arn, actor_class=ActorClass.PROVIDER, how=_OWN_WORK)
            return identity, tuple(dict.fromkeys(opener.words for opener in strangers))
        return replace(found[0][0], account=holder.arn), ()

    def _conditions(self, holder: Principal, facts: Iterable[str]) -> tuple[str, ...]:
        said = dict.fromkeys(fact if fact.startswith(("denied ", "unless ")) else f"only {fact}" for fact in facts)
        sealed = not holder.is_role and holder.row.enabled is False and holder.arn not in self.usable
        return (*said, NO_WAY_IN) if sealed else tuple(said)

    def _root(self, row: Account) -> Entitlement:
        return Entitlement(
            identity=self.who(row.account),
            account=row.account,
            provider="aws",
            scope=row.scope,
            system=None,
            capabilities=EVERYTHING,
            level=Level.ADMIN,
            unrestricted=True,
            path=(f"root user of account {row.scope}",),
            last_used_at=row.last_used_at,
            evidence=(pointer(row),),
        )


def _is_endless(path: Entitlement) -> bool:
    """Whether it is everything for ever, though it may be under conditions."""
    return path.unrestricted and path.expires_at is None


def _with_start(start: str, path: Path) -> Iterator[tuple[str, Hop]]:
    """Each hop with the principal that makes it."""
    for hop in path.hops:
        yield start, hop
        start = hop.role


def _evidence(rows: Iterable[Row | None]) -> tuple[Evidence, ...]:
    # The same row is the same object here; comparing rows by all their columns would cost more than all the rest.
    return tuple(pointer(row) for row in {id(row): row for row in rows if row}.values())
