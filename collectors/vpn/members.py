"""Who is in a VPN, as rows: what several files tell of one account comes together."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.config.sources.vpn import VpnGroups
from auditor.model.groups import only
from auditor.model.tables import Account, Credential, Grant, Membership, Row
from auditor.model.vocabulary import AccountKind, Capability, Level
from collectors.reading import Stamp
from collectors.rows import Rows

_VPN = Rows("vpn")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")


def address_in(text: str | None) -> str | None:
    """The one e-mail address in a text; None where there is none, or several."""
    return only(map(str.casefold, _ADDRESS.findall(text or "")))


class Members(Struct, frozen=True):
    """What the files and answers of one VPN come to.

    Args:
        source: the VPN.
        at: when it is read.
        zone: of times and days that name none.
    """

    source: VpnGroups
    at: datetime
    zone: ZoneInfo
    _accounts: dict[str, Account] = field(default_factory=dict)
    _memberships: dict[tuple[str, str], Membership] = field(default_factory=dict)
    _grants: dict[tuple[str, str, str], Grant] = field(default_factory=dict)
    _credentials: dict[tuple[str, str], Credential] = field(default_factory=dict)

    def account(self, at: Stamp, account: str, **told: Any) -> None:
        """Somebody, or something, that is let in, with columns of `Account`; what is shut in one place is shut."""
        short, network = account.partition(":")[2], self.source.network
        own = self._accounts.get(account) or _VPN.account(at, account, AccountKind.UNKNOWN, short, network)
        new = {name: value for name, value in told.items() if value is not None}
        if own.enabled is False:
            new["enabled"] = False
        if own.last_used_at and "last_used_at" in new:
            new["last_used_at"] = max(own.last_used_at, new["last_used_at"])
        self._accounts[account] = replace(own, **new)

    def group(self, at: Stamp, name: str) -> str:
        """A group, as memberships and grants name it."""
        account = f"vpn-group:{self.source.network}/{name}"
        self.account(at, account, kind=AccountKind.GROUP, name=name)
        return account

    def join(
        self, at: Stamp, group: str, member: str, since: datetime | None = None, expires_at: datetime | None = None
    ) -> None:
        """Somebody in a group."""
        self._memberships[group, member] = Membership(
            **at, group=group, member=member, since=since, expires_at=expires_at
        )

    def grant(self, at: Stamp, principal: str, role: str, resource: str | None = None, **told: Any) -> None:
        """What somebody reaches, with columns of `Grant`; the whole network where nothing is named.

        Of two that tell of one right, the one that lasts longer counts.
        """
        resource = resource or self.source.network
        new = {"capabilities": (Capability.NETWORK,), "level": Level.READ, **told}
        if old := self._grants.get((principal, role, resource)):
            ends = (old.expires_at, new.get("expires_at"))
            new["expires_at"] = max(filter(None, ends)) if all(ends) else None
            new["handle"] = old.handle or new.get("handle")
        self._grants[principal, role, resource] = _VPN.grant(at, principal, role, resource, **new)

    def credential(self, at: Stamp, credential: str, account: str, **told: Any) -> None:
        """A certificate or a device, with columns of `Credential`; what was taken back in one place is taken back."""
        new = {name: value for name, value in told.items() if value is not None}
        old = self._credentials.get((credential, account))
        old = old or _VPN.credential(at, credential, new["kind"], account, resource=self.source.network)
        self._credentials[credential, account] = replace(old, **{**new, "enabled": old.enabled and new["enabled"]})

    def rows(self) -> Iterator[Row]:
        """Everything, once each; of machines that are let in nowhere, nothing: they are what others reach."""
        acting = {principal for principal, _, _ in self._grants} | {member for _, member in self._memberships}
        machines = {name for name, row in self._accounts.items() if row.kind == AccountKind.SERVICE} - acting
        yield from (row for name, row in self._accounts.items() if name not in machines)
        yield from self._memberships.values()
        yield from self._grants.values()
        yield from (row for row in self._credentials.values() if row.account not in machines)
