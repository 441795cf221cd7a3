"""A log whose entries are no lines: journalctl's export and verbose outputs, JSON over several lines, and tables."""

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from auditor.model.details import as_list
from collectors.base import as_text
from collectors.envelopes import CUT, goes_on
from collectors.json_values import Broken, values

_FIELD = re.compile(rb"[A-Z_][A-Z0-9_]*=")
_NAME = re.compile(rb"[A-Z_][A-Z0-9_]*")
_VERBOSE = re.compile(rb"\S+ (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+) \[s=")
_FRAME = re.compile(rb"(\d{1,5}) (?=<\d{1,3}>1 )")
_LENGTH = 8
# The file that sudo itself may write (`logfile`): long lines go on behind blanks.
_SUDO = re.compile(rb"(\S.{14}(?: \d{4})?) : (\S+ : .*)")
SUDO_FILE = "sudo.log"
"""The program that lines of sudo's own file are said to be of: the host's log mostly has them too."""
# The columns of what searches of logs save as a table: a message and its time.
_SAID = frozenset({"message", "line", "@message", "_raw", "msg", "SyslogMessage"})
_WHEN = frozenset(
    {"timestamp", "@timestamp", "_time", "time", "TimeGenerated", "EventTime", "date", "_messageTime", "_messagetime"}
)
# What Datadog, Grafana and Graylog call them in tables alone.
_CALLED = {
    "Content": "message",
    "Date": "date",
    "Host": "host",
    "Line": "line",
    "Message": "message",
    "Service": "service",
    "tsNs": "timestamp",
}
_EVENTS = ("events", "logEvents", "entries", "hits", "data", "result")

Entry = tuple[int, dict[str, Any] | str]


def journal_entries(data: bytes) -> Iterator[Entry] | None:
    """The entries, each with the number of the line that it begins on; None where every line is one of its own."""
    head = data[:4096].lstrip()
    if _FIELD.match(head) and b"__REALTIME_TIMESTAMP=" in data:
        return _export(data)
    if _VERBOSE.match(head):
        return _verbose(data)
    if _FRAME.match(head) and (frames := list(_frames(data))):
        return iter(frames)
    if head[:1] not in (b"[", b"{"):
        return _sudo(data) if _SUDO.match(head) else _table(data)
    first = _decoded(data.lstrip().partition(b"\n")[0])
    if (
        isinstance(first, dict)
        and not any(isinstance(first.get(name), list) for name in _EVENTS)
        and not _of_loki(first)
    ):
        return None
    found = list(_json(data))
    return iter(found) if any(isinstance(entry, dict) for _, entry in found) else None


def _frames(data: bytes) -> Iterator[Entry]:
    """Messages as they go over the wire, each with its length before it; none where the lengths do not fit."""
    found: list[Entry] = []
    position = 0
    while match := _FRAME.match(data, position):
        end = match.end(1) + 1 + int(match[1])
        found.append((len(found), as_text(data[match.end(1) + 1 : end])))
        position = end
    return iter(found if len(found) > 1 and position >= len(data.rstrip()) else [])


def _decoded(line: bytes) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None


def _export(data: bytes) -> Iterator[Entry]:
    """`journalctl -o export`: a field a line, or its name, its length and its bytes; an empty line between entries."""
    entry: dict[str, Any] = {}
    position, number, begin = 0, 0, 0
    while position < len(data):
        end = data.find(b"\n", position)
        end = len(data) if end < 0 else end
        line = data[position:end]
        position, number = end + 1, number + 1
        if _NAME.fullmatch(line):
            size = int.from_bytes(data[position : position + _LENGTH], "little")
            value = data[position + _LENGTH : position + _LENGTH + size]
            position += _LENGTH + size + 1
            number += value.count(b"\n") + 1
            entry[line.decode()] = as_text(value)
        elif _FIELD.match(line):
            name, _, value = line.partition(b"=")
            entry[name.decode()] = as_text(value)
            begin = number - 1 if name == b"MESSAGE" else begin
        elif line:
            yield number - 1, as_text(line)
        elif entry:
            yield begin, entry
            entry = {}
    if entry:
        yield begin, entry


