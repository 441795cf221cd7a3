"""What a revocation needs to know of a right: collectors write handles, the cleanup scripts read them."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from auditor.model.details import details

Handle = Mapping[str, Any]


def policy_fingerprint(document: Any) -> str:
    """Hex SHA-256 of a policy's parsed document as compact ASCII JSON, keys in the document's own order.

    The order is kept because a cleanup script must come to the same value with nothing but the AWS CLI, whose
    `--query 'to_string(PolicyDocument)'` prints exactly this text.
    """
    text = json.dumps(document, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def read_handle(text: str) -> Handle:
    """A handle as its collector wrote it; an empty one when it is not a JSON object."""
    return details(text)


def identity(handle: Handle) -> str:
    """A handle as a text that is the same whatever order its parts stand in."""
    return json.dumps(handle, sort_keys=True)


def write_handle(provider: str, kind: str, account: str, **details: str | None) -> str:
    """A handle as JSON: `provider`, `type`, `account`, then the details that are known."""
    known = {name: value for name, value in details.items() if value is not None}
    return json.dumps({"provider": provider, "type": kind, "account": account, **known})
