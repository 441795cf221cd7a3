"""Whether each command of sudo is told at all, and once: its own file and the host's log may both have it."""

import re
from collections import defaultdict

from collectors.ssh.journal import SUDO_FILE
from collectors.ssh.sshd_lines import parse_sudo
from collectors.ssh.syslog import Line

_BY_PAM = re.compile(r"pam_\w+\(sudo(?:-i)?:session\): session opened for user [^\s(]+(?:\([^\s()]*\))? by [^\s(]")
# What hands auditd's records to the host's log, and the record of a command that sudo ran.
_AUDIT = frozenset({"audisp-syslog", "audispd", "audit", "auditd"})
_BY_AUDIT = re.compile(r"(?:node=\S+ )?(?:type=)?USER_CMD\b")
# So far apart are the times of one command in both.
_SECONDS = 1


class SudoLines:
    """What lines of sudo that were seen on a host tell."""

    def __init__(self) -> None:
        self._seen: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
        self._used = False

    @property
    def lack_commands(self) -> bool:
        """Whether people became somebody else through sudo, and no line tells what they ran."""
        return self._used and not self._seen

    def again(self, line: Line) -> bool:
        """Whether sudo's own file repeats what the host's log told."""
        if line.program in _AUDIT:
            self._used |= _BY_AUDIT.match(line.message) is not None
        if line.program not in ("sudo", SUDO_FILE):
            return False
        said = parse_sudo(line.message)
        if said is None:
            self._used |= _BY_PAM.match(line.message) is not None
            return False
        times, second = self._seen[said.user, " ".join(said.command.split())], int(line.time.timestamp())
        told = not times.isdisjoint(range(second - _SECONDS, second + _SECONDS + 1))
        times.add(second)
        return told and line.program == SUDO_FILE
