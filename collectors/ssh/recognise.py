"""What files of hosts look like: `<host>/<login>/authorized_keys`, and `<host>.log` of sshd."""

import re

from collectors.recognise import Recognised
from collectors.ssh.log_names import host_named

_LOGGED = re.compile(r"\b(?:sshd(?:-session)?|sudo|systemd-logind|CRON)(?:\[\d+\])?:|\"(?:sshd(?:-session)?|sudo)\"")


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if name.rpartition("/")[2] == "authorized_keys" and name.count("/") > 1:
        return Recognised("ssh-keys", "host-keys", "path", above=2)
    if host_named(name.rpartition("/")[2]) and _LOGGED.search(head):
        return Recognised("ssh-logins", "logins", "path", folder=True)
    return None
