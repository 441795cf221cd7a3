"""Logins of hosts by name: how the configuration may write one, and whose address a login is."""

from collections.abc import Iterator

_PREFIX = "ssh:"


def spellings(account: str) -> Iterator[str]:
    """Less specific names of a login: with the host's shorter names, then on any host.

    The host stands behind the last `@`: logins of a directory have one of their own (`nina@partner.example@web-1`).
    """
    if account.startswith(_PREFIX) and "@" in account:
        login, host = account.rsplit("@", 1)
        labels = host.split(".")
        yield from (f"{login}@{'.'.join(labels[:count])}" for count in range(len(labels) - 1, 0, -1))
        yield login


def is_root(account: str) -> bool:
    """Whether it is root's login on a host."""
    return account.startswith("ssh:root@")


def address(account: str) -> str | None:
    """The login as an address, where a directory's domain is part of it."""
    login = account.removeprefix(_PREFIX).rsplit("@", 1)[0] if account.startswith(_PREFIX) else ""
    return login if "@" in login else None
