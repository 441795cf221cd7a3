"""The providers that have a room of their own; any other is known by what its rows state."""

from datetime import datetime
from functools import cache, lru_cache
from itertools import chain

from msgspec.structs import replace

from auditor.activity.limits import LogTraits
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.entitlements import Entitlement
from auditor.model.tables import Deployment
from auditor.model.trail_files import TrailFiles
from auditor.providers.aws.provider import Aws
from auditor.providers.base import StatedProvider
from auditor.providers.databases.provider import Mysql, Postgres
from auditor.providers.github.provider import Github
from auditor.providers.gitlab.provider import Gitlab
from auditor.providers.google.provider import Google
from auditor.providers.protocol.names import AccountName
from auditor.providers.ssh.provider import Ssh
from auditor.providers.systems import Systems
from auditor.providers.vault.provider import Vault
from auditor.providers.vpn.provider import Vpn

_ROOMS: dict[str, type[StatedProvider]] = {
    "aws": Aws,
    "gcp": Google,
    "ssh": Ssh,
    "gitlab": Gitlab,
    "vpn": Vpn,
    "postgres": Postgres,
    "mysql": Mysql,
    "vault": Vault,
    "github": Github,
}
"""By the name that rows give them."""

PROVIDERS = {name: room(name) for name, room in _ROOMS.items()}
_undescribed = cache(StatedProvider)


def provider(name: str) -> StatedProvider:
    """What is known of a provider."""
    return PROVIDERS.get(name) or _undescribed(name)


def place(name: str, scope: str) -> str:
    """A provider's scope as people call it: `AWS 111122223333`, `host web-1`."""
    return f"{provider(name).TITLE or name} {scope}"


def providers_of(rows: Snapshots) -> list[StatedProvider]:
    """Every provider with a room, and any other that rows are of."""
    stated = ({row.provider for row in rows.accounts} | {row.provider for row in rows.grants}) - PROVIDERS.keys()
    return [*PROVIDERS.values(), *map(provider, sorted(stated))]


def with_every_name(config: Config, rows: Snapshots) -> Config:
    """The configuration with every name that the providers have for its places, and its accounts as rows have them."""
    for one in PROVIDERS.values():
        config = one.with_every_name(config, rows.policies)
        config = config.with_accounts(one.in_full(config.declared, rows.accounts))
    return config


def with_system_at(config: Config, path: Entitlement, places: Systems) -> Entitlement | None:
    """A path with the system of what listens at the address that it leads to.

    None where no system claims that or, as an address need not tell its account, where several could have it.
    """
    for one in PROVIDERS.values():
        named = one.names_at(config, path.resource or "")
        found = {system for scope, name in named if (system := places.of(one.name, scope, name))}
        if len(found) == 1:
            return replace(path, system=found.pop())
    return None


def log_files(store: Store, config: Config, from_: datetime, at: datetime) -> TrailFiles:
    """Whether the stored log files of a period are those that were delivered."""
    found = [one.log_files(store, config, from_, at) for one in PROVIDERS.values()]
    return TrailFiles(
        accounts=frozenset().union(*(one.accounts for one in found)),
        alterations=tuple(chain.from_iterable(one.alterations for one in found)),
        in_order=tuple(chain.from_iterable(one.in_order for one in found)),
        unjudged=tuple(chain.from_iterable(one.unjudged for one in found)),
    )


def log_traits() -> LogTraits:
    """What is peculiar to the providers' logs."""
    rooms = PROVIDERS.values()
    every = {
        name: tuple(chain.from_iterable(getattr(room.LOG, name) for room in rooms))
        for name in LogTraits.__struct_fields__
    }
    never_silent = tuple(room.name for room in rooms if room.LOG_KIND)
    shells = tuple(room.name for room in rooms if room.OPENS_SHELLS)
    return replace(LogTraits(**every), never_silent=never_silent, shells=shells)


def begun_by(deployment: Deployment) -> str:
    """What began a deployment that is nobody: then `actor` is whom it ran as. Empty where somebody did."""
    return next((words for one in PROVIDERS.values() if (words := one.UNATTENDED.get(deployment.trigger or ""))), "")


@lru_cache(maxsize=65536)
def everybody_of(scope: str) -> tuple[str, ...]:
    """The patterns of all accounts in an account, project or host, of any provider."""
    return tuple(pattern for one in PROVIDERS.values() if (pattern := one.everybody_of(scope)))


@lru_cache(maxsize=65536)
def account_name(account: str) -> AccountName:
    """What the way in which an account is written tells, whichever provider's it is."""
    read = (one.account_name(account) for one in PROVIDERS.values())
    return next(filter(None, read), AccountName((account,), email=account if "@" in account else None))
