"""Rights in database servers: what each login may do by its own grants, through roles, and as an owner."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct, field

from auditor.config.models import Config
from auditor.config.systems import PostgresResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Entitlement, Identity, IdentityOf, Unresolved
from auditor.model.findings import pointer
from auditor.model.handles import write_handle
from auditor.model.levels import level_of
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.tables import Account, Credential, Grant, Membership
from auditor.model.vocabulary import Capability
from auditor.providers.databases.words import ALL_PRIVILEGES, EVERYTHING, PUBLIC, RUNS_AS, SUPERUSER
from auditor.providers.rights import Rights, without_contained
from auditor.providers.systems import Systems


class Way(Struct, frozen=True):
    """How a login comes to a role's rights.

    Args:
        role: the role; at first the login itself.
        steps: by which it comes there, in words.
        becomes: whether it can be the role, with its attributes, and not only use what that was given.
        gives: whether it may let others in as well.
    """

    role: str
    steps: tuple[str, ...] = ()
    rows: tuple[Membership, ...] = ()
    becomes: bool = True
    gives: bool = False


class Entrance(Struct, frozen=True):
    """How a login comes in to use a right: until when, and under which conditions."""

    expires_at: datetime | None = None
    conditions: tuple[str, ...] = ()


class Server(Struct, frozen=True):
    """What is known of one server; `document` is what holds for all of it."""

    name: str
    provider: str
    document: Mapping[str, Any]
    accounts: dict[str, Account] = field(default_factory=dict)
    roles_of: defaultdict[str, list[Membership]] = field(default_factory=lambda: defaultdict(list))
    grants_of: defaultdict[str, list[Grant]] = field(default_factory=lambda: defaultdict(list))
    credentials: dict[str, Credential] = field(default_factory=dict)

    def short(self, account: str) -> str:
        """A role as people of the server call it."""
        row = self.accounts.get(account)
        return (row and row.name) or account

    def ways(self, account: str) -> list[Way]:
        """Every role whose rights a login has or can take, the login itself first and PUBLIC last.

        A role comes once for each of the login's own memberships that lead to it: leaving one of two ends nothing.
        """
        ways = [Way(account)]
        found = {(account, account, True, False)}
        for way in ways:
            for row in self.roles_of[way.role]:
                options = details(row.condition)
                admin, inherits = bool(options.get("admin")), bool(options.get("inherit", True))
                sets = bool(options.get("set", True))
                enters = "member of" if inherits else "may become" if sets else "may let itself into"
                steps = (*way.steps, f"{enters} {self.short(row.group)}")
                becomes, gives = way.becomes and (sets or admin), way.gives or admin
                rows = (*way.rows, row)
                known = (rows[0].group, row.group, becomes, gives)
                if (inherits or sets or admin) and known not in found:
                    found.add(known)
                    ways.append(Way(row.group, steps, rows, becomes, gives))
        return [*ways, Way(f"{self.provider}:{PUBLIC}@{self.name}", ("PUBLIC",), becomes=False)]


class Login:
    """One login, every role that it comes to, and what those hold."""

    def __init__(self, server: Server, account: Account, at: datetime) -> None:
        self.server, self.account, self.at = server, account, at
        self.credential = server.credentials.get(account.account)
        self.ways = server.ways(account.account)
        held = ((way, grant) for way in self.ways for grant in server.grants_of[way.role])
        # What a role is, only those have who can become it; the rest is inherited.
        self.held = [one for one in held if one[0].becomes or one[1].resource != EVERYTHING]
        self.unrestricted = any(has_all(grant) for _, grant in self.held)


Enter = Callable[[Login, Grant], Entrance | None]
"""How a login comes to use a right; None where it cannot."""


def database_rights(
    provider: str, config: Config, rows: Snapshots, who: IdentityOf, at: datetime, enter: Enter
) -> Rights:
    """Who may read and change what in a provider's servers at a moment; `enter` is how a login comes to use a right."""
    access: list[Entitlement] = []
    unresolved: dict[Subject, Unresolved] = {}
    places = Places(provider, config)
    for server in servers(provider, rows):
        for account in server.accounts.values():
            if account.enabled is not False:
                login = Login(server, account, at)
                access += without_contained(list(_paths(login, who(account.account), places, enter)))
        for lost in _unresolved(server, places):
            unresolved.setdefault(lost.subject, lost)
    return Rights(access=tuple(access), unresolved=tuple(unresolved.values()))


