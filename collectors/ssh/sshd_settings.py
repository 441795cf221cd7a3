"""sshd's settings: which files hold a login's keys and principals, and which authorities it trusts."""

import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from collectors.ssh.host_accounts import Login

_USUAL = (".ssh/authorized_keys", ".ssh/authorized_keys2")
_SETTING = re.compile(r"\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)")
_TOKEN = re.compile(r"%(.)")
# The criteria of a Match block that hang on the login alone.
_OF_LOGIN = frozenset({"user", "group", "all"})

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Match:
    """A Match block: its criteria as written, and what it sets."""

    criteria: str
    settings: dict[str, list[str]] = field(default_factory=dict)

    def may_hold(self, login: Login) -> bool:
        """Whether it can apply to a login; criteria that hang on the address or the time may hold."""
        words = self.criteria.split()
        pairs = zip(words[::2], [*words[1::2], ""], strict=False)
        return all(_holds(name.lower(), patterns, login) for name, patterns in pairs if name.lower() in _OF_LOGIN)


@dataclass(frozen=True, slots=True)
class Settings:
    """What sshd is told: for everyone, and in Match blocks. Names are in lower case."""

    general: dict[str, list[str]] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()

    def one(self, name: str, default: str = "") -> str:
        """A setting for everyone that has one value."""
        return next(iter(self.general.get(name, [])), default)

    def in_matches(self, name: str) -> bool:
        """Whether a Match block sets it for some."""
        return any(name in match.settings for match in self.matches)

    def files(self, name: str, login: Login) -> list[str]:
        """The files that a setting names for a login, tokens filled in; those of Match blocks that can apply too."""
        found = list(self.general.get(name, _USUAL if name == "authorizedkeysfile" else ()))
        for match in self.matches:
            if match.may_hold(login):
                found += match.settings.get(name, ())
        return list(dict.fromkeys(_path(pattern, login) for pattern in found if pattern.lower() != "none"))

    def authorities(self) -> list[str]:
        """The files of the certificate authorities that open logins."""
        found = [self.general.get("trustedusercakeys", ())]
        found += [match.settings.get("trustedusercakeys", ()) for match in self.matches]
        return list(dict.fromkeys(path for paths in found for path in paths if path.lower() != "none"))


def settings(effective: str | None, files: Iterable[str]) -> Settings:
    """What sshd is told.

    Args:
        effective: the output of `sshd -T`: what holds for everyone, defaults filled in; None where it is not to be had.
        files: sshd_config and what it includes, for the Match blocks; and for the rest too without `effective`.
    """
    general: dict[str, list[str]] = {}
    matches: list[Match] = []
    for text in files:
        written, blocks = _parse(text)
        matches += blocks
        for name, values in written.items():
            # The first value of a setting counts.
            general.setdefault(name, values)
    if effective is not None:
        general = _listed(effective)
    return Settings(general, tuple(matches))


def in_reading_order(files: Mapping[str, str]) -> list[str]:
    """The texts of /etc/ssh/sshd_config and its .d folder as sshd reads them: what is included comes first."""
    return [files[path] for path in sorted(files, key=lambda path: (path == "/etc/ssh/sshd_config", path))]


def _listed(effective: str) -> dict[str, list[str]]:
    """What `sshd -T` prints, where several lines of a name make one list."""
    found: dict[str, list[str]] = {}
    for line in effective.splitlines():
        name, values = _words(line)
        if name:
            found.setdefault(name, []).extend(values)
    return found


def _parse(text: str) -> tuple[dict[str, list[str]], list[Match]]:
    general: dict[str, list[str]] = {}
    matches: list[Match] = []
    into = general
    for line in text.splitlines():
        name, values = _words(line)
        if not name or not values:
            continue
        if name == "match":
            matches.append(Match(" ".join(values)))
            into = matches[-1].settings
        else:
            into.setdefault(name, values)
    return general, matches


def _words(line: str) -> tuple[str, list[str]]:
    match = _SETTING.fullmatch(line)
    if match is None:
        return "", []
    try:
        return match[1].lower(), shlex.split(match[2], comments=True)
    except ValueError:
        return match[1].lower(), match[2].split()


def _holds(name: str, patterns: str, login: Login) -> bool:
    if name == "all":
        return True
    values = (login.name,) if name == "user" else login.groups
    chosen = patterns.split(",")
    if any(fnmatchcase(value, pattern[1:]) for pattern in chosen if pattern.startswith("!") for value in values):
        return False
    return any(fnmatchcase(value, pattern) for pattern in chosen if not pattern.startswith("!") for value in values)


def _path(pattern: str, login: Login) -> str:
    known = {"%": "%", "h": login.home, "u": login.name, "U": str(login.number)}
    path = _TOKEN.sub(lambda token: known.get(token[1], token[0]), pattern)
    return path if path.startswith("/") else f"{login.home.rstrip('/')}/{path}"
