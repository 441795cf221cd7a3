"""What sshd, sudo and their like say in the log. Names in their lines are typed by strangers: none is trusted."""

import re
from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any

from msgspec import Struct

from auditor.model.details import as_object, details
from auditor.model.written import written
from collectors.base import as_text

# The id and serial stand before the authority: a certificate names whom it was made for.
_CERTIFICATE = re.compile(r"\S+-CERT(?:-V\d\d)?(?:@\S+)? \S+ ID (.+) \(serial \d+\) CA \S+ \S+")
_ENDED = re.compile(r"(.*?)((?: ; (?:EXIT=\d+|SIGNAL=\w+))+)")
_AS_ROOT = re.compile(r"(?:\S*/)?(?:run0|systemd-run)(?: .*)?")
# What sudo remarks before it runs a command, or tells that it refuses it.
_REMARK = re.compile(r"unable to (?!execute).*|problem with defaults entries.*|timestamp too far in the future.*")
_DOUBLED = re.compile(r"((?:\\[0-3][0-7]{2})+)|\\\\")
_KEY = re.compile(r"\S+ (?:md5 )?(SHA256:[A-Za-z0-9+/]+|MD5:[0-9a-f:]+|(?:[0-9a-f]{2}:){15}[0-9a-f]{2})(?: .*)?")
_NO_TERMINAL = ("none", "???")
KEEPERS = frozenset({"gpasswd", "groupmems", "useradd", "usermod"})
"""The programs that keep a host's logins, and tell who came into a group or became root's equal."""
ASKED_FOR = KEEPERS | {"adduser", "addgroup"}
"""The commands that make them write."""


class Attempt(Struct, frozen=True):
    """Somebody logged in, or tried to.

    `key` is the fingerprint, where the line has it; `certificate` the id of the certificate, which names its holder, as
    `tailscale:` and `kerberos:` do with what these vouch for.
    """

    ok: bool
    user: str
    method: str
    address: str
    port: str
    key: str | None = None
    certificate: str | None = None
    tty: str = ""


class Partial(Struct, frozen=True):
    """A key was accepted, and another factor is still asked for."""

    key: str | None


class Closed(Struct, frozen=True):
    """A connection ended; address and port where the line has them, and why, where nobody ended it."""

    address: str = ""
    port: str = ""
    why: str = ""


class Terminal(Struct, frozen=True):
    """A session got a terminal."""

    tty: str
    address: str
    port: str


class Sudo(Struct, frozen=True):
    """A command as another user; `refused` is the reason when it was not run. Without a terminal `tty` is empty.

    Where it has `ended`, a line before may tell of the same command.
    """

    user: str
    tty: str
    target: str
    command: str
    refused: str
    ambiguous: bool
    ended: bool = False


class Joined(Struct, frozen=True):
    """A login was put into a group; without one, it got the number of root.

    Where all members of a group were `listed` anew, they are the user, with commas between them.
    """

    user: str
    group: str = ""
    listed: bool = False


Said = Attempt | Partial | Closed | Terminal | Sudo | Joined


class _Saying(Struct, frozen=True):
    """What a line of a program comes to, the pattern of it, and what is told of all such lines; see sayings.yaml."""

    says: str
    line: str
    told: dict[str, str] = {}


@cache
def _sayings() -> dict[str, list[tuple[Callable[..., Said], re.Pattern[str], dict[str, str]]]]:
    table = written(__package__, "sayings", dict[str, list[_Saying]])
    return {of: [(_MADE[one.says], re.compile(one.line), one.told) for one in every] for of, every in table.items()}


def said(program: str, message: str) -> Said | None:
    """What a line of a program says, as sayings.yaml calls them, as far as it matters here."""
    for make, line, told in _sayings()[program]:
        if match := line.fullmatch(message):
            found = match.groupdict("")
            if program == "sshd" and "user" in found:
                found["user"] = unescaped(found["user"])
            return make(**told, **found)
    return None


def as_another(program: str, message: str) -> Sudo | None:
    """A command as another user, as a line of one of the programs of `AS_ANOTHER`, or of run0, tells it."""
    way = AS_ANOTHER.get(program, program)
    found = parse_sudo(message) if way == "sudo" else said(way, message)
    return found if isinstance(found, Sudo) else None


def _attempt(
    user: str,
    method: str = "",
    address: str = "",
    port: str = "",
    tty: str = "",
    shown: str = "",
    network: str = "",
    *,
    ok: bool,
) -> Attempt:
    """Somebody who was let in or refused, with what they showed: a key, a certificate or a ticket of Kerberos."""
    certificate = _CERTIFICATE.fullmatch(shown)
    holder = unescaped(certificate[1]) if certificate else _principal(method, user, shown)
    holder = f"tailscale:{network}" if network else holder
    return Attempt(ok, user, method.lower(), address, port, _fingerprint(shown), holder, tty)


