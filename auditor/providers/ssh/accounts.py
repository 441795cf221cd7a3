"""Logins of hosts by name: how the configuration may write one, and whose address a login is."""

import re

from auditor.model.vocabulary import ActorClass
from auditor.providers.protocol.names import AccountName

_PREFIX = "ssh:"
# How Samba writes a login of a domain; the separator may be chosen.
_OF_DOMAIN = re.compile(r"([A-Za-z0-9-]+)[\\+]([^\\+@]+)")


def account_name(account: str) -> AccountName | None:
    """A login of one host; the configuration may write it of the host's shorter names, and of every host.

    The host stands behind the last `@`: logins of a directory have one of their own (`nina@partner.example@web-1`), and
    are an address then. OS Login makes `nina_harbour_example` of one.
    """
    if not account.startswith(_PREFIX):
        return None
    login, _, host = account.rpartition("@") if "@" in account else (account, "", "")
    labels = host.split(".")
    named = [f"{login}@{'.'.join(labels[:count])}" for count in range(len(labels) if host else 0, 0, -1)]
    address = login.removeprefix(_PREFIX)
    if domain := _OF_DOMAIN.fullmatch(address):
        address = f"{domain[2]}@{domain[1]}"
    return AccountName(
        (*named, login),
        email=address if "@" in address or "_" in address else None,
        login=account.removeprefix(_PREFIX),
        actor_class=ActorClass.ROOT if account.startswith("ssh:root@") else None,
        # Directories take a login in capitals too, and sshd tells it as it was typed.
        any_case=True,
    )
