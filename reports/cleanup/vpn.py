"""Peers of WireGuard, taken away with wg over SSH."""

import re

from auditor.model.handles import Handle
from reports.cleanup.rights import Remover, Right, text
from reports.words import shown

_HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*")
_INTERFACE = re.compile(r"[A-Za-z0-9_=+.-]{1,15}")
_KEY = re.compile(r"[A-Za-z0-9+/]{43}=")


def _right(handle: Handle) -> Right | None:
    """The peer that a handle names; None where there is no step for it."""
    host, interface, key = text(handle, "account"), text(handle, "interface"), text(handle, "key")
    known = _HOST.fullmatch(host) and _INTERFACE.fullmatch(interface) and _KEY.fullmatch(key)
    if text(handle, "type") != "peer" or not known or interface.startswith(("-", ".")):
        return None
    return Right(
        provider="vpn",
        kind="peer",
        account=host,
        holder_kind="interface",
        holder=interface,
        name=key,
        what=shown(
            f"Take every address from the peer {key} of {interface} on {host}, so that it reaches nothing; "
            f"take its [Peer] out of {interface}.conf by hand, or it is back when the interface starts"
        ),
        again=shown(f"Give the peer {key} of {interface} on {host} its addresses again"),
        held_by=f"vpn-key:{key}",
    )


VPN = Remover(tool="ssh", kinds=("peer",), right_of=_right)
