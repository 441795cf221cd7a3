"""Who is behind the processes in PostgreSQL's plain log, as the lines of their connections tell."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec import Struct, field

from collectors.databases.log_record import AUTHORIZED, ENDED, Line
from collectors.databases.log_turns import silence

_RECEIVED = re.compile(r"connection received: host=(\S+)(?: port=\d+)?")
_AUTHORIZED = re.compile(
    rf"(?:{'|'.join(AUTHORIZED)})user=(\S+)(?: database=(\S+))?(?: application_name=(.*?))?(?: (?:SSL|GSS) .*)?"
)
# Every session has ended by then.
_RESTARTED = re.compile(
    r"starting PostgreSQL |database system (?:is shut down|was (?:shut down|interrupted|not properly shut down))"
    r"|all server processes terminated"
)
# The state of a failed sign-in, where the prefix does not tell it.
_REFUSED = (
    (re.compile(r".* authentication failed for user .*|no pg_hba\.conf entry .*"), "28000"),
    (re.compile(r'role ".*" (?:does not exist|is not permitted to log in)'), "28000"),
    (re.compile(r'database ".*" does not exist'), "3D000"),
    (re.compile(r"sorry, too many clients.*|too many connections for .*|remaining connection slots .*"), "53300"),
)
_TO_SECONDS = len("2026-10-14 07:05:00")


class Sessions(Struct):
    """What lines before told of sessions that are open: who, where and from where, and when they began.

    A session goes on in the next file of its log. Where one between may be missing, or the server has begun anew,
    nobody is known: another may have got the number of the process.
    """

    open: dict[str, dict[str, str]] = field(default_factory=dict)
    last: dict[str, tuple[str, int]] = field(default_factory=dict)
    file: str = ""
    until: str = ""
    silent: timedelta | None = None

    def turn(self, file: str) -> None:
        """Begin another file of the log."""
        self.silent, self.file = silence(self.file, file) if self.file else None, file

    def line(self, told: Mapping[str, str], message: str, statement: str | None = None) -> Line:
        """The record of a line's fields.

        Args:
            told: the fields of its prefix.
            message: what it says.
            statement: in the course of which it was written; None where the server wrote it of itself.
        """
        key = told.get("session") or told["pid"]
        time = told.get("time") or f"{datetime.fromtimestamp(float(told['epoch']), UTC):%Y-%m-%d %H:%M:%S.%f} UTC"
        self._goes_on(time)
        known = self._known(key, time, message) if statement is None else self.open.get(key, {})
        before, count = self.last.get(key, ("", 0))
        self.last[key] = time, count + 1 if before == time else 1

        def text(name: str) -> str:
            value = told.get(name, "")
            return value if value not in ("", "[unknown]") else known.get(name, "")

        return Line(
            time=time,
            user=text("user"),
            database=text("database"),
            remote=text("remote").partition("(")[0],
            session=told.get("session") or "/".join(filter(None, (key, known.get("begin")))),
            number=text("number") or str(self.last[key][1]),
            transaction=text("transaction"),
            tag=text("tag"),
            severity=told["label"],
            state=text("state") or _state(told["label"], message),
            message=message,
            statement=statement or "",
            program=text("app"),
            backend=text("backend"),
        )

    def _goes_on(self, time: str) -> None:
        """Forget who is known where a file does not follow on the one before."""
        moment = time[:_TO_SECONDS]
        if self.silent is not None:
            between = datetime.fromisoformat(moment) - datetime.fromisoformat(self.until or moment)
            if not timedelta() <= between <= self.silent:
                self._forget()
            self.silent = None
        self.until = moment

    def _forget(self) -> None:
        # The server's own ids of sessions come but once.
        self.open = {key: known for key, known in self.open.items() if "." in key}

    def _known(self, key: str, time: str, message: str) -> Mapping[str, str]:
        """Who is behind a process, by what the server says of it now and said before."""
        begin = {"begin": time[:_TO_SECONDS].replace(" ", "T")}
        if _RESTARTED.match(message):
            self._forget()
        if received := _RECEIVED.fullmatch(message):
            self.open[key] = {**begin, "remote": received[1]}
        if authorized := _AUTHORIZED.fullmatch(message):
            names = {"user": authorized[1], "database": authorized[2] or "", "app": authorized[3] or ""}
            before = self.open.get(key, {})
            self.open[key] = {**(begin if "user" in before else before), **names}
        known = self.open.get(key, {})
        if message.startswith(ENDED):
            self.open.pop(key, None)
        return known


def _state(severity: str, message: str) -> str:
    if severity != "FATAL":
        return ""
    return next((state for shape, state in _REFUSED if shape.fullmatch(message)), "")
