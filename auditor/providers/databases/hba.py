"""What pg_hba.conf lets in: the first rule that fits a connection decides."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from auditor.model.details import texts

Rule = Mapping[str, Any]
_EVERYWHERE = ("all", None)
_ALL_ADDRESSES = frozenset({("0.0.0.0", "0.0.0.0"), ("::", "::")})  # noqa: S104 - compared, not listened on
# What an expression of the server's means as well as here. One whose groups are repeated could take forever.
_PIECE = r"(?:[\w@ .-]|\\[.dw@$+*?()|-]|\[\^?[\w@ .-]+\])(?:[*+?]|\{\d{1,2}(?:,\d{0,2})?\})?"
_BRANCH = rf"\^?(?:{_PIECE}|\((?:\?:)?(?:{_PIECE})*(?:\|(?:{_PIECE})*)*\)(?![*+?{{]))*\$?"
_PLAIN = re.compile(rf"{_BRANCH}(?:\|{_BRANCH})*", re.ASCII)
_REPEATED = re.compile(r"[*+}]")
_MOST_REPEATED, _LONGEST = 3, 200


def is_broken(rule: Rule) -> bool:
    """Whether a line is in error. One that is whole and has an error can match nothing, as hostssl without TLS."""
    return bool(rule.get("error")) and not rule.get("auth_method")


def letting_in(rules: Iterable[Rule], role: str, groups: Collection[str], database: str | None) -> Iterator[Rule]:
    """The rules that may let a role into a database, into any, or replicate the server.

    Args:
        rules: as `pg_hba_file_rules` has them.
        role: what signs in.
        groups: the roles that it is a member of.
        database: which it comes into; empty for any, None to replicate, which no rule for `all` is for.
    """
    decided: list[Rule] = []
    for rule in rules:
        fits = {_fits_database(rule, {role, *groups}, role, database), _fits_role(rule, role, groups)}
        if rule.get("error") or False in fits or _comes_too_late(rule, decided):
            continue
        if rule.get("auth_method") != "reject":
            yield rule
        if fits == {True}:
            decided.append(rule)


def _comes_too_late(rule: Rule, decided: Iterable[Rule]) -> bool:
    """Whether earlier rules decide for every connection that a rule is for."""
    alike = [one for one in decided if one.get("type") in (rule.get("type"), rule.get("type") != "local" and "host")]
    places = {_place(one) for one in alike}
    if rule.get("type") == "local" or _EVERYWHERE in places or places >= _ALL_ADDRESSES or _place(rule) in places:
        return bool(alike)
    network = _network(_place(rule))
    return network is not None and any(_holds(_network(place), network) for place in places)


def _place(rule: Rule) -> tuple[str, Any]:
    return str(rule.get("address") or "all"), rule.get("netmask")


def _network(place: tuple[str, Any]) -> IPv4Network | IPv6Network | None:
    """The addresses of a place; None where it is a name, or `samenet`."""
    try:
        return ip_network((place[0], int(ip_address(place[1])).bit_count()), strict=False)
    except ValueError:
        return None


def _holds(wide: IPv4Network | IPv6Network | None, narrow: IPv4Network | IPv6Network) -> bool:
    if isinstance(wide, IPv4Network) and isinstance(narrow, IPv4Network):
        return narrow.subnet_of(wide)
    return isinstance(wide, IPv6Network) and isinstance(narrow, IPv6Network) and narrow.subnet_of(wide)


def _fits_database(rule: Rule, member_of: Collection[str], role: str, database: str | None) -> bool | None:
    """Whether a rule is for a database, or where none is named for any; None where that cannot be told."""
    written = texts(rule.get("database"))
    if database is None:
        return "replication" in written
    words = {
        "all": True,
        "sameuser": database == role,
        **dict.fromkeys(("samerole", "samegroup"), database in member_of),
    }
    if "all" in written or not database:
        return True if "all" in written else None if set(written) != {"replication"} else False
    return _any(words.get(one, _is_called(one, database)) for one in written)


def _fits_role(rule: Rule, role: str, groups: Collection[str]) -> bool | None:
    """Whether a rule is for a role; None where that cannot be told."""
    member_of = {f"+{group}" for group in (role, *groups)}
    return _any(one == "all" or one in member_of or _is_called(one, role) for one in texts(rule.get("user_name")))


def _any(found: Iterable[bool | None]) -> bool | None:
    """Whether any is so; None where none is and one cannot be told."""
    known = set(found)
    return True if True in known else None if None in known else False


def _is_called(written: str, name: str) -> bool | None:
    """Whether a name is meant: by itself, or from PostgreSQL 16 on by an expression; None where that cannot be told."""
    if not written.startswith("/"):
        return written == name
    pattern = written[1:]
    plain = len(pattern) <= _LONGEST and len(_REPEATED.findall(pattern)) <= _MOST_REPEATED and name.isascii()
    if not plain or not _PLAIN.fullmatch(pattern):
        return None
    try:
        return re.search(pattern, name, re.ASCII) is not None
    except re.error:
        return None
