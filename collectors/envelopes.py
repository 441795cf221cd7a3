"""What other programs wrap log records in: subscriptions, queues, event buses, search engines, log shippers.

Nobody lists them all, so records are looked for wherever such programs are known to put what they carry.
"""

import base64
import binascii
import json
import re
from collections.abc import Callable
from itertools import chain
from typing import Any

from collectors.files import unpacked
from collectors.json_values import Broken

# Where something is carried, the likeliest place first.
_PLACES = (
    "Records", "CloudTrailEvent", "cloudtrail_event", "cloud_trail_event", "eventData", "logEvents", "Events",
    "entries", "hits", "_source", "detail", "event", "original", "event.original", "@message", "message", "Message",
    "MESSAGE", "_raw", "log", "record", "records", "data", "Data", "value", "Body", "body", "content", "Messages",
    "events", "fields", "results", "result", "_1", "QueryResultRows", "ResultSet", "Rows", "rows", "kinesis",
    "awslogs", "aws", "cloudtrail", "jsonPayload", "textPayload", "payload", "json", "entry", "github",
    "receivedMessages", "attributes", "line", "values",
)  # fmt: skip
_DEEPEST = 16
_TIME_AND_LINE = 2  # as Loki answers
_LARGEST = 64 << 20
_BASE64 = re.compile(r"(?:H4sI|eyJ|ewo|ewk|W3s)[A-Za-z0-9+/_\-\s]+=*\s*")
_PACKED = (b"H4sI", b"eyJ", b"ewo", b"ewk", b"W3s")
# What an answer names the next page by, where it is not the last.
_NEXT = ("NextToken", "nextToken", "nextPageToken", "next_page_token", "PaginationToken")
CUT = "it is the first page of several, and the next was not written"
"""What is missing of an answer of which `goes_on` is true."""
_UNFINISHED = "its query had not ended, failed in parts or met more than it shows: it is not all"
# As Logs Insights and CloudTrail Lake say it.
_ENDED_BADLY = frozenset({"Scheduled", "Queued", "Running", "Failed", "Cancelled", "Timeout", "Timed_Out", "Unknown"})
_TRAIL = "via CloudTrail"  # what else an event bus tells is no record of a log
_BULK = frozenset({"index", "create", "update"})

# CloudWatch Logs exports put the time of each record before it; log shippers a time, a tag, a host or a stream; syslog
# a program and its number, as in `vault[812]:`.
_BEFORE = re.compile(rb"^[^\s{\[\"](?:[^{\[\"\n]|\[\d+\]){0,200}(?=\{)", re.MULTILINE)
# What Fluent Bit writes into files, and at a terminal: a tag, and a list of the time and the record.
_TAGGED = re.compile(rb"^(?:\[\d+\] )?[^\s{\[\"]+: \[\[?\d+(?:\.\d+)?, (?:\{\}\], )?(\{.*\})\]\r?$", re.MULTILINE)

Convert = Callable[[dict[str, Any]], Any]


def bare(content: bytes) -> bytes:
    """The records of a file alone, without what other programs put before each of them."""
    if _BEFORE.match(content):
        return _BEFORE.sub(b"", content)
    return _TAGGED.sub(rb"\1", content) if _TAGGED.match(content) else content


def records_in(value: Any, convert: Convert) -> list[Any]:
    """The records that a JSON value is or carries; the value itself where it is no record and carries none.

    Args:
        value: a decoded value.
        convert: a record out of an object; None where it is none.
    """
    if _carries_nothing(value):
        return []
    found = _found(value, convert, 0)
    if found:
        return found
    listed = value.get("Records") if isinstance(value, dict) else value
    return listed if isinstance(listed, list) else [value]


def packed_lines(content: bytes) -> list[str]:
    """The lines of a file that holds Base64 of packed records and nothing else; none where it does not."""
    if not content.startswith(_PACKED):
        return []
    lines = content.decode("ascii", "replace").split()
    return lines if all(map(_BASE64.fullmatch, lines)) else []


def _found(value: Any, convert: Convert, depth: int) -> list[Any]:
    if depth > _DEEPEST:
        return []
    if isinstance(value, str):
        return [found for inner in _decoded(value) for found in _found(inner, convert, depth + 1)]
    if isinstance(value, list):
        return _listed(value, convert, depth)
    if not isinstance(value, dict):
        return []
    record = convert(value)
    return [record] if record is not None else _carried(value, convert, depth)


def _carried(value: dict[str, Any], convert: Convert, depth: int) -> list[Any]:
    if rows := _by_columns(value):
        return [*_found(rows, convert, depth + 1), *map(Broken, _lacks(value))]
    # Of a table of one's own nobody knows what the column is called.
    objects = (one for one in value.values() if isinstance(one, str) and one[:1] == "{")
    for inner in chain((value.get(place) for place in _PLACES), objects):
        if inner:
            found = _found(inner, convert, depth + 1)
            if any(isinstance(one, dict) for one in found):
                return [*found, *map(Broken, _lacks(value))]
    return []