def servers(provider: str, rows: Snapshots) -> Iterable[Server]:
    """The servers of a provider in snapshot rows, each with its accounts, memberships and grants."""
    prefix = f"{provider}:"
    found = {
        row.attached_to: Server(row.attached_to, provider, details(row.document))
        for row in rows.policies
        if row.kind == "server" and row.policy == f"{prefix}{row.attached_to}"
    }
    for account in rows.accounts:
        if account.provider == provider and account.scope in found:
            found[account.scope].accounts[account.account] = account
    for row in rows.memberships:
        if row.member.startswith(prefix) and (server := found.get(row.member.rpartition("@")[2])):
            server.roles_of[row.member].append(row)
    for grant in rows.grants:
        if grant.provider == provider and (server := found.get(grant.principal.rpartition("@")[2])):
            server.grants_of[grant.principal].append(grant)
    for credential in rows.credentials:
        if credential.provider == provider and (server := found.get(credential.resource or "")):
            server.credentials[credential.account] = credential
    return found.values()


class Places:
    """The systems of a provider's databases and schemas."""

    def __init__(self, provider: str, config: Config) -> None:
        self._provider, self._systems = provider, Systems(config)
        self._schemas = config.resources_of(PostgresResource)

    def of(self, instance: str, resource: str) -> list[str]:
        """The systems that a right on all of a server, a database or a schema is on."""
        if resource == EVERYTHING:
            return list(self._systems.of_scope(self._provider, instance))
        whole = self._systems.of(self._provider, instance, resource)
        below = {
            system
            for system, place in self._schemas
            if place.schema_ and place.has_scope(instance) and resource in (place.database, EVERYTHING)
        }
        return sorted(below | ({whole} if whole else set()))


def _paths(login: Login, identity: Identity, places: Places, enter: Enter) -> Iterator[Entitlement]:
    """A path for each right that a login can use, and each system that it is on."""
    server, account = login.server, login.account
    for way, grant in login.held:
        if not grant.capabilities or (entrance := enter(login, grant)) is None:
            continue
        held = frozenset(map(Capability, grant.capabilities))
        held |= {Capability.MANAGE_ACCESS} if way.gives else frozenset()
        unrestricted = has_all(grant)
        systems = places.of(server.name, grant.resource)
        for system in [None] if unrestricted and systems else systems:
            yield Entitlement(
                identity=identity,
                account=account.account,
                provider=server.provider,
                scope=server.name,
                system=system,
                capabilities=held,
                level=level_of(held),
                unrestricted=unrestricted,
                path=(*way.steps, step(grant)),
                resource=None if grant.resource == EVERYTHING else grant.resource,
                credential=login.credential.credential if login.credential else None,
                expires_at=entrance.expires_at,
                conditions=entrance.conditions,
                written=(grant.role, *(server.short(row.group) for row in way.rows)),
                handles=_handles(server, way, grant),
                evidence=tuple(map(pointer, (*way.rows, grant))),
            )


def has_all(grant: Grant) -> bool:
    """Whether it is every right on a server."""
    return grant.resource == EVERYTHING and grant.role in (SUPERUSER, ALL_PRIVILEGES)


def step(grant: Grant) -> str:
    """A right in words."""
    return grant.role if grant.resource == EVERYTHING else f"{grant.role} in {grant.resource}"


def _handles(server: Server, way: Way, grant: Grant) -> tuple[str, ...]:
    """What takes a path away: the first membership on it, or else the grant; what PUBLIC has, all have."""
    if not way.rows:
        return (grant.handle,) if grant.handle and not way.steps else ()
    first = way.rows[0]
    role, member = server.short(first.group), server.short(first.member)
    return (write_handle(server.provider, "member", server.name, role=role, member=member),)


def _unresolved(server: Server, places: Places) -> Iterator[Unresolved]:
    """What could not be told: functions that use others' rights, and databases that no system claims."""
    held = [grant for grants in server.grants_of.values() for grant in grants]
    # What a superuser owns says nothing that is not known of it.
    superusers = {grant.principal for grant in held if has_all(grant)}
    for grant in held:
        claimed = places.of(server.name, grant.resource)
        if claimed and RUNS_AS in grant.role:
            reason = f"{step(grant)}: what they do for whoever calls them is not judged."
            subject = Subject.of_account(grant.principal)
        elif grant.capabilities and not claimed and grant.principal not in superusers:
            reason = "rights in it were read, and no system of auditor.yaml claims it."
            place = f"{server.provider} {server.name}" + ("" if grant.resource == EVERYTHING else f"/{grant.resource}")
            subject = Subject(kind=SubjectKind.LOG, thing=place, label=place)
        else:
            continue
        yield Unresolved(subject=subject, reason=reason, tables=(Grant.TABLE,))
