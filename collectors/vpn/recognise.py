"""What files of VPNs look like."""

import re

from collectors.recognise import Recognised
from collectors.vpn.groups import part_of

# What others have as well: a group column, certificates.
_ALONE = ("dump", "conf", "index", "status", "acl")
# What a policy has beside groups, which answers of other services have as well.
_RULES = re.compile(r'"?\b(?:acls|grants)"?\s*:\s*\[')


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    part = part_of(name, head)
    if part == "acl" and not _RULES.search(head):
        return None
    if part not in _ALONE and not name.endswith((".ovpn", ".ldif")):
        return None
    return Recognised("vpn-groups", "vpn", "path", folder=True, settings={"network": "vpn"})