def _as_another(
    user: str, target: str = "", tty: str = "", command: str = "", refused: str = "", asking: str | None = None
) -> Sudo:
    """A command as another user; of polkit's, the command line that was `asking` for it is known alone."""
    tty = tty.removeprefix("/dev/")
    command = command if asking is None else asking
    if asking is not None and _AS_ROOT.fullmatch(asking):
        first, *words = asking.split()
        command = " ".join(word for word in words if not word.startswith("-")) or first
    known = tty if tty not in _NO_TERMINAL else ""
    return Sudo(user, known, target, command, refused, ambiguous=asking is not None)


_MADE: Mapping[str, Callable[..., Said]] = {
    "let in": partial(_attempt, ok=True),
    "refused": partial(_attempt, ok=False),
    "partly let in": lambda shown: Partial(_fingerprint(shown)),
    "on a terminal": Terminal,
    "closed": Closed,
    "as another": _as_another,
    "joined": Joined,
    "listed": partial(Joined, listed=True),
}


def unescaped(name: str) -> str:
    r"""A name as it is: OpenSSH writes a backslash twice (`ACME\\nina`), and what is no ASCII as octal bytes."""

    def plain(match: re.Match[str]) -> str:
        return as_text(bytes(int(one, 8) for one in match[1].split("\\")[1:]))

    return _DOUBLED.sub(lambda match: plain(match) if match[1] else "\\", name)


def parse_sudo(message: str) -> Sudo | None:
    """What a line of sudo says: the command, or None where it tells of none."""
    if message.lstrip().startswith(("{", "@cee:")):
        return _from_json(_json_of_sudo(message))
    head, found, command = message.partition("COMMAND=")
    user, _, rest = head.strip().partition(" : ")
    said = [part.strip(" ;") for part in rest.split(" ; ")]
    fields = {name: value for name, mark, value in (part.partition("=") for part in said) if mark}
    # Before the terminal stands why the command was not run; the host's name may stand there too.
    reason = "" if "=" in said[0] else said[0]
    if not found or not fields.keys() & {"TTY", "PWD", "USER"} or _REMARK.fullmatch(reason):
        return None
    ended = _ENDED.fullmatch(command)
    return Sudo(
        user=user,
        tty=fields.get("TTY", ""),
        target=fields.get("USER", ""),
        command=ended[1] if ended else command,
        refused=reason,
        # A folder or an argument may be named so that one command looks like another.
        ambiguous="COMMAND=" in command,
        ended=ended is not None or not {"EXIT", "SIGNAL"}.isdisjoint(fields),
    )


def is_sudo_json(message: str) -> bool:
    """Whether a message is what sudo writes as JSON, of a command or of how one ended."""
    return bool(_json_of_sudo(message))


def _json_of_sudo(message: str) -> dict[str, Any]:
    return as_object(details(message.strip().removeprefix("@cee:")).get("sudo"))


def _from_json(said: Mapping[str, Any]) -> Sudo | None:
    """The same where sudo writes JSON: what it accepted or rejected, and with which arguments."""
    event = as_object(said.get("accept") or said.get("reject"))
    user, command, arguments = event.get("submituser"), event.get("command"), event.get("runargv")
    if not isinstance(user, str) or not isinstance(command, str):
        return None
    behind = arguments[1:] if isinstance(arguments, list) else []
    return Sudo(
        user=user,
        tty=str(event.get("ttyname") or "").removeprefix("/dev/"),
        target=str(event.get("runuser") or "root"),
        command=" ".join([command, *map(str, behind)]),
        refused=str(event.get("reason") or "refused") if "reject" in said else "",
        ambiguous=False,
    )


def _principal(method: str, user: str, shown: str) -> str | None:
    """Whom Kerberos names, where that is not the login itself."""
    primary = re.split("[/@]", shown)[0]
    return f"kerberos:{shown}" if method.startswith("gssapi") and shown and primary != user else None


def _fingerprint(shown: str) -> str | None:
    match = _KEY.fullmatch(shown)
    if match is None:
        return None
    return match[1] if match[1].startswith(("SHA256:", "MD5:")) else f"MD5:{match[1]}"


AS_ANOTHER = {
    "sudo": "sudo",
    "sudo-rs": "sudo",
    "su": "su",
    "su-l": "su",
    "su-rs": "su",
    "doas": "doas",
    "pkexec": "pkexec",
    "polkitd": "polkit",
}
"""The programs that run commands as another user, each with whose way it has of telling it."""

SFTP = ("sftp-server", "internal-sftp")
"""What serves files over SFTP, in a process of its own or in sshd's."""
