"""What files of hosts look like: `<host>/<login>/authorized_keys`, `<host>.log` of sshd, and others beside it."""

import re

from collectors.recognise import Recognised
from collectors.ssh.log_names import host_named, is_auditd, is_wtmp

# Lines of a log, and fields of the journal, as JSON or exported.
_LOGGED = re.compile(
    r"\b(?:sshd(?:-session)?|sudo|systemd-logind|CRON)(?:\[\d+\])?:|\"(?:sshd(?:-session)?|sudo)\""
    r"|^SYSLOG_IDENTIFIER=(?:sshd(?:-session)?|sudo)$",
    re.MULTILINE,
)
_AUDITED = re.compile(r"^(?:node=\S+ )?type=\w+ msg=audit\(", re.MULTILINE)
# Where a login's keys lie in the folder of its host, by themselves or as on it.
_LOGINS = re.compile(r"(?:^|/)((?:home/[^/]+/[.]ssh|[^/]+/[.]ssh|[^/]+)/authorized_keys)$")
_NOWHERE = "its folders do not tell the host and the login: put it into a folder as <host>/<login>/authorized_keys"


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if name.rpartition("/")[2] == "authorized_keys":
        place = _LOGINS.search(name)
        above = place[1].count("/") + 1 if place else 2
        return Recognised(
            "ssh-keys", "host-keys", "path", above=above, lacks="" if name.count("/") > above else _NOWHERE
        )
    folders, _, own = name.rpartition("/")
    # In the folder of a host stand what auditd and the record of logins tell, which its other logs tell too.
    if folders.strip("/") and (is_wtmp(own) or (is_auditd(own) and _AUDITED.search(head))):
        return Recognised("ssh-logins", "logins", "path", folder=True)
    if host_named(own) and _LOGGED.search(head):
        return Recognised("ssh-logins", "logins", "path", folder=True)
    return None
