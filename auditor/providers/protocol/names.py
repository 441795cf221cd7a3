"""What a provider's names tell: whose an account is, who made a call, what listens at an address."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import timedelta
from typing import ClassVar, Protocol

from msgspec import Struct

from auditor.activity.limits import LogTraits
from auditor.activity.results import Caller
from auditor.config.models import Config
from auditor.model.entitlements import Identity
from auditor.model.tables import Account, Policy
from auditor.model.through import Through
from auditor.model.vocabulary import ActorClass

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
        any_case: whether it is the same in capitals.
    """

    spellings: tuple[str, ...]
    email: str | None = None
    actor_class: ActorClass | None = None
    workload_of: str | None = None
    login: str | None = None
    is_role: bool = False
    short: str | None = None
    user: str | None = None
    any_case: bool = False

    @property
    def keys(self) -> tuple[str, ...]:
        """The spellings, alike for all that are the same account."""
        return tuple(map(str.casefold, self.spellings)) if self.any_case else self.spellings


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


class Names:
    """What names tell: of accounts, sessions, callers and places."""

    name: str

    LOG: ClassVar[LogTraits] = LogTraits()
    """What is peculiar to its log."""

    VOUCHES_BY: ClassVar[str] = "whom the provider names"
    """By what it tells who is behind an account that is not a person's own."""

    LONGEST_SESSION: ClassVar[timedelta | None] = None
    """How long a session can last that somebody opens, where there is a limit."""

    def with_every_name(self, config: Config, policies: Iterable[Policy]) -> Config:
        """The configuration with every name that the provider has for the places in it."""
        return config

    def in_full(self, declared: Iterable[str], rows: Iterable[Account]) -> Mapping[str, str]:
        """The accounts as rows have them of those that are declared by another name."""
        return {}

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
        """Whose tokens sign workloads in as a member of a role: a forge, a cluster; None where they do none."""
        return None

    def caller(self, caller: Caller, roster: Roster) -> Identity | None:
        """Who made a call, where its own marks tell."""
        if caller.actor_kind not in self.LOG.own_services:
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
        """Whether an account as the log has it tells callers apart."""
        return True

    def with_name(self, caller: Caller, named: Callable[[str], str | None]) -> Caller:
        """A caller by its account's name, where the log has it by the id that the provider gave it."""
        return caller

    def workload(self, caller: Caller) -> str | None:
        """The pipeline, cluster or machine that the provider vouches for: by its token's subject."""
        name = caller.on_behalf_of or ""
        return name if SUBJECT.fullmatch(name) else None

    def alike(self, workload: str) -> tuple[str, ...]:
        """How the names of those begin that a workload would be declared among, if it were."""
        return (f"{workload.partition(':')[0]}:",)
