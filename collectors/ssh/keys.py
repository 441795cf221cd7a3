"""Who may log in over SSH: authorized_keys of hosts, live, or from `<path>/<host>/<user>/authorized_keys`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from auditor.config.sources import SshKeys
from collectors.base import Batch, Context, Normalised, Raw, missing
from collectors.files import entries, existing, leaves, origin_of, raw_file
from collectors.reading import Problems, Reading
from collectors.refusals import refusal
from collectors.ssh.host_reader import Asking, KeysReader, lost
from collectors.ssh.host_rows import HostRows
from collectors.ssh.key_rows import KeyRows, lines
from collectors.ssh.plan import keys_commands

if TYPE_CHECKING:
    from collectors.ssh.remote import Session

_FILES = ("authorized_keys", "authorized_keys2")
_LINK = "it is a symbolic link out of the folder, which is not followed"
# What a raw object of a folder is: a key file, a key file that cannot be had, a host of which nothing can be had.
_KEYS, _LOST_FILE, _LOST_HOST = "keys", "lost-file", "lost-host"
_DUMPED = (_KEYS, _LOST_FILE, _LOST_HOST)


@dataclass(frozen=True, slots=True)
class SshKeysCollector:
    """Keys that open logins on hosts."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = tuple(f"sudo:{c.words[0]}" for c in keys_commands() if c.sudo)
    READS: ClassVar[str] = (
        "Each host's logins, authorized_keys, trusted certificate authorities, sshd's settings and sudo's rules, live; "
        "or authorized_keys alone, from a folder of <host>/<user>/authorized_keys."
    )

    source: SshKeys
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole.

        Raises:
            SourceError: the folder is missing, empty or cannot be listed; live, there is no key to log in with or no
                record of the hosts' keys.
        """
        del seen
        yield self._live() if self.source.path is None else self._dumped(self.source.path)

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, keys and rights; one line of coverage for each host."""
        reading = Reading(self.source.name, self.context)
        for host, raws in groupby(batch, key=_host_of):
            of_host = list(raws)
            if of_host[0].part in _DUMPED:
                _read_folder(host, of_host, reading)
            else:
                HostRows(host, reading).read(of_host)
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The line that a row points at."""
        return lines(data)[record]

    def _live(self) -> list[Raw]:
        # asyncssh takes 0.2 s to import, and --help must not wait for it.
        from collectors.ssh.remote import visit

        return [raw for raws in visit(self.source, self.context, self._read, lost) for raw in raws]

    def _read(self, session: Session) -> AsyncIterator[Raw]:
        return KeysReader(Asking(session), self.source.homes).read()

    def _dumped(self, path: str) -> list[Raw]:
        root = existing(self.source.name, path, self.context)
        hosts = [path for path in entries(self.source.name, root) if path.is_dir()]
        if not hosts:
            raise refusal("source", "no hosts", name=self.source.name, path=self.source.path)
        return [raw for host in hosts for raw in self._host(host, root)]

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
        return missing(origin_of(path, self.context), sentence, part)


def _read_folder(host: str, raws: Sequence[Raw], reading: Reading) -> None:
    """A host's key files of a folder, and a line of coverage."""
    problems, keys, before = Problems(), KeyRows(host, reading), len(reading)
    origins = [reading.open(raw) for raw in raws]
    for origin in origins:
        user = origin.raw.origin.split("/")[-2]
        if not origin.lost:
            keys.keys(user, origin)
            problems.include(origin.problems, f"{user}'s keys")
        else:
            problems.note(str(origin.problems.sentence()), "" if origin.raw.part == _LOST_HOST else f"{user}'s keys")
    reading.cover(host, problems, len(reading) - before, origins=origins)


def _host_of(raw: Raw) -> str:
    parts = raw.origin.split("/")
    if raw.part not in _DUMPED:
        return parts[2].partition("#")[0]
    return parts[-1] if raw.part == _LOST_HOST else parts[-3]
