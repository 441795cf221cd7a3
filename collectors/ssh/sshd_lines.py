"""What sshd, sudo and their like say in the log. Names in their lines are typed by strangers: none is trusted."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from auditor.model.details import as_object
from collectors.base import as_text

_ACCEPTED = re.compile(r"Accepted (\S+) for (.*?) from (\S+) port (\d+)(?: +ssh2)?(?:: (.*))?")
_PARTIAL = re.compile(r"Partial publickey for .*? from \S+ port \d+ ssh2: (.*)")
# Greedy: the last `from … port …` is sshd's own, one before it belongs to a name that pretends.
_FAILED = re.compile(
    r"Failed (\S+) for (?:invalid user |illegal user )?(.*) from (\S+) port (\d+)(?: ssh2)?(?:: (.*))?"
)
_INVALID = re.compile(r"(?:Invalid|Illegal) user (.*) from (\S+)(?: port (\d+))?")
_CLOSED = re.compile(
    r"(?:Received disconnect from|Disconnected from(?: user .*)?|Connection (?:closed|reset) by(?: user .*)?"
    r"|Timeout, client not responding from(?: user .*)?) (\S+) port (\d+)(?::.*)?"
)
_PAM_CLOSED = re.compile(r"pam_\w+\(sshd:session\): session closed for user .*")
_TERMINAL = re.compile(r"Starting session: .* on (\S+) for .* from (\S+) port (\d+) id \d+")
# The id and serial stand before the authority: a certificate names whom it was made for.
_CERTIFICATE = re.compile(r"\S+-CERT(?:-V\d\d)?(?:@\S+)? \S+ ID (.+) \(serial \d+\) CA \S+ \S+")
_SU = re.compile(
    r"pam_\w+\(su(?:-l)?:session\): session opened for user ([^\s(]+)(?:\(uid=\d+\))? by ([^\s(]*)(?:\(uid=\d+\))?"
)
_RUN0 = re.compile(
    r"pam_\w+\(systemd-run0:session\): session opened for user ([^\s(]+)(?:\(uid=\d+\))? by ([^\s(]*)(?:\(uid=\d+\))?"
)
# Who it was and on which terminal, as each system's own su writes it where it was let: util-linux, BusyBox and older
# Debian, FreeBSD and its like. Of those that were refused, each writes something else.
_SU_ALONE = (
    re.compile(r"Successful su for (?P<target>\S+) by (?P<user>\S+)"),
    re.compile(r"\(to (?P<target>\S+)\) (?P<user>\S+) on (?P<tty>\S+)"),
    re.compile(r"\+ (?P<tty>\S+) (?P<user>[^\s:]+)[:-](?P<target>[^\s:]+)"),
    re.compile(r"(?P<user>\S+) to (?P<target>\S+) on (?P<tty>\S+)"),
)
_DOAS = re.compile(r"(\S+) ran command (.+?) as (\S+)(?: from .*)?")
_DOAS_REFUSED = re.compile(r"(command not permitted|failed auth|failed command) for ([^\s:]+)(?:: (.+))?")
_DROPBEAR = re.compile(
    r"(Pubkey|Password|PAM password) auth succeeded for '(.*)'(?: with (?:\S+ )?key (?:md5 |sha1!! )?(\S+))?"
    r" from (\S+):(\d+)"
)
_DROPBEAR_BAD = re.compile(r"(?:Bad password|Bad PAM password) attempt for '(.*)' from (\S+):(\d+)")
_CONSOLE = re.compile(
    r"(?:(ROOT) LOGIN|(root) login|LOGIN|DIALUP) +(?:ON|on|AT) '?(?:/dev/)?([^\s']+)'?"
    r"(?: BY (\S+))?(?: (?:FROM|from) \S+)?"
)
_PAM_CONSOLE = re.compile(r"pam_\w+\((login|cockpit):session\): session (opened|closed) for user ([^\s(]+).*")
_TAILSCALE = re.compile(r'handling new SSH connection from (\S+) \((\S+)\) to ssh-user "(.*)"')
_TAILSCALE_END = re.compile(r"Session complete.*|terminating SSH session from .*")
_ENDED = re.compile(r"(.*?)((?: ; (?:EXIT=\d+|SIGNAL=\w+))+)")
_DROPBEAR_END = re.compile(r"Exit \(.*\) from <(\S+):(\d+)>: ")
_PKEXEC = re.compile(r"(\S+): Executing command \[USER=(\S+)\] \[TTY=(?:/dev/)?(\S+)\] \[CWD=[^\]]*\] \[COMMAND=(.*)\]")
# Of what pkexec runs it tells itself.
_POLKIT = re.compile(
    r"Operator of \S+ successfully authenticated as unix-user:\S+ to gain \S+ authorization"
    r" for action (?!org\.freedesktop\.policykit\.exec )\S+ for \S+ \[(.*)\] \(owned by unix-user:(\S+)\)"
)
_AS_ROOT = re.compile(r"(?:\S*/)?(?:run0|systemd-run)(?: .*)?")
# What sudo remarks before it runs a command, or tells that it refuses it.
_REMARK = re.compile(r"unable to (?!execute).*|problem with defaults entries.*|timestamp too far in the future.*")
_DOUBLED = re.compile(r"((?:\\[0-3][0-7]{2})+)|\\\\")
_KEY = re.compile(r"\S+ (SHA256:[A-Za-z0-9+/]+|MD5:[0-9a-f:]+|(?:[0-9a-f]{2}:){15}[0-9a-f]{2})(?: .*)?")


@dataclass(frozen=True, slots=True)
class Attempt:
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


@dataclass(frozen=True, slots=True)
class Partial:
    """A key was accepted, and another factor is still asked for."""

    key: str | None


@dataclass(frozen=True, slots=True)
class Closed:
    """A connection ended; address and port where the line has them."""

    address: str = ""
    port: str = ""


@dataclass(frozen=True, slots=True)
class Terminal:
    """A session got a terminal."""

    tty: str
    address: str
    port: str


@dataclass(frozen=True, slots=True)
class Sudo:
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


Said = Attempt | Partial | Closed | Terminal


def parse_sshd(message: str) -> Said | None:
    """What a line of sshd says, as far as it matters here."""
    if match := _ACCEPTED.fullmatch(message) or _FAILED.fullmatch(message):
        ok, user = message.startswith("Accepted"), unescaped(match[2])
        certificate = _CERTIFICATE.fullmatch(match[5] or "")
        holder = unescaped(certificate[1]) if certificate else _principal(match[1], user, match[5])
        return Attempt(ok, user, match[1], match[3], match[4], _fingerprint(match[5]), holder)
    if match := _INVALID.fullmatch(message):
        return Attempt(False, unescaped(match[1]), "", match[2], match[3] or "")
    return _connection(message)


def unescaped(name: str) -> str:
    r"""A name as it is: OpenSSH writes a backslash twice (`ACME\\nina`), and what is no ASCII as octal bytes."""

    def plain(match: re.Match[str]) -> str:
        return as_text(bytes(int(one, 8) for one in match[1].split("\\")[1:]))

    return _DOUBLED.sub(lambda match: plain(match) if match[1] else "\\", name)


def _connection(message: str) -> Said | None:
    if match := _PARTIAL.fullmatch(message):
        return Partial(_fingerprint(match[1]))
    if match := _TERMINAL.fullmatch(message):
        return Terminal(match[1], match[2], match[3])
    if _PAM_CLOSED.fullmatch(message):
        return Closed()
    if not message.endswith("[preauth]") and (match := _CLOSED.fullmatch(message)):
        return Closed(match[1], match[2])
    return None


def parse_dropbear(message: str) -> Said | None:
    """What a line of dropbear says, the small server of routers and containers."""
    if match := _DROPBEAR.fullmatch(message):
        return Attempt(True, match[2], match[1].lower(), match[4], match[5], _fingerprint(f"x {match[3]}"))
    if match := _DROPBEAR_BAD.fullmatch(message):
        return Attempt(False, match[1], "password", match[2], match[3])
    match = _DROPBEAR_END.match(message)
    return Closed(match[1], match[2]) if match else None


def parse_console(message: str) -> Said | None:
    """What a line of login says, or of Cockpit: who signed in on a console, or in a browser."""
    if match := _CONSOLE.fullmatch(message):
        user = "root" if match[1] or match[2] else match[4]
        return Attempt(True, user, "console", "", "", tty=match[3]) if user else None
    if match := _PAM_CONSOLE.fullmatch(message):
        method = "console" if match[1] == "login" else match[1]
        return Attempt(True, match[3], method, "", "") if match[2] == "opened" else Closed()
    return None


def parse_tailscale(message: str) -> Said | None:
    """What a line of Tailscale's own SSH server says: it names the user of the network, whatever the login."""
    if match := _TAILSCALE.fullmatch(message):
        return Attempt(True, match[3], "tailscale", match[2], "", certificate=f"tailscale:{match[1]}")
    return Closed() if _TAILSCALE_END.fullmatch(message) else None


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
    try:
        return as_object(as_object(json.loads(message.strip().removeprefix("@cee:"))).get("sudo"))
    except (ValueError, RecursionError):
        return {}


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


