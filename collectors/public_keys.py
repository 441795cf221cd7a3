"""Public keys as OpenSSH writes them: their fingerprints, whoever lists them."""

import base64
import binascii
import hashlib
from collections.abc import Iterator

_CERTIFICATE = "-cert-v01@openssh.com"
# How many fields of a certificate, after its nonce, are the public key.
_KEY_FIELDS = {
    "ssh-rsa": 2,
    "ssh-dss": 4,
    "ssh-ed25519": 1,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
    "sk-ssh-ed25519": 2,
    "sk-ecdsa-sha2-nistp256": 3,
}


def public_key(text: str) -> tuple[str, str]:
    """Fingerprint and comment of a public key as it stands in a .pub file.

    Raises:
        ValueError: it is none.
    """
    type_, encoded, comment = words(text)
    if not encoded:
        raise ValueError("there is no key")
    return fingerprint(type_, encoded), comment


def fingerprint(type_: str, encoded: str) -> str:
    """The `SHA256:…` fingerprint of a public key; of the key inside, for a certificate.

    Raises:
        ValueError: the text is not a key of that type.
    """
    try:
        blob = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("its key is not base64") from error
    if next(_fields(blob), b"") != type_.encode():
        raise ValueError("its key is not of the type that it says")
    if type_.endswith(_CERTIFICATE):
        blob = _inner_key(type_, blob)
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def words(text: str) -> tuple[str, str, str]:
    """Type, key and comment; empty where there is none."""
    type_, encoded, comment = (*text.split(None, 2), "", "", "")[:3]
    return type_, encoded, comment


def _fields(blob: bytes) -> Iterator[bytes]:
    """The length-prefixed fields of a key."""
    position = 0
    while position + 4 <= len(blob):
        end = position + 4 + int.from_bytes(blob[position : position + 4], "big")
        if end > len(blob):
            return
        yield blob[position + 4 : end]
        position = end


def _inner_key(type_: str, blob: bytes) -> bytes:
    plain = type_.removesuffix(_CERTIFICATE)
    count = _KEY_FIELDS.get(plain)
    if count is None:
        raise ValueError("it is a certificate of a type that is not known here")
    fields = list(_fields(blob))[2 : 2 + count]
    if len(fields) < count:
        raise ValueError("its certificate is cut short")
    name = f"{plain}@openssh.com" if plain.startswith("sk-") else plain
    return b"".join(len(part).to_bytes(4, "big") + part for part in (name.encode(), *fields))
