"""Who comes into a database of PostgreSQL: what pg_hba lets in, CONNECT, USAGE, and the end of a password."""

from auditor.model.details import as_objects
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability
from auditor.providers.databases.hba import is_broken, letting_in
from auditor.providers.databases.rights import Entrance, Login
from auditor.providers.databases.words import CONNECT, EVERYTHING, OWNER, REPLICATION, USAGE

_PASSWORDS = frozenset({"scram-sha-256", "md5", "password"})
_DATA = {Capability.READ_DATA, Capability.WRITE_DATABASE}
_UNTOLD = "as far as can be told: pg_hba.conf could not be read"
_IN_ERROR = "as far as can be told: a line of pg_hba.conf is in error, and the server goes by what stood there before"


def enter(login: Login, grant: Grant) -> Entrance | None:
    """How a login comes to use a right; None where it cannot."""
    database, inside, _ = grant.resource.partition("/")
    if grant.resource != EVERYTHING and not login.unrestricted:
        known = {one.resource for _, one in login.held if one.role == CONNECT or one.role.startswith(OWNER)}
        schemas = {one.resource for _, one in login.held if one.role == USAGE or one.role.startswith(OWNER)}
        # Those who read or write everything enter every schema.
        wide = (one for _, one in login.held if one.resource == EVERYTHING and one.role != REPLICATION)
        everywhere = any(_DATA & set(one.capabilities) for one in wide)
        if database not in known or (inside and not everywhere and grant.resource not in schemas):
            return None
    document, role = login.server.document, str(login.account.name)
    rules, managed = as_objects(document.get("hba")), bool(document.get("managed"))
    if not rules or any(map(is_broken, rules)):
        untold = (_IN_ERROR,) if rules else () if managed else (_UNTOLD,)
        return _in_time(login, by_password=managed, conditions=untold)
    groups = {login.server.short(way.role) for way in login.ways if way.rows}
    into: list[str | None] = [""] if grant.resource == EVERYTHING else [database]
    into += [None] if grant.role == REPLICATION else []
    found = [rule for one in into for rule in letting_in(rules, role, groups, one)]
    if not found:
        return None
    maps = {str(rule.get("map") or "") for rule in found}
    mapped = () if "" in maps else (f"only through pg_ident.conf (map {', '.join(sorted(maps))}), which was not read",)
    by_password = {str(rule.get("auth_method")) for rule in found} <= _PASSWORDS
    return _in_time(login, by_password=by_password, conditions=mapped)


def _in_time(login: Login, *, by_password: bool, conditions: tuple[str, ...]) -> Entrance | None:
    """Where nothing but a password lets a login in, it ends with the password."""
    ends = login.credential.expires_at if login.credential else None
    if login.credential and login.credential.kind == "sign-in":
        by_password = False
    if ends is None or by_password:
        return None if ends and ends <= login.at else Entrance(ends, conditions)
    over = f"its password ends on {ends:%Y-%m-%d}, and it may come in without one"
    return Entrance(conditions=(*conditions, over))
