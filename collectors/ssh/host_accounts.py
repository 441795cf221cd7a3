"""The logins of a host, from what getent says."""

from collections.abc import Iterator
from datetime import datetime

from msgspec import Struct

_NO_SHELLS = frozenset({"nologin", "false", "true", "sync", "halt", "shutdown", "git-shell", "sftp-server", "scponly"})
# How `passwd -S` marks a password that is set, or one that is empty: on Debian, and on Red Hat.
_SET = frozenset({"P", "PS", "NP"})


class Login(Struct, frozen=True):
    """A user of a host, with the names of their groups; `shell` is false where their shell lets nobody in."""

    name: str
    number: int
    home: str
    groups: tuple[str, ...] = ()
    shell: bool = True


def logins(passwd: str, group: str) -> list[Login]:
    """Everyone of `getent passwd`, with their groups of `getent group`, the first one of a name."""
    by_number = group_names(group)
    by_member: dict[str, list[str]] = {}
    for name, _, _, members, *_ in _records(group, 4):
        for member in filter(None, members.split(",")):
            by_member.setdefault(member, []).append(name)
    found: dict[str, Login] = {}
    for name, _, number, own, _, home, *more in _records(passwd, 6):
        if not number.isdigit():
            continue
        # A group without a name is one that no pattern fits; without any list, groups are not known.
        groups = [by_number.get(own, f"#{own}")] if by_number else []
        groups += by_member.get(name, [])
        shell = not more or more[0].rpartition("/")[2] not in _NO_SHELLS
        found.setdefault(name, Login(name, int(number), home or "/", tuple(dict.fromkeys(groups)), shell))
    return list(found.values())


def group_names(text: str) -> dict[str, str]:
    """The groups of `getent group` by their numbers, the first one of a number."""
    found: dict[str, str] = {}
    for name, _, number, *_ in _records(text, 3):
        found.setdefault(number, name)
    return found


def with_password(text: str) -> frozenset[str]:
    """The logins that have a password, of `passwd -S -a` or of the shadow file itself; a locked one is none."""
    found = set()
    for line in text.splitlines():
        name, colon, rest = line.partition(":")
        if colon:
            has = not rest.startswith(("!", "*", "x"))
        else:
            words = line.split()
            name, has = (words[0], words[1] in _SET) if len(words) > 1 else ("", False)
        if has and name:
            found.add(name)
    return frozenset(found)


def locked_and_over(text: str, at: datetime) -> tuple[frozenset[str], frozenset[str]]:
    """The logins whose password is locked, and those that are over at a time, of the shadow file itself.

    `passwd -S` does not tell a locked password from none. The file's eighth field counts days since 1970.
    """
    today, records = at.timestamp() // 86400, list(_records(text, 2))
    ends = {name: int(rest[6]) for name, *rest in records if rest[6:] and rest[6].isdigit()}
    locked = frozenset(name for name, *rest in records if rest[0].startswith("!"))
    return locked, frozenset(name for name, day in ends.items() if day <= today)


def _records(text: str, fields: int) -> Iterator[list[str]]:
    """The lines that have so many fields at least, and a name."""
    for line in text.splitlines():
        parts = line.split(":")
        if len(parts) >= fields and parts[0]:
            yield parts
