"""sshd's settings: which files hold a login's keys and principals, and which authorities it trusts."""

import re
import shlex
from collections.abc import Collection, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase

from msgspec import Struct, field

from collectors.ssh.host_accounts import Login

_USUAL = (".ssh/authorized_keys", ".ssh/authorized_keys2")
_SETTING = re.compile(r"\s*([A-Za-z0-9]+)(?:\s*=\s*|\s+)(.*)")
_MATCHES = re.compile(r"^\s*match\s", re.IGNORECASE | re.MULTILINE)
_TOKEN = re.compile(r"%(.)")
# The criteria of a Match block that hang on the login alone.
_OF_LOGIN = frozenset({"user", "group", "all"})

# Who may log in at all. Several lines of a name make one list; what Match blocks set stands in its place.
_LISTS = ("denyusers", "allowusers", "denygroups", "allowgroups")

_MAIN = "/etc/ssh/sshd_config"
_MOST_INCLUDED = 8


class EffectiveSettings(Struct, frozen=True):
    """The settings that hold for one login, where it is known which Match blocks apply."""

    settings: Mapping[str, Sequence[str]]

    def one(self, name: str, default: str) -> str:
        """A setting as one text; in lower case where it is a word."""
        value = " ".join(self.settings.get(name, (default,)))
        return value if " " in value else value.lower()

    def values(self, name: str) -> Sequence[str]:
        """The values of a list; without any, those that sshd has by itself."""
        return self.settings.get(name, _USUAL if name == "authorizedkeysfile" else ())


class Match(Struct, frozen=True):
    """A Match block: its criteria as written, and what it sets."""

    criteria: str
    settings: dict[str, list[str]] = field(default_factory=dict)

    def may_hold(self, login: Login) -> bool:
        """Whether it can apply to a login; criteria that hang on the address or the time may hold."""
        return all(_holds(name, patterns, login) for name, patterns in self._pairs() if name in _OF_LOGIN)

    @property
    def hangs_on_login(self) -> bool:
        """Whether the login alone decides whether it applies."""
        return all(name in _OF_LOGIN for name, _ in self._pairs())

    def _pairs(self) -> list[tuple[str, str]]:
        words = self.criteria.split()
        return [(name.lower(), value) for name, value in zip(words[::2], [*words[1::2], ""], strict=False)]


class Settings(Struct, frozen=True):
    """What sshd is told: for everyone, and in Match blocks. Names are in lower case."""

    general: dict[str, list[str]] = field(default_factory=dict)
    matches: tuple[Match, ...] = ()

    def one(self, name: str, default: str = "") -> str:
        """A setting for everyone that has one value."""
        return next(iter(self.general.get(name, [])), default)

    def of(self, login: Login, applying: Collection[Match] = ()) -> EffectiveSettings:
        """What counts for a login: the first block that sets something decides, and lists of all blocks are one."""
        found: dict[str, list[str]] = {}
        for match in self.matches:
            if match in applying or (match.hangs_on_login and match.may_hold(login)):
                for name, values in match.settings.items():
                    _set(found, name, values)
        return EffectiveSettings({**self.general, **found})

    def in_matches(self, name: str) -> bool:
        """Whether a Match block sets it for some."""
        return any(name in match.settings for match in self.matches)

    def files(self, name: str, login: Login) -> list[str]:
        """The files that a setting may name for a login: those of Match blocks that hang on more than it too."""
        found = list(self.of(login).values(name))
        for match in self.matches:
            if not match.hangs_on_login and match.may_hold(login):
                found += match.settings.get(name, ())
        return list(dict.fromkeys(paths(found, login)))

    def authorities(self) -> list[str]:
        """The files of the certificate authorities that open logins."""
        return self._paths("trustedusercakeys")

    def revoked(self) -> list[str]:
        """The files of keys that open nothing any more."""
        return self._paths("revokedkeys")

    def _paths(self, name: str) -> list[str]:
        found = [self.general.get(name, ()), *(match.settings.get(name, ()) for match in self.matches)]
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
            _set(general, name, values)
    if effective is not None:
        general = _listed(effective)
    return Settings(general, tuple(matches))


def expanded(files: Mapping[str, str]) -> list[str]:
    """The texts of a folder's copy of sshd_config and of what it includes, each at its place.

    Where no line includes anything, the files of the .d folder come first, as distributions have it.
    """
    main = files.get(_MAIN)
    if main is None or not any(_words(line)[0] == "include" for line in main.splitlines()):
        return in_reading_order(files)
    return [_with_included(main, files, 0)]


def _with_included(text: str, files: Mapping[str, str], depth: int) -> str:
    """A text with what it includes; after an included file, the block that it stands in goes on."""
    found: list[str] = []
    block = ""
    for line in text.splitlines():
        name, values = _words(line)
        if name == "match":
            block = line
        if name != "include" or depth > _MOST_INCLUDED:
            found.append(line)
            continue
        for pattern in values:
            glob = pattern if pattern.startswith("/") else f"/etc/ssh/{pattern}"
            for path in sorted(path for path in files if path != _MAIN and fnmatchcase(path, glob)):
                included = _with_included(files[path], files, depth + 1)
                found += [included, *([block or "Match all"] if _MATCHES.search(included) else [])]
    return "\n".join(found)


def in_reading_order(files: Mapping[str, str]) -> list[str]:
    """The texts of /etc/ssh/sshd_config and its .d folder as sshd reads them: what is included comes first."""
    return [files[path] for path in sorted(files, key=lambda path: (path == _MAIN, path))]


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
            _set(into, name, values)
    return general, matches


def _set(into: dict[str, list[str]], name: str, values: Sequence[str]) -> None:
    """The first value of a setting counts, but lists grow."""
    if name in _LISTS:
        into.setdefault(name, []).extend(values)
    else:
        into.setdefault(name, list(values))


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


def paths(patterns: Iterable[str], login: Login) -> list[str]:
    """The files that patterns name for a login."""
    return [_path(pattern, login) for pattern in patterns if pattern.lower() != "none"]


def _path(pattern: str, login: Login) -> str:
    known = {"%": "%", "h": login.home, "u": login.name, "U": str(login.number)}
    path = _TOKEN.sub(lambda token: known.get(token[1], token[0]), pattern)
    return path if path.startswith("/") else f"{login.home.rstrip('/')}/{path}"
