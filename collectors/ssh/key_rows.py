"""A login's keys as rows: the account, each key, and the right to log in with it."""

import json
from collections.abc import Callable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field

from collectors.base import as_text
from collectors.reading import Origin, Reading, Stamp
from collectors.redact import redact
from collectors.rows import Rows
from collectors.ssh.authorized_keys import Key, dict_of_options, parse_line
from collectors.ssh.gates import Gate
from collectors.ssh.revoked_keys import revoked_keys

_SSH = Rows("ssh")


class KeyRows(Struct, frozen=True):
    """One host's keys on their way into a reading."""

    host: str
    reading: Reading
    users: set[str] = field(default_factory=set)
    revoked: dict[str, frozenset[str]] = field(default_factory=dict)

    def account(self, user: str, origin: Origin) -> None:
        """The login itself, once: sshd reads several files of one user."""
        if user in self.users:
            return
        self.users.add(user)
        kind = "root" if user == "root" else "unknown"
        self.reading.add(_SSH.account(origin.at(), self.name(user), kind, user, self.host))

    def name(self, user: str) -> str:
        """A login as evidence writes it."""
        return f"ssh:{user}@{self.host}"

    def keys(self, user: str, origin: Origin, gate: Callable[..., Gate]) -> list[str]:
        """The lines of a key file; gives the places that they let ports be forwarded to (`permitopen`).

        Args:
            user: whose login they open.
            origin: the file; it is told of the lines that sshd would not accept.
            gate: whether sshd lets in a key that is `forced`, `revoked_by` files of revoked keys, or for `places`.
        """
        self.account(user, origin)
        named: list[str] = []
        for number, key in self._read(origin):
            by = [path for path, revoked in self.revoked.items() if key.fingerprint in revoked]
            options = dict_of_options(key.options)
            places = options.get("permitopen", [])
            self._key(user, key, origin, number, gate(forced="command" in options, revoked_by=by, places=places))
            named += places
        return named

    def authority(self, origin: Origin) -> None:
        """The keys of certificate authorities: whoever they sign for may log in, by any name that the host knows."""
        for number, key in self._read(origin):
            known = not any(key.fingerprint in revoked for revoked in self.revoked.values())
            self._credential(origin.at(number), "*", key, "certificate", enabled=known)
            self.grant(origin.at(number), self.name("*"), "TrustedUserCAKeys", expires_at=key.expires_at)

    def password(self, user: str, origin: Origin, asks: Sequence[str]) -> None:
        """A password that opens a login, without any key."""
        self.account(user, origin)
        account = self.name(user)
        row = _SSH.credential(origin.at(), f"password:{account}", "password", account, resource=self.host)
        self.reading.add(row)
        if asks:
            self.grant(origin.at(), self.name(user), "password", _level(user), condition="; ".join(asks))

    def grant(self, at: Stamp, principal: str, role: str, level: str = "write", **told: Any) -> None:
        """A right on the host, or elsewhere where a `resource` is told, with further columns of `Grant`."""
        where = {"resource": self.host, "level": level, **told}
        self.reading.add(_SSH.grant(at, principal, role, **where))

    def revoke(self, path: str, origin: Origin) -> None:
        """Keys that sshd does not accept, where a file of them is named."""
        self.revoked[path] = frozenset(revoked_keys(origin.data))

    def _read(self, origin: Origin) -> list[tuple[int, Key]]:
        found, zone = [], ZoneInfo(self.reading.context.zone)
        for number, line in enumerate(lines(origin.data)):
            try:
                key = parse_line(line, zone)
            except ValueError as error:
                origin.problems.reject(str(error), f"line {number + 1}")
                continue
            if key is not None:
                found.append((number, key))
        return found

    def _key(self, user: str, key: Key, origin: Origin, number: int, gate: Gate) -> None:
        known = {"host": self.host, "user": user, "fingerprint": key.fingerprint}
        # Of a folder, the file's place on its host is not known.
        if origin.raw.origin.startswith(f"ssh://{self.host}/"):
            known["file"] = origin.raw.origin.removeprefix(f"ssh://{self.host}")
        handle = json.dumps({"provider": "ssh", "type": "authorized-key", **known}, ensure_ascii=False)
        # A certificate authority's line lets in whoever it signs for: it is nobody's own key.
        kind = "certificate" if key.authority else "ssh-key"
        self._credential(origin.at(number), user, key, kind, enabled=gate.opens, handle=handle)
        asks = "; ".join(gate.asks) or None
        told = {"condition": asks, "expires_at": key.expires_at, "handle": handle}
        self.grant(origin.at(number), self.name(user), "authorized_keys", _level(user), **told)

    def _credential(self, at: Stamp, user: str, key: Key, kind: str, **told: Any) -> None:
        told |= {"resource": self.host, "expires_at": key.expires_at, "comment": key.comment or None}
        told["options"] = redact(key.options, limit=2000) or None
        self.reading.add(_SSH.credential(at, f"ssh-key:{key.fingerprint}", kind, self.name(user), **told))


def _level(user: str) -> str:
    return "admin" if user == "root" else "write"


def lines(data: bytes) -> list[str]:
    """The lines of a key file: only line feeds end one for sshd; other separators are part of the comment."""
    return [line.removesuffix("\r") for line in as_text(data).split("\n")]
