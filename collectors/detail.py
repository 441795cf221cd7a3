"""A request's parameters as evidence: secrets taken out, and short enough to keep beside the row."""

import json
import re
from functools import lru_cache
from typing import Any

import msgspec

from collectors.base import printable

LONGEST = 16 * 1024
_LONGEST_STRING = 6 * 1024
_DEEPEST = 12
_MOST = 200
REMOVED = "[removed]"

_SECRET = re.compile(
    r"password|passphrase|secret(?!id$|arn$|name$)|token|private_?key|plaintext|ciphertext|assertion|credential$"
    r"|authorization$|authenticationcode",
    re.IGNORECASE,
)


def detail(params: Any) -> str | None:
    """JSON of the parameters, at most `LONGEST` characters; None where there are none."""
    if params in (None, {}, ""):
        return None
    kept = _encode(_redacted(params, _LONGEST_STRING, 0))
    length = _LONGEST_STRING
    while len(kept) > LONGEST and length:
        length //= 4
        kept = _encode(_redacted(params, length, 0))
    return kept if len(kept) <= LONGEST else _encode({"too long to keep": len(kept)})


def _encode(value: Any) -> str:
    return msgspec.json.encode(value).decode()


def _redacted(value: Any, length: int, depth: int) -> Any:
    if depth > _DEEPEST:
        return "[too deep]"
    if isinstance(value, dict):
        return {
            str(name)[:200]: REMOVED if _is_secret(str(name)) and inner else _redacted(inner, length, depth + 1)
            for name, inner in list(value.items())[:_MOST]
        }
    if isinstance(value, list):
        return [_redacted(inner, length, depth + 1) for inner in value[:_MOST]]
    if isinstance(value, str) and len(value) > length:
        return value[:length] + "…"
    return value


@lru_cache(maxsize=4096)
def _is_secret(name: str) -> bool:
    return bool(_SECRET.search(name))


def quoted(record: Any) -> str:
    """A record as indented JSON, secrets taken out."""
    return printable(json.dumps(_redacted(record, LONGEST, 0), indent=2, ensure_ascii=False))
