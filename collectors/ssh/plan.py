"""What is asked of a host, command by command: nothing else is ever run there.

Every command is fixed text, so that sudo and a forced command can allow exactly it. What differs from night to night
goes in by standard input, or is digits at the end; neither of these two is run through sudo.
"""

import re
import shlex
from collections.abc import Iterable, Sequence

from msgspec import Struct

from collectors.ssh.sshd_lines import AS_ANOTHER, KEEPERS, SFTP

ACCOUNT = "auditor"
HOMES = ("/root", "/home", "/var/lib")
PROGRAM = "/usr/local/bin/auditor-answers"
"""Where the documentation puts the program of the forced command."""

_SSHD_CONFIG = "/etc/ssh/sshd_config"
# A home directory may lie one folder deeper than usual: /home/example.org/nina.
_DEPTH = "4"
# What sudoers reads as something else than itself in a command's arguments.
_SPECIAL = re.compile(r"([*?\[\]\\,:=!#\"'])")
PACK = ("/usr/bin/tar", "--create", "--file=-", "--absolute-names", "--no-recursion")


class Command(Struct, frozen=True):
    """One command. `sudo` says that root's rights are needed, `since` that the seconds since 1970 end it."""

    words: tuple[str, ...]
    sudo: bool = False
    since: bool = False

    def line(self, *, sudo: bool = False, since: int = 0) -> str:
        """As the host's shell gets it; messages in English."""
        words = [*self.words, f"--since=@{since}"] if self.since else self.words
        return "LC_ALL=C " + shlex.join(["sudo", "-n", *words] if sudo else words)


WHO = Command(("id", "-u"))
PASSWD = Command(("getent", "passwd"))
GROUP = Command(("getent", "group"))
PASSWORDS = Command(("/usr/bin/passwd", "-S", "-a"), sudo=True)
"""Who has a password, never what it is."""
SSHD = Command(("/usr/sbin/sshd", "-T"), sudo=True)
SUDOERS = Command(("/usr/bin/cvtsudoers", "-e", "-f", "json", "/etc/sudoers"), sudo=True)
FILES = Command((*PACK, "--null", "--files-from=-"))
"""The files whose names come in by standard input, each ended by a zero byte, as a tar archive."""

_WRITERS = ("sshd", "sshd-session", *AS_ANOTHER, "login", "tailscaled", *SFTP, *sorted(KEEPERS))
JOURNAL = Command(
    (
        # Without --all, a message of more than 4,096 bytes is left out.
        *("journalctl", "--no-pager", "--all", "--output=json"),
        "--output-fields=MESSAGE,SYSLOG_IDENTIFIER,SYSLOG_PID,_PID,_COMM",
        *(f"SYSLOG_IDENTIFIER={program}" for program in _WRITERS),
    ),
    since=True,
)
LOGS = Command(
    (
        *("/usr/bin/find", "/var/log", "-maxdepth", "1", "-type", "f", "-regextype", "posix-extended"),
        *("-regex", "/var/log/(auth[.]log|secure|wtmp)([-.][0-9]+)?([.]gz)?", "-exec", *PACK, "{}", "+"),
    ),
    sudo=True,
)


def homes(folders: Iterable[str] = HOMES) -> Command:
    """Every key file under these folders, links on the way to one, and the settings of sshd and sudo as written."""
    roots = tuple(folders)
    wanted = f".*/[.]ssh(/authorized_keys2?)?|{_SSHD_CONFIG}([.]d/[^/]+)?|/etc/sudoers([.]d/[^/]+)?"
    linked = "|".join(f"{root.replace('.', '[.]')}/[^/]+" for root in roots)
    rules = (_SSHD_CONFIG, f"{_SSHD_CONFIG}.d", "/etc/sudoers", "/etc/sudoers.d")
    searched = (*roots, *rules, "-maxdepth", _DEPTH, "-regextype", "posix-extended")
    which = ("(", "-regex", wanted, "-o", "-type", "l", "-regex", linked, ")")
    return Command(("/usr/bin/find", *searched, *which, "-exec", *PACK, "{}", "+"), sudo=True)


def found_by_homes(path: str, folders: Iterable[str]) -> bool:
    """Whether the search of `homes` comes by this path, if there is such a file."""
    inside = any(path.startswith(f"{root}/") and path.removeprefix(root).count("/") <= int(_DEPTH) for root in folders)
    return inside and path.endswith(("/.ssh/authorized_keys", "/.ssh/authorized_keys2"))


def keys_commands(folders: Iterable[str] = HOMES) -> tuple[Command, ...]:
    """What ssh-keys asks a host."""
    return (WHO, PASSWD, GROUP, PASSWORDS, SSHD, SUDOERS, homes(folders), FILES)


def logins_commands() -> tuple[Command, ...]:
    """What ssh-logins asks a host."""
    return (WHO, JOURNAL, LOGS)


def sudoers(account: str = ACCOUNT, folders: Iterable[str] = HOMES) -> tuple[str, ...]:
    """The lines of /etc/sudoers.d/auditor: each allows one command with exactly its arguments, and no other."""
    commands = [command for command in (*keys_commands(folders), *logins_commands()) if command.sudo]
    return tuple(f"{account} ALL=(root) NOPASSWD: {_escaped(command.words)}" for command in commands)


def authorized_keys(public_key: str, address: str, *, forced: bool = True) -> str:
    """The line in the account's authorized_keys: from the auditor's address only, and nothing but commands.

    Args:
        public_key: the auditor's, `ssh-ed25519 AAAA… auditor`.
        address: what `from=` allows: addresses and networks, with commas between.
        forced: leave only the commands of `answering_program`.
    """
    command = f',command="{PROGRAM}"' if forced else ""
    return f'from="{address}",restrict{command} {public_key}'


def answering_program(folders: Iterable[str] = HOMES) -> str:
    """The forced command as a POSIX shell script: runs what the auditor asks for and refuses everything else."""
    lines = [
        "#!/bin/sh",
        "# Runs what the auditor asks this host, and nothing else.",
        "since=${SSH_ORIGINAL_COMMAND##*--since=@}",
        'case "$since" in *[!0-9]*) since= ;; esac',
        'case "$SSH_ORIGINAL_COMMAND" in',
    ]
    for command in dict.fromkeys((*keys_commands(folders), *logins_commands())):
        for sudo in (True, False) if command.sudo else (False,):
            lines += _case(command, sudo=sudo)
    return "\n".join([*lines, "*) echo 'auditor-answers: not one of its commands' >&2; exit 126 ;;", "esac", ""])


def _case(command: Command, *, sudo: bool) -> Sequence[str]:
    line = command.line(sudo=sudo)
    if not command.since:
        return (f"{shlex.quote(line)})", f"  {line} ;;")
    fixed = line.removesuffix("0")
    return (f'{shlex.quote(fixed)}"$since")', f'  {fixed}"$since" ;;')


def _escaped(words: Sequence[str]) -> str:
    return " ".join([words[0], *(_SPECIAL.sub(r"\\\1", word) for word in words[1:])])
