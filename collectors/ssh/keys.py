"""Who may log in over SSH: authorized_keys of hosts, live, or from `<path>/<host>/<user>/authorized_keys`."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.config.sources.ssh import SshKeys
from collectors.base import Batch, Normalised, Raw, Snapshot, missing
from collectors.files import LINK, entries, existing, file_name, held, leaves, origin_of
from collectors.reading import Reading
from collectors.refusals import refusal
from collectors.ssh.host_reader import GROUP, PASSWD, SSHD, STATES, SUDO, Asking, KeysReader, lost
from collectors.ssh.host_rows import HostRows
from collectors.ssh.key_rows import lines
from collectors.ssh.plan import keys_commands

if TYPE_CHECKING:
    from collectors.ssh.remote import Session

_FILES = ("authorized_keys", "authorized_keys2")
_COPY = "copy"
# What the files of a host's folder are, by their names in it: what its programs print, or copies of its own files.
_PRINTED = (
    (re.compile(r"sshd([-_. ]*t)?([.](txt|out))?", re.IGNORECASE), SSHD),
    (re.compile(r"(etc/)?(getent[-_. ]*)?passwd([.](txt|out))?"), PASSWD),
    (re.compile(r"(etc/)?(getent[-_. ]*)?group([.](txt|out))?"), GROUP),
    (re.compile(r"(etc/)?(shadow|passwd[-_. ]*-?S([-_. ]*a)?|passwords)([.](txt|out))?"), STATES),
    (re.compile(r"(cvt)?sudoers[.]json"), SUDO),
)
_SETTINGS = re.compile(r"(?:etc/)?(?:ssh/)?(sshd_config(?:[.]d/[^/]+)?)")
_SUDOERS = re.compile(r"(?:etc/)?(sudoers(?:[.]d/[^/]+)?)")
_IN_HOME = re.compile(r"/.+/[.]ssh/authorized_keys2?")
_DEEPEST = 5


class SshKeysCollector(Snapshot[SshKeys], frozen=True):
    """Keys that open logins on hosts."""

    PERMISSIONS = tuple(f"sudo:{c.words[0]}" for c in keys_commands() if c.sudo)
    READS = (
        "Each host's logins, authorized_keys, trusted certificate authorities, sshd's settings and sudo's rules, live; "
        "or from a folder of <host>/<user>/authorized_keys, with what else is copied beside it: sshd_config and its .d "
        "folder or the output of `sshd -T`, passwd, group, sudoers and its .d folder or cvtsudoers' JSON, doas.conf, "
        "`passwd -S -a`, and the files that these name."
    )

    def raws(self) -> Iterator[Raw]:
        """Everything that the hosts answer, or that is in the folder.

        Raises:
            SourceError: the folder is missing, empty or cannot be listed; live, there is no key to log in with or no
                record of the hosts' keys.
        """
        yield from self._live() if self.source.path is None else self._dumped(self.source.path)

    def normalise(self, batch: Batch) -> Normalised:
        """Accounts, keys and rights; one line of coverage for each host."""
        reading = Reading(self.source.name, self.context)
        for host, raws in groupby(batch, key=_host_of):
            of_host = list(raws)
            HostRows(host, reading, copied=of_host[0].part.startswith(f"{_COPY}:")).read(of_host)
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
        name = file_name(host)
        if leaves(host, root):
            yield self._lost(host, name, LINK)
            return
        try:
            users = sorted(path for path in host.iterdir() if path.is_dir() or path.is_symlink())
            keys = [user / file for user in users for file in _FILES]
            present = [path for path in keys if path.is_symlink() or path.exists()]
            others = sorted(path for path in _beside(host, 0) if path not in present)
        except OSError as error:
            yield self._lost(host, name, f"its folder cannot be read: {error.strerror}")
            return
        told = [(path, *_kind(path.relative_to(host).as_posix())) for path in others]
        if not present and not any(kind == PASSWD or _IN_HOME.fullmatch(there) for _, kind, there in told):
            yield self._lost(host, name, "its folder holds no <user>/authorized_keys")
        for path in present:
            yield self._file(path, root, name, "file", f"~{file_name(path.parent)}/{path.name}")
        for path, kind, there in told:
            yield self._file(path, root, name, kind, there)

    def _file(self, path: Path, root: Path, host: str, kind: str, there: str) -> Raw:
        part, otherwise = (f"{_COPY}:{host}:{one}:{there}" for one in (kind, "lost"))
        return held(path, root, self.context, part, otherwise)

    def _lost(self, folder: Path, host: str, sentence: str) -> Raw:
        return missing(origin_of(folder, self.context), sentence, f"{_COPY}:{host}:lost:")


def _beside(folder: Path, depth: int) -> Iterator[Path]:
    """The files of a folder and of those in it."""
    for path in folder.iterdir():
        if path.is_dir() and not path.is_symlink():
            yield from _beside(path, depth + 1) if depth < _DEEPEST else ()
        elif path.is_file():
            yield path


def _kind(name: str) -> tuple[str, str]:
    """What a file beside the keys is, and its place on the host."""
    for shape, kind in _PRINTED:
        if shape.fullmatch(name):
            return kind, f"/{name}"
    for shape, folder in ((_SETTINGS, "/etc/ssh/"), (_SUDOERS, "/etc/")):
        if match := shape.fullmatch(name):
            return "file", f"{folder}{match[1]}"
    return "file", f"/{name}"


def _host_of(raw: Raw) -> str:
    if raw.part.startswith(f"{_COPY}:"):
        return raw.part.split(":")[1]
    return raw.origin.split("/")[2].partition("#")[0]
