"""What files of database servers look like: saved answers to this room's queries, and PostgreSQL's logs."""

import re

from collectors.databases.carried import carried
from collectors.databases.plain_lines import prefix_of
from collectors.recognise import Recognised

_SERVER = re.compile(r'^\{(?=.*"part": ?"server")(?=.*"version": ?(?P<text>")?)', re.MULTILINE)
_LOGGED = re.compile(
    r'\{"timestamp":.*"error_severity":'
    r"|\d{4}-\d\d-\d\d [\d:.]+ \w+,[^\n]*?,[0-9a-f]+\.[0-9a-f]+,\d+,[^\n]*,(?:LOG|FATAL|ERROR),"
)
_SAID = re.compile(r"\b(?:LOG|FATAL|ERROR): {1,2}|\"error_severity\"")


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file which begins like this; it is named for its server."""
    found = _SERVER.search(head)
    if found is None:
        log = carried(head) if _SAID.search(head) else head
        if not (_LOGGED.match(log) or prefix_of(log)):
            return None
        guess = {"instance": "database"}
        return Recognised(
            "postgres-logs", "database-log", "path", folder=True, settings=guess, guessed=frozenset(guess)
        )
    kind = "mysql-access" if found["text"] else "postgres-access"
    instance = re.sub(r"[^A-Za-z0-9._-]|^[^A-Za-z0-9]+", "", name.rpartition("/")[2].rpartition(".")[0]) or "database"
    return Recognised(kind, instance, "path", settings={"instance": instance})
