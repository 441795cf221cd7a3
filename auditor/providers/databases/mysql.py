"""Who comes into a server of MySQL or MariaDB: from which hosts."""

from auditor.model.tables import Grant
from auditor.providers.databases.rights import Entrance, Login
from auditor.providers.databases.words import EVERYTHING

_SOCKETS = ("auth_socket", "unix_socket")


def enter(login: Login, grant: Grant) -> Entrance:
    """How an account comes to use a right."""
    host = (login.account.name or "").rpartition("@")[2]
    conditions = [] if host == "%" else [f"only from {host}"]
    if login.credential and login.credential.options in _SOCKETS:
        conditions.append("only as the host's own login of that name")
    if grant.resource == EVERYTHING and login.server.document.get("revokes"):
        conditions.append("but for what partial revokes take away, which are not read")
    return Entrance(conditions=tuple(conditions))
