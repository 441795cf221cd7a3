"""What files of hosts look like: `<host>/<login>/authorized_keys`, and `<host>.log` of sshd."""

import re

from collectors.recognise import Recognised
from collectors.ssh.log_names import host_named

_LOGGED = re.compile(r"\b(?:sshd(?:-session)?|sudo|systemd-logind|CRON)(?:\[\d+\])?:|\"(?:sshd(?:-session)?|sudo)\"")
_HOST_AND_LOGIN = 2
_NOWHERE = "its folders do not tell the host and the login: put it into a folder as <host>/<login>/authorized_keys"


def recognised(name: str, head: str) -> Recognised | None:
    """The source that reads a file of this name which begins like this."""
    if name.rpartition("/")[2] == "authorized_keys":
        lacks = "" if name.count("/") > _HOST_AND_LOGIN else _NOWHERE
        return Recognised("ssh-keys", "host-keys", "path", above=2, lacks=lacks)
    if host_named(name.rpartition("/")[2]) and _LOGGED.search(head):
        return Recognised("ssh-logins", "logins", "path", folder=True)
    return None
