"""Lines of PostgreSQL's own log as records: its tables (csvlog), its JSON (jsonlog, from 15 on), or its plain text."""

import csv
import io
import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any

from collectors.databases.carried import carried
from collectors.databases.log_record import PREPARED, SEVERITIES, Line, odd
from collectors.databases.log_sessions import Sessions
from collectors.databases.plain_lines import physical, plain_lines, prefix_of
from collectors.json_values import Broken

# As csvlog has had them since 9.0; version 13 added the type of the backend, 14 two more, all behind these.
_COLUMNS = [
    "timestamp", "user", "dbname", "pid", "remote", "session_id", "line_num", "ps", "session_start", "vxid", "txid",
    "error_severity", "state_code", "message", "detail", "hint", "internal_query", "internal_position", "context",
    "statement", "cursor_position", "func_name", "application_name", "backend_type",
]  # fmt: skip
_NAMED = {
    "time": "timestamp", "database": "dbname", "session": "session_id", "number": "line_num", "transaction": "vxid",
    "tag": "ps", "severity": "error_severity", "state": "state_code", "program": "application_name",
    "backend": "backend_type", **{name: name for name in ("user", "message", "statement")},
}  # fmt: skip
"""What a record calls each part of a line."""
_FEWEST = len(_COLUMNS) - 1
_LONGEST_FIELD = 64 << 20
_SESSION = _COLUMNS.index("session_id")
UNKNOWN = (
    "it is neither csvlog nor jsonlog, and its lines begin in no usual way: name how they do as `log_line_prefix`, as "
    "the server's settings have it"
)


def lines(content: bytes, prefix: str | None = None, sessions: Sessions | None = None) -> Iterator[Line | Broken]:
    """The records in their order; what is none of them is a sentence.

    Args:
        content: a file, unpacked.
        prefix: what the server puts before each line of its plain log; a usual one is known if left out.
        sessions: what the files of the log before it told; taken on by this one.

    Raises:
        ValueError: it is no such log.
    """
    text = _text(content)
    if (found := _records(text)) is not None:
        return found
    prefix = prefix or prefix_of(text)
    if prefix is None and text.strip():
        raise ValueError(UNKNOWN)
    return plain_lines(text, prefix, sessions or Sessions()) if prefix else iter(())


def line_at(content: bytes, number: int) -> Line | str:
    """A record by its number; of the plain log, its lines as they stand there."""
    text = _text(content)
    found = _records(text)
    return physical(text, number) if found is None else next(islice(found, number, None))


def _text(content: bytes) -> str:
    return carried(content.decode("utf-8-sig", "replace"))


def _records(text: str) -> Iterator[Line | Broken] | None:
    """The records of a log in JSON or in tables; None where it is plain text."""
    if text[:1] == "{":
        return _with_long_fields(map(_of_json, text.split("\n")))
    return _with_long_fields(_of_table(text)) if _is_table(text) else None


def _is_table(text: str) -> bool:
    head = next(csv.reader(io.StringIO(text[:4096], newline="")), [])
    return len(head) >= _FEWEST and "." in head[_SESSION]


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
                yield Broken(odd(known.get("error_severity")))
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
        return Broken(odd(record.get("error_severity") if isinstance(record, dict) else None))
    return _line(record, record.get("remote_host"))


def _line(record: Mapping[str, Any], remote: Any) -> Line:
    values = {name: record.get(of) for name, of in _NAMED.items()} | {"remote": remote or ""}
    detail = str(record.get("detail") or "")
    values["detail"] = detail if detail.startswith(PREPARED) else ""
    return Line(**{name: "" if value is None else str(value) for name, value in values.items()})
