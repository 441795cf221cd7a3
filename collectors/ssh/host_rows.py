"""What one host answered, as rows: whose keys open which login, who may become root, what sshd is told."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from auditor.model.tables import Grant, Policy
from collectors.base import Context, Raw
from collectors.reading import Problems
from collectors.redact import redact
from collectors.ssh.host_accounts import Login, logins
from collectors.ssh.host_reader import FILE, GROUP, LOST, PASSWD, SSHD, SUDO
from collectors.ssh.key_rows import KeyRows, lines, read_object
from collectors.ssh.sshd_settings import Settings, in_reading_order, settings
from collectors.ssh.sudo_rules import sudo_rights
from collectors.stamping import Place, Rows, snapshot_coverage

_KEYS, _PRINCIPALS = "authorizedkeysfile", "authorizedprincipalsfile"
_CONFIG = "/etc/ssh/sshd_config"


@dataclass(slots=True)
class _Got:
    """A raw object that was read, with its place and what became of it."""

    raw: Raw
    data: bytes
    place: Place
    rejects: Problems = field(default_factory=Problems)

    @property
    def text(self) -> str:
        """Its text."""
        return self.data.decode("utf-8", "backslashreplace")


class HostRows:
    """One host's answers on their way into `rows`."""

    def __init__(self, host: str, source: str, context: Context, rows: Rows) -> None:
        self._host = host
        self._source = source
        self._context = context
        self._rows = rows
        self._complaints = Problems()
        self._keys = KeyRows(host, source, context, rows)
        self._got: dict[str, _Got] = {}
        self._files: dict[str, _Got] = {}

    def read(self, raws: Sequence[Raw]) -> None:
        """All of its raw objects, and a line of coverage."""
        before = len(self._rows)
        for raw in raws:
            self._take(raw)
        self._judge()
        for got in [*self._got.values(), *self._files.values()]:
            self._complain(got)
            rows = self._rows.counted(got.raw.origin)
            self._rows.objects.append(read_object(got.place, got.raw, rows, got.rejects))
        place = Place(self._source, self._context.collected_at, f"ssh://{self._host}")
        failed = not self._got and not self._files
        count = len(self._rows) - before
        self._rows.coverage.append(snapshot_coverage(place, self._host, count, self._complaints, failed=failed))

    def _take(self, raw: Raw) -> None:
        data = raw.load()
        if raw.part == LOST:
            sentence, path = data.decode(), raw.origin.removeprefix(f"ssh://{self._host}")
            self._complaints.note(sentence, path if path.startswith("/") else "")
            place = Place(self._source, self._context.collected_at, raw.origin)
            self._rows.objects.append(read_object(place, raw, 0, None, sentence))
            return
        got = _Got(raw, data, Place.of(self._source, self._context, raw, data))
        if raw.part.startswith(FILE):
            self._files[raw.origin.removeprefix(f"ssh://{self._host}")] = got
        else:
            self._got[raw.part] = got

    def _judge(self) -> None:
        people = logins(self._text(PASSWD), self._text(GROUP))
        configs = {path: got.text for path, got in self._files.items() if path.startswith(_CONFIG)}
        told = settings(self._text(SSHD) if SSHD in self._got else None, in_reading_order(configs))
        self._policy(told)
        shared = told.authorities()
        for login in [*people, *self._strangers(people)]:
            self._login(login, told)
        for path in shared:
            if got := self._files.get(path):
                self._keys.authority(got.data, got.place, got.rejects)
            else:
                self._complaints.note("the certificate authorities that it trusts cannot be read", path)
        if SUDO in self._got:
            self._sudo(self._got[SUDO], people)

    def _text(self, part: str) -> str:
        return self._got[part].text if part in self._got else ""

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
            self._keys.account(login.name, self._got[PASSWD].place)
        refused = _refused(login, told)
        for path in told.files(_KEYS, login):
            if got := self._files.get(path):
                self._keys.keys(login.name, got.data, got.place, got.rejects, refused=refused)
        if told.authorities():
            for path in told.files(_PRINCIPALS, login):
                if got := self._files.get(path):
                    self._principals(login, got)

    def _principals(self, login: Login, got: _Got) -> None:
        for number, line in enumerate(lines(got.data)):
            text = line.strip()
            if text and not text.startswith("#"):
                row = Grant(
                    **got.place.at(number),
                    principal=f"ssh-principal:{text.split()[-1]}",
                    role="authorized_principals",
                    resource=self._host,
                    provider="ssh",
                    level="admin" if login.number == 0 else "write",
                    condition=f"a certificate for it opens {self._keys.name(login.name)}",
                )
                self._rows.add(row)

    def _policy(self, told: Settings) -> None:
        configs = [got for path, got in sorted(self._files.items()) if path.startswith(_CONFIG)]
        got = self._got.get(SSHD) or next(iter(configs), None)
        if got is None:
            return
        document = {"settings": told.general, "match": {match.criteria: match.settings for match in told.matches}}
        row = Policy(
            **got.place.at(),
            policy=f"ssh:{self._host}#sshd",
            kind="sshd",
            attached_to=self._host,
            name="sshd",
            document=json.dumps(document, ensure_ascii=False),
        )
        self._rows.add(row)
        command = told.one("authorizedkeyscommand", "none")
        if command.lower() != "none" or told.in_matches("authorizedkeyscommand"):
            named = command if command.lower() != "none" else "another program"
            self._complaints.note(f"sshd asks {named} for keys too (AuthorizedKeysCommand), which cannot be listed")

    def _sudo(self, got: _Got, people: Sequence[Login]) -> None:
        try:
            rights = sudo_rights(got.data, people, self._host)
        except ValueError as error:
            got.rejects.reject(str(error))
            return
        for right in rights:
            self._keys.account(right.login, got.place)
            row = Grant(
                **got.place.at(),
                principal=self._keys.name(right.login),
                role="sudo",
                resource=self._host,
                provider="ssh",
                level="admin" if right.free else "write",
                condition=redact(right.words, limit=300),
            )
            self._rows.add(row)

    def _complain(self, got: _Got) -> None:
        self._complaints.rejected += got.rejects.rejected
        if got.rejects:
            path = got.raw.origin.removeprefix(f"ssh://{self._host}")
            self._complaints.note(f"{path}: {got.rejects.sentence()}")


def _refused(login: Login, told: Settings) -> str:
    """Which keys sshd does not let into a login: `all`, `unforced` (those without a command) or none."""
    if told.one("pubkeyauthentication", "yes").lower() == "no" and not told.in_matches("pubkeyauthentication"):
        return "all"
    if login.number != 0 or told.in_matches("permitrootlogin"):
        return ""
    return {"no": "all", "forced-commands-only": "unforced"}.get(told.one("permitrootlogin").lower(), "")
