"""What files of database servers look like: saved answers to this room's queries."""

import re

from collectors.recognise import Recognised

_SERVER = re.compile(r'^\{(?=.*"part": ?"server")(?=.*"version": ?(?P<text>")?)', re.MULTILINE)


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this; it is named for its server."""
    found = _SERVER.search(head)
    if found is None:
        return None
    kind = "mysql-access" if found["text"] else "postgres-access"
    instance = re.sub(r"[^A-Za-z0-9._-]|^[^A-Za-z0-9]+", "", name.rpartition("/")[2].rpartition(".")[0]) or "database"
    return Recognised(kind, instance, "path", settings={"instance": instance})
