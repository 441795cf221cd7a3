"""DuckDB that reads stored parts: one that is kept for short questions, and others, or one that all share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from auditor.evidence.files import Files
from auditor.evidence.work import spill_folder

if TYPE_CHECKING:
    from concurrent.futures import Future

    from duckdb import DuckDBPyConnection


class Connections:
    """Opens DuckDB: in UTC, with bounded memory, nothing from the network.

    To start one takes longer than most questions do: while it is shared, it is started once.

    Args:
        files: where the parts are that it reads.
        work: the folder with room for what does not fit in memory.
        memory: the most that it may use.
    """

    def __init__(self, files: Files, work: Path, memory: str) -> None:
        self._files, self._work, self._memory = files, work, memory
        self._one: DuckDBPyConnection | None = None  # what is kept, once somebody asked
        self._opening: Future[DuckDBPyConnection] | None = None
        self._bound: str | None = None  # of its memory, where that was set
        self.shares = False

    def share(self, begin: Callable[[Callable[[], DuckDBPyConnection]], Future[DuckDBPyConnection]] | None) -> None:
        """Have all use one from now on; with `begin` it is started at once, while whoever asks does other work."""
        self.shares = True
        self._opening = begin(self._opened) if begin else None

    def end(self) -> None:
        """Share it no more."""
        self.shares = False
        self.forget()

    def forget(self) -> None:
        """Start another for whoever asks next: this one may know of files that are there no more."""
        self._one = self._opening = None

    def connect(self, memory: str | None = None) -> DuckDBPyConnection:
        """One to ask.

        Another bound than its own is set once for all who share it: each time, DuckDB would tidy up first.
        """
        if not self.shares:
            return self._opened(memory)
        connection = self.kept()
        if memory and memory != self._bound:
            connection.execute("SET memory_limit = ?", [memory])
            self._bound = memory
        return connection

    def kept(self) -> DuckDBPyConnection:
        """A cursor of the one that is kept, shared or not."""
        if self._one is None:
            self._one = self._opening.result() if self._opening else self._opened()
            self._bound = None
        return self._one.cursor()

    def _opened(self, memory: str | None = None) -> DuckDBPyConnection:
        import _duckdb  # the engine alone: what the package puts around it takes longer to load than to ask

        config: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": memory or self._memory,
            "temp_directory": spill_folder(self._work),
            "autoinstall_known_extensions": "false",
            "parquet_metadata_cache": "true",  # the same parts are asked often
        }
        connection = _duckdb.connect(config=config)
        connection.execute("set global TimeZone = 'UTC'")  # of its cursors too
        self._files.register(connection)
        return connection