def _lacks(value: dict[str, Any]) -> list[str]:
    return [why for lacks, why in ((goes_on, CUT), (_is_unfinished, _UNFINISHED)) if lacks(value)]


def _is_unfinished(value: dict[str, Any]) -> bool:
    """Whether an answer says that its query had not ended, ran out of time, failed in parts, or met more."""
    rows, shards, counts = value.get("results"), value.get("_shards"), value.get("statistics")
    failed = isinstance(shards, dict) and bool(shards.get("failed"))
    states = [value.get("QueryStatus"), value.get("status") if isinstance(rows, list) else None]
    lake, insights = (one if isinstance(one, str) else "" for one in states)
    ended_badly = lake.title() in _ENDED_BADLY or insights in _ENDED_BADLY
    met = counts.get("recordsMatched") if isinstance(counts, dict) and isinstance(rows, list) else 0
    fewer = isinstance(rows, list) and isinstance(met, int | float) and met > len(rows)
    partial = value.get("timed_out") is True or value.get("is_partial") is True
    return failed or ended_badly or fewer or partial


def goes_on(value: dict[str, Any]) -> bool:
    """Whether an answer says that it is the first page of several, or that there was more than it holds."""
    total, hits = value.get("total"), value.get("hits")
    total = total.get("value") if isinstance(total, dict) else total
    fewer = isinstance(hits, list) and isinstance(total, int) and total > len(hits)
    return fewer or any(isinstance(value.get(name), str) and value[name] for name in _NEXT)


def _listed(values: list[Any], convert: Convert, depth: int) -> list[Any]:
    """Those of a list; what is no record there stays, so that it is counted. A list may be a row, or a whole table."""
    if row := _row(values):
        return _found(row, convert, depth + 1)
    if len(values) == _TIME_AND_LINE and all(isinstance(one, str) for one in values) and values[0].isdigit():
        return _found(values[1], convert, depth + 1)
    table = _table(values)
    inner = [(one, _found(one, convert, depth + 1)) for one in table or values if not _carries_nothing(one)]
    if not any(found for _, found in inner):
        return []
    return [record for one, found in inner for record in found or [one]]


def _row(values: list[Any]) -> dict[str, Any]:
    """A row that is told cell by cell, each with its name; empty where the list is none."""
    if not values or not all(isinstance(one, dict) for one in values):
        return {}
    if all(one.keys() >= {"field", "value"} for one in values):
        return {str(one["field"]): one["value"] for one in values}
    if len(values) > 1 and all(len(one) == 1 for one in values):
        cells = [(name, cell) for one in values for name, cell in one.items()]
        return dict(cells) if len({name for name, _ in cells}) == len(values) else {}
    return {}


def _table(values: list[Any]) -> list[dict[str, Any]]:
    """Rows of an answer of Athena, the first of which names the columns; empty where the list is no such answer."""
    rows = [one.get("Data") for one in values if isinstance(one, dict) and isinstance(one.get("Data"), list)]
    if not rows or len(rows) != len(values):
        return []
    cells = [[cell.get("VarCharValue") if isinstance(cell, dict) else None for cell in row or ()] for row in rows]
    return [{str(n): cell for n, cell in zip(cells[0], row, strict=False) if cell is not None} for row in cells[1:]]


def _by_columns(value: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of an answer that names its columns beside them, as Elasticsearch's ES|QL does; empty where it is none."""
    columns, rows = value.get("columns"), value.get("values")
    if not isinstance(columns, list) or not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        return []
    names = [str(column.get("name")) if isinstance(column, dict) else str(column) for column in columns]
    return [dict(zip(names, row, strict=False)) for row in rows]


def _carries_nothing(value: Any) -> bool:
    """Whether it is a program's own word: a subscription's test, a search engine's order before each document."""
    if not isinstance(value, dict):
        return False
    if value.get("messageType") == "CONTROL_MESSAGE" or not str(value.get("detail-type", _TRAIL)).endswith(_TRAIL):
        return True
    return len(value) == 1 and not _BULK.isdisjoint(value) and all(isinstance(one, dict) for one in value.values())


def _decoded(text: str) -> list[Any]:
    """The JSON values in a text, which may be packed and in Base64; none where it holds none."""
    if _BASE64.fullmatch(text):
        try:
            data = base64.b64decode(re.sub(r"\s", "", text) + "==", altchars=b"-_" if {"-", "_"} & set(text) else None)
            text = unpacked(data, _LARGEST)[0].decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return []
    begin = min((at for at in (text.find("{"), text.find("[{"), text.find('["')) if at >= 0), default=-1)
    if begin < 0 or len(text) > _LARGEST:
        return []
    try:
        return [json.loads(text[begin:])]
    except (ValueError, RecursionError):
        return _several(text, begin)


def _several(text: str, start: int) -> list[Any]:
    from collectors.json_values import values

    return [one for one in values(text, start, lambda _: True) if not isinstance(one, Broken)]
