"""What files of access brokers look like."""

from collectors.recognise import Recognised

_TEAM = ("accountid", "roleid", "starttime", "duration", "justification", "status")


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if not name.endswith((".csv", ".json")):
        return None
    if ('"access_request"' in head and '"resolve_reason"' in head) or '"kind": "access_request"' in head:
        return Recognised("teleport-requests", "teleport", "path", folder=True)
    if "/entitlements/" in head and "/grants/" in head and '"requestedDuration"' in head:
        return Recognised("google-pam", "pam", "path", folder=True)
    if all(word in head.casefold() for word in _TEAM):
        return Recognised("team-requests", "team", "path", folder=True)
    return None
