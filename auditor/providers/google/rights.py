"""Rights in Google Cloud: every path by which somebody reaches a system, and what could not be told."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf, Unresolved
from auditor.model.levels import level_of
from auditor.model.tables import Account, Grant
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.google.conditions import Terms, held_and_eligible
from auditor.providers.google.crowds import living, trusts
from auditor.providers.google.denials import Denials
from auditor.providers.google.holders import Directory, Holder
from auditor.providers.google.logins import login_access
from auditor.providers.google.names import Names
from auditor.providers.google.paths import Right, path_to
from auditor.providers.google.pipelines import pipelines
from auditor.providers.google.projects import ProjectTree, whole
from auditor.providers.google.reach import Becoming, account_project, becoming, chains, each_cut, workload_project
from auditor.providers.google.roles import STARTED, UNRESTRICTED
from auditor.providers.google.unread import uncounted, unknown_staff, unnamed, unread, unseen_homes
from auditor.providers.rights import Rights, without_contained

_NARROWING = re.compile(r"\b(?:resource|api)\.")


_NOTHING_TO_START = Terms(facts=("they may start something that runs as it",))
_AS_A_USER = Terms(facts=("the database grants it to their user",))
_SUSPENDED = "no way in: the account is suspended"


def google_access(config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
    """Who reaches which system through Google's IAM at a moment, and how.

    The rows may be of any provider and project. `who` gives the identity behind an account, `at` is the time of the
    audit: bindings whose time is over, or has not come, are left out.
    """
    grants = [grant for grant in rows.grants if grant.provider == "gcp" and grant.role != "authorized_keys"]
    accounts = [row for row in rows.accounts if row.provider == "gcp"]
    land = ProjectTree.of(config, rows.policies)
    directory = Directory.of(rows)
    scopes = {row.account: row.scope for row in accounts if row.enabled is not None}
    names = Names(land, directory, scopes, at)
    robots = [row.account for row in accounts if row.account.startswith("serviceAccount:")]
    homes = {name: account_project(name, scopes, land) for name in robots}
    listed = {homes[name] for name in homes.keys() & scopes.keys()}
    resolver = _Resolver(land, directory, Denials.of(land, names, rows.policies), who, at, homes, listed)
    resolver.take(grants)
    access = (*resolver.access(accounts), *login_access(land, rows.credentials, who, at))
    return Rights(
        access=access,
        eligible=tuple(resolver.eligible()),
        foreign_trusts=tuple(trusts(access, [one.email for one in config.people if one.email])),
        writing_roles=frozenset(_writing(access)),
        unresolved=(
            *directory.unresolved.values(),
            *unread(land),
            *resolver.unresolved(),
        ),
        pipelines=tuple(trust for name in dict.fromkeys(path.account for path in access) for trust in pipelines(name)),
    )


def _writing(access: Iterable[Entitlement]) -> Iterator[tuple[str, str | None]]:
    """Service accounts that nobody declares, with the systems that a token of theirs changes."""
    for path in access:
        undeclared = path.identity.actor_class is ActorClass.UNKNOWN
        if path.account.startswith("serviceAccount:") and undeclared and path.level.changes:
            yield path.account, path.system


class _Resolver(Struct):
    land: ProjectTree
    directory: Directory
    denials: Denials
    who: IdentityOf
    at: datetime
    homes: Mapping[str, str]
    listed: Collection[str]
    _sets: dict[str, str] = field(default_factory=dict)
    _held: dict[str, list[tuple[Holder, Right]]] = field(default_factory=lambda: defaultdict(list))
    _eligible: dict[str, list[tuple[Holder, Right]]] = field(default_factory=lambda: defaultdict(list))
    _becoming: dict[str, list[Becoming]] = field(default_factory=lambda: defaultdict(list))
    _starting: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    def take(self, grants: Sequence[Grant]) -> None:
        """Work out what every binding gives, and to whom."""
        for grant in grants:
            ways, asked = held_and_eligible(grant.condition, self.at)
            rights, eligible = list(self._rights(grant, ways)), list(self._rights(grant, asked))
            hops = [Becoming(Holder(""), grant, ways[0], act) for act in self.directory.acts(grant.role) if ways]
            places = self._places(grant.resource) if ways and self.directory.starts(grant.role) else ()
            if not (rights or eligible or hops or places):
                continue
            for holder in self._holders(grant.principal):
                name = holder.account
                self._held[name] += [(holder, left) for one in rights for left in self._left(one, name)]
                self._eligible[name] += [(holder, left) for one in eligible for left in self._left(one, name)]
                self._becoming[holder.account] += [replace(hop, holder=holder) for hop in hops]
                self._starting[name].update(places)

    def access(self, accounts: Sequence[Account]) -> Iterator[Entitlement]:
        """Every path of everyone who has one, their own and those through service accounts."""
        held = {name for name in self._held if name.startswith("serviceAccount:")}
        homes = {**self.homes, **{name: account_project(name, {}, self.land) for name in held - self.homes.keys()}}
        workloads = ((name, workload_project(name, self.land)) for name in {*self._held, *self._becoming})
        homes |= {name: home for name, home in workloads if home}
        hops = {
            name: [left for hop in becoming(found, homes, self.land) for left in self._left_hop(hop, homes)]
            for name, found in self._becoming.items()
        }
        used = {row.account: row.last_used_at for row in accounts}
        off = {row.account for row in accounts if row.enabled is False}
        disabled = off & homes.keys()
        for name in sorted({*self._held, *hops} - disabled):
            found = [self._path(name, (), holder, right) for holder, right in self._held.get(name, ())]
            for chain in chains(name, hops):
                if not disabled.isdisjoint(hop.account for hop in chain):
                    continue
                last = chain[-1].account
                reached = (
                    self._path(name, way, holder, right)
                    for way in each_cut(chain, hops[name])
                    for holder, right in self._held.get(last, ())
                )
                found += [one for one in reached if not any(_holds_as_much(own, one) for own in found)]
            shut = (_SUSPENDED,) if name in off else ()
            whole = without_contained(found)
            yield from (replace(one, last_used_at=used.get(name), conditions=(*one.conditions, *shut)) for one in whole)

    def eligible(self) -> Iterator[Entitlement]:
        """The paths that their holders may ask an access broker for."""
        for name, found in sorted(self._eligible.items()):
            yield from (replace(self._path(name, (), holder, right), eligible=True) for holder, right in found)

    def unresolved(self) -> Iterator[Unresolved]:
        """What the evidence does not tell of those who have something."""
        changing = (name for name, found in self._held.items() if any(right.level.changes for _, right in found))
        yield from unseen_homes(self.land, changing)
        yield from unnamed({hop.grant.resource for found in self._becoming.values() for hop in found})
        yield from unknown_staff(self._held, self.who)
        yield from uncounted(self.land, self._sets, self.listed)

    def _holders(self, member: str) -> Iterator[Holder]:
        """Everyone who has what a member of a binding has; of all that live somewhere, those that are known."""
        there = living(member)
        if there is None:
            yield from self.directory.holders(member, self.at)
        elif there[1]:
            self._sets[member], projects = there[0], self.land.under(there[0])
            step = f"every service account of {self.land.id_of(there[0])}"
            yield from (Holder(name, (step,)) for name, home in sorted(self.homes.items()) if home in projects)

    def _rights(self, grant: Grant, ways: Sequence[Terms]) -> Iterator[Right]:
        """What a binding gives in one of these ways: a right for each system, or one for everything in each project."""
        if not ways:
            return
        held, within = self.directory.capabilities(grant.role), self.directory.within_databases(grant.role)
        yield from self._giving(grant, held - within, ways)
        yield from self._giving(grant, within, [one.also(_AS_A_USER) for one in ways])

    def _giving(self, grant: Grant, held: frozenset[Capability], ways: Sequence[Terms]) -> Iterator[Right]:
        if not held:
            return
        if grant.resource.startswith("//"):
            yield from self._on_resource(grant, held, ways)
            return
        for project in self.land.under(grant.resource):
            everything = next((terms for terms in ways if not _narrow(terms, project)), None)
            if grant.role in UNRESTRICTED and everything is not None:
                yield Right(grant, project, None, held, Level.ADMIN, everything)
                continue
            level = self._level(grant.role, held)
            taken: set[str] = set()
            for terms in ways:
                for system in self.land.systems_of(project, terms.patterns):
                    if system not in taken:
                        taken.add(system)
                        yield Right(grant, project, system, held, level, terms)

    def _left(self, right: Right, account: str) -> Iterator[Right]:
        """What deny policies leave of a right in an account's hands; all but everything is a right on each system."""
        denials = self.denials.of_holder(account, right.scope)
        if not denials:
            yield right
            return
        left = self.directory.left(right.grant.role, right.capabilities, denials)
        if not left.capabilities:
            return
        terms = right.terms.also(Terms(facts=left.facts))
        whole = left.capabilities == right.capabilities
        level = right.level if whole else min(right.level, level_of(left.capabilities), key=list(Level).index)
        systems = [right.system] if whole or right.system else self.land.systems_of(right.scope, ())
        for system in systems:
            yield Right(right.grant, right.scope, system, left.capabilities, level, terms, left.denied)

    def _places(self, resource: str) -> tuple[str, ...]:
        """The projects in which a binding on something lets start what it lets start."""
        if resource.startswith("//"):
            home = self.land.home(resource)
            return (home,) if home else ()
        return self.land.under(resource)

    def _left_hop(self, hop: Becoming, homes: Mapping[str, str]) -> Iterator[Becoming]:
        """A hop, unless deny policies on where the account lives take it; an `if`, where nothing may be started there.

        By default Google lets nothing run as the account of another project.
        """
        home = homes.get(hop.account, "")
        if hop.act == STARTED and home not in self._starting[hop.holder.account]:
            hop = replace(hop, terms=hop.terms.also(_NOTHING_TO_START))
        denials = self.denials.of_holder(hop.holder.account, home)
        sure = [one for one in denials if not one.unless]
        if denials and hop.act not in self.directory.acts(hop.grant.role, sure):
            return
        hangs = [one.unless for one in denials if hop.act not in self.directory.acts(hop.grant.role, [*sure, one])]
        yield replace(hop, terms=hop.terms.also(Terms(facts=tuple(hangs)))) if hangs else hop

    def _level(self, role: str, held: frozenset[Capability]) -> Level:
        """How far it goes where it is not everything; root on the machines is theirs whole."""
        if self.directory.opens_root(role):
            return Level.ADMIN
        return Level.WRITE if role in UNRESTRICTED else level_of(held)

    def _on_resource(self, grant: Grant, held: frozenset[Capability], ways: Sequence[Terms]) -> Iterator[Right]:
        """A binding on a single resource; on service accounts it is reach, and on nothing of a system it is nothing."""
        project = self.land.home(grant.resource)
        if project is None or "/serviceAccounts/" in grant.resource:
            return
        system = self.land.system_of(project, grant.resource)
        if system:
            level = self._level(grant.role, held)
            yield Right(grant, project, system, held, level, ways[0])

    def _path(self, start: str, chain: Sequence[Becoming], holder: Holder, right: Right) -> Entitlement:
        is_root = self.directory.opens_root(right.grant.role)
        return path_to(right, self.who(start), start, chain, holder, is_root=is_root)


def _narrow(terms: Terms, project: str) -> bool:
    """Whether a condition leaves out something of the project itself, not only times and places to come from."""
    return any(not whole(p, project) for p in terms.patterns) or any(map(_NARROWING.search, terms.facts))


def _holds_as_much(own: Entitlement, other: Entitlement) -> bool:
    """Whether one path of a holder makes another of no account: it gives the same on the same, and asks for nothing."""
    return (
        (own.scope, own.system) == (other.scope, other.system)
        and not own.conditions
        and own.capabilities >= other.capabilities
        and (own.unrestricted or not other.unrestricted)
        and (own.expires_at is None or bool(other.expires_at and other.expires_at <= own.expires_at))
    )