def _verbose(data: bytes) -> Iterator[Entry]:
    """`journalctl -o verbose`: a line with the time, then the fields below it."""
    entry: dict[str, Any] = {}
    begin = 0
    for number, line in enumerate(data.split(b"\n")):
        if match := _VERBOSE.match(line):
            if entry:
                yield begin, entry
            entry, begin = {"time": match[1].decode()}, number
        elif _FIELD.match(line.strip()):
            name, _, value = line.strip().partition(b"=")
            entry[name.decode()] = as_text(value)
            begin = number if name == b"MESSAGE" else begin
        elif line.strip() and not line.startswith(b"--"):
            yield number, as_text(line)
    if entry:
        yield begin, entry


def _sudo(data: bytes) -> Iterator[Entry]:
    """What sudo writes into a file of its own, as lines of a host's log."""
    lines = data.split(b"\n")
    starts = [number for number, line in enumerate(lines) if line and not line.startswith(b" ")]
    for number, end in pairwise([*starts, len(lines)]):
        whole = b" ".join([lines[number], *(line.strip() for line in lines[number + 1 : end])]).rstrip()
        match = _SUDO.fullmatch(whole)
        yield number, f"{as_text(match[1])} {SUDO_FILE}: {as_text(match[2])}" if match else as_text(whole)


def _table(data: bytes) -> Iterator[Entry] | None:
    """The rows of a table whose columns are a message and its time among more; None where it is no such table."""
    head = data[:4096].lstrip().partition(b"\n")[0]
    columns = next(csv.reader(io.StringIO(as_text(head), newline="")), []) if b"," in head else []
    columns = [_CALLED.get(name, name) for name in columns]
    if _SAID.isdisjoint(columns) or _WHEN.isdisjoint(columns):
        return None
    # Graylog calls the host a source.
    return _rows(data, ["host" if name == "source" and "host" not in columns else name for name in columns])


def _rows(data: bytes, columns: list[str]) -> Iterator[Entry]:
    rows = csv.reader(io.StringIO(as_text(data.lstrip()), newline=""))
    next(rows, None)
    number = 0
    try:
        for number, row in enumerate(rows, 1):
            if row:
                yield number, dict(zip(columns, row, strict=False))
    except csv.Error as error:
        yield number + 1, Broken(f"it cannot be read on from here: {error}")


def _json(data: bytes) -> Iterator[Entry]:
    """JSON in an array, an answer, or over several lines."""
    text = as_text(data)
    try:
        whole = [json.loads(text)]
    except (ValueError, RecursionError):
        whole = list(values(text, int(text.lstrip().startswith("[")), lambda _: True))
    for number, value in enumerate(_listed(whole)):
        yield number, value if isinstance(value, dict | Broken) else str(value)


def _of_loki(value: dict[str, Any]) -> bool:
    data = value.get("data")
    return isinstance(data, dict) and data.get("resultType") == "streams"


def _stream(value: dict[str, Any]) -> list[Any] | None:
    """The lines of a stream as Loki answers, each with its time and labels."""
    labels, lines = value.get("stream"), value.get("values")
    if not isinstance(labels, dict) or not isinstance(lines, list):
        return None
    return [
        {"timestamp": one[0], "line": one[1], "labels": labels} for one in lines if isinstance(one, list) and one[1:]
    ]


def _listed(found: list[Any]) -> Iterator[Any]:
    for value in found:
        inner: Any = value if isinstance(value, list) else None
        if isinstance(value, dict):
            inner = next((value[name] for name in _EVENTS if isinstance(value.get(name), (list, dict))), None)
            inner = inner or _stream(value)
        if inner is None:
            yield value
        else:
            yield from _listed(as_list(inner))
            if isinstance(value, dict) and goes_on(value):
                yield Broken(CUT)
