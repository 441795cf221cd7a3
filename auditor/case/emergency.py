"""Whether emergency access can be used: the ways into its accounts, and whether anything is known of them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.entitlements import Entitlement
from auditor.model.tables import Account, Credential
from auditor.providers.registry import provider


class State(StrEnum):
    """Whether an account for emergencies can be used."""

    SEALED = "sealed"
    OPEN = "open"
    UNKNOWN = "not known"


class Emergency(Struct, frozen=True, kw_only=True):
    """An account for emergencies, and the ways into it.

    Args:
        id: of the emergency access in auditor.yaml.
        ways: keys and passwords that open it now.
        bindings: rights that need no credential that the evidence shows.
        used_at: the last use of a password or key that was changed or taken since.
    """

    id: str
    account: str
    state: State
    ways: tuple[Credential, ...]
    bindings: tuple[Entitlement, ...]
    used_at: datetime | None


def emergency_access(
    config: Config,
    accounts: Iterable[Account],
    credentials: Sequence[Credential],
    access: Sequence[Entitlement],
    at: datetime,
) -> list[Emergency]:
    """Each account for emergencies with its state; not known where nothing shows whether it has a way in."""
    shut = {row.account for row in accounts if row.enabled is False}
    found = []
    for sealed in config.break_glass:
        for account in sealed.accounts:
            own = [row for row in credentials if row.account == account]
            ways = tuple(row for row in own if leads_in(row, at))
            bindings = tuple(path for path in access if path.account == account and is_open(path))
            state = State.OPEN if ways or bindings else State.SEALED if own or account in shut else State.UNKNOWN
            used_at = max((row.last_used_at for row in own if row.last_used_at), default=None)
            found.append(
                Emergency(id=sealed.id, account=account, state=state, ways=ways, bindings=bindings, used_at=used_at)
            )
    return found


def is_open(path: Entitlement) -> bool:
    """Whether a right is of use without any credential that the evidence shows."""
    return not provider(path.provider).SEALED_WITHOUT_CREDENTIAL


def leads_in(row: Credential, at: datetime) -> bool:
    """Whether a credential opens its account at a moment, and is no password in a sealed envelope."""
    sealed = row.kind == "password" and row.last_used_at and not stale(row)
    return row.enabled and not sealed and row.lasts(at)


def stale(row: Credential) -> bool:
    """Whether it was not changed since its last use."""
    used, made = row.last_used_at, row.created_at
    return bool(used and made and used >= made)
