"""Who comes into a database of PostgreSQL: what pg_hba lets in, CONNECT, USAGE, and the end of a password."""

from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from auditor.model.details import as_objects, texts
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability
from auditor.providers.databases.rights import Entrance, Login
from auditor.providers.databases.words import CONNECT, EVERYTHING, OWNER, USAGE

_PASSWORDS = frozenset({"scram-sha-256", "md5", "password"})
_DATA = {Capability.READ_DATA, Capability.WRITE_DATABASE}
_EVERYWHERE = ("all", None)
_ALL_ADDRESSES = frozenset({("0.0.0.0", "0.0.0.0"), ("::", "::")})  # noqa: S104 - compared, not listened on
_UNTOLD = "as far as can be told: pg_hba.conf could not be read"


def enter(login: Login, grant: Grant) -> Entrance | None:
    """How a login comes to use a right; None where it cannot."""
    database, inside, _ = grant.resource.partition("/")
    if grant.resource != EVERYTHING and not login.unrestricted:
        known = {one.resource for _, one in login.held if one.role == CONNECT or one.role.startswith(OWNER)}
        schemas = {one.resource for _, one in login.held if one.role == USAGE or one.role.startswith(OWNER)}
        # Those who read or write everything enter every schema.
        everywhere = any(one.resource == EVERYTHING and _DATA & set(one.capabilities) for _, one in login.held)
        if database not in known or (inside and not everywhere and grant.resource not in schemas):
            return None
    rules, managed = login.server.document.get("hba"), login.server.document.get("managed")
    names = {login.server.short(way.role) for way in login.ways if way.rows}
    methods = _methods(as_objects(rules), str(login.account.name), names, database) if rules else None
    if methods is not None and not methods:
        return None
    return _in_time(login, methods, managed=bool(managed))


def _in_time(login: Login, methods: set[str] | None, *, managed: bool) -> Entrance | None:
    """Where nothing but a password lets a login in, it ends with the password."""
    ends = login.credential.expires_at if login.credential else None
    by_password = methods <= _PASSWORDS if methods is not None else managed
    if login.credential and login.credential.kind == "sign-in":
        by_password = False
    untold = () if methods is not None or managed else (_UNTOLD,)
    if ends is None or by_password:
        return None if ends and ends <= login.at else Entrance(ends, untold)
    over = f"its password ends on {ends:%Y-%m-%d}, and it may come in without one"
    return Entrance(conditions=(*untold, over))


def _methods(rules: Iterable[Mapping[str, Any]], role: str, groups: set[str], database: str) -> set[str]:
    """The ways of signing in that pg_hba may let a role use, the first rule that fits deciding for each address."""
    found: set[str] = set()
    decided: list[Mapping[str, Any]] = []
    for rule in rules:
        fits = {_fits_database(texts(rule.get("database")), role, database), _fits_role(rule, role, groups)}
        if rule.get("error") or False in fits or _comes_too_late(rule, decided):
            continue
        if rule.get("auth_method") != "reject":
            found.add(str(rule.get("auth_method")))
        if fits == {True}:
            decided.append(rule)
    return found


def _comes_too_late(rule: Mapping[str, Any], decided: Iterable[Mapping[str, Any]]) -> bool:
    """Whether earlier rules decide for every connection that a rule is for."""
    alike = [one for one in decided if one.get("type") in (rule.get("type"), rule.get("type") != "local" and "host")]
    places = {_place(one) for one in alike}
    if rule.get("type") == "local" or _EVERYWHERE in places or places >= _ALL_ADDRESSES or _place(rule) in places:
        return bool(alike)
    network = _network(_place(rule))
    return network is not None and any(_holds(_network(place), network) for place in places)


def _place(rule: Mapping[str, Any]) -> tuple[str, Any]:
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


def _fits_database(written: Collection[str], role: str, database: str) -> bool | None:
    """Whether a rule is for a database, or where none is named for any; None where that cannot be told."""
    if "all" in written or database in written or ("sameuser" in written and database == role):
        return True
    untold = any(name in ("samerole", "samegroup") or name.startswith("/") for name in written)
    return None if untold or (not database and set(written) != {"replication"}) else False


def _fits_role(rule: Mapping[str, Any], role: str, groups: Collection[str]) -> bool | None:
    """Whether a rule is for a role; None where that cannot be told."""
    written = texts(rule.get("user_name"))
    if "all" in written or role in written or any(f"+{group}" in written for group in groups):
        return True
    return None if any(name.startswith("/") for name in written) else False
