"""What one host answered, as rows: whose keys open which login, who may become root, what sshd is told."""

import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, partial

from auditor.model.hosts import short_name
from auditor.providers.ssh.forwarding import FORWARDED
from auditor.providers.ssh.rights import EQUAL, GROUPS, PRINCIPALS
from collectors.base import Raw, as_text
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.redact import redact
from collectors.rows import policy
from collectors.ssh.gates import Gates
from collectors.ssh.host_accounts import Login, locked_and_over, logins, with_password
from collectors.ssh.host_reader import FILE, GROUP, PASSWD, SSHD, STATES, SUDO
from collectors.ssh.key_rows import KeyRows, lines
from collectors.ssh.sshd_settings import Settings, expanded, in_reading_order, settings
from collectors.ssh.sudo_rules import in_force, sudo_rights, untold_groups
from collectors.ssh.sudoers import doas_rules, included, parsed

_KEYS, _PRINCIPALS = "authorizedkeysfile", "authorizedprincipalsfile"
# Of the files in its folder sudo passes over those with a dot in their name, and backups of editors.
_READ_IN_FOLDER = re.compile(r"[^/.]*[^/.~]")
_SUDOERS = re.compile(rf"/etc/sudoers(?:[.]d/{_READ_IN_FOLDER.pattern})?")
_CONFIG, _DOAS = "/etc/ssh/sshd_config", "/etc/doas.conf"
_NO_RULES = "sudo's rules are not beside the keys: who may be root by them is not told"


