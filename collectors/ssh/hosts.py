"""Whose line it is, in the log of one host or in one that a central log host keeps for many."""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct, field

from auditor.model.few import few
from auditor.model.hosts import short_name
from collectors.ssh.log_names import is_local

_NAMED = 5
# A log of one program of a host, as a central log host may keep it.
_OF_PROGRAM = re.compile(
    r"(?P<host>.+)[-_.](?:sshd?|sshd-session|sudo|su|auth|authpriv|secure|systemd|systemd-logind|CRON|crond?|login)"
)


class Hosts(Struct):
    """Places the lines of a log by the host that each names.

    A log is its host's, however the lines call it: a team names its files as it names its hosts. Where the
    configuration does not know that host, and knows the one that a line names, the line is that one's; and any line is
    of the host that it names in a log that is called as on every host (`secure`, `auth.log`).

    Args:
        own: the host that the log is called after.
        known: the hosts that the configuration knows, `*` and `?` allowed.
    """

    own: str
    known: Sequence[str]
    placed: dict[str, str] = field(default_factory=dict)

    def of(self, named: str) -> str:
        """The host of a line that names one, or none."""
        if named not in self.placed:
            itself = not named or short_name(named) == short_name(self.own) or self._known(self.own)
            unknown = named.lower() if is_local(self.own) else self.own
            self.placed[named] = self.own if itself else self._known(named) or unknown
        return self.placed[named]

    def remarks(self) -> Iterator[str]:
        """What is to be said of lines that name several hosts."""
        read = {host for host in self.placed.values() if host != self.own}
        own = short_name(self.own)
        stayed = {name for name, host in self.placed.items() if name and host == self.own and short_name(name) != own}
        if read:
            yield f"its lines were read as those of {few(sorted(read), _NAMED)}"
        # One other name for the whole log is what the host calls itself.
        if len(stayed) > 1 or (read and stayed):
            yield f"its lines name {few(sorted(stayed), _NAMED)}, and were read as those of {self.own}"

    def _known(self, host: str) -> str:
        return known_as(host, self.known)


def known_as(host: str, patterns: Sequence[str]) -> str:
    """A host as the configuration knows it: a short name with the domain that a pattern has; empty if unknown."""
    host = host.lower()
    if any(fnmatchcase(host, pattern.lower()) for pattern in patterns):
        return host
    for pattern in patterns:
        first, dot, domain = pattern.lower().partition(".")
        if dot and "." not in host and "*" not in domain and "?" not in domain and fnmatchcase(host, first):
            return f"{host}.{domain}"
    return ""


def hosts_of_programs(named: Collection[str], known: Sequence[str]) -> dict[str, str]:
    """The hosts of logs that are called after a host and a program, `web-1-sshd` and `web-1-sudo`, by those names.

    A host may be called so itself: the configuration names it then, or only that log is there and the host without the
    program is not known.
    """
    found = {name: match["host"] for name in named if (match := _OF_PROGRAM.fullmatch(name)) and name not in known}
    several = Counter(found.values())
    return {
        name: host
        for name, host in found.items()
        if several[host] > 1 or host in named or (known_as(host, known) and not known_as(name, known))
    }
