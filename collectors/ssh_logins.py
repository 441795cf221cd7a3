"""Who logged in over SSH and what they did through sudo: sshd's log, from `<path>/<host>.log` and its rotated files."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import ClassVar

from auditor.config.sources import SshLogins
from auditor.errors import SourceError
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import entries, file_name, leaves, origin_of, raw_file, ssh_dump, unpacked
from collectors.rows import Rows
from collectors.ssh.log_rows import LOG, LOST, OTHER, HostLog

_NAME = re.compile(r"(?P<host>[^/]+?)\.log(?:\.(?P<number>\d{1,4})|-(?P<day>\d{8}(?:-?\d+)?))?(?:\.gz)?")
_BATCH = 16 * 2**20


@dataclass(frozen=True, slots=True)
class _File:
    """A log file, with what orders it among its host's: oldest first."""

    host: str
    order: tuple[int, int, str]
    raw: Raw


@dataclass(frozen=True, slots=True)
class SshLoginsCollector:
    """Logins, logouts and sudo commands on hosts."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ()
    READS: ClassVar[str] = "The sshd and sudo lines of each host's log, from files named <host>.log (rotated ones too)."

    source: SshLogins
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Files that are new or have changed, the files of a host together and oldest first.

        The file before a changed one comes along, because a session may have begun in it.

        Raises:
            SourceError: there is no log to read, or hosts are to be read live.
        """
        files = self._files()
        batch: list[Raw] = []
        size = 0
        for _, group in groupby(files, key=lambda file: file.host):
            changed = _changed([file.raw for file in group], seen)
            batch += changed
            size += sum(raw.size for raw in changed)
            if size > _BATCH:
                yield batch
                batch, size = [], 0
        if batch:
            yield batch

    def normalise(self, batch: Batch) -> Normalised:
        """Logins, logouts, commands and hourly signs of life; one line of coverage for each host."""
        rows = Rows()
        for host, raws in groupby(batch, key=host_of):
            HostLog(host, self.source.name, self.context, rows).read(list(raws))
        return rows.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The line that a row points at."""
        return unpacked(data)[0].split(b"\n")[record].decode("utf-8", "backslashreplace").strip("\0\r")

    def _files(self) -> list[_File]:
        root = ssh_dump(self.source, self.context)
        paths = entries(self.source.name, root) if root.is_dir() else [root]
        found = sorted(
            (file for path in paths if (file := self._file(path, root)) is not None),
            key=lambda file: (file.host, file.order),
        )
        if not any(file.host for file in found):
            raise SourceError(
                f"{self.source.name}: {self.source.path} holds no file named <host>.log.",
                means="Nothing of this source was read.",
                do="Name each host's log after the host, such as web-1.example.org.log.",
            )
        return found

    def _file(self, path: Path, root: Path) -> _File | None:
        match = _NAME.fullmatch(file_name(path))
        if path.is_dir():
            return None
        if match is None:
            return _File("", (0, 0, ""), Raw(origin_of(path, self.context), partial(bytes), part=OTHER))
        # host.log.2 is older than host.log.1, host.log-20251101 than host.log-20251108, and all of them than host.log.
        number = int(match["number"] or 0)
        order = (1, 0, match["day"]) if match["day"] else (0 if number else 2, -number, "")
        return _File(match["host"], order, self._log(path, root, match["host"]))

    def _log(self, path: Path, root: Path, host: str) -> Raw:
        try:
            if not leaves(path, root):
                return raw_file(path, self.context, part=LOG + host)
            sentence = "it is a symbolic link out of the folder, which is not followed"
        except OSError as error:
            sentence = str(error.strerror)
        return Raw(origin_of(path, self.context), partial(bytes, sentence.encode()), part=LOST + host)


def host_of(raw: Raw) -> str:
    """The host whose log a raw object is; empty for other files."""
    return raw.part.removeprefix(LOG).removeprefix(LOST) if raw.part != OTHER else ""


def _changed(files: list[Raw], seen: Mapping[str, str]) -> list[Raw]:
    new = [not raw.version or seen.get(raw.origin) != raw.version for raw in files]
    return [raw for number, raw in enumerate(files) if new[number] or any(new[number + 1 : number + 2])]
