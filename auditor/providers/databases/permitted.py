"""Whether a database server allows acts: who comes in, and who may run which statement on what."""

import re
from collections.abc import Iterator, Sequence
from datetime import datetime

from auditor.activity.results import UsedAct
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability, Category
from auditor.providers.databases.rights import Enter, Login, Way, has_all, servers, step
from auditor.providers.databases.words import CONNECT, EVERYTHING, OWNER
from auditor.providers.permitted import DENIED, Permitted, allowed, any_of, not_known

_SESSION = frozenset({"login", "logout"})
_ROLES = frozenset({"CREATE ROLE", "ALTER ROLE", "DROP ROLE"})
_DATA = frozenset({"INSERT", "UPDATE", "DELETE", "TRUNCATE"})
_AS_DATA = {"COPY FROM": "INSERT", "COPY": "INSERT", "TRUNCATE TABLE": "TRUNCATE"}
_ALL_DATA = "what pg_write_all_data allows"
_ON_TABLES = re.compile(r"(?P<privileges>[A-Z, ]+) on table (?P<names>.+?)(?P<more> and \d+ more)?")


def database_permitted(
    provider: str, rows: Snapshots, acts: Sequence[UsedAct], at: datetime, enter: Enter
) -> Sequence[Permitted]:
    """Whether each act's login comes in, and holds what its statement takes."""
    known = {server.name: server for server in servers(provider, rows)}
    logins: dict[str, Login] = {}
    found = []
    for act in acts:
        server = known.get(act.scope)
        account = server.accounts.get(act.account or "") if server else None
        if server is None:
            found.append(not_known(f"who may do what in {act.scope} is not in the evidence"))
        elif account is None or account.enabled is False:
            found.append(DENIED)
        else:
            login = logins.setdefault(account.account, Login(server, account, at))
            found.append(any_of(_ways(login, act, enter)))
    return found


def _ways(login: Login, act: UsedAct, enter: Enter) -> Iterator[Permitted]:
    """What each right of a login comes to."""
    tag = act.action.partition(":")[2]
    for way, grant in login.held:
        if enter(login, grant) is None:
            continue
        words = ", ".join((*way.steps, step(grant)))
        lets: bool | None
        if tag in _SESSION:
            lets = _lets_in(grant, act.resource or "")
        elif act.category == Category.CHANGE:
            lets = _changes(grant, _AS_DATA.get(tag, tag), (act.resource or "").split("/"))
        else:
            lets = _gives(way, grant, tag)
        if lets is not False:
            untold = f"whether {words} is what let it cannot be told"
            yield allowed(words) if lets or has_all(grant) else not_known(untold, words)


def _lets_in(grant: Grant, database: str) -> bool | None:
    """Whether a right lets its holder connect to a database."""
    connects = grant.role == CONNECT or grant.role.startswith(f"{OWNER}the database")
    return has_all(grant) or (connects and grant.resource == database)


def _changes(grant: Grant, verb: str, place: Sequence[str]) -> bool | None:
    """Whether a right lets run a statement that changes something; None where that cannot be told."""
    if Capability.WRITE_DATABASE not in grant.capabilities:
        return False
    if grant.resource == EVERYTHING:
        return True if has_all(grant) or (grant.role == _ALL_DATA and verb in _DATA - {"TRUNCATE"}) else None
    # Without pgaudit, the log tells the database alone.
    own = grant.resource.split("/")
    if own[: len(place)] != list(place)[: len(own)]:
        return False
    given = _ON_TABLES.fullmatch(grant.role)
    if given is None or verb not in _DATA:
        return None
    if verb not in given["privileges"].split(", "):
        return False
    table = place[2] if len(place) > len(("database", "schema")) else None
    named = table in given["names"].split(", ")
    return True if named else False if table and not given["more"] else None


def _gives(way: Way, grant: Grant, tag: str) -> bool | None:
    """Whether a right lets give others rights, or change what is logged; None where that cannot be told."""
    if tag in _ROLES and grant.role == "CREATEROLE":
        return True
    return None if has_all(grant) or way.gives or Capability.MANAGE_ACCESS in grant.capabilities else False
