"""Log entries in whatever Google's sinks and other programs write: JSON, BigQuery's tables, YAML, log shippers."""

import json
import re
from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from typing import Any

from auditor.model.details import as_object
from auditor.model.written import written
from collectors.envelopes import bare, records_in
from collectors.forms import csv_rows, nested, parquet_rows, renamed, yaml_documents
from collectors.google.log_fields import PAYLOADS
from collectors.google.records import Record, records
from collectors.json_values import TOO_DEEP, Broken
from collectors.packing import utf8

Entry = dict[str, Any]

_COLUMNS = (
    "logname", "log_name", "protopayload", "proto_payload", "message", "@message", "log", "entry", "textpayload",
)  # fmt: skip
_YAML_KEYS = frozenset({"logName", "protoPayload", "insertId"})
_places = cache(partial(written, __package__, "wrapped", dict[str, str]))
_SERVICE_DATA = re.compile(r"servicedata_v1_[a-z]+")
_JSON = frozenset({"request", "response", "metadata", "service_data", "labels"})
_SWITCHES = {"true": True, "false": False}
_MEMBER = re.compile(r"(.+)\[\d+\]")
# Flattened by BigQuery's older exports; what stands below them has no underscore in its name.
_FLAT = re.compile(r"(protopayload_auditlog|resource_labels|resource|operation)_(.+)")


def log_records(content: bytes) -> list[Record]:
    """The entries of a file in order; text stands for one that cannot be read, and says why.

    Raises:
        ValueError: nothing in it can be read.
    """
    content = utf8(content)
    if (rows := parquet_rows(content)) is not None:
        return _entries(rows)
    if (table := csv_rows(content, _COLUMNS)) is not None:
        return _entries(table, _typed)
    if (documents := yaml_documents(content, _YAML_KEYS)) is not None:
        return _entries(documents)
    return _entries(records(bare(content)))


def _typed(value: Any) -> Any:
    """A part of a row of a table as JSON has it.

    Lists are told member by member (`a[0].b`, `a.0.b`) or as JSON in one cell; switches and codes are text there.
    """
    if isinstance(value, str):
        return _value(value)
    if not isinstance(value, dict):
        return value
    if value and all(map(str.isdecimal, value)):
        return [_typed(value[name]) for name in sorted(value, key=int)]
    found: Entry = {}
    for name, inner in value.items():
        if one := _MEMBER.fullmatch(name):
            found.setdefault(one[1], []).append(_typed(inner))
        else:
            is_code = name == "code" and isinstance(inner, str) and inner.isdecimal()
            found[name] = int(inner) if is_code else _typed(inner)
    return found


def _value(text: str) -> Any:
    if text.lower() in _SWITCHES:
        return _SWITCHES[text.lower()]
    if not text.startswith(("[", "{")):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _entries(values: Iterable[Any], read: Callable[[Any], Any] = lambda value: value) -> list[Record]:
    found: list[Record] = []
    for value in values:
        try:
            inner = [value] if isinstance(value, str) else records_in(read(value), entry_of)
        except RecursionError:
            inner = [Broken(TOO_DEEP)]
        found += [
            str(one) if isinstance(one, (Broken, str)) else one if isinstance(one, dict) else "it is no JSON object"
            for one in inner
        ]
    return found


def entry_of(value: Entry) -> Entry | None:
    """An entry as Cloud Logging writes it; None where the object is none in any form that is known."""
    if any(value.get(name) for name in PAYLOADS):
        return value
    if value.get("proto_payload"):
        return _from_analytics(value)
    if any(name.startswith("protopayload_auditlog_") for name in value):
        return _unflattened(value)
    if any(name.startswith("protoPayload.") for name in value):
        return as_object(_typed(nested((name.split("."), inner) for name, inner in value.items())))
    audit = as_object(value.get("gcp")).get("audit")
    event = as_object(value.get("event"))
    return _from_ecs(value) if isinstance(audit, dict) and "original" not in event else None


def _unflattened(row: Entry) -> Entry:
    return nested((_path(name), value) for name, value in row.items())


def _path(name: str) -> Sequence[str]:
    match = _FLAT.fullmatch(name)
    if match is None:
        return (name,)
    if match[1] == "resource_labels":
        return ("resource", "labels", match[2])
    inside = _SERVICE_DATA.match(match[2])
    steps = match[2].removeprefix(inside[0]).removeprefix("_") if inside else match[2]
    return (match[1], *([inside[0]] if inside else []), *filter(None, steps.split("_")))


def _from_analytics(row: Entry) -> Entry:
    """An entry as tables of Log Analytics have it: in names of their own, but for what stands in them as JSON."""
    told: Entry = {_camel(name): _in_camels(inner, name) for name, inner in row.items()}
    payload = as_object(told["protoPayload"])
    return {**told, "protoPayload": as_object(payload.get("auditLog")) or payload}


def _in_camels(value: Any, name: str) -> Any:
    if isinstance(value, str):
        return _value(value)
    if name in _JSON or not isinstance(value, (dict, list)):
        return value
    if isinstance(value, list):
        return [_in_camels(inner, name) for inner in value]
    return {_camel(key): _in_camels(inner, key) for key, inner in value.items()}


def _camel(name: str) -> str:
    first, *more = name.split("_")
    return first + "".join(map(str.capitalize, more))


def _from_ecs(value: Entry) -> Entry:
    """An entry as Elastic's shippers write it when they throw the original away."""
    entry = renamed(value, _places())
    payload, project = entry["protoPayload"], entry["resource"]["labels"]["project_id"]
    listed = payload["authorizationInfo"]
    return entry | {
        "logName": entry["logName"] or f"projects/{project}/logs/cloudaudit.googleapis.com%2Factivity",
        "protoPayload": payload | {"authorizationInfo": listed if isinstance(listed, list) else []},
    }
