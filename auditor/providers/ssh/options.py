"""The options of a line of authorized_keys, and what a command that is forced on a login lets do."""

import re

from auditor.model.vocabulary import Capability

# One option: a word, or a word with a quoted value in which \" is a quote.
_OPTION = re.compile(r'([A-Za-z0-9-]+)(?:="((?:[^"\\]|\\.)*)")?')
_IDLE = frozenset({"cat", "echo", "exit", "false", "nologin", "read", "sleep", "true"})
_SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "sh", "tcsh", "zsh"})
# What runs whatever the client asks for.
_ASKED = re.compile(r"""(?:(?:exec|eval|(?:\S*/)?(?:ba|da|k|z)?sh\s+-l?c)\s+)*["']?\$\{?SSH_ORIGINAL_COMMAND\b.*""")
_READ_ONLY = re.compile(r"internal-sftp\b.*\s-R\b|.*\bsftp-server\b.*\s-R\b|.*\brrsync\b.*\s-ro\b")


def options_of(text: str | None) -> dict[str, str]:
    """The options of a line by name, in lower case; the first of a name counts, as it does to sshd."""
    found: dict[str, str] = {}
    for name, value in _OPTION.findall(text or ""):
        found.setdefault(name.lower(), value.replace('\\"', '"'))
    return found


def values_of(text: str | None, option: str) -> list[str]:
    """Every value of an option that may be given several times."""
    return [value for name, value in _OPTION.findall(text or "") if name.lower() == option]


def opens_shell(command: str) -> bool:
    """Whether a command that is forced on a login is a shell, or whatever the client asks for."""
    program, *words = command.removeprefix("exec ").split() or [""]
    name = program.rpartition("/")[2]
    is_shell = name in _SHELLS and all(word.startswith("-") and "c" not in word for word in words)
    return is_shell or name in ("screen", "tmux") or bool(_ASKED.fullmatch(command))


def forced_capabilities(command: str) -> frozenset[Capability]:
    """What a login may do that runs nothing but one command: none where it only holds the connection."""
    program = command.strip().partition(" ")[0].rpartition("/")[2]
    if program in _IDLE:
        return frozenset()
    return frozenset({Capability.READ_DATA if _READ_ONLY.match(command) else Capability.DEPLOY})
