"""The detail column of events, which collectors keep as JSON."""

import json
from typing import Any


def details(text: str | None) -> dict[str, Any]:
    """An event's detail as an object; what was too long to keep whole names nothing."""
    try:
        content = json.loads(text or "{}")
    except json.JSONDecodeError:
        return {}
    return content if isinstance(content, dict) else {}