def parse_pkexec(message: str) -> Sudo | None:
    """A command as another user, by pkexec."""
    match = _PKEXEC.fullmatch(message)
    return Sudo(match[1], match[3], match[2], match[4], "", ambiguous=False) if match else None


def parse_polkit(message: str) -> Sudo | None:
    """What somebody does with root's rights, as polkit let them: it tells whom, and the command line that asked."""
    match = _POLKIT.fullmatch(message)
    if match is None:
        return None
    command = match[1]
    if _AS_ROOT.fullmatch(command):
        first, *words = command.split()
        command = " ".join(word for word in words if not word.startswith("-")) or first
    return Sudo(match[2], "", "root", command, "", ambiguous=True)


def parse_run0(message: str) -> Sudo | None:
    """A shell as another user, by run0, as PAM tells it whatever program speaks; mostly without who asked for it."""
    match = _RUN0.fullmatch(message)
    return Sudo(match[2], "", match[1], "run0", "", ambiguous=False) if match else None


def parse_su(message: str) -> Sudo | None:
    """A shell as another user, by su."""
    if match := _SU.fullmatch(message):
        return Sudo(match[2], "", match[1], "su", "", ambiguous=False) if match[2] else None
    told = next((match.groupdict() for one in _SU_ALONE if (match := one.fullmatch(message))), None)
    if told is None:
        return None
    tty = told.get("tty", "").removeprefix("/dev/")
    known = tty not in ("none", "???")
    return Sudo(told["user"], tty if known else "", told["target"], "su", "", ambiguous=False)


