"""Log entries in whatever Google's sinks and other programs write: JSON, BigQuery's tables, YAML, log shippers."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

from auditor.model.details import as_object
from collectors.envelopes import bare, records_in
from collectors.forms import csv_rows, nested, parquet_rows, yaml_documents
from collectors.google.records import Record, records
from collectors.json_values import Broken
from collectors.packing import utf8

Entry = dict[str, Any]

_PAYLOADS = ("protoPayload", "protopayload_auditlog")
_COLUMNS = ("logname", "protopayload", "message", "@message", "log", "entry", "textpayload")
_YAML_KEYS = frozenset({"logName", "protoPayload", "insertId"})
# Flattened by BigQuery's older exports; what stands below them has no underscore in its name.
_FLAT = re.compile(r"(protopayload_auditlog|resource_labels|resource|operation)_(.+)")


def log_records(content: bytes) -> list[Record]:
    """The entries of a file in order; text stands for one that cannot be read, and says why.

    Raises:
        ValueError: nothing in it can be read.
    """
    content = utf8(content)
    tables = parquet_rows(content) or csv_rows(content, _COLUMNS) or yaml_documents(content, _YAML_KEYS)
    if tables is not None:
        return _entries(tables)
    return _entries(records(bare(content)))


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
    audit = as_object(value.get("gcp")).get("audit")
    event = as_object(value.get("event"))
    return _from_ecs(value, audit) if isinstance(audit, dict) and "original" not in event else None


def _unflattened(row: Entry) -> Entry:
    return nested((_path(name), value) for name, value in row.items())


def _path(name: str) -> Sequence[str]:
    match = _FLAT.fullmatch(name)
    if match is None:
        return (name,)
    return ("resource", "labels", match[2]) if match[1] == "resource_labels" else (match[1], *match[2].split("_"))


def _from_ecs(value: Entry, audit: Entry) -> Entry:
    """An entry as Elastic's shippers write it when they throw the original away."""
    event, who = as_object(value.get("event")), as_object(audit.get("authentication_info"))
    source, project = as_object(value.get("source")), as_object(as_object(value.get("cloud")).get("project")).get("id")
    log = as_object(value.get("log")).get("logger") or f"projects/{project}/logs/cloudaudit.googleapis.com%2Factivity"
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
                "principalEmail": who.get("principal_email")
                or as_object(as_object(value.get("client")).get("user")).get("email"),
                "principalSubject": who.get("principal_subject"),
            },
            "authorizationInfo": permissions if isinstance(permissions, list) else [],
            "requestMetadata": {
                "callerIp": source.get("ip"),
                "callerSuppliedUserAgent": as_object(value.get("user_agent")).get("original"),
            },
            "request": audit.get("request"),
            "status": audit.get("status"),
        },
    }
