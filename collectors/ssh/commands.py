"""Which commands only look. Everything that is not known to only look is taken to change something."""

import shlex
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from collectors.ssh.plan import PACK

# `list` and `validate` are what sudo logs for `sudo -l` and `sudo -v`.
_READING = frozenset(
    name
    for names in (
        "cat df dmesg du egrep fgrep file free grep head id iostat journalctl last lastlog less list ls lsblk lscpu",
        "lsof md5sum more netstat pgrep ps pstree pwd sha256sum ss stat tail top true uname uptime validate vmstat w",
        "wc who whoami zcat zgrep zless",
    )
    for name in names.split()
)
_READING_VERBS = {
    name: frozenset(verbs.split())
    for name, verbs in {
        "systemctl": "cat help is-active is-enabled is-failed is-system-running list-dependencies list-sockets"
        " list-timers list-unit-files list-units show status",
        "docker": "images info inspect logs ps stats top version",
        "podman": "images info inspect logs ps stats top version",
    }.items()
}
# Where a system's own programs are; one of the same name elsewhere could be anything.
_FOLDERS = frozenset({"", ".", "/bin", "/sbin", "/usr/bin", "/usr/sbin"})
# Options with which a reading command changes something after all.
_CHANGING_OPTIONS = {
    "dmesg": ("-C", "-c", "--clear", "--read-clear", "-n", "-D", "-E", "--console"),
    "journalctl": ("--vacuum", "--rotate", "--flush", "--sync", "--relinquish", "--update-catalog", "--setup-keys"),
}


def program(command: str) -> str:
    """The name of the program that a command runs, without its folder."""
    words = _words(command)
    return PurePosixPath(words[0]).name if words else ""


def only_reads(command: str) -> bool:
    """Whether a command is known to change nothing."""
    words = _words(command)
    name = program(command)
    if not words or str(PurePosixPath(words[0]).parent) not in _FOLDERS:
        return False
    if any(word.startswith(_CHANGING_OPTIONS.get(name, ())) for word in words[1:]):
        return False
    if name in _JUDGED:
        return _JUDGED[name](words)
    if name == "service":
        return words[-1] == "status"
    if name in _READING_VERBS:
        verb = next((word for word in words[1:] if not word.startswith("-")), "")
        return verb in _READING_VERBS[name]
    return name in _READING


def _only_finds(words: list[str]) -> bool:
    """Whether a search neither writes nor runs anything but the auditor's own packing."""
    if any(word.startswith(("-delete", "-execdir", "-ok", "-fprint", "-fls")) for word in words):
        return False
    packing = [*PACK, "{}", "+"]
    runs = (number + 1 for number, word in enumerate(words) if word == "-exec")
    return all(words[start : start + len(packing)] == packing for start in runs)


# What the auditor itself runs as root, among more.
_JUDGED: Mapping[str, Callable[[list[str]], bool]] = {
    "find": _only_finds,
    "sshd": lambda words: words[1:] == ["-T"],
    "passwd": lambda words: words[1:2] in (["-S"], ["--status"]),
    "cvtsudoers": lambda words: not any(word.startswith(("-o", "--output")) for word in words[1:]),
}


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