class HostRows:
    """One host's answers on their way into a reading.

    Args:
        copied: whether they are files of a folder, `part` being what each is and `~` before a login's own.
    """

    def __init__(self, host: str, reading: Reading, *, copied: bool = False) -> None:
        self._host = host
        self._reading = reading
        self._copied = copied
        self._problems = Problems()
        self._keys = KeyRows(host, reading)
        self._got: dict[str, Origin] = {}
        self._files: dict[str, Origin] = {}

    def read(self, raws: Sequence[Raw]) -> None:
        """All of its raw objects, and a line of coverage."""
        before = len(self._reading)
        for raw in raws:
            self._take(self._reading.open(raw))
        self._judge()
        every = [*self._got.values(), *self._files.values()]
        for got in every:
            self._problems.include(got.problems, self._label(self._path(got)))
        rows = len(self._reading) - before
        if self._copied:
            told = self._got or any(path.startswith("~") or "/.ssh/" in path for path in self._files)
            # A folder of keys alone tells of keys; beside a host's logins, its rules are missing.
            rules = SUDO in self._got or self._file(_DOAS) or any(map(_SUDOERS.fullmatch, self._files))
            remark = _NO_RULES if PASSWD in self._got and not rules else None
            self._reading.cover(self._host, self._problems, rows, origins=every, failed=not told, remark=remark)
        else:
            origin = f"ssh://{self._host}"
            self._reading.cover(self._host, self._problems, rows, origins=(), origin=origin, failed=not every)

    def _path(self, origin: Origin) -> str:
        if self._copied:
            return origin.raw.part.split(":", 3)[3]
        return origin.raw.origin.removeprefix(f"ssh://{self._host}")

    @staticmethod
    def _label(path: str) -> str:
        return f"{path[1:].partition('/')[0]}'s keys" if path.startswith("~") else path

    def _take(self, origin: Origin) -> None:
        path, part = self._path(origin), origin.raw.part.split(":")[2] if self._copied else origin.raw.part
        if origin.lost:
            self._problems.note(str(origin.problems.sentence()), self._label(path) if path[:1] in ("/", "~") else "")
        elif part.startswith(FILE.rstrip(":")):
            self._files[path] = origin
        else:
            self._got[part] = origin

    def _file(self, path: str) -> Origin | None:
        """A file of the host; in a folder, its copy may lie under its name alone."""
        loose = f"/{path.rpartition('/')[2]}"
        return self._files.get(path) or (self._files.get(loose) if self._copied else None)

    def _judge(self) -> None:
        people = logins(self._text(PASSWD), self._text(GROUP))
        configs = {path: _text(got) for path, got in self._files.items() if path.startswith(_CONFIG)}
        texts = expanded(configs) if self._copied else in_reading_order(configs)
        told = settings(self._text(SSHD) if SSHD in self._got else None, texts)
        if self._copied:
            self._put_under_names(people, told)
        self._policy(told)
        self._revoked(told)
        everybody = [*people, *self._strangers(people)]
        named = {path for login in everybody for path in told.files(_KEYS, login) if "/.ssh/" not in path}
        for login in everybody:
            self._login(login, told, elsewhere=not named.isdisjoint(self._files))
        self._passwords(people, told)
        for path in told.authorities():
            if got := self._file(path):
                self._keys.authority(got)
            else:
                self._problems.note("the certificate authorities that it trusts cannot be read", path)
        self._sudo(people)
        self._doas(people)
        self._equals(people)

    def _revoked(self, told: Settings) -> None:
        for path in told.revoked():
            got = self._file(path)
            if got is None:
                self._problems.note("the keys that it revokes cannot be read", path)
                continue
            try:
                self._keys.revoke(path, got)
            except ValueError as error:
                self._problems.note(str(error), path)

    def _passwords(self, people: Sequence[Login], told: Settings) -> None:
        """Those whom a password alone lets in."""
        for login in people:
            gate = self._gates(login, told).password()
            if gate.opens and (states := self._got.get(STATES)):
                self._keys.password(login.name, states, gate.asks)

    def _gates(self, login: Login, told: Settings) -> Gates:
        held, shut, ended = self._states
        has_password = login.name in held if STATES in self._got else None
        return Gates(told, login, has_password, is_locked=login.name in shut, is_over=login.name in ended)

    @cached_property
    def _states(self) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
        """The logins that have a password, those whose password is locked, and those that are over."""
        states = self._text(STATES)
        return with_password(states), *locked_and_over(states, self._reading.context.collected_at)

    def _text(self, part: str) -> str:
        return _text(self._got[part]) if part in self._got else ""

    def _strangers(self, people: Sequence[Login]) -> Iterator[Login]:
        """Owners of key files whom getent does not list: a directory service need not tell all of its people."""
        names, homes = {login.name for login in people}, {login.home for login in people}
        for path, got in self._files.items():
            owner, home = got.raw.part.removeprefix(FILE), path.partition("/.ssh/authorized_keys")[0]
            if self._copied:
                owner = home.rpartition("/")[2] if home not in homes else ""
            if path.startswith("~"):
                owner, home = path[1:].partition("/")[0], f"/home/{path[1:].partition('/')[0]}"
            if owner and owner not in names and home != path:
                names.add(owner)
                yield Login(owner, 0 if owner == "root" and self._copied else -1, home)

    def _put_under_names(self, people: Sequence[Login], told: Settings) -> None:
        """Copies of keys where sshd reads none, in no login's home but in a folder of its name, are that login's."""
        named, homes = {login.name: login for login in people}, {login.home for login in people}
        for path in [*self._files]:
            home, _, file = path.partition("/.ssh/")
            login = named.get(home.rpartition("/")[2])
            if file not in ("authorized_keys", "authorized_keys2") or login is None or home in homes:
                continue
            place = f"~{login.name}/{file}"
            if place not in self._files and path not in told.files(_KEYS, login):
                self._files[place] = self._files.pop(path)

    def _login(self, login: Login, told: Settings, *, elsewhere: bool) -> None:
        """A login's keys; where those that sshd reads `elsewhere` are in a folder, those under its name are others."""
        if login.number == 0 and PASSWD in self._got:
            self._keys.account(login.name, self._got[PASSWD])
        gates = self._gates(login, told)
        named: dict[str, Origin] = {}
        for path in (f"~{login.name}/authorized_keys", f"~{login.name}/authorized_keys2", *told.files(_KEYS, login)):
            if got := self._files.get(path):
                # Under a login's name alone, a copy's place on its host is not known.
                usual = f"{login.home.rstrip('/')}/.ssh/{path.rpartition('/')[2]}" if elsewhere else None
                gate = partial(gates.key, usual if path.startswith("~") else path)
                named |= dict.fromkeys(self._keys.keys(login.name, got, gate), got)
        for place in gates.forwards(list(named)):
            got = self._sshd() or named[place]
            self._keys.grant(got.at(), self._keys.name(login.name), FORWARDED, resource=place)
        if told.authorities():
            for path in told.files(_PRINCIPALS, login) if gates.certificate().opens else ():
                if got := self._file(path):
                    self._principals(login, got)

    def _sshd(self) -> Origin | None:
        """What tells of sshd's settings."""
        configs = [got for path, got in sorted(self._files.items()) if path.startswith(_CONFIG)]
        return self._got.get(SSHD) or next(iter(configs), None)

    def _principals(self, login: Login, got: Origin) -> None:
        for number, line in enumerate(lines(got.data)):
            text = line.strip()
            if text and not text.startswith("#"):
                level, opens = "admin" if login.number == 0 else "write", self._keys.name(login.name)
                principal, condition = f"ssh-principal:{text.split()[-1]}", f"a certificate for it opens {opens}"
                self._keys.grant(got.at(number), principal, PRINCIPALS, level, condition=condition)

    def _policy(self, told: Settings) -> None:
        got = self._sshd()
        if got is None:
            return
        document = {"settings": told.general, "match": {match.criteria: match.settings for match in told.matches}}
        row = policy(got.at(), f"ssh:{self._host}#sshd", "sshd", self._host, document, "sshd")
        self._reading.add(row)
        command = told.one("authorizedkeyscommand", "none")
        if command.lower() != "none" or told.in_matches("authorizedkeyscommand"):
            named = command if command.lower() != "none" else "another program"
            self._problems.note(f"sshd asks {named} for keys too (AuthorizedKeysCommand), which cannot be listed")
        if told.authorities() and told.one("authorizedprincipalscommand", "none").lower() != "none":
            self._problems.note("whom its certificates let in is told by a program (AuthorizedPrincipalsCommand)")

    def _sudo(self, people: Sequence[Login]) -> None:
        written = self._written_rules() if self._copied else []
        got = self._got.get(SUDO) or next(iter(written), None)
        if got is None:
            return
        try:
            document = got.data if SUDO in self._got else json.dumps(parsed(map(_text, written))).encode()
            document = in_force(document, self._reading.context.collected_at)
            rights = sudo_rights(document, people, self._host, self._text(GROUP))
            untold = untold_groups(document, self._host, self._text(GROUP))
        except ValueError as error:
            got.problems.reject(str(error))
            return
        for group in untold:
            got.problems.note(f"sudo lets the members of {group} be root, and who they are is not told")
        for right in rights:
            self._as_root(got, right.login, "sudo", right.words, level="admin" if right.free else "write")

    def _written_rules(self) -> list[Origin]:
        """sudoers, what lies in its folder, and what these include."""
        found = {path: got for path, got in sorted(self._files.items()) if _SUDOERS.fullmatch(path)}
        waiting = list(found.values())
        while waiting:
            for path, is_folder in included(_text(waiting.pop())):
                named = path.replace("%h", short_name(self._host))
                if not is_folder and not self._file(named):
                    self._problems.note("what sudo's rules include cannot be read", named)
                below = [one for one in self._files if is_folder and one.rpartition("/")[0] == named]
                more = [one for one in below if _READ_IN_FOLDER.fullmatch(one[len(named) + 1 :])] or [named]
                new = {one: got for one in more if one not in found and (got := self._file(one))}
                found |= new
                waiting += new.values()
        return list(found.values())

    def _doas(self, people: Sequence[Login]) -> None:
        """Whom doas lets be root, as sudo would."""
        got = self._file(_DOAS)
        if got is None:
            return
        try:
            rights = sudo_rights(doas_rules(_text(got)), people, self._host, self._text(GROUP))
        except ValueError as error:
            got.problems.reject(str(error))
            return
        for right in (one for one in rights if one.free):
            self._as_root(got, right.login, EQUAL, f"doas: {right.words}")

    def _equals(self, people: Sequence[Login]) -> None:
        """Who is root by another name, or its equal by a group of theirs."""
        for login in (one for one in people if one.name != "root"):
            found = [(GROUP, f"the group {name}") for name in login.groups if name in GROUPS]
            for part, words in [(PASSWD, "the user number 0")] if login.number == 0 else found:
                self._as_root(self._got[part], login.name, EQUAL, words)

    def _as_root(self, got: Origin, login: str, role: str, words: str, level: str = "admin") -> None:
        self._keys.account(login, got)
        self._keys.grant(got.at(), self._keys.name(login), role, level, condition=redact(words, limit=300))


def _text(origin: Origin) -> str:
    return as_text(origin.data)
