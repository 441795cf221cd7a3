"""Log entries in whatever Google's sinks and other programs write: JSON, BigQuery's tables, YAML, log shippers."""

import re
from collections.abc import Iterable
from typing import Any

from collectors.envelopes import records_in
from collectors.forms import csv_rows, parquet_rows, yaml_documents
from collectors.google.records import Record, records
from collectors.json_values import Broken
from collectors.packing import utf8

Entry = dict[str, Any]

_PAYLOADS = ("protoPayload", "protopayload_auditlog")
_COLUMNS = ("logname", "protopayload", "message", "@message", "log", "entry", "textpayload")
_YAML_KEYS = frozenset({"logName", "protoPayload", "insertId"})
# Flattened by BigQuery's older exports; what stands below them has no underscore in its name.
_FLAT = re.compile(r"(protopayload_auditlog|resource_labels|resource|operation)_(.+)")
_BARE = re.compile(rb"^[^\s{\[\"][^{\[\"\n]{0,200}(?=\{)", re.MULTILINE)


def log_records(content: bytes) -> list[Record]:
    """The entries of a file in order; text stands for one that cannot be read, and says why.

    Raises:
        ValueError: nothing in it can be read.
    """
    content = utf8(content)
    tables = parquet_rows(content) or csv_rows(content, _COLUMNS) or yaml_documents(content, _YAML_KEYS)
    if tables is not None:
        return _entries(tables)
    if _BARE.match(content):
        content = _BARE.sub(b"", content)
    return _entries(records(content))


def _entries(values: Iterable[Any]) -> list[Record]:
    found: list[Record] = []
    for value in values:
        inner = [value] if isinstance(value, str) else records_in(value, entry_of)
        found += [
            str(one) if isinstance(one, (Broken, str)) else one if isinstance(one, dict) else "it is no JSON object"
            for one in inner
        ]
    return found


def entry_of(value: Entry) -> Entry | None:
    """An entry as Cloud Logging writes it; None where the object is none in any form that is known."""
    if any(value.get(name) for name in _PAYLOADS):
        return value
    if any(name.startswith("protopayload_auditlog_") for name in value):
        return _unflattened(value)
    audit = value.get("gcp", {})
    audit = audit.get("audit") if isinstance(audit, dict) else None
    event = _object(value, "event")
    return _from_ecs(value, audit) if isinstance(audit, dict) and "original" not in event else None


def _unflattened(row: Entry) -> Entry:
    entry: Entry = {}
    for name, value in row.items():
        match = _FLAT.fullmatch(name)
        if match is None:
            entry[name] = value
            continue
        above = ["resource", "labels"] if match[1] == "resource_labels" else [match[1]]
        below = [match[2]] if match[1] == "resource_labels" else match[2].split("_")
        place = entry
        for step in [*above, *below[:-1]]:
            inner = place.setdefault(step, {})
            place = inner if isinstance(inner, dict) else {}
        place[below[-1]] = value
    return entry


def _object(value: Entry, name: str) -> Entry:
    inner = value.get(name)
    return inner if isinstance(inner, dict) else {}


def _from_ecs(value: Entry, audit: Entry) -> Entry:
    """An entry as Elastic's shippers write it when they throw the original away."""
    event, who = _object(value, "event"), _object(audit, "authentication_info")
    source, project = _object(value, "source"), _object(_object(value, "cloud"), "project").get("id")
    log = _object(value, "log").get("logger") or f"projects/{project}/logs/cloudaudit.googleapis.com%2Factivity"
    permissions = audit.get("authorization_info")
    return {
        "logName": log,
        "insertId": event.get("id"),
        "timestamp": value.get("@timestamp"),
        "resource": {"labels": {"project_id": project}},
        "protoPayload": {
            "serviceName": audit.get("service_name") or event.get("provider"),
            "methodName": audit.get("method_name") or event.get("action"),
            "resourceName": audit.get("resource_name"),
            "authenticationInfo": {
                "principalEmail": who.get("principal_email") or _object(_object(value, "client"), "user").get("email"),
                "principalSubject": who.get("principal_subject"),
            },
            "authorizationInfo": permissions if isinstance(permissions, list) else [],
            "requestMetadata": {
                "callerIp": source.get("ip"),
                "callerSuppliedUserAgent": _object(value, "user_agent").get("original"),
            },
            "request": audit.get("request"),
            "status": audit.get("status"),
        },
    }
