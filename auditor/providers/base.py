"""What the auditor asks of a provider: one object answers for each."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Protocol

from msgspec import Struct

from auditor.activity.results import Caller, JudgedEvent, UsedAct
from auditor.config.models import Config
from auditor.errors import UsageError
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Days, Store
from auditor.model.entitlements import Grant as Given
from auditor.model.entitlements import Identity, TicketRef, TrailFiles
from auditor.model.findings import CoverageLine
from auditor.model.handles import Handle
from auditor.model.tables import Account, Credential, Policy, Row, Trail
from auditor.model.through import Through
from auditor.model.vocabulary import ActorClass, Capability, Category, Severity
from auditor.providers.changes import Change, Seen
from auditor.providers.fitted import Fitted, Work
from auditor.providers.permitted import Permitted, not_known, rows_without
from auditor.providers.rights import Rights, stated_rights
from auditor.providers.settings import Setting, flat
from auditor.providers.systems import Systems
from auditor.providers.unseen import Unseen

# What a pipeline or a cluster calls itself in the token that it signs in with: `repo:…`, `project_path:…`.
SUBJECT = re.compile(r"[a-z_]+:[^\s@]+")


class AccountName(Struct, frozen=True):
    """What the way in which an account is written tells.

    Args:
        spellings: the ways in which the configuration may name it, most specific first.
        email: the e-mail address in it.
        actor_class: root or the provider's own, where it is that.
        workload_of: the account or project in which a workload has it.
        login: the login of a host that it is: whose keys open it says whose it is, and not its name.
        is_role: whether it is a role, which others become.
        short: as people read it.
        user: its name alone, where it is written with the place that it is of, and that can be left out.
    """

    spellings: tuple[str, ...]
    email: str | None = None
    actor_class: ActorClass | None = None
    workload_of: str | None = None
    login: str | None = None
    is_role: bool = False
    short: str | None = None
    user: str | None = None


class Unrecorded(Struct, frozen=True):
    """What an account's trails leave out.

    Args:
        lacks: each thing in words.
        summary: a sentence that says it; where `names_lacks`, one that ends in what they lack.
        severity: where it stands out.
    """

    lacks: tuple[str, ...]
    summary: str
    names_lacks: bool = False
    severity: Severity | None = None


class SessionName(Struct, frozen=True):
    """What the name of a session tells.

    Args:
        name: as whoever opened it chose it.
        directory: what the accounts begin with that sign in by this name, where a sign-in gave it.
        is_machine: whether it is the session that the provider hands to a machine.
    """

    name: str
    directory: str | None = None
    is_machine: bool = False


class Roster(Protocol):
    """Who stands behind accounts and names."""

    def who(self, account: str) -> Identity:
        """Who is behind an account; unknown when nobody is."""

    def named(self, name: str) -> Identity | None:
        """Somebody whom the provider names outright: an account, an e-mail, a roster id; or a declared workload."""

    def declares_any(self, prefix: str) -> bool:
        """Whether any account that begins like this is declared."""

    def knows_keys_of(self, identity: Identity) -> bool:
        """Whether any SSH key of theirs is declared, or the keys of any host were read."""


class StatedProvider:
    """A provider that nobody has described: what its rows state counts, and nothing else is assumed.

    Rooms of their own (`auditor/providers/<name>/`) describe a provider by overriding what they know better.

    Args:
        name: as rows name it.
    """

    OWN_CALLER: ClassVar[str | None] = None
    """The kind that its log gives to its own services' calls."""

    REPLAYED: ClassVar[tuple[str, ...]] = ()
    """Kinds of source whose rights can be moved to another moment by what the log tells (`changes`)."""

    LOG_KIND: ClassVar[str | None] = None
    """The kind of source that should tell of every account or host on which there are rights, and is never silent."""

    OWN_PROGRAMS: ClassVar[str | None] = None
    """A pattern of user agents: the programs by which it acts for people, its console and its shell among them."""

    VOUCHES_BY: ClassVar[str] = "whom the provider names"
    """By what it tells who is behind an account that is not a person's own."""

    TEMPORARY_CREDENTIAL: ClassVar[str | None] = None
    """How the names of its temporary credentials begin."""

    SESSION_REQUESTS: ClassVar[tuple[str, ...]] = ()
    """Actions that ask for a session as another account, which the resource names."""

    CONSOLE_SIGN_IN: ClassVar[str | None] = None
    """The action of signing in to its console, which only people do."""

    OBJECT_READS: ClassVar[tuple[str, ...]] = ()
    """Actions that read one stored object, such as a file in a bucket."""

    SECRETS_LISTED: ClassVar[tuple[tuple[str, int], ...]] = ()
    """Reads that show several secrets without naming them, as patterns of `action resource`, and how many at most."""

    BATCH_READS: ClassVar[tuple[str, ...]] = ()
    """Actions that read several secrets, each of which its log has as a read of its own as well."""

    MACHINES: ClassVar[str] = ""
    LOG_NAMES: ClassVar[str] = ""
    OPENS_SHELLS: ClassVar[bool] = False
    """Whether every login is a shell: a session with an end, of which the log need not tell what is done in it."""

    GIVEN_UNLOGGED: ClassVar[frozenset[str]] = frozenset()
    """Kinds of credentials that no log tells of: that one was given, the next snapshot shows."""

    OPENS_HOSTS: ClassVar[bool] = False
    """Whether SSH keys among its credentials open logins of hosts."""

    HOLDS_MANY: ClassVar[bool] = False
    """Whether one of its accounts holds several systems as a rule, which the names of what is in it tell apart."""

    NOT_READ: ClassVar[tuple[str, ...]] = ()
    """What bears on its rights and no source reads, as the documentation lists it."""

    HISTORY: ClassVar[Mapping[str, str]] = {}
    """Where the value before a change is kept, by the action that changed it, as in "it is in …"."""

    SEALED_WITHOUT_CREDENTIAL: ClassVar[bool] = False
    """Whether its rows show every way in: without one of them an account's rights are of no use."""

    def __init__(self, name: str) -> None:
        self.name = name

    def with_every_name(self, config: Config, policies: Iterable[Policy]) -> Config:
        """The configuration with every name that the provider has for the places in it."""
        return config

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """The accounts, projects and hosts of which rights were read."""
        scopes = {row.scope for row in rows.accounts if row.provider == self.name}
        return scopes | {row.resource for row in rows.grants if row.provider == self.name}

    def rights(self, config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
        """Everybody's paths to every system at a moment.

        Args:
            config: the configuration.
            rows: snapshots, of any provider.
            who: the identity behind an account.
            at: the moment, UTC; rights that are over by then are left out.
        """
        return stated_rights(self.name, config, rows, who, at)

    def permitted(self, config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
        """Whether rights allow each of some acts; not known where nobody has described which right an act takes.

        Args:
            config: the configuration.
            rows: snapshots, of any provider.
            acts: of this provider.
            at: the moment of the rights, UTC.
        """
        held = [f"{row.principal}: {row.role} on {row.resource}" for row in rows.grants if row.provider == self.name]
        held += [f"{row.account}: {row.credential}" for row in rows.credentials if row.provider == self.name]
        held += [f"{row.member} in {row.group}" for row in rows.memberships]
        return [not_known(f"which rights the acts in {self.name} take is not known", *held)] * len(acts)

    def without(self, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
        """Snapshots as they would be without some rights of this provider; None where it does not find one of them."""
        return rows_without(self.name, rows, handles)

    def fitted(self, config: Config, rows: Snapshots, work: Work) -> Fitted:
        """The smallest grant that allows what an account did; none where nobody has described how one is written.

        Args:
            config: the configuration.
            rows: snapshots, of any provider.
            work: what the account did and holds, of this provider.
        """
        used = frozenset[Capability]().union(*(self.capabilities(act.action) for act in work.acts))
        why = f"nobody has described how a grant of {self.name} is written"
        return Fitted(keeps=used, left=tuple((action, why) for action in sorted({act.action for act in work.acts})))

    def become(self, rows: Snapshots, accounts: Collection[str], at: datetime) -> frozenset[str]:
        """Whom some accounts are as soon as they sign in, without asking for a session that the log would tell of.

        Args:
            rows: snapshots, of any provider.
            accounts: as rows name them.
            at: the moment of the rows, UTC.
        """
        return frozenset()

    def rewritten(self, rows: Snapshots, holder: Account, text: str, replaces: str | None) -> Snapshots:
        """Snapshots with another document in the place of one of a holder's policies.

        Args:
            rows: snapshots, of any provider.
            holder: an account of this provider.
            text: the document.
            replaces: the name of the policy; None where there is no more than one.

        Raises:
            UsageError: it is none, or it is not said what it replaces; where rights are no documents, always.
        """
        raise UsageError(
            f"Rights in {self.name} are no documents that could be replaced.",
            do="Name an account whose policies are documents.",
        )

    def unseen(self, rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
        """What may have been done since a time, without any record, with rights that rows give and others do not.

        Args:
            rows: snapshots, of any provider.
            after: the same without the rights.
            from_: the first moment, UTC.
            at: the moment of the rows.
        """
        yield from ()

    def system_of_credential(self, row: Credential, systems: Systems) -> str | None:
        """The system that a credential opens by itself."""
        return systems.of(self.name, row.resource, None) if row.resource else None

    def names_at(self, config: Config, host: str) -> Iterator[tuple[str, str | None]]:
        """What may listen at an address: its account, project or host, and its name there."""
        yield from ()

    def account_name(self, account: str) -> AccountName | None:
        """What the way in which an account is written tells; None where it is not one of this provider's."""
        return None

    def everybody_of(self, scope: str) -> str | None:
        """The pattern of all accounts in an account, project or host; None where it has none of that name."""
        return None

    def service_roles(self, policies: Iterable[Policy]) -> frozenset[str]:
        """Roles that only services may become."""
        return frozenset()

    def issuer(self, member: str) -> str | None:
        """Whose tokens sign workloads in as a member of a role: a forge, a cluster; None where they are no workload's.

        Args:
            member: as the role's trust names it.
        """
        return None

    def caller(self, caller: Caller, roster: Roster) -> Identity | None:
        """Who made a call, where its own marks tell."""
        if self.OWN_CALLER is None or caller.actor_kind != self.OWN_CALLER:
            return None
        account = caller.account or caller.actor or ""
        return Identity(account=account, actor_class=ActorClass.PROVIDER, how="the provider's own call")

    def through(self, invoked_by: str | None) -> Through | None:
        """Through what somebody acted, as rows name it in `invoked_by`."""
        return Through.read(invoked_by)

    def session(self, actor: str) -> SessionName | None:
        """What the name of an actor's session tells."""
        return None

    def names_caller(self, account: str, declares: Callable[[str], bool]) -> bool:
        """Whether an account as the log has it tells callers apart.

        Args:
            account: of a caller.
            declares: whether any account that begins like this is declared.
        """
        return True

    def with_name(self, caller: Caller, named: Callable[[str], str | None]) -> Caller:
        """A caller by its account's name, where the log has it by the id that the provider gave it.

        Args:
            caller: as the log has it.
            named: the account that has an id, where one is known.
        """
        return caller

    def workload(self, caller: Caller) -> str | None:
        """The pipeline, cluster or machine that the provider vouches for: by its token's subject."""
        name = caller.on_behalf_of or ""
        return name if SUBJECT.fullmatch(name) else None

    def opens_shell(self, target: str) -> bool:
        """Whether signing in to this is a session on a machine or in a database, as a shell is."""
        return self.OPENS_SHELLS or bool(self.MACHINES and re.search(self.MACHINES, target))

    def capabilities(self, action: str) -> frozenset[Capability]:
        """The capabilities that an act of this name takes (`rds:ModifyDBInstance`); none where that is not known."""
        return frozenset()

    def grant_events(
        self, config: Config, events: Sequence[JudgedEvent], rows: Snapshots, who: Callable[[str], Identity]
    ) -> Iterator[Given]:
        """What was given to whom.

        Args:
            config: the configuration.
            events: this provider's successful grants, as the log tells them.
            rows: snapshots, of any provider.
            who: the identity behind an account.
        """
        yield from ()

    def requests(self, config: Config, events: Iterable[JudgedEvent]) -> Iterator[TicketRef]:
        """What people asked its access broker for and were granted, as tickets.

        Args:
            config: the configuration.
            events: the period's grants of this provider, with what its broker was asked and answered, earliest first.
        """
        yield from ()

    def read_at(self, rows: Snapshots) -> Mapping[str, datetime]:
        """When the rights of each scope were read, the earliest; under "" of all that are not listed."""
        times = [row.collected_at for row in rows.grants if row.provider == self.name]
        return {"": min(times)} if times else {}

    def changed_in(self, event: JudgedEvent) -> str:
        """The scope, as `read_at` has it, of the rights that an event changes: that of its log, or another."""
        return event.scope

    def changes(self, event: JudgedEvent, seen: Seen) -> Iterator[Change]:
        """The rights that an event gave or took, as rows; none where it cannot be told.

        Args:
            event: a successful grant.
            seen: what is known at its time.
        """
        yield from ()

    def asked(self, record: Mapping[str, Any]) -> Any:
        """The part of a raw record of its log that says what was asked for; None where there is none."""
        return None

    def answered(self, record: Mapping[str, Any]) -> Any:
        """The part of a raw record of its log that says what was answered; None where there is none."""
        return None

    def console(self, scope: str, resource: str | None, event_id: str | None, base: str | None) -> str | None:
        """Where people see an event, or what it was done to; None where there is no such place.

        Args:
            scope: account, project or host.
            resource: what it was done to.
            event_id: as the provider numbers it.
            base: the address of the server that was read, as the configuration has it.
        """
        return None

    def setting(self, action: str, asked: Any, answered: Any) -> Setting:
        """What a change set, by what its log says was asked and answered."""
        return Setting(values=flat(asked))

    def stood(self, action: str, asked: Any, place: tuple[str, str | None], rows: Iterable[Policy]) -> Setting | None:
        """What a change replaced or took away, as rows of a snapshot have it; None where they do not tell.

        Args:
            action: what was done.
            asked: what was asked for.
            place: its account, project or host, and what it was done to.
            rows: the policies of the snapshot.
        """
        return None

    def places_to_log(self, accounts: Iterable[Account], credentials: Iterable[Credential]) -> Mapping[str, Row]:
        """The accounts and hosts of which a log is due, each with a row that shows rights on it."""
        found: dict[str, Row] = {}
        for row in accounts:
            if row.provider == self.name:
                found.setdefault(row.scope, row)
        return found

    def bears_on_trail(self, event: JudgedEvent) -> bool:
        """Whether it is a change to the audit trail, or to what keeps it."""
        return event.category == Category.AUDIT_TRAIL or event.keeps_log

    def narrows_trail(self, event: JudgedEvent) -> bool:
        """Whether what bears on the audit trail leaves less recorded afterwards."""
        return not event.keeps_log

    def log_stores(
        self, store: Store, config: Config, trails: Iterable[Trail], touched: Iterable[str], days: Days
    ) -> frozenset[str]:
        """What its audit trails are kept in, as resources are written; what lies below one belongs to it.

        Args:
            store: the evidence.
            config: the configuration.
            trails: as they are set now.
            touched: what was acted on in the period.
            days: its first and its last day.
        """
        return frozenset()

    def unrecorded(self, scope: str, trails: Sequence[Trail]) -> Unrecorded | None:
        """What the trails of an account leave out together; None where the provider has no such trails."""
        return None

    def log_files(self, store: Store, config: Config, from_: datetime, at: datetime) -> TrailFiles:
        """Whether the stored log files of a period are those that were delivered."""
        return TrailFiles()

    def unread(self, config: Config) -> Iterator[CoverageLine]:
        """What bears on rights and is read by no source that is configured."""
        yield from ()

    def due_digests(self, config: Config, coverage: Iterable[CoverageLine]) -> frozenset[str]:
        """The accounts whose log files digests should vouch for."""
        return frozenset()
