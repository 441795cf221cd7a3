"""Who may do what through sudo, from `cvtsudoers -e -f json`, which merges every file and fills in the aliases."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from collectors.ssh.host_accounts import Login

# Whoever may run one of these as root may do anything.
_SHELLS = frozenset({"ash", "bash", "csh", "dash", "fish", "ksh", "sh", "su", "tcsh", "visudo", "zsh"})
_MOST = 5


@dataclass(frozen=True, slots=True)
class SudoRight:
    """What a login may run as root. `free` is anything at all; `words` says it for people."""

    login: str
    free: bool
    words: str


def sudo_rights(document: bytes, people: Iterable[Login], host: str) -> list[SudoRight]:
    """The rights of each login on a host, one for each rule that applies to it.

    Raises:
        ValueError: it is not the JSON that cvtsudoers writes.
    """
    try:
        specs = json.loads(document).get("User_Specs", [])
        rules = [rule for spec in specs if _on(spec.get("Host_List", []), host) for rule in _rules(spec)]
    except (ValueError, AttributeError, TypeError) as error:
        raise ValueError("sudo's rules are not what cvtsudoers writes") from error
    return [
        SudoRight(login.name, free, words + through)
        for login in people
        for users, free, words in rules
        if (through := _through(users, login)) is not None
    ]


def _rules(spec: Mapping[str, Any]) -> Iterator[tuple[Sequence[Mapping[str, Any]], bool, str]]:
    for rule in spec.get("Cmnd_Specs", []):
        if not _as_root(rule):
            continue
        commands = [entry for entry in rule.get("Commands", []) if "command" in entry]
        allowed = [str(entry["command"]) for entry in commands if not entry.get("negated")]
        free = any(command == "ALL" or _name(command) in _SHELLS for command in allowed)
        if allowed:
            yield spec.get("User_List", []), free, _words(allowed, rule)


def _words(allowed: list[str], rule: Mapping[str, Any]) -> str:
    more = len(allowed) - _MOST
    listed = ", ".join(allowed[:_MOST]) + (f" and {more} more" if more > 0 else "")
    asked = any(option.get("authenticate") is False for option in rule.get("Options", []))
    return f"{listed}{' without a password' if asked else ''}"


def _as_root(rule: Mapping[str, Any]) -> bool:
    """Whether a rule lets run as root; without a word about it, it does."""
    if "runasusers" not in rule:
        return "runasgroups" not in rule
    users = rule["runasusers"]
    named = [(entry.get("username") or entry.get("userid"), bool(entry.get("negated"))) for entry in users]
    root = [negated for name, negated in named if name in ("root", "ALL", 0)]
    return bool(root) and not root[-1]


def _on(hosts: Sequence[Mapping[str, Any]], host: str) -> bool:
    """Whether a rule holds on the host: what is not plainly for another one does."""
    short = host.partition(".")[0]
    verdict = False
    for entry in hosts:
        name = entry.get("hostname")
        fits = name is None or name == "ALL" or any(fnmatchcase(own, str(name)) for own in (host, short))
        if fits:
            verdict = not entry.get("negated")
    return verdict


def _through(users: Sequence[Mapping[str, Any]], login: Login) -> str | None:
    """How a rule comes to a login, in words; None where it does not. The last entry that fits counts."""
    found: str | None = None
    for entry in users:
        words = _fits(entry, login)
        if words is not None:
            found = None if entry.get("negated") else words
    return found


def _fits(entry: Mapping[str, Any], login: Login) -> str | None:
    if entry.get("username") in (login.name, "ALL") or entry.get("userid") == login.number:
        return ""
    group = entry.get("usergroup")
    return f" (through the group {group})" if group in login.groups else None


def _name(command: str) -> str:
    return command.split(" ", 1)[0].rpartition("/")[2]
