"""Lines of authorized_keys, read the way sshd reads them."""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from collectors.times import to_utc

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@.+-]*")
_OPTION = re.compile(r'([A-Za-z0-9-]+)(?:="((?:\\"|[^"])*)")?')
_EXPIRY = re.compile(r"(\d{8})(?:(\d{4})(\d{2})?)?(Z|UTC)?", re.IGNORECASE)
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


@dataclass(frozen=True, slots=True)
class Key:
    """A key that may log in. `fingerprint` is `SHA256:…` as `ssh-keygen -lf` prints it; `options` as written."""

    fingerprint: str
    type: str
    options: str = ""
    comment: str = ""
    expires_at: datetime | None = None
    authority: bool = False


def parse_line(line: str, zone: ZoneInfo) -> Key | None:
    """The key on a line; None on an empty line or a comment. A time without a zone is the host's, `zone`.

    Raises:
        ValueError: sshd would not accept the line; says why.
    """
    text = line.strip(" \t\r\n")
    if not text or text.startswith("#"):
        return None
    options = ""
    if not _starts_with_key(text):
        end = _end_of_options(text)
        options, text = text[:end], text[end:].lstrip(" \t")
    type_, encoded, comment = _words(text)
    if not encoded:
        raise ValueError("there is no key on it")
    if type_.isdigit():
        raise ValueError("it is a key of SSH protocol 1, which sshd no longer reads")
    stated = dict_of_options(options)
    return Key(
        fingerprint=fingerprint(type_, encoded),
        type=type_,
        options=options,
        comment=comment,
        expires_at=_expiry(stated.get("expiry-time", []), zone),
        authority="cert-authority" in stated,
    )


def dict_of_options(options: str) -> dict[str, list[str]]:
    """Options by lower-case name, each with its values in order; a flag's value is empty.

    Raises:
        ValueError: they are not written as sshd wants them.
    """
    found: dict[str, list[str]] = {}
    position = 0
    while position < len(options):
        match = _OPTION.match(options, position)
        if match is None or options[match.end() : match.end() + 1] not in ("", ","):
            raise ValueError("its options cannot be read")
        found.setdefault(match[1].lower(), []).append((match[2] or "").replace('\\"', '"'))
        position = match.end() + 1
    return found


def public_key(text: str) -> tuple[str, str]:
    """Fingerprint and comment of a public key as it stands in a .pub file.

    Raises:
        ValueError: it is none.
    """
    type_, encoded, comment = _words(text)
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


def _starts_with_key(text: str) -> bool:
    type_, encoded, _ = _words(text)
    # Every key's base64 begins with the length of its type's name, so with AAAA.
    return _TYPE.fullmatch(type_) is not None and (type_.isdigit() or encoded.startswith("AAAA"))


def _words(text: str) -> tuple[str, str, str]:
    """Type, key and comment; empty where there is none."""
    type_, encoded, comment = (*text.split(None, 2), "", "", "")[:3]
    return type_, encoded, comment


def _end_of_options(text: str) -> int:
    """Where the options end: at the first blank that is not inside double quotes."""
    quoted, position = False, 0
    while position < len(text) and (quoted or text[position] not in " \t"):
        if text.startswith('\\"', position):
            position += 1
        elif text[position] == '"':
            quoted = not quoted
        position += 1
    if quoted:
        raise ValueError("a quotation mark in its options is not closed")
    return position


def _expiry(values: list[str], zone: ZoneInfo) -> datetime | None:
    """The earliest of the times, as sshd takes it; a date alone is the beginning of that day."""
    return min((_moment(value, zone) for value in values), default=None)


def _moment(value: str, zone: ZoneInfo) -> datetime:
    match = _EXPIRY.fullmatch(value)
    if match is None:
        raise ValueError("its expiry-time cannot be read, so that sshd refuses the key")
    digits = match[1] + (match[2] or "0000") + (match[3] or "00")
    try:
        moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(tzinfo=UTC if match[4] else zone)
        return to_utc(moment)
    except ValueError as error:
        raise ValueError("its expiry-time is no date, so that sshd refuses the key") from error


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
