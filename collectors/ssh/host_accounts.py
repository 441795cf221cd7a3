"""The logins of a host, from what getent says."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Login:
    """A user of a host, with the names of their groups."""

    name: str
    number: int
    home: str
    groups: tuple[str, ...] = ()


def logins(passwd: str, group: str) -> list[Login]:
    """Everyone of `getent passwd`, with their groups of `getent group`, the first one of a name."""
    by_number: dict[str, str] = {}
    by_member: dict[str, list[str]] = {}
    for name, _, number, members, *_ in _records(group, 4):
        by_number.setdefault(number, name)
        for member in filter(None, members.split(",")):
            by_member.setdefault(member, []).append(name)
    found: dict[str, Login] = {}
    for name, _, number, own, _, home, *_ in _records(passwd, 6):
        if not number.isdigit():
            continue
        groups = [by_number[own]] if own in by_number else []
        groups += by_member.get(name, [])
        found.setdefault(name, Login(name, int(number), home or "/", tuple(dict.fromkeys(groups))))
    return list(found.values())


def _records(text: str, fields: int) -> Iterator[list[str]]:
    """The lines that have so many fields at least, and a name."""
    for line in text.splitlines():
        parts = line.split(":")
        if len(parts) >= fields and parts[0]:
            yield parts
