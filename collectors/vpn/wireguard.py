"""WireGuard's peers: `wg show all dump` and conf files, which name people in comments."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from msgspec import Struct, field

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
_HEAD = re.compile(r"\[(\w+)\]\s*(?:#\s*(.*))?")
# A setting that somebody made a comment, and what installers put behind a peer.
_SHUT = re.compile(r"(?i)(?:public|preshared|private)key\s*=|(?:allowedips|endpoint|persistentkeepalive)\s*=")
_END = re.compile(r"(?i)end(?:_peer)?\b")


class _Section(Struct):
    """A section of a conf: the number of its line, its settings by their names, and the comments that are its own."""

    number: int
    kind: str
    told: dict[str, str] = field(default_factory=dict)
    said: list[str] = field(default_factory=list)


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
    sections = list(_sections(text))
    interface = next((one.told for one in sections if one.kind == "interface"), {})
    peers = [one for one in sections if one.kind == "peer"]
    if "listenport" not in interface and peers and all("endpoint" in one.told for one in peers):
        origin.skip("it is the conf of somebody who dials in, and tells of no other")
        return
    for one in peers:
        if not re.fullmatch(_KEY, key := one.told.get("publickey", "")):
            origin.problems.reject("a peer has no public key", f"line {one.number + 1}")
            continue
        name = redact(" ".join(filter(None, one.said))) or None
        is_open = bool(one.told.get("allowedips"))
        _peer(members, origin.at(one.number), _stem(origin), key, is_open=is_open, name=name)


def _sections(text: str) -> Iterator[_Section]:
    """Sections with the comments in them, right before them, or right behind them and apart from the next.

    Comments further before one count where none is nearer; those of a section that is itself a comment never do.
    """
    section: _Section | None = None
    near, apart = list[str](), list[str]()
    behind = in_comment = False
    for number, line in enumerate(map(str.strip, text.splitlines())):
        words = line.strip("# \t")
        if head := _HEAD.fullmatch(words):
            if in_comment := line.startswith("#"):
                near, apart = [], []
                continue
            if section:
                yield section
            section = _Section(number, head[1].casefold(), said=[*(near or apart), *filter(None, head.groups()[1:])])
            near, apart, behind = [], [], False
        elif line.startswith("#"):
            is_word = not (_SHUT.match(words) or _END.match(words) or (_SETTING.match(words) and "@" not in words))
            near += [words] if is_word and not in_comment else []
            in_comment &= is_word
        elif (found := _SETTING.match(line)) and section:
            section.told[found["name"].casefold()] = found["value"].strip()
            section.said += [*near, *filter(None, [(found["comment"] or "").strip()])]
            near, behind, in_comment = [], True, False
        elif not line:
            if behind and section:
                section.said += near
            else:
                apart = near or apart
            near, behind, in_comment = [], False, False
    if section:
        section.said += near if behind else []
        yield section


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
