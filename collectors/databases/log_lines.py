"""Lines of PostgreSQL's own log as records: its tables (csvlog, 9.0 and newer) and its JSON (jsonlog, 15 and newer)."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from collectors.json_values import Broken

# As csvlog has had them since 9.0; version 13 added the type of the backend, 14 two more, all behind these.
_COLUMNS = [
    "timestamp",
    "user",
    "dbname",
    "pid",
    "remote",
    "session_id",
    "line_num",
    "ps",
    "session_start",
    "vxid",
    "txid",
    "error_severity",
    "state_code",
    "message",
    "detail",
    "hint",
    "internal_query",
    "internal_position",
    "context",
    "statement",
    "cursor_position",
    "func_name",
    "application_name",
    "backend_type",
]
_FEWEST = len(_COLUMNS) - 1
_LONGEST_FIELD = 64 << 20
SEVERITIES = frozenset(
    ["DEBUG1", "DEBUG2", "DEBUG3", "DEBUG4", "DEBUG5", "INFO", "NOTICE", "WARNING", "ERROR", "LOG", "FATAL", "PANIC"]
)
_SESSION, _TIME = _COLUMNS.index("session_id"), _COLUMNS.index("timestamp")
STDERR = (
    "it is no csvlog or jsonlog. How lines of the plain log begin is for each server to say, and anybody can write "
    "text that looks like them: add csvlog or jsonlog to log_destination"
)


@dataclass(frozen=True, slots=True)
class Line:
    """One record of the log. What it does not have is empty."""

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

    @property
    def is_client_s(self) -> bool:
        """Whether a client's connection wrote it, and no process of the server's own."""
        return self.backend in ("", "client backend", "not initialized") and bool(self.session)

    @property
    def failed(self) -> bool:
        """Whether it says that a statement or a sign-in failed."""
        return self.severity in ("ERROR", "FATAL", "PANIC")


def lines(content: bytes) -> Iterator[Line | Broken]:
    """The records in their order; what is none of them is a sentence.

    Raises:
        ValueError: it is no such log.
    """
    text = content.decode("utf-8-sig", "replace")
    begin = text[:1]
    if begin == "{":
        return _with_long_fields(map(_of_json, text.split("\n")))
    head = next(csv.reader(io.StringIO(text[:4096], newline="")), [])
    if not head:
        return iter(())
    if len(head) < _FEWEST or "." not in head[_SESSION]:
        raise ValueError(STDERR)
    return _with_long_fields(_of_table(text))


def _with_long_fields(found: Iterator[Line | Broken]) -> Iterator[Line | Broken]:
    """Records, with fields as long as they may be while they are read: pgaudit's lines are tables in them."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield from found
    finally:
        csv.field_size_limit(before)


def _of_table(text: str) -> Iterator[Line | Broken]:
    try:
        for row in csv.reader(io.StringIO(text, newline="")):
            known = dict(zip(_COLUMNS, row, strict=False))
            if len(row) < _FEWEST or known["error_severity"] not in SEVERITIES:
                yield Broken(_odd(known.get("error_severity")))
            else:
                yield _line(known, known["remote"].rpartition(":")[0] or known["remote"])
    except csv.Error as error:
        yield Broken(f"it cannot be read on from here: {error}")


def _of_json(text: str) -> Line | Broken:
    if not text.strip():
        return Broken("")
    try:
        record = json.loads(text)
    except (ValueError, RecursionError):
        return Broken("it is no JSON object")
    if not isinstance(record, dict) or record.get("error_severity") not in SEVERITIES:
        return Broken(_odd(record.get("error_severity") if isinstance(record, dict) else None))
    return _line(record, record.get("remote_host"))


def _odd(severity: Any) -> str:
    if severity:
        return "its severity is not in English: set lc_messages to C, so that its messages can be told"
    return "it is no line of PostgreSQL's log"


def _line(record: Mapping[str, Any], remote: Any) -> Line:
    def text(name: str) -> str:
        value = record.get(name)
        return "" if value is None else str(value)

    return Line(
        time=text("timestamp"),
        user=text("user"),
        database=text("dbname"),
        remote=str(remote or ""),
        session=text("session_id"),
        number=text("line_num"),
        transaction=text("vxid"),
        tag=text("ps"),
        severity=text("error_severity"),
        state=text("state_code"),
        message=text("message"),
        statement=text("statement"),
        program=text("application_name"),
        backend=text("backend_type"),
    )
