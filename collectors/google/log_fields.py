"""Fields of log entries, whose values may be of any shape."""

from typing import Any

from auditor.model.details import details

Object = dict[str, Any]

PAYLOADS = ("protoPayload", "protopayload_auditlog")
"""Where an entry holds its audit log: as the API writes it, and as BigQuery's export does."""


def object_in(value: Object, name: str) -> Object:
    """An object, which a table may hold as text; an empty one where it is none."""
    inner = value.get(name)
    if isinstance(inner, str) and inner.startswith("{"):
        return object_written(value, name)
    return inner if isinstance(inner, dict) else {}


def list_in(value: Object, name: str) -> list[Any]:
    """A list; an empty one where it is none."""
    inner = value.get(name)
    return inner if isinstance(inner, list) else []


def text_in(value: Object, name: str) -> str:
    """A text; an empty one where it is none."""
    inner = value.get(name)
    return inner if isinstance(inner, str) else ""


def object_written(payload: Object, name: str) -> Object:
    """An object that BigQuery's export keeps as text."""
    return details(text_in(payload, name))