def parse_doas(message: str) -> Sudo | None:
    """A command as another user, by doas; of one that it refused, it mostly tells not as whom."""
    if match := _DOAS_REFUSED.fullmatch(message):
        return Sudo(match[2], "", "", match[3] or "", match[1], ambiguous=False)
    match = _DOAS.fullmatch(message)
    return Sudo(match[1], "", match[3], match[2], "", ambiguous=False) if match else None


def _principal(method: str, user: str, tail: str | None) -> str | None:
    """Whom Kerberos names, where that is not the login itself."""
    primary = re.split("[/@]", tail or "")[0]
    return f"kerberos:{tail}" if method.startswith("gssapi") and tail and primary != user else None


def _fingerprint(tail: str | None) -> str | None:
    match = _KEY.fullmatch(tail or "")
    if match is None:
        return None
    return match[1] if match[1].startswith(("SHA256:", "MD5:")) else f"MD5:{match[1]}"


AS_ANOTHER = {
    "sudo": parse_sudo,
    "sudo-rs": parse_sudo,
    "su": parse_su,
    "su-l": parse_su,
    "su-rs": parse_su,
    "doas": parse_doas,
    "pkexec": parse_pkexec,
    "polkitd": parse_polkit,
}
"""What reads the lines of each program that runs commands as another user."""

SFTP = ("sftp-server", "internal-sftp")
"""What serves files over SFTP, in a process of its own or in sshd's."""
