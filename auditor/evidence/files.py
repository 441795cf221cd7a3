"""Where the store's bytes lie: a local folder, or any fsspec URL. Every path is relative to the store's root.

A file appears whole or not at all: locally it is written in the staging folder, synced and renamed; an
object store's put is atomic by itself (`remote`).
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, ClassVar, Protocol

from auditor.errors import AlteredError, StoreError

if TYPE_CHECKING:
    import duckdb

CHUNK = 1 << 20


class Files(Protocol):
    """What the store needs of the place that it lies in."""

    LISTED: ClassVar[bool]
    """Whether DuckDB is told once which files there are."""
    name: str

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those of the files that exist."""

    def write(self, path: str, data: bytes) -> None:
        """Put a small file in place, over an older one."""

    def take(self, moves: Mapping[Path, str]) -> None:
        """Put staged files in place; the local ones are gone afterwards."""

    def remove(self, paths: Iterable[str]) -> None:
        """Remove those of the files that exist."""

    def list(self, folder: str) -> list[str]:
        """Every file under a folder, sorted."""

    def open(self, path: str) -> BufferedIOBase:
        """A file for reading; raises FileNotFoundError."""

    def location(self, path: str) -> str:
        """The name by which DuckDB reads it."""

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Teach DuckDB to read `location`."""


class LocalFiles:
    """A local folder. Files are 0600, the folders that it makes 0700."""

    LISTED: ClassVar[bool] = False

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.name = str(self.root)

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those of the files that exist."""
        found = {}
        with explained(f"read {self.name}"):
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    found[path] = self._place(path).read_bytes()
        return found

    def write(self, path: str, data: bytes) -> None:
        """Put a small file in place, over an older one."""
        place = self._place(path)
        with explained(f"write {place}"):
            make_folder(place.parent)
            write_file(place, data, self.root / "staging")
            _sync_folder(place.parent)

    def take(self, moves: Mapping[Path, str]) -> None:
        """Rename staged files into place and make the names last; they were synced when they were written."""
        folders = set()
        with explained(f"write {self.name}"):
            for staged, path in moves.items():
                place = self._place(path)
                make_folder(place.parent)
                staged.replace(place)
                folders |= {place.parent, *place.parent.relative_to(self.root).parents}
            for folder in folders:
                _sync_folder(self.root / folder)

    def remove(self, paths: Iterable[str]) -> None:
        """Remove those of the files that exist."""
        with explained(f"write {self.name}"):
            for path in paths:
                self._place(path).unlink(missing_ok=True)

    def list(self, folder: str) -> list[str]:
        """Every file under a folder, sorted."""
        with explained(f"read {self.name}"):
            return sorted(_below(os.fspath(self._place(folder)), folder))

    def open(self, path: str) -> BufferedIOBase:
        """A file for reading; raises FileNotFoundError."""
        return self._place(path).open("rb")

    def location(self, path: str) -> str:
        """Its absolute path."""
        return str(self._place(path))

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """DuckDB reads local files by itself."""

    def _place(self, path: str) -> Path:
        """Where a path lies. What leads elsewhere by a link is no part of the store.

        Raises:
            AlteredError: the path, or a folder on the way to it, is a symbolic link.
        """
        place = self.name
        for step in PurePosixPath(inside(path)).parts:
            place = f"{place}/{step}"
            if os.path.islink(place):  # noqa: PTH114 - asked for every file of every run
                raise AlteredError(
                    f"{place} is a symbolic link; in an evidence store there is none.",
                    means="What it leads to was not stored by the auditor.",
                    do="Take the link away, and run `auditor verify`.",
                )
        return Path(place)


def inside(path: str) -> str:
    """The path, unless it leads out of the store: a manifest may have been tampered with."""
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise AlteredError(
            f"A manifest names the path {path!r}, which leads out of the store.", do="Run `auditor verify`."
        )
    return path


def fingerprint(stream: BufferedIOBase) -> tuple[int, str]:
    """Size and SHA-256 of a stream."""
    digest, size = hashlib.sha256(), 0
    # One block for all that is read: to have fresh memory for each took half as long as to digest it.
    block = memoryview(bytearray(CHUNK))
    while read := stream.readinto(block):
        digest.update(block[:read])
        size += read
    return size, digest.hexdigest()


def make_folder(folder: Path) -> None:
    """Make a folder and its parents, each 0700: `mkdir(parents=True)` opens those above to all."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)


def write_file(place: Path, data: bytes, folder: Path) -> None:
    """Write in a folder of the same file system, sync and rename: the file is there whole, 0600, or not at all."""
    make_folder(folder)
    handle, temporary = tempfile.mkstemp(dir=folder, suffix=".tmp")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(place)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


@contextlib.contextmanager
def explained(action: str, *, let_through: tuple[type[BaseException], ...] = ()) -> Iterator[None]:
    """Turn what a system or an object store raises into a sentence, but for what the caller handles."""
    try:
        yield
    except let_through:
        raise
    except _foreign_errors() as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
        raise StoreError(f"Cannot {action}: {reason}.", do=_advice(error)) from error


def _advice(error: BaseException) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space and run again: nothing that was stored before is lost."
    if isinstance(error, PermissionError):
        return "Let the account that runs the auditor read and write the evidence folder."
    return "See that the evidence store can be reached, and run again: nothing that was stored before is lost."


def _foreign_errors() -> tuple[type[BaseException], ...]:
    """The roots of what the system and the object stores' clients raise, of those that are loaded."""
    roots = {"botocore.exceptions": ("BotoCoreError", "ClientError"), "aiohttp": ("ClientError",)}
    roots["gcsfs.retry"] = ("HttpError",)
    loaded = {name: sys.modules[name] for name in roots if name in sys.modules}
    return (OSError, *(getattr(module, cls) for name, module in loaded.items() for cls in roots[name]))


def _below(folder: str, name: str) -> Iterator[str]:
    """The files under a folder, by the name that it goes by; no link is followed to another folder."""
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    yield from _below(entry.path, f"{name}/{entry.name}")
                elif entry.is_file():
                    yield f"{name}/{entry.name}"
    except FileNotFoundError:
        return


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
