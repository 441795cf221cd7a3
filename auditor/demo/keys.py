"""Public keys of people who do not exist: made from their names, so that nobody holds the private half."""

import base64
import hashlib

_TYPE = b"ssh-ed25519"


def public_key(owner: str) -> str:
    """The two words of an authorized_keys line: type and key."""
    return f"{_TYPE.decode()} {base64.b64encode(_blob(owner)).decode()}"


def fingerprint(owner: str) -> str:
    """`SHA256:…`, as ssh-keygen prints it."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(_blob(owner)).digest()).decode().rstrip("=")


def _blob(owner: str) -> bytes:
    parts = (_TYPE, hashlib.sha256(f"harbour shop demo key of {owner}".encode()).digest())
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)
