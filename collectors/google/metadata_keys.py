"""SSH keys in metadata, as Google's guest agent reads them: `ssh-keys`, `google-ssh`, and the switches beside them."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct

from collectors.google.keys import moment
from collectors.ssh.authorized_keys import parse_line

_NAMED = re.compile(r"([^\s:]+):(.*)", re.DOTALL)
_GOOGLE = re.compile(r"google-ssh\s+(\{.*\})\s*$", re.DOTALL)
_TRUE = frozenset({"true", "y", "yes", "1"})
_MOST_SHOWN = 40


class MetadataKey(Struct, frozen=True):
    """A key for a login.

    Args:
        login: the Unix user that Google makes for it.
        email: whose it is, where the key says so.
    """

    login: str
    fingerprint: str
    comment: str = ""
    email: str | None = None
    expires_at: datetime | None = None


def values(metadata: Any) -> dict[str, str]:
    """Metadata as names and values."""
    items = metadata.get("items") if isinstance(metadata, dict) else None
    pairs = [item for item in items or [] if isinstance(item, dict)]
    return {str(item.get("key")): str(item.get("value") or "") for item in pairs}


def switched_on(metadata: Mapping[str, str], name: str) -> bool | None:
    """Whether a switch is on; None where nothing is said of it."""
    return metadata[name].strip().lower() in _TRUE if name in metadata else None


def lines(metadata: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The lines of `ssh-keys` and of the older `sshKeys`, each after the name of the item that it stands in."""
    for name in ("ssh-keys", "sshKeys"):
        yield from ((name, line) for line in metadata.get(name, "").split("\n") if line.strip())


def key_of(line: str) -> MetadataKey:
    """The key on a line.

    Raises:
        ValueError: it is no key, or its end cannot be read; says why.
    """
    match = _NAMED.fullmatch(line.strip())
    if match is None:
        raise ValueError(f"a line names no login ({line.strip()[:_MOST_SHOWN]!r})")
    login, rest = match.groups()
    # Nothing in metadata is an option: the key stands first.
    found = parse_line(rest, ZoneInfo("UTC"))
    if found is None:
        raise ValueError(f"there is no key for {login}")
    stated = _stated(found.comment, login)
    if stated is None:
        return MetadataKey(login, found.fingerprint, found.comment, expires_at=found.expires_at)
    name = stated.get("userName")
    email = name if isinstance(name, str) and "@" in name else None
    ends = moment(stated.get("expireOn"))
    if stated.get("expireOn") and ends is None:
        raise ValueError(f"the end of a key for {login} cannot be read")
    return MetadataKey(login, found.fingerprint, str(name or ""), email, ends)


def _stated(comment: str, login: str) -> dict[str, Any] | None:
    """What Google's tools write after a key: whose it is, and until when."""
    match = _GOOGLE.search(comment)
    if match is None:
        return None
    try:
        stated = json.loads(match[1])
    except (ValueError, RecursionError) as error:
        raise ValueError(f"what Google says of a key for {login} cannot be read") from error
    return stated if isinstance(stated, dict) else {}
