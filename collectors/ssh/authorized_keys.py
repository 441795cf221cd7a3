"""Lines of authorized_keys, read the way sshd reads them."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from collectors.public_keys import fingerprint, words
from collectors.times import to_utc

_TYPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9@.+-]*")
_OPTION = re.compile(r'([A-Za-z0-9-]+)(?:="((?:\\"|[^"])*)")?')
_EXPIRY = re.compile(r"(\d{8})(?:(\d{4})(\d{2})?)?(Z|UTC)?", re.IGNORECASE)


class Key(Struct, frozen=True):
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
    type_, encoded, comment = words(text)
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


def _starts_with_key(text: str) -> bool:
    type_, encoded, _ = words(text)
    # Every key's base64 begins with the length of its type's name, so with AAAA.
    return _TYPE.fullmatch(type_) is not None and (type_.isdigit() or encoded.startswith("AAAA"))


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
