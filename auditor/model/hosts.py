"""The names of hosts, with their domain or without."""

from collections.abc import Iterable


def short_name(host: str) -> str:
    """A host's name without its domain; an address as it is."""
    first = host.lower().partition(".")[0]
    return host if first.isdigit() else first


def is_same_place(one: str, other: str) -> bool:
    """Whether two names are of one place, in capitals or not; those of hosts with their domain or without."""
    one, other = one.casefold(), other.casefold()
    return one == other or (("." in one) != ("." in other) and short_name(one) == short_name(other))


def is_other_place(one: str, other: str) -> bool:
    """Whether two names are of two places, neither within the other, as a project is in a group.

    A number or an address and a word may be of one: of a project its number and its id.
    """
    if is_same_place(one, other) or _is_number(one) != _is_number(other):
        return False
    one, other = f"{one.casefold()}/", f"{other.casefold()}/"
    return not (one.startswith(other) or other.startswith(one))


def _is_number(name: str) -> bool:
    return name.replace(".", "").isdigit()


class Places:
    """Hosts, projects and accounts, to be asked by a name of one, as `is_same_place` takes it."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self._names = {name.casefold() for name in names}
        self._bare = {name for name in self._names if "." not in name}
        self._short = {short_name(name) for name in self._names - self._bare}

    def __contains__(self, name: str) -> bool:
        written = name.casefold()
        return written in self._names or short_name(written) in (self._bare if "." in written else self._short)
