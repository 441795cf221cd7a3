"""One record of PostgreSQL's log, in whichever form the server wrote it."""

import re
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

SEVERITIES = frozenset(
    ["DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "INFO", "NOTICE", "WARNING", "ERROR", "LOG", "FATAL", "PANIC"]
)
AUTHORIZED = ("connection authorized: ", "replication connection authorized: ")
ENDED = "disconnection: session time: "
"""How the messages begin that tell of a session's begin and end."""
PREPARED = "prepare: "
"""How the detail of an EXECUTE begins, which tells what was prepared."""
_SESSION = re.compile(r"([0-9a-f]{8})\.([0-9a-f]{1,8})")


class Line(Struct, frozen=True):
    """One record of the log. What it does not have is empty; its detail is kept where it tells what was prepared."""

    time: str
    user: str
    database: str
    remote: str
    session: str
    number: str
    transaction: str
    tag: str
    severity: str
    state: str
    message: str
    statement: str
    program: str
    backend: str
    detail: str = ""

    @property
    def is_client_s(self) -> bool:
        """Whether a client's connection wrote it, and no process of the server's own."""
        return self.backend in ("", "client backend", "not initialized") and bool(self.session)

    @property
    def process(self) -> str:
        """The number of the process that served its session: in the server's id for it, or before when it began."""
        found = _SESSION.fullmatch(self.session)
        return str(int(found[2], 16)) if found else self.session.partition("/")[0]

    @property
    def began(self) -> datetime | None:
        """When its session began, to the second, as the server's id for it tells; None where it has no such id."""
        found = _SESSION.fullmatch(self.session)
        return datetime.fromtimestamp(int(found[1], 16), UTC) if found else None

    @property
    def failed(self) -> bool:
        """Whether it says that a statement or a sign-in failed."""
        return self.severity in ("ERROR", "FATAL", "PANIC")


def odd(severity: Any) -> str:
    """What is said of a record whose severity is none that is known."""
    if severity:
        return "its severity is not in English: set lc_messages to C, so that its messages can be told"
    return "it is no line of PostgreSQL's log"
