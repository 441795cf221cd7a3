"""Whether what keeps a host's log says that it left lines out, some of which may have told of logins or commands."""

import re

from collectors.ssh.syslog import Line

# Whose lines were left out, where it is told: a unit of systemd, or a program by its path.
_SAYS = {
    "systemd-journald": re.compile(r"Suppressed \d+ messages from (?P<whose>\S+)|Forwarding to syslog missed \d+ .*"),
    "rsyslogd": re.compile(
        r"im\w+(?:\[pid:? \d+(?:, name: (?P<whose>[^\]]*))?\])?:? (?:from <.*>: )?"
        r"(?:lost \d+ messages from pid \d+|\d+ messages lost|begin to drop messages) due to rate-limiting.*"
    ),
}
_KEPT_BY = {"systemd-journal": "systemd-journald", "rsyslogd-2177": "rsyslogd"}
# Units and programs in which somebody logs in, or becomes somebody else; what a person runs has a session's unit.
_OF_PEOPLE = re.compile(
    r"(?s)(?:.*/)?(?:ssh|sshd|sshd-session|dropbear|tailscaled|sudo|su|doas|login|polkit|polkitd|pkexec|"
    r"(?:system-)?(?:ssh|sshd|getty)\b.*|session-.*|user(?:@|-).*|user|system|-)(?:\.(?:service|scope|slice|socket))?"
)


def left_out(line: Line) -> bool:
    """Whether a line says that lines were dropped, and those of sshd, sudo and their like may be among them."""
    says = _SAYS.get(_KEPT_BY.get(line.program, line.program))
    said = says.fullmatch(line.message) if says else None
    return said is not None and (not said["whose"] or _OF_PEOPLE.fullmatch(said["whose"]) is not None)
