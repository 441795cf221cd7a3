"""WireGuard's peers: `wg show all dump` and conf files, which name people in comments."""

import re
from datetime import UTC, datetime

from auditor.model.handles import write_handle
from collectors.reading import Origin, Stamp
from collectors.redact import redact
from collectors.vpn.members import Members, address_in

_KEY = r"[A-Za-z0-9+/]{42}[AEIMQUYcgkosw480]="
# Where the public key stands in a line: of an interface and of a peer, with the interface's name before it or without.
_PUBLIC = {5: 2, 9: 1, 4: 1, 8: 0}
_PEER = 8
_SETTING = re.compile(r"(?P<name>\w+)\s*=\s*(?P<value>[^#]*)(?:#(?P<comment>.*))?")
_NONE = "(none)"


def is_dump(text: str) -> bool:
    """Whether a text is what `wg show all dump` prints, or the dump of one interface."""
    fields = text.partition("\n")[0].split("\t")
    place = _PUBLIC.get(len(fields))
    return place is not None and bool(re.fullmatch(_KEY, fields[place]))


def without_keys(text: str) -> str:
    """A dump without the columns of private and preshared keys; of a line that is none of its, without any key."""
    return "\n".join(_without_keys(line) for line in text.split("\n"))


def _without_keys(line: str) -> str:
    fields = line.split("\t")
    public = _PUBLIC.get(len(fields))
    kept = (one if n == public else re.sub(_KEY, "***", one) for n, one in enumerate(fields))
    return "\t".join(kept)


def read_dump(members: Members, origin: Origin) -> None:
    """A row for each peer that is allowed an address."""
    for number, line in enumerate(origin.data.decode("utf-8", "replace").splitlines()):
        fields = line.split("\t")
        if len(fields) not in _PUBLIC:
            if line.strip():
                origin.problems.reject("a line is none of a dump", f"line {number + 1}")
            continue
        if len(fields) < _PEER:
            continue
        interface = fields.pop(0) if len(fields) > _PEER else _stem(origin)
        key, _, _, allowed, handshake = fields[:5]
        if not (re.fullmatch(_KEY, key) and handshake.isdecimal()):
            origin.problems.reject("a line is none of a dump", f"line {number + 1}")
            continue
        used = datetime.fromtimestamp(int(handshake), UTC) if handshake != "0" else None
        _peer(members, origin.at(number), interface, key, is_open=allowed != _NONE, used=used)


def read_conf(members: Members, origin: Origin) -> None:
    """A row for each `[Peer]` of a server's conf; the comments in it or right before it say whose it is."""
    text = origin.data.decode("utf-8", "replace")
    sections: list[tuple[int, str, dict[str, str], list[str]]] = []
    comments: list[str] = []
    for number, line in enumerate(map(str.strip, text.splitlines())):
        if line.startswith("[") and line.endswith("]"):
            sections.append((number, line[1:-1].casefold(), {}, comments))
            comments = []
        elif line.startswith("#"):
            words = line.strip("# \t")
            comments += [] if _SETTING.match(words) and "@" not in words else [words]
        elif (found := _SETTING.match(line)) and sections:
            sections[-1][2][found["name"].casefold()] = found["value"].strip()
            sections[-1][3].extend([*comments, *filter(None, [(found["comment"] or "").strip()])])
            comments = []
    if sections:
        sections[-1][3].extend(comments)
    interface = next((told for _, kind, told, _ in sections if kind == "interface"), {})
    peers = [one for one in sections if one[1] == "peer"]
    if "listenport" not in interface and peers and all("endpoint" in told for _, _, told, _ in peers):
        origin.skip("it is the conf of somebody who dials in, and tells of no other")
        return
    for number, _, told, said in peers:
        if not re.fullmatch(_KEY, told.get("publickey", "")):
            origin.problems.reject("a peer has no public key", f"line {number + 1}")
            continue
        name = redact(" ".join(filter(None, said))) or None
        is_open = bool(told.get("allowedips"))
        _peer(members, origin.at(number), _stem(origin), told["publickey"], is_open=is_open, name=name)


def _peer(
    members: Members,
    at: Stamp,
    interface: str,
    key: str,
    *,
    is_open: bool,
    used: datetime | None = None,
    name: str | None = None,
) -> None:
    account, host = f"vpn-key:{key}", members.source.host
    members.account(at, account, name=name, email=address_in(name), last_used_at=used, enabled=is_open)
    if is_open:
        handle = write_handle("vpn", "peer", host, interface=interface, key=key) if host else None
        members.grant(at, account, f"peer of {interface}", handle=handle)


def _stem(origin: Origin) -> str:
    return origin.raw.origin.rpartition("/")[2].partition(".")[0]
