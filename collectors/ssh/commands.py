"""Which commands only look. Everything that is not known to only look is taken to change something."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import PurePosixPath

from collectors.ssh.plan import PACK

# `list` and `validate` are what sudo logs for `sudo -l` and `sudo -v`.
_READING = frozenset(
    name
    for names in (
        "cat cmp df diff dig dmesg du egrep fgrep file free getent getfacl grep groups head htop id iostat iotop",
        "journalctl last lastb lastlog less list ls lsblk lscpu lsof md5sum more netstat nslookup pgrep ping ps",
        "pstree pwd readlink sha256sum ss stat tail top traceroute true uname uptime validate vmstat w wc who whoami",
        "xzcat zcat zgrep zless",
    )
    for name in names.split()
)
_DOCKER = "images info inspect logs ls port ps stats top version"
# The first words behind a program's options, where they only look.
_READING_VERBS = {
    name: frozenset(verbs.split())
    for name, verbs in {
        "apachectl": "-S -t configtest status",
        "apt": "list policy search show",
        "apt-cache": "depends policy rdepends search show showpkg",
        "certbot": "certificates",
        "crictl": "images info inspect logs ps stats version",
        "dnf": "info list repolist search",
        "docker": _DOCKER,
        "docker-compose": _DOCKER,
        "fail2ban-client": "status",
        "git": "diff log rev-parse show status",
        "helm": "get history list ls status version",
        "kubectl": "api-resources cluster-info describe events explain get logs top version",
        "loginctl": "list-sessions list-users session-status show-session show-user user-status",
        "nft": "list",
        "podman": _DOCKER,
        "systemctl": "cat help is-active is-enabled is-failed is-system-running list-dependencies list-sockets"
        " list-timers list-unit-files list-units show status",
        "ufw": "status version",
        "yum": "info list repolist search",
    }.items()
}
# Words between a program and its verb, and options that take the next word.
_NOUNS = {"docker": frozenset({"compose", "container", "image", "network", "node", "service", "stack", "volume"})}
_VALUED = {
    "docker": ("-H", "-c", "-f", "-p", "--context", "--file", "--project-name"),
    "docker-compose": ("-f", "-p", "--file", "--project-name"),
    "git": ("-C",),
    "helm": ("-n", "--namespace", "--kube-context", "--kubeconfig"),
    "kubectl": ("-n", "--namespace", "--context", "--kubeconfig"),
    "systemctl": ("-H", "-M", "-n", "-p", "-t"),
}
# Where a system's own programs are; one of the same name elsewhere could be anything.
_FOLDERS = frozenset({"", ".", "/bin", "/sbin", "/usr/bin", "/usr/sbin"})
# Where programs of others are installed, such as kubectl.
_INSTALLED = frozenset({"/snap/bin", "/usr/local/bin"})
# Options with which a reading command changes something after all.
_CHANGING_OPTIONS = {
    "dmesg": ("-C", "-c", "--clear", "--read-clear", "-n", "-D", "-E", "--console"),
    "journalctl": ("--vacuum", "--rotate", "--flush", "--sync", "--relinquish", "--update-catalog", "--setup-keys"),
}


def program(command: str) -> str:
    """The name of the program that a command runs, without its folder."""
    return program_of(words_of(command))


def only_reads(command: str) -> bool:
    """Whether a command is known to change nothing."""
    words = words_of(command)
    name = program_of(words)
    folder = str(PurePosixPath(words[0]).parent) if words else ""
    if not words or (folder not in _FOLDERS and not (name in _READING_VERBS and folder in _INSTALLED)):
        return False
    if any(word.startswith(_CHANGING_OPTIONS.get(name, ())) for word in words[1:]):
        return False
    if name in _JUDGED:
        return _JUDGED[name](words)
    if name == "service":
        return words[-1] == "status"
    if name in _READING_VERBS:
        verb = next((word for word in _behind_options(words) if word not in _NOUNS.get(name, ())), "")
        return verb in _READING_VERBS[name]
    return name in _READING


def _behind_options(words: list[str]) -> Iterator[str]:
    """A command's words without the program, its options and their values; options that are verbs stay."""
    told, name = iter(words[1:]), program_of(words)
    for word in told:
        if word in _VALUED.get(name, ()):
            next(told, None)
        elif not word.startswith("-") or word in _READING_VERBS[name]:
            yield word


def _only_shows(words: list[str]) -> bool:
    """Whether `ip` lists what is there."""
    told = [word for word in words[1:] if not word.startswith("-")]
    return bool(told) and told[1:2] in ([], ["show"], ["list"], ["ls"], ["get"]) and "-batch" not in words


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
    "sshd": lambda words: words[1:] in (["-T"], ["-t"]),
    "nginx": lambda words: words[1:] in (["-T"], ["-t"]),
    "crontab": lambda words: "-l" in words and not {"-e", "-r"} & {*words},
    "dpkg": lambda words: words[1:2] in (["-l"], ["-L"], ["-s"], ["-S"]),
    "ip": _only_shows,
    "iptables": lambda words: bool({"-L", "-S"} & {*words}) and not re.search(r" -[ADEFIMNPRXZ]\b", " ".join(words)),
    "rpm": lambda words: words[1:2] != [] and words[1].startswith("-q"),
    "tcpdump": lambda words: not any(re.match(r"-\w*[wz]|--write", word) for word in words[1:]),
    "passwd": lambda words: words[1:2] in (["-S"], ["--status"]),
    "cvtsudoers": lambda words: not any(word.startswith(("-o", "--output")) for word in words[1:]),
}


def program_of(words: Sequence[str]) -> str:
    """`program`, of words that are parted already: to part them is what takes time."""
    return PurePosixPath(words[0]).name if words else ""


def words_of(command: str) -> list[str]:
    """A command's words, as a shell would part them; where it could not, as blanks do."""
    try:
        return shlex.split(command)
    except ValueError:
        return command.split()
