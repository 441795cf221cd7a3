"""Who is in a VPN: Tailscale live, or the files of Tailscale, WireGuard, OpenVPN and directories."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from auditor.config.sources.vpn import VpnGroups
from collectors.answers import quoted
from collectors.base import Batch, Normalised, Raw, Snapshot, missing
from collectors.log_files import walk
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.vpn import lists, openvpn, tailscale, wireguard
from collectors.vpn.members import Members

_MOST_BYTES = 16 * 2**20
_PEER_LINES = 6
# What no evidence needs: keys, and the passwords of directories.
_SECRETS = (
    re.compile(r"(?i)(\b(?:PrivateKey|PresharedKey)[ \t]*=[ \t]*)[^\s#]+"),
    re.compile(
        r"(?is)(<(?P<block>key|secret|pkcs12|auth-user-pass|tls-auth|tls-crypt|tls-crypt-v2)>).*?(?=</(?P=block)>|\Z)"
    ),
    re.compile(r"(?s)(-----BEGIN [A-Za-z0-9 ]*(?:PRIVATE KEY|Static key V1)-----).*?(?=-----END|\Z)"),
    re.compile(r"(?im)^([\w;-]{0,60}?(?:passw|pw|secret|principalkey|hash|pkcs12)[\w;-]{0,60}:{1,2}).*(?:\r?\n[ ].*)*"),
)
_LDIF = re.compile(r"(?:#.*\n|\s)*(?:version:\s*\d+\s+(?:#.*\n)*)?dn::?\s")
_HEADER = re.compile(r"(?i)[^\n]*\bgroup")
_POLICY = re.compile(r'"?(?:acls|grants|groups|ssh)"?\s*:')
_CONF = re.compile(r"(?m)^\s*\[(?:Interface|Peer)\]")
# As tools and editors call what a file was before: who is in it since, or no more, the file itself tells.
_FORMER = re.compile(r"(.+?)(?:\.(?:old|bak|orig|save)|~)")
_CCD = re.compile(r"(?:^|/)(?:ccd|client-config-dir)/[^/]+$")

READERS: Mapping[str, Callable[[Members, Origin], None]] = {
    "users": tailscale.read_users,
    "devices": tailscale.read_devices,
    "acl": tailscale.read_policy,
    "dump": wireguard.read_dump,
    "conf": wireguard.read_conf,
    "index": openvpn.read_index,
    "status": openvpn.read_status,
    "certificates": openvpn.read_certificates,
    "settings": openvpn.read_settings,
    "ldif": lists.read_ldif,
    "csv": lists.read_csv,
}


def part_of(name: str, text: str) -> str | None:
    """What a file is, by what it holds, and by its name where that says nothing; None where it tells of no VPN."""
    start = text.lstrip("\ufeff \t\r\n")
    asked = {
        "dump": wireguard.is_dump(start),
        "index": openvpn.is_index(start),
        "status": openvpn.is_status(start),
        "certificates": "-----BEGIN CERTIFICATE-----" in text,
        "conf": bool(_CONF.search(text)),
        "ldif": bool(_LDIF.match(start)),
        "acl": start.startswith(("{", "//", "/*")) and bool(_POLICY.search(text)),
        "csv": name.casefold().endswith((".csv", ".tsv")) and bool(_HEADER.match(start)),
        "settings": bool(_CCD.search(name)),
    }
    return next((part for part, is_one in asked.items() if is_one), None)


def without_secrets(text: str) -> str:
    """A VPN's file without private keys, preshared keys and passwords."""
    text = wireguard.without_keys(text) if wireguard.is_dump(text) else text
    for pattern in _SECRETS:
        text = pattern.sub(r"\g<1>***\n" if "BEGIN" in pattern.pattern else r"\g<1>***", text)
    return text


class VpnGroupsCollector(Snapshot[VpnGroups], frozen=True):
    """The members of a VPN."""

    PERMISSIONS = ("scope:users:read", "scope:devices:core:read", "scope:policy_file:read")
    READS = (
        "Tailscale's users, devices, groups and rules, live or from the policy file; WireGuard's peers from "
        "`wg show all dump` and conf files, whose comments say whose they are; OpenVPN's clients from easy-rsa's "
        "index.txt, certificates and client files, `ccd/` and the status file; groups as CSV (`group`, `member`, "
        "`since`, `until`, `status`) or LDIF. Private and preshared keys are taken out before anything is kept."
    )

    def raws(self) -> Iterator[Raw]:
        """Answers, or files without the secrets in them: what is kept of them is without, too.

        Raises:
            SourceError: Tailscale refuses, or there is no such file or folder.
        """
        if self.source.path is None:
            yield from tailscale.answers(self.source)
            return
        raws = list(walk(self.source.name, self.source.path, self.context))
        names = {raw.origin for raw in raws}
        for raw in raws:
            if (former := _FORMER.fullmatch(raw.origin)) and former[1] in names:
                yield replace(raw, load=bytes, skipped="it is how the file was before its last change")
            else:
                yield _file(raw) if not (raw.missing or raw.skipped) else raw

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, groups, what they reach, certificates and devices; one line of coverage."""
        reading, problems, remarks = Reading(self.source.name, self.context), Problems(), Problems()
        members = Members(self.source, self.context.collected_at, ZoneInfo(self.context.zone))
        for raw in batch:
            origin = reading.read(raw, lambda origin: READERS[origin.raw.part](members, origin))
            problems.include(origin.problems)
            remarks.include(origin.remarks)
        reading.extend(members.rows())
        reading.cover(self.source.network, problems, remark=remarks.sentence())
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The line, entry or peer that a row points at; a policy whole, for its rules have no numbers."""
        text = data.decode("utf-8", "replace")
        lines, part = text.splitlines(), part_of("groups.csv", text)
        if part is None:
            return quoted(json.dumps(next(iter(json.loads(text).values()))).encode(), record)
        if part == "ldif":
            return re.split(r"\n\s*\n", text.strip())[record]
        of_several = {"acl": text, "certificates": text, "conf": "\n".join(lines[record : record + _PEER_LINES])}
        return of_several[part] if part in of_several else lines[record + (part == "csv")]


def _file(raw: Raw) -> Raw:
    if raw.size > _MOST_BYTES:
        return missing(raw.origin, f"it is larger than {_MOST_BYTES // 2**20} MiB")
    try:
        text = raw.load().decode("utf-8", "replace")
    except OSError as error:
        return missing(raw.origin, f"it cannot be read: {error.strerror}")
    part = part_of(raw.origin, text)
    if part is None:
        return replace(raw, load=bytes, skipped="it is none of a VPN's files")
    data = without_secrets(text).encode()
    return replace(raw, load=partial(bytes, data), part=part, size=len(data), original=True)
