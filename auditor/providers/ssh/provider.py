"""Hosts over SSH as the auditor asks it."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from auditor.activity.limits import LogTraits
from auditor.activity.results import Caller
from auditor.config.models import Config
from auditor.model.entitlements import Identity
from auditor.model.hosts import short_name
from auditor.model.tables import Account, Credential, Row
from auditor.model.vocabulary import ActorClass
from auditor.providers.base import StatedProvider
from auditor.providers.protocol.names import Roster
from auditor.providers.settings import Setting
from auditor.providers.ssh.accounts import account_name
from auditor.providers.ssh.fit import fitted_lines
from auditor.providers.ssh.grant_events import host_grants
from auditor.providers.ssh.permitted import ssh_permitted
from auditor.providers.ssh.rights import ssh_access

_OLD_PRINT = "ssh-key:MD5:"
_VOUCHED = {"tailscale": "Tailscale login", "kerberos": "Kerberos principal"}


class Ssh(StatedProvider):
    """Hosts over SSH."""

    TITLE = "host"
    LOG_KIND = "ssh-logins"
    GIVEN_UNLOGGED = frozenset({"ssh-key", "certificate"})
    LOG = LogTraits(own_services=("host-job",))
    OPENS_SHELLS = True
    OPENS_HOSTS = True
    NOT_READ = (
        "keys that `AuthorizedKeysCommand` fetches, and whom `AuthorizedPrincipalsCommand` lets in",
        "where ports are forwarded to, if neither `PermitOpen` nor a line of keys names a place",
        "what polkit, capabilities of programs and, live, doas let do as root",
        "logins by other ways than sshd: consoles, Tailscale SSH, agents of providers",
    )

    account_name = staticmethod(account_name)
    rights = staticmethod(ssh_access)
    permitted = staticmethod(ssh_permitted)
    fitted = staticmethod(fitted_lines)
    grant_events = staticmethod(host_grants)

    def setting(self, action: str, asked: Any, answered: Any) -> Setting:
        """A command sets nothing that its log would tell."""
        return Setting()

    def caller(self, caller: Caller, roster: Roster) -> Identity | None:
        """A job of the host itself, or whoever logged in."""
        return super().caller(caller, roster) or self._logged_in(caller, roster)

    def _logged_in(self, caller: Caller, roster: Roster) -> Identity:
        """A certificate names its person; else the key decides, or the login's owner where no key is known."""
        account = caller.account or ""
        if caller.on_behalf_of:
            by, _, name = caller.on_behalf_of.partition(":")
            vouched = _VOUCHED.get(by, "certificate")
            name = name if by in _VOUCHED else caller.on_behalf_of
            if named := roster.named(name):
                return replace(named, account=account, how=f"{vouched} {name}")
            how = f"a {vouched} of {name}, whom nobody declares"
            return Identity(account=account, actor_class=ActorClass.UNKNOWN, how=how)
        if caller.credential:
            key = roster.who(caller.credential)
            if key.is_known:
                return replace(key, account=account, how=f"key fingerprint ({key.how})")
            login = roster.who(account)
            # A directory lets in by the keys that it has of somebody, under their address.
            known = login.person or login.owner
            # An old sshd names keys by another fingerprint than those that are known.
            other = caller.credential.startswith(_OLD_PRINT) and not roster.declares_any(_OLD_PRINT)
            if known and (login.how == "e-mail" or other or not roster.knows_keys_of(login)):
                return replace(login, how=f"the login ({login.how}), whose keys are not known otherwise")
            return Identity(account=account, actor_class=ActorClass.UNKNOWN, how="a key that nobody declares")
        return roster.who(account or caller.actor or "")

    def names_at(self, config: Config, host: str) -> Iterator[tuple[str, str | None]]:
        """The host itself."""
        yield host, None

    def places_to_log(self, accounts: Iterable[Account], credentials: Iterable[Credential]) -> Mapping[str, Row]:
        """Hosts with keys."""
        found: dict[str, Row] = {}
        for row in credentials:
            if row.provider == self.name and row.resource:
                found.setdefault(row.resource, row)
        return found

    def without_log(self, places: Collection[str], heard: Collection[str]) -> list[str]:
        """A log that calls its host by the short name is that of the one host that has it, and the other way round."""
        called = Counter(map(short_name, places))
        also = {short_name(host) for host in heard if "." in host}, {host for host in heard if "." not in host}
        return [
            place
            for place in super().without_log(places, heard)
            if called[short_name(place)] > 1 or short_name(place) not in also["." in place]
        ]
