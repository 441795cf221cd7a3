"""PostgreSQL's log out of what carried it: Cloud Logging, CloudWatch, containers, operators and log shippers."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

from collectors.envelopes import records_in
from collectors.json_values import Broken, values

_ISO = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)"
# A pod or service, the time of a shipper or container, its stream or file; behind them the server's own line goes on.
_BEFORE = re.compile(
    rf"(?=\S)(?P<who>\[pod/\S+\] |[\w./-]+ +\| )?(?:{_ISO} (?:std(?:out|err) [FP] |[^\s\t]+ (?=\d{{4}}-))?)?"
    r"(?=\d{4}-\d\d-\d\d |\t|\{)"
)
_LOOKED_AT = 50
_JSON = re.compile(r"\s*(?:\{|\[\s*[{\[])")
_SAYS = ("textPayload", "message", "log", "line", "@message", "_raw")
_WHEN = ("timestamp", "@timestamp", "time", "ts", "receiveTimestamp")
# What CloudNativePG calls the fields of a record.
_OTHERWISE = {
    "log_time": "timestamp", "user_name": "user", "database_name": "dbname", "command_tag": "ps",
    "session_line_num": "line_num", "virtual_transaction_id": "vxid", "sql_state_code": "state_code",
    "query": "statement",
}  # fmt: skip
_AUDITED = (
    "audit_type", "statement_id", "substatement_id", "class", "command", "object_type", "object_name", "statement",
    "parameter",
)  # fmt: skip


def carried(text: str) -> str:
    """The server's own lines, oldest first; the text itself where nothing carries it.

    What is carried beside them and is none stays as JSON, so that it is counted as what it is.
    """
    if _JSON.match(text):
        return _out_of_json(text)
    first = [_BEFORE.match(line) for line in text.split("\n", _LOOKED_AT)[:_LOOKED_AT] if line]
    behind = [found["who"] for found in first if found and found[0]]
    if 2 * len(behind) <= len(first):
        return text
    # What another service says beside it stays as it is: it could say anything.
    (who, _), *_ = Counter(behind).most_common(1)
    return "\n".join(
        line[found.end() :] if (found := _BEFORE.match(line)) and found["who"] == who else line
        for line in text.split("\n")
    )


def _out_of_json(text: str) -> str:
    found: list[Any] = []
    start = text.index("[") + 1 if text.lstrip().startswith("[") else 0
    for value in values(text, start, _is_record):
        if not found and isinstance(value, dict) and "error_severity" in value and "timestamp" in value:
            return text  # jsonlog, which the server writes itself
        found += records_in(value, lambda one: one if _is_record(one) else None)
    if not any(isinstance(one, dict) and _is_record(one) for one in found):
        return text
    times = [str(_first(one, _WHEN) or "") for one in found if isinstance(one, dict)]
    if times[0] > times[-1]:
        found.reverse()
    return "\n".join(_line(one) for one in found)


def _is_record(value: Mapping[str, Any]) -> bool:
    return "error_severity" in value or isinstance(_first(value, _SAYS), str)


def _first(value: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((value[name] for name in names if value.get(name)), None)


def _line(value: Any) -> str:
    if isinstance(value, dict) and "error_severity" in value:
        return json.dumps(_as_jsonlog(value))
    said = _first(value, _SAYS) if isinstance(value, dict) else None
    if isinstance(said, str):
        return said.rstrip("\n")
    return str(value) if isinstance(value, Broken) else json.dumps(value)


def _as_jsonlog(record: Mapping[str, Any]) -> dict[str, Any]:
    told = {_OTHERWISE.get(name, name): value for name, value in record.items()}
    if isinstance(audit := record.get("audit"), dict):
        row = io.StringIO()
        csv.writer(row, lineterminator="").writerow([audit.get(name, "") for name in _AUDITED])
        told["message"] = f"AUDIT: {row.getvalue()}"
    told.setdefault("remote_host", str(record.get("connection_from") or "").rpartition(":")[0])
    return told
