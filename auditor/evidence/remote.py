"""A store at an fsspec URL: every path is relative to its root, and a put is atomic by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping
from io import BufferedIOBase
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, ClassVar

from auditor.errors import StoreError
from auditor.evidence.conditional import Conditional, conditional
from auditor.evidence.files import explained, inside
from auditor.extras import remedy

if TYPE_CHECKING:
    import duckdb


class RemoteFiles:
    """A folder of an object store, through fsspec."""

    LISTED: ClassVar[bool] = True

    def __init__(self, url: str, options: Mapping[str, Any]) -> None:
        from fsspec.core import url_to_fs

        self.name = url.rstrip("/")
        try:
            with explained(f"open {self.name}"):
                # Of its own: what fsspec keeps from earlier may have another endpoint and other credentials.
                own = {"skip_instance_cache": True, **options}
                self._fs, self._root = url_to_fs(self.name, use_listings_cache=False, **own)
                self._listed, _ = url_to_fs(self.name, use_listings_cache=True, **own)
        except ImportError as error:
            # fsspec names the client of an object store in a sentence; the import that failed is its cause.
            cause = error.__cause__ if isinstance(error.__cause__, ImportError) else error
            raise StoreError(f"Cannot open {self.name}.", do=remedy(cause) or str(error)) from error

    def read(self, paths: Iterable[str]) -> dict[str, bytes]:
        """The contents of those of the files that exist, fetched at the same time."""
        names = {self._place(path): path for path in paths}
        if not names:
            return {}
        with explained(f"read {self.name}"):
            answers = self._fs.cat(list(names), on_error="return")
            for answer in answers.values():
                if isinstance(answer, BaseException) and not isinstance(answer, FileNotFoundError):
                    raise answer
        return {names[name]: data for name, data in answers.items() if isinstance(data, bytes)}

    def write(self, path: str, data: bytes) -> None:
        """Put a small file in place, over an older one."""
        with explained(f"write {self.name}"):
            self._fs.pipe_file(self._place(path), data)

    def take(self, moves: Mapping[Path, str]) -> None:
        """Upload staged files."""
        if not moves:
            return
        with explained(f"write {self.name}"):
            self._fs.put([str(staged) for staged in moves], [self._place(path) for path in moves.values()])
            for staged in moves:
                staged.unlink()

    def remove(self, paths: Iterable[str]) -> None:
        """Remove those of the files that exist."""
        with explained(f"write {self.name}"):
            for path in paths:
                with contextlib.suppress(FileNotFoundError):
                    self._fs.rm_file(self._place(path))

    def list(self, folder: str) -> list[str]:
        """Every file under a folder, sorted."""
        with explained(f"read {self.name}"):
            self._fs.invalidate_cache()
            found = self._fs.find(self._place(folder))
        return sorted(PurePosixPath(name).relative_to(self._root).as_posix() for name in found)

    def open(self, path: str) -> BufferedIOBase:
        """A file for reading; raises FileNotFoundError."""
        stream: BufferedIOBase = self._fs.open(self._place(path), "rb", cache_type="readahead")
        return stream

    def location(self, path: str) -> str:
        """Its URL."""
        return str(self._fs.unstrip_protocol(self._place(path)))

    def register(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Let DuckDB read through fsspec, and list the parts first: it asks for a file's size over and over."""
        with explained(f"read {self.name}"):
            self._listed.invalidate_cache()
            self._listed.find(self._place("lake"))
        connection.register_filesystem(self._listed)

    def conditional(self) -> Conditional | None:
        """Puts that heed a condition; None where no such is known of this kind of store."""
        return conditional(self._fs, self._place)

    def _place(self, path: str) -> str:
        return f"{self._root}/{inside(path)}"
