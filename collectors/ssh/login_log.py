"""Who logged in over SSH and what they did through sudo: hosts' logs, live, or from `<path>/<host>.log` and rotated."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import suppress
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from auditor.config.sources.ssh import SshLogins
from collectors.base import Batch, Normalised, Raw, Stream, as_text, missing, printable
from collectors.files import entries, existing, file_name, held, origin_of, unpacked
from collectors.log_files import beside
from collectors.packing import utf8
from collectors.reading import Reading
from collectors.refusals import refusal
from collectors.ssh.host_reader import Asking
from collectors.ssh.hosts import hosts_of_programs
from collectors.ssh.journal import journal_entries
from collectors.ssh.log_names import host_named, is_auditd, is_local, is_sudos, is_wtmp, label_of
from collectors.ssh.log_rows import LOG, LOST, OTHER, WTMP, HostLog
from collectors.ssh.logins_reader import FROM_WTMP, LoginsReader, changed, lost_log
from collectors.ssh.plan import logins_commands
from collectors.ssh.wtmp import told
from collectors.turned import Order, age

if TYPE_CHECKING:
    from collectors.ssh.remote import Session

_BATCH = 16 * 2**20


class _File(Struct, frozen=True):
    """A log file, with what orders it among its host's: oldest first. A `spare` one tells what others tell better."""

    host: str
    order: Order
    raw: Raw
    spare: bool = False
    sudos: bool = False


class SshLoginsCollector(Stream[SshLogins], frozen=True):
    """Logins, logouts and sudo commands on hosts."""

    PERMISSIONS = (
        "group:systemd-journal",
        *(f"sudo:{command.words[0]}" for command in logins_commands() if command.sudo),
    )
    READS = (
        "The lines of sshd, sudo and of what puts logins into groups, of each host's journal, auth.log or secure, "
        "live, or its wtmp where it has none of "
        "them; or from files named <host>.log, or in a folder of the host's name (rotated and packed ones too). In a "
        "file that is named after no host of auditor.yaml, as a central log host writes it, each line goes to the host "
        "that it names. auditd's own log is not read."
    )

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Files that are new or have changed, the files of a host together and oldest first.

        The file before a changed one comes along, because a session may have begun in it.

        Raises:
            SourceError: there is no log to read; live, there is no key to log in with or no record of the hosts' keys.
        """
        batch: list[Raw] = []
        size = 0
        path = self.source.path
        for raws in self._live(seen) if path is None else self._dumped(path, seen):
            batch += raws
            size += sum(raw.size for raw in raws)
            if size > _BATCH:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def normalise(self, batch: Batch) -> Normalised:
        """Logins, logouts, commands and hourly signs of life; one line of coverage for each host."""
        reading = Reading(self.source.name, self.context)
        for host, raws in groupby(batch, key=host_of):
            HostLog(host, reading, str(self.source.path)).read(list(raws))
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The line that a row points at, or the record in words, for wtmp has no lines."""
        text = utf8(unpacked(data)[0])
        with suppress(ValueError):
            return told(text, record)
        if (several := journal_entries(text)) is not None:
            entry = next(entry for number, entry in several if number == record)
            return entry if isinstance(entry, str) else json.dumps(entry, indent=1, ensure_ascii=False)
        return as_text(text.split(b"\n")[record]).strip("\0\r")

    def _live(self, seen: Mapping[str, str]) -> Iterator[list[Raw]]:
        # asyncssh takes 0.2 s to import, and --help must not wait for it.
        from collectors.ssh.remote import visit

        def read(session: Session) -> AsyncIterator[Raw]:
            return LoginsReader(Asking(session), seen, self.context.collected_at).read()

        return visit(self.source, self.context, read, lost_log)

    def _dumped(self, path: str, seen: Mapping[str, str]) -> Iterator[list[Raw]]:
        for host, group in groupby(self._files(path), key=lambda file: file.host):
            raws = [file.raw for file in group]
            lost = [lost_log(host, FROM_WTMP, "#logs")] if any(raw.part.startswith(WTMP) for raw in raws) else []
            yield [*changed(raws, seen), *lost]

    def _files(self, path: str) -> list[_File]:
        root = existing(self.source.name, path, self.context)
        paths = list(self._within(root)) if root.is_dir() else [root]
        flat = label_of(file_name(path) for path in paths if path.parent == root)
        named = {host for path in paths if (host := host_named(file_name(path), _above(path, root)))}
        meant = hosts_of_programs(named, self.context.hosts)
        files = (self._file(path, root, flat, meant) for path in paths)
        found = sorted(files, key=lambda file: (file.host, file.sudos, file.order))
        # What auditd and wtmp tell of logins and sudo, a host's other logs tell too.
        others = {file.host for file in found if not file.spare}
        found = [file for file in found if not (file.spare and file.host in others)]
        if not any(file.host for file in found):
            raise refusal("source", "no host logs", name=self.source.name, path=self.source.path)
        return found

    def _within(self, folder: Path) -> Iterator[Path]:
        """The files of a folder and of the folders in it, hidden ones left out."""
        for path in entries(self.source.name, folder):
            if path.name.startswith("."):
                continue
            if path.is_dir() and not path.is_symlink():
                yield from self._within(path)
            elif not path.is_dir():
                yield path

    def _file(self, path: Path, root: Path, flat: str | None, meant: Mapping[str, str]) -> _File:
        name, above = file_name(path), _above(path, root)
        if beside(name) and not (above and is_local(name)):
            raw = Raw(origin_of(path, self.context), bytes, part=OTHER, skipped="its name says that it is no log")
            return _File("", age(""), raw)
        shared = flat if is_local(name) and not above else None
        if host := shared or host_named(name, above):
            host = meant.get(host, host)
            if above and is_auditd(name):
                unread = missing(origin_of(path, self.context), "it is auditd's, of which nothing is read", LOST + host)
                return _File(host, age(path.name), unread, spare=True)
            of_wtmp = is_wtmp(name)
            raw = held(path, root, self.context, (WTMP if of_wtmp else LOG) + host, LOST + host)
            return _File(host, age(path.name), raw, spare=of_wtmp, sudos=is_sudos(name))
        unnamed = missing(
            origin_of(path, self.context), "its name is not <host>.log, so nobody knows whose log it is", OTHER
        )
        return _File("", age(""), unnamed)


def _above(path: Path, root: Path) -> list[str]:
    """The folders that a file is in, below that of all logs."""
    return [printable(one) for one in path.relative_to(root).parts[:-1]] if root.is_dir() else []


def host_of(raw: Raw) -> str:
    """The host whose log a raw object is; empty for other files."""
    return next((raw.part.removeprefix(kind) for kind in (LOG, WTMP, LOST) if raw.part.startswith(kind)), "")
