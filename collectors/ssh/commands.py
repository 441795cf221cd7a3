"""Which commands only look. Everything that is not known to only look is taken to change something."""

import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache, partial
from pathlib import PurePosixPath

from msgspec import Struct

from auditor.model.written import written
from collectors.ssh.plan import PACK

# Where a system's own programs are; one of the same name elsewhere could be anything.
_FOLDERS = frozenset({"", ".", "/bin", "/sbin", "/usr/bin", "/usr/sbin"})
# Where programs of others are installed, such as kubectl.
_INSTALLED = frozenset({"/snap/bin", "/usr/local/bin"})


class _Known(Struct, frozen=True):
    """Which programs only look, with which verbs, and with which options not."""

    reading: frozenset[str]
    verbs: dict[str, frozenset[str]]
    nouns: dict[str, frozenset[str]]
    valued: dict[str, frozenset[str]]
    changing: dict[str, tuple[str, ...]]


_known = cache(partial(written, __package__, "commands", _Known))


def program(command: str) -> str:
    """The name of the program that a command runs, without its folder."""
    return program_of(words_of(command))


def only_reads(command: str) -> bool:
    """Whether a command is known to change nothing."""
    words, known = words_of(command), _known()
    name = program_of(words)
    folder = str(PurePosixPath(words[0]).parent) if words else ""
    if not words or (folder not in _FOLDERS and not (name in known.verbs and folder in _INSTALLED)):
        return False
    if any(word.startswith(known.changing.get(name, ())) for word in words[1:]):
        return False
    if name in _JUDGED:
        return _JUDGED[name](words)
    if name == "service":
        return words[-1] == "status"
    if name in known.verbs:
        verb = next((word for word in _behind_options(words) if word not in known.nouns.get(name, ())), "")
        return verb in known.verbs[name]
    return name in known.reading


def _behind_options(words: list[str]) -> Iterator[str]:
    """A command's words without the program, its options and their values; options that are verbs stay."""
    told, name = iter(words[1:]), program_of(words)
    for word in told:
        if word in _known().valued.get(name, ()):
            next(told, None)
        elif not word.startswith("-") or word in _known().verbs[name]:
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
