"""OpenVPN's clients: easy-rsa's index.txt, client certificates and configurations, `ccd/`, and the status file."""

import csv
import re
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from collectors.reading import Origin
from collectors.times import parse_local
from collectors.vpn.members import Members, address_in

_INDEX = re.compile(
    r"(?P<state>[VRE])\t(?P<ends>\d{12,14})Z\t(?P<revoked>[^\t]*)\t(?P<serial>[0-9A-Fa-f]+)\t[^\t]*\t(?P<name>.+)"
)
_COMMON = re.compile(r"(?:^|[/,]\s*)CN\s*=\s*([^/,]+)")
_STATUS = re.compile(r"(?:OpenVPN CLIENT LIST|TITLE[,\t]OpenVPN)")
_UNNAMED = "UNDEF"
_SHORT_YEAR = 12


def is_index(text: str) -> bool:
    """Whether a text is the list of an authority's certificates."""
    return _INDEX.fullmatch(text.partition("\n")[0].rstrip("\r")) is not None


def is_status(text: str) -> bool:
    """Whether a text is a status file, of version 1, 2 or 3."""
    return _STATUS.match(text) is not None


def read_index(members: Members, origin: Origin) -> None:
    """Every certificate; a name is let in while one of its certificates holds."""
    holds: defaultdict[str, bool] = defaultdict(bool)
    for number, line in enumerate(origin.data.decode("utf-8", "replace").splitlines()):
        found, name = _INDEX.fullmatch(line), _COMMON.search(line.rpartition("\t")[2])
        if not (found and name):
            origin.problems.reject("a line is no certificate's", f"line {number + 1}")
            continue
        form = "%y%m%d%H%M%S" if len(found["ends"]) == _SHORT_YEAR else "%Y%m%d%H%M%S"
        ends = datetime.strptime(found["ends"], form).replace(tzinfo=UTC)
        common, at = name[1].strip(), origin.at(number)
        valid = found["state"] == "V" and ends > members.at
        holds[common] |= valid
        _certified(members, origin, number, common, found["serial"], ends=ends, valid=valid)
        members.account(at, f"vpn:{common}", email=address_in(found["name"]))
    for common, valid in holds.items():
        members.account(origin.at(), f"vpn:{common}", enabled=valid)


def read_certificates(members: Members, origin: Origin) -> None:
    """The certificates in a client's configuration or in a file of their own; no authority's and no server's."""
    from cryptography import x509
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    for number, one in enumerate(x509.load_pem_x509_certificates(origin.data)):
        names = one.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        mails = one.subject.get_attributes_for_oid(NameOID.EMAIL_ADDRESS)
        uses = _extension(one, x509.ExtendedKeyUsage)
        authority = _extension(one, x509.BasicConstraints)
        if not names or (authority and authority.ca) or (uses and ExtendedKeyUsageOID.CLIENT_AUTH not in uses):
            continue
        common, ends = str(names[0].value), one.not_valid_after_utc
        email = address_in(str(mails[0].value)) if mails else address_in(common)
        members.account(origin.at(number), f"vpn:{common}", email=email)
        _certified(
            members,
            origin,
            number,
            common,
            f"{one.serial_number:X}",
            begins=one.not_valid_before_utc,
            ends=ends,
            valid=ends > members.at,
        )


def _extension(certificate: Any, kind: Any) -> Any:
    from cryptography import x509

    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _certified(
    members: Members,
    origin: Origin,
    number: int,
    common: str,
    serial: str,
    *,
    ends: datetime,
    valid: bool,
    begins: datetime | None = None,
) -> None:
    account, at = f"vpn:{common}", origin.at(number)
    name = f"vpn-certificate:{serial.upper().lstrip('0') or '0'}"
    told = {"kind": "certificate", "created_at": begins, "expires_at": ends, "comment": common}
    members.credential(at, name, account, enabled=valid, **told)
    if valid:
        members.grant(at, account, "client certificate", expires_at=ends)


def read_settings(members: Members, origin: Origin) -> None:
    """A client's file in `ccd/`, by its name: whoever is disabled in it is not let in."""
    common = origin.raw.origin.rpartition("/")[2]
    lines = [line.strip() for line in origin.data.decode("utf-8", "replace").splitlines()]
    is_open = "disable" not in lines
    if common == "DEFAULT":
        origin.skip("it is what holds for whoever has no file of their own")
        return
    members.account(origin.at(), f"vpn:{common}", email=address_in(common), enabled=None if is_open else False)
    if is_open:
        members.grant(origin.at(), f"vpn:{common}", "client settings")


def read_status(members: Members, origin: Origin) -> None:
    """Who is connected, and since when."""
    text = origin.data.decode("utf-8", "replace")
    header: list[str] = []
    delimiter = "\t" if text.startswith("TITLE\t") else ","
    for number, fields in enumerate(csv.reader(text.splitlines(), delimiter=delimiter)):
        if fields[:2] == ["HEADER", "CLIENT_LIST"]:
            header = fields[1:]
        elif fields[:1] == ["Common Name"]:
            header = fields
        elif fields[:1] in (["ROUTING TABLE"], ["Virtual Address"], ["GLOBAL STATS"]):
            header = []
        elif header and len(fields) == len(header) and (header[0] in ("Common Name", fields[0])):
            _connected(members, origin, number, dict(zip(header, fields, strict=True)))


def _connected(members: Members, origin: Origin, number: int, told: dict[str, str]) -> None:
    common = told.get("Common Name", "")
    if common in ("", _UNNAMED):
        return
    try:
        seconds = told.get("Connected Since (time_t)")
        since = (
            datetime.fromtimestamp(int(seconds), UTC)
            if seconds
            else parse_local(told.get("Connected Since", ""), ZoneInfo(members.source.timezone or "UTC"))[0]
        )
    except (ValueError, OverflowError, OSError):
        origin.problems.note("when somebody connected is no time", f"line {number + 1}")
        since = None
    at = origin.at(number)
    email = address_in(common) or address_in(told.get("Username"))
    members.account(at, f"vpn:{common}", email=email, last_used_at=since)
    members.grant(at, f"vpn:{common}", "connected")
