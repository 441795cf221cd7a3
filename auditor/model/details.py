"""Objects in JSON, as columns keep them and sources write them: of whatever is none, nothing is told."""

import json
from typing import Any


def details(text: str | bytes | None) -> dict[str, Any]:
    """A text as an object; what was too long to keep whole names nothing."""
    try:
        return as_object(json.loads(text or "{}"))
    except (ValueError, RecursionError):
        return {}


def as_object(value: Any) -> dict[str, Any]:
    """A part of a detail as an object; whatever else it is names nothing."""
    return value if isinstance(value, dict) else {}


def as_objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list in a detail; what a request should not hold is passed over."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def as_list(value: Any) -> list[Any]:
    """A list in a detail; what stands there alone is a list of one."""
    return value if isinstance(value, list) else [value]


def texts(value: Any) -> list[str]:
    """The texts of a list in a detail."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
