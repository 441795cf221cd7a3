"""The ledger's file: opened, brought up to date, read by named questions and written in transactions."""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

from auditor.errors import StoreError
from auditor.model.written import statement

VERSION = 11
"""As this program writes it; `version_<n>.sql` brings the one before to version n."""


def migration(version: int) -> list[str]:
    """The statements that bring a ledger of the version before to this one, for one transaction."""
    return statement(__package__, f"version_{version}").split(";\n")[:-1]


class LedgerFile:
    """One SQLite file, 0600. Opening it brings an older one up to date.

    Raises:
        StoreError: it cannot be opened, or a newer version of the program wrote it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        if path.is_symlink():
            raise StoreError(
                f"The ledger {path} is a symbolic link.",
                means="What it leads to was not written by a run.",
                do="Put the ledger itself there, or choose another output folder.",
            )
        with self._explained():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path, isolation_level=None)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def copy(self, path: Path) -> None:
        """Write a copy of the ledger to another place, in place of one that is there.

        Raises:
            StoreError: it cannot be written.
        """
        path.unlink(missing_ok=True)
        with LedgerFile(path) as other, self._explained():
            self._db.backup(other._db)

    def _prepare(self) -> None:
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma foreign_keys = on")
        if self._version() == VERSION:
            return  # whoever only reads it writes nothing
        with self._transaction():
            version = self._version()
            if version > VERSION:
                raise StoreError(
                    f"{self._path} was written by a newer auditor (version {version}, not {VERSION}).",
                    means="Findings cannot be compared with earlier runs.",
                    do="Install the newer version again.",
                )
            for number in range(version + 1, VERSION + 1):
                for change in migration(number):
                    self._db.execute(change)
            self._db.execute(f"pragma user_version = {VERSION}")

    def _version(self) -> int:
        return int(self._db.execute("pragma user_version").fetchone()[0])

    def _rows(self, question: str, **values: str) -> Iterator[dict[str, Any]]:
        found = self._db.execute(statement(__package__, question), values)
        names = [column[0] for column in found.description]
        return (dict(zip(names, row, strict=True)) for row in found)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        """All of it or nothing, also when the process is killed."""
        with self._explained():
            self._db.execute("begin immediate")
            try:
                yield
            except BaseException:
                if self._db.in_transaction:  # a full disk has ended it already
                    self._db.execute("rollback")
                raise
            self._db.execute("commit")

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            raise StoreError(
                f"Cannot use the ledger {self._path}: {error}.",
                means="The findings cannot be compared with earlier runs.",
                do="See that the file is whole, that the disk has room and that the file may be written.",
            ) from error


def as_text(moment: datetime) -> str:
    """UTC, of fixed width, so that its order is the order of time."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
