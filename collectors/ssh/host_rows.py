"""What one host answered, as rows: whose keys open which login, who may become root, what sshd is told."""

import json
from collections.abc import Iterator, Sequence

from auditor.model.tables import Grant, Policy
from collectors.base import Raw
from collectors.reading import Origin, Problems, Reading
from collectors.redact import redact
from collectors.ssh.host_accounts import Login, logins
from collectors.ssh.host_reader import FILE, GROUP, PASSWD, SSHD, SUDO
from collectors.ssh.key_rows import KeyRows, lines
from collectors.ssh.sshd_settings import Settings, in_reading_order, settings
from collectors.ssh.sudo_rules import sudo_rights

_KEYS, _PRINCIPALS = "authorizedkeysfile", "authorizedprincipalsfile"
_CONFIG = "/etc/ssh/sshd_config"


class HostRows:
    """One host's answers on their way into a reading."""

    def __init__(self, host: str, reading: Reading) -> None:
        self._host = host
        self._reading = reading
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
        for got in [*self._got.values(), *self._files.values()]:
            self._problems.include(got.problems, self._path(got))
        rows, failed = len(self._reading) - before, not self._got and not self._files
        origin = f"ssh://{self._host}"
        self._reading.cover(self._host, self._problems, rows, origins=(), origin=origin, failed=failed)

    def _path(self, origin: Origin) -> str:
        return origin.raw.origin.removeprefix(f"ssh://{self._host}")

    def _take(self, origin: Origin) -> None:
        path = self._path(origin)
        if origin.lost:
            self._problems.note(str(origin.problems.sentence()), path if path.startswith("/") else "")
        elif origin.raw.part.startswith(FILE):
            self._files[path] = origin
        else:
            self._got[origin.raw.part] = origin

    def _judge(self) -> None:
        people = logins(self._text(PASSWD), self._text(GROUP))
        configs = {path: _text(got) for path, got in self._files.items() if path.startswith(_CONFIG)}
        told = settings(self._text(SSHD) if SSHD in self._got else None, in_reading_order(configs))
        self._policy(told)
        shared = told.authorities()
        for login in [*people, *self._strangers(people)]:
            self._login(login, told)
        for path in shared:
            if got := self._files.get(path):
                self._keys.authority(got)
            else:
                self._problems.note("the certificate authorities that it trusts cannot be read", path)
        if SUDO in self._got:
            self._sudo(self._got[SUDO], people)

    def _text(self, part: str) -> str:
        return _text(self._got[part]) if part in self._got else ""

    def _strangers(self, people: Sequence[Login]) -> Iterator[Login]:
        """Owners of key files whom getent does not list: a directory service need not tell all of its people."""
        names = {login.name for login in people}
        for path, got in self._files.items():
            owner, home = got.raw.part.removeprefix(FILE), path.partition("/.ssh/authorized_keys")[0]
            if owner and owner not in names and home != path:
                names.add(owner)
                yield Login(owner, -1, home)

    def _login(self, login: Login, told: Settings) -> None:
        if login.number == 0 and PASSWD in self._got:
            self._keys.account(login.name, self._got[PASSWD])
        refused = _refused(login, told)
        for path in told.files(_KEYS, login):
            if got := self._files.get(path):
                self._keys.keys(login.name, got, refused=refused)
        if told.authorities():
            for path in () if told.shuts_out(login) else told.files(_PRINCIPALS, login):
                if got := self._files.get(path):
                    self._principals(login, got)

    def _principals(self, login: Login, got: Origin) -> None:
        for number, line in enumerate(lines(got.data)):
            text = line.strip()
            if text and not text.startswith("#"):
                row = Grant(
                    **got.at(number),
                    principal=f"ssh-principal:{text.split()[-1]}",
                    role="authorized_principals",
                    resource=self._host,
                    provider="ssh",
                    level="admin" if login.number == 0 else "write",
                    condition=f"a certificate for it opens {self._keys.name(login.name)}",
                )
                self._reading.add(row)

    def _policy(self, told: Settings) -> None:
        configs = [got for path, got in sorted(self._files.items()) if path.startswith(_CONFIG)]
        got = self._got.get(SSHD) or next(iter(configs), None)
        if got is None:
            return
        document = {"settings": told.general, "match": {match.criteria: match.settings for match in told.matches}}
        row = Policy(
            **got.at(),
            policy=f"ssh:{self._host}#sshd",
            kind="sshd",
            attached_to=self._host,
            name="sshd",
            document=json.dumps(document, ensure_ascii=False),
        )
        self._reading.add(row)
        command = told.one("authorizedkeyscommand", "none")
        if command.lower() != "none" or told.in_matches("authorizedkeyscommand"):
            named = command if command.lower() != "none" else "another program"
            self._problems.note(f"sshd asks {named} for keys too (AuthorizedKeysCommand), which cannot be listed")

    def _sudo(self, got: Origin, people: Sequence[Login]) -> None:
        try:
            rights = sudo_rights(got.data, people, self._host)
        except ValueError as error:
            got.problems.reject(str(error))
            return
        for right in rights:
            self._keys.account(right.login, got)
            row = Grant(
                **got.at(),
                principal=self._keys.name(right.login),
                role="sudo",
                resource=self._host,
                provider="ssh",
                level="admin" if right.free else "write",
                condition=redact(right.words, limit=300),
            )
            self._reading.add(row)


def _text(origin: Origin) -> str:
    return origin.data.decode("utf-8", "backslashreplace")


def _refused(login: Login, told: Settings) -> str:
    """Which keys sshd does not let into a login: `all`, `unforced` (those without a command) or none."""
    if told.one("pubkeyauthentication", "yes").lower() == "no" and not told.in_matches("pubkeyauthentication"):
        return "all"
    if told.shuts_out(login):
        return "all"
    if login.number != 0 or told.in_matches("permitrootlogin"):
        return ""
    return {"no": "all", "forced-commands-only": "unforced"}.get(told.one("permitrootlogin").lower(), "")
