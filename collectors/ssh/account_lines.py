"""What the programs that keep a host's logins say in the log: who became root's equal, or came into a group."""

import re

from msgspec import Struct

_JOINED = (
    re.compile(r"add [`'](?P<user>[^`']+)' to group [`'](?P<group>[^`']+)'"),
    re.compile(r"user (?P<user>\S+) added by \S+ to group (?P<group>\S+)(?: in \S+)?"),
)
_LISTED = re.compile(r"members of group (?P<group>\S+) set by \S+ to (?P<user>\S+)")
_ROOTS = (
    re.compile(r"change user [`'](?P<user>[^`']+)' UID from [`']\d+' to [`']0'"),
    re.compile(r"new user: name=(?P<user>[^,]+), UID=0, .*"),
)
KEEPERS = frozenset({"gpasswd", "groupmems", "useradd", "usermod"})
"""The programs that write such lines."""
ASKED_FOR = KEEPERS | {"adduser", "addgroup"}
"""The commands that make them write."""


class Joined(Struct, frozen=True):
    """A login was put into a group; without one, it got the number of root.

    Where all members of a group were `listed` anew, they are the user, with commas between them.
    """

    user: str
    group: str
    listed: bool = False


def parse_keeper(message: str) -> Joined | None:
    """What a line of theirs gives; None where it gives nothing, or takes away."""
    for pattern in (*_JOINED, *_ROOTS, _LISTED):
        if match := pattern.fullmatch(message):
            return Joined(match["user"], match.groupdict().get("group", ""), pattern is _LISTED)
    return None
