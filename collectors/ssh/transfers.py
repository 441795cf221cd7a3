"""What SFTP's server tells that somebody wrote, deleted or renamed on a host, where its log level is INFO or more."""

import re
from collections.abc import Iterator

from msgspec import Struct, field

from collectors.ssh.sshd_lines import unescaped
from collectors.ssh.syslog import Line

_OPENED = re.compile(r"session opened for local user (.*) from \[\S*\]")
_CLOSED = re.compile(r"session closed for local user .* from \[\S*\]")
_WRITTEN = re.compile(r'(?:forced )?close "(?P<path>.*)" bytes read \d+ written [1-9]\d*')
_DONE = re.compile(
    r'(?P<verb>remove|mkdir|rmdir) name "(?P<path>.*?)"(?: mode 0\d+)?'
    r'|(?P<set>set) "(?P<of>.*)" (?:size|mode|modtime|owner) .*'
    r'|(?P<moved>rename|posix-rename|symlink|hardlink) old ".*" new "(?P<to>.*)"'
)
# With more than its usual log level it tells of each thing that went well, too.
_FAILED = re.compile(r"sent status (?!Success$)")
# What is written there is nobody's production.
_TEMPORARY = ("/tmp/", "/var/tmp/")  # noqa: S108 - names in a log


class Write(Struct, frozen=True):
    """Somebody changed a file over SFTP, which a line tells."""

    user: str
    verb: str
    path: str
    line: Line


class Transfers(Struct):
    """Who uses SFTP in which process. What fails is told by the line after it, for which acts wait; a write is done."""

    users: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Write] = field(default_factory=dict)

    def of(self, line: Line) -> Iterator[Write]:
        """The acts of which it is known with this line that they did not fail."""
        waiting = self.waiting.pop(line.pid, None)
        if waiting and not _FAILED.match(line.message):
            yield waiting
        if opened := _OPENED.fullmatch(line.message):
            self.users[line.pid] = unescaped(opened[1])
        elif user := self.users.get(line.pid):
            if (found := _act(line, user)) and found.verb == "write":
                yield found
            elif found:
                self.waiting[line.pid] = found
            if _CLOSED.fullmatch(line.message):
                del self.users[line.pid]


def _act(line: Line, user: str) -> Write | None:
    if written := _WRITTEN.fullmatch(line.message):
        verb, path = "write", written["path"]
    elif done := _DONE.fullmatch(line.message):
        verb, path = done["verb"] or done["set"] or done["moved"], done["path"] or done["of"] or done["to"]
    else:
        return None
    # Names are relative to the home; a home of one's own is no system's, that of root is.
    own = user != "root" and (not path.startswith("/") or path.startswith(f"/home/{user}/"))
    return None if own or path.startswith(_TEMPORARY) else Write(user, verb, path, line)
