"""Reading JSON whose shape nobody promises: each helper gives what it can, and never raises."""

from __future__ import annotations

from typing import Any

import msgspec

HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
NOTHING = msgspec.Raw(b"null")
BAD_JSON = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What msgspec raises for bytes that are no JSON, or not what was asked for."""

_DECODER = msgspec.json.Decoder()


def text(value: Any) -> str | None:
    """A string that says something, else None."""
    return value if isinstance(value, str) and value else None


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def loose(raw: msgspec.Raw) -> Any:
    """The decoded value; None where it cannot be decoded, such as a number that no computer holds."""
    try:
        return _DECODER.decode(raw)
    except BAD_JSON:
        return None
