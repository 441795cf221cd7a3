"""VPNs as the auditor asks them."""

import ipaddress
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.systems import System, VpnResource
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import IdentityOf
from auditor.model.globs import matches
from auditor.model.handles import Handle
from auditor.model.tables import Grant, Policy
from auditor.providers.base import StatedProvider
from auditor.providers.protocol.names import AccountName
from auditor.providers.rights import Rights, stated_rights

_TAGGED = "autogroup:tagged"


class Vpn(StatedProvider):
    """VPNs of any make: being in a group, or having a key or certificate, reaches what answers inside."""

    TITLE = "VPN"
    NOT_READ = (
        "firewalls behind a VPN's server: whoever is in reaches what systems claim of it",
        "passwords and second factors that a VPN's server asks for beside a certificate",
        "Tailscale: app capabilities of grants, who may tag devices, and subnets that routers offer",
    )

    def account_name(self, account: str) -> AccountName | None:
        """`vpn:` and a login or certificate's name, in any case; `vpn-key:` and a public key, letter for letter."""
        if account.startswith("vpn:"):
            login = account.removeprefix("vpn:")
            return AccountName((account.casefold(),), email=login if "@" in login else None, short=login)
        return AccountName((account,)) if account.startswith("vpn-") else None

    def with_every_name(self, config: Config, policies: Iterable[Policy]) -> Config:
        """Systems with the networks that their resources are `behind` among their resources."""
        return config.with_systems(map(_with_networks, config.systems))

    def rights(self, config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
        """What each group, key and certificate reaches: the places that systems claim of the network."""
        scopes = {row.account: row.scope for row in rows.accounts if row.provider == self.name}
        claimed = [resource for _, resource in config.resources_of(VpnResource)]
        own = [
            grant
            for row in rows.grants
            if row.provider == self.name
            for grant in _placed(row, scopes.get(row.principal, row.resource), claimed)
        ]
        return stated_rights(self.name, config, replace(rows, grants=own), who, at)

    def without(self, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
        """None: what is reached through a VPN is in no log that is read."""
        return None


def _with_networks(system: System) -> System:
    named = {one.behind for one in system.resources if one.behind}
    added = []
    for network, _, place in sorted(name.partition("/") for name in named):
        added.append(VpnResource(provider="vpn", network=network, match=(place,) if place else ("*",)))
    return system.model_copy(
        update={"resources": (*system.resources, *(one for one in added if one not in system.resources))}
    )


def _placed(grant: Grant, network: str, claimed: Iterable[VpnResource]) -> Iterator[Grant]:
    """A grant on each place of a network that systems claim and it covers; itself where nobody claims any of it."""
    names = [name for one in claimed if one.network == network for name in one.names]
    reached = {
        grant.resource if matches(name, grant.resource) else name for name in names if _covers(grant, network, name)
    }
    yield from (replace(grant, resource=name) for name in sorted(reached if names else {grant.resource}))


def _covers(grant: Grant, network: str, name: str) -> bool:
    if grant.resource == network or matches(name, grant.resource):
        return True
    if grant.resource == _TAGGED:
        return name.startswith("tag:")
    try:
        return ipaddress.ip_address(name) in ipaddress.ip_network(grant.resource, strict=False)
    except ValueError:
        return False
