"""The names of hosts, with their domain or without."""


def short_name(host: str) -> str:
    """A host's name without its domain; an address as it is."""
    first = host.lower().partition(".")[0]
    return host if first.isdigit() else first


def is_same_place(one: str, other: str) -> bool:
    """Whether two names are of one place, in capitals or not; those of hosts with their domain or without."""
    one, other = one.casefold(), other.casefold()
    return one == other or (("." in one) != ("." in other) and short_name(one) == short_name(other))
