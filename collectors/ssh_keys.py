"""Who may log in over SSH: authorized_keys of hosts, from dumps laid out as `<path>/<host>/<user>/authorized_keys`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

from auditor.config.sources import SshKeys
from auditor.errors import SourceError
from auditor.model.tables import Account, Coverage, Credential, Grant, ReadObject
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import entries, leaves, origin_of, raw_file, ssh_dump
from collectors.redact import redact
from collectors.rows import Complaints, Place, Rows
from collectors.ssh.authorized_keys import Key, parse_line

_FILES = ("authorized_keys", "authorized_keys2")
_LINK = "it is a symbolic link out of the folder, which is not followed"
# What a raw object is: a key file, a key file that cannot be had, a host of which nothing can be had.
_KEYS, _LOST_FILE, _LOST_HOST = "keys", "lost-file", "lost-host"


@dataclass(frozen=True, slots=True)
class SshKeysCollector:
    """Keys that open logins on hosts."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[str] = "The authorized_keys files of each host, from a folder of <host>/<user>/authorized_keys."

    source: SshKeys
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Every key file, in one batch: a snapshot is taken whole.

        Raises:
            SourceError: the folder is missing, empty or cannot be listed, or hosts are to be read live.
        """
        del seen
        root = ssh_dump(self.source, self.context)
        hosts = [path for path in entries(self.source.name, root) if path.is_dir()]
        if not hosts:
            raise SourceError(
                f"{self.source.name}: {self.source.path} holds no folder of a host.",
                means="Nothing of this source was read.",
                do="Lay the files out as <host>/<user>/authorized_keys.",
            )
        yield [raw for host in hosts for raw in self._host(host, root)]

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, keys and the right to log in; one line of coverage for each host."""
        rows = Rows()
        for host, raws in groupby(batch, key=_host_of):
            _Host(host, self.source.name, self.context, rows).read(list(raws))
        return rows.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The line that a row points at."""
        return _lines(data)[record]

    def _host(self, host: Path, root: Path) -> Iterator[Raw]:
        if leaves(host, root):
            yield self._lost(host, _LOST_HOST, _LINK)
            return
        try:
            users = sorted(path for path in host.iterdir() if path.is_dir())
            files = [user / name for user in users for name in _FILES]
            present = [path for path in files if path.is_symlink() or path.exists()]
        except OSError as error:
            yield self._lost(host, _LOST_HOST, f"its folder cannot be read: {error.strerror}")
            return
        if not present:
            yield self._lost(host, _LOST_HOST, "its folder holds no <user>/authorized_keys")
        for path in present:
            yield self._file(path, root)

    def _file(self, path: Path, root: Path) -> Raw:
        try:
            if leaves(path, root):
                return self._lost(path, _LOST_FILE, _LINK)
            if not path.is_file():
                return self._lost(path, _LOST_FILE, "it is no file")
            return raw_file(path, self.context, part=_KEYS)
        except OSError as error:
            return self._lost(path, _LOST_FILE, f"it cannot be read: {error.strerror}")

    def _lost(self, path: Path, part: str, sentence: str) -> Raw:
        return Raw(origin_of(path, self.context), partial(bytes, sentence.encode()), part=part)


@dataclass(frozen=True, slots=True)
class _Host:
    """One host's key files on their way into `rows`."""

    host: str
    source: str
    context: Context
    rows: Rows
    users: set[str] = field(default_factory=set)

    def read(self, raws: Sequence[Raw]) -> None:
        complaints = Complaints()
        before, lost = len(self.rows), 0
        for raw in raws:
            lost += not self._read_one(raw, complaints)
        place = Place(self.source, self.context.collected_at, raws[0].origin)
        self.rows.coverage.append(
            Coverage(
                **place.at(),
                scope=self.host,
                from_=self.context.collected_at,
                to=self.context.collected_at,
                rows=len(self.rows) - before,
                rejected=complaints.rejected,
                status="failed" if lost == len(raws) else "partial" if complaints else "ok",
                reason=complaints.sentence(),
            )
        )

    def _read_one(self, raw: Raw, complaints: Complaints) -> bool:
        """Whether the file could be read."""
        user = raw.origin.split("/")[-2]
        try:
            data = raw.load()
        except OSError as error:
            data, sentence = b"", f"it cannot be read: {error.strerror}"
        else:
            sentence = "" if raw.part == _KEYS else data.decode()
        if sentence:
            complaints.note(sentence, "" if raw.part == _LOST_HOST else f"{user}'s keys")
            self._object(Place(self.source, self.context.collected_at, raw.origin), raw, 0, sentence)
            return False
        place = Place.of(self.source, self.context, raw, data)
        before, rejects = len(self.rows), Complaints()
        self._keys(user, data, place, rejects)
        complaints.rejected += rejects.rejected
        if rejects:
            complaints.note(f"{user}'s keys: {rejects.sentence()}")
        self._object(place, raw, len(self.rows) - before, rejects.sentence(), rejects.rejected)
        return True

    def _keys(self, user: str, data: bytes, place: Place, rejects: Complaints) -> None:
        account = f"ssh:{user}@{self.host}"
        zone = ZoneInfo(self.context.zone)
        kind = "root" if user == "root" else "unknown"
        # sshd reads two files of one user.
        if user not in self.users:
            self.users.add(user)
            self.rows.add(Account(**place.at(), account=account, provider="ssh", scope=self.host, kind=kind, name=user))
        for number, line in enumerate(_lines(data)):
            try:
                key = parse_line(line, zone)
            except ValueError as error:
                rejects.reject(str(error), f"line {number + 1}")
                continue
            if key is not None:
                self._key(user, key, place, number)

    def _key(self, user: str, key: Key, place: Place, number: int) -> None:
        account = f"ssh:{user}@{self.host}"
        handle = json.dumps(
            {
                "provider": "ssh",
                "type": "authorized-key",
                "host": self.host,
                "user": user,
                "fingerprint": key.fingerprint,
            },
            ensure_ascii=False,
        )
        self.rows.add(
            Credential(
                **place.at(number),
                credential=f"ssh-key:{key.fingerprint}",
                # A certificate authority's line lets in whoever it signs for: it is nobody's own key.
                kind="certificate" if key.authority else "ssh-key",
                account=account,
                provider="ssh",
                resource=self.host,
                expires_at=key.expires_at,
                comment=key.comment or None,
                options=redact(key.options, limit=2000) or None,
                handle=handle,
            )
        )
        self.rows.add(
            Grant(
                **place.at(number),
                principal=account,
                role="authorized_keys",
                resource=self.host,
                provider="ssh",
                level="admin" if user == "root" else "write",
                expires_at=key.expires_at,
                handle=handle,
            )
        )

    def _object(self, place: Place, raw: Raw, rows: int, reason: str | None, rejected: int | None = None) -> None:
        failed = rejected is None
        self.rows.objects.append(
            ReadObject(
                **place.at(),
                version=raw.version,
                rows=rows,
                rejected=rejected or 0,
                status="failed" if failed else "partial" if rejected else "ok",
                reason=reason,
            )
        )


def _host_of(raw: Raw) -> str:
    parts = raw.origin.split("/")
    return parts[-1] if raw.part == _LOST_HOST else parts[-3]


def _lines(data: bytes) -> list[str]:
    # Only line feeds end a line for sshd; other separators are part of the comment.
    return [line.removesuffix("\r") for line in data.decode("utf-8", "backslashreplace").split("\n")]
