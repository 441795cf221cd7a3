"""What `RevokedKeys` names: a list of public keys or fingerprints, or OpenSSH's own format (KRL)."""

import base64
import hashlib
from collections.abc import Iterator
from zoneinfo import ZoneInfo

from collectors.base import as_text
from collectors.ssh.authorized_keys import parse_line

_MAGIC = b"SSHKRL\n\0"
# The magic, two versions, the time and the flags, before the first text.
_HEADER = 8 + 4 + 8 + 8 + 8
_KEYS, _SHA256 = 2, 5


def revoked_keys(data: bytes) -> frozenset[str]:
    """The fingerprints of revoked keys, `SHA256:…`; what else a list revokes (certificates by number) is left out.

    Raises:
        ValueError: it is cut short.
    """
    return frozenset(_of_krl(data) if data.startswith(_MAGIC) else _of_text(data))


def _of_text(data: bytes) -> Iterator[str]:
    for line in as_text(data).splitlines():
        words = line.split()
        found = next((word for word in words if word.startswith("SHA256:")), None)
        if found or not words or words[0].startswith("#"):
            yield from [found] if found else []
        elif key := parse_line(line, ZoneInfo("UTC")):
            yield key.fingerprint


def _of_krl(data: bytes) -> Iterator[str]:
    rest = data[_HEADER:]
    for _ in range(2):
        _, rest = _text(rest)
    while rest:
        kind, (section, rest) = rest[0], _text(rest[1:])
        while kind in (_KEYS, _SHA256) and section:
            one, section = _text(section)
            digest = hashlib.sha256(one).digest() if kind == _KEYS else one
            yield f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def _text(data: bytes) -> tuple[bytes, bytes]:
    """A text with its length before it, and what follows."""
    end = 4 + int.from_bytes(data[:4])
    if len(data) < end:
        raise ValueError("the list of revoked keys is cut short")
    return data[4:end], data[end:]
