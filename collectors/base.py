"""What a collector is: `fetch` does the I/O and yields raw objects, `normalise` is pure and yields rows.

A collector is a frozen dataclass, so that it can be sent to a worker process; it makes its client inside `fetch`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, Protocol

import pyarrow as pa

from auditor.model.tables import Coverage, ReadObject, Row


@dataclass(frozen=True, slots=True)
class Context:
    """What a collector is told about the run.

    Args:
        collected_at: when the run began, UTC: the time of the audit, not the wall clock.
        base: folder that relative paths in the configuration start from.
        zone: IANA time zone for logs that do not name one.
        keep_raw: keep bucket and file objects too, not only API pages.
    """

    collected_at: datetime
    base: Path
    zone: str = "UTC"
    keep_raw: bool = False

    def path(self, relative: str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.base / relative).resolve()


@dataclass(frozen=True, slots=True)
class Raw:
    """One raw object: an API page, a file, an object of a bucket.

    Args:
        origin: its stable name, as evidence will cite it.
        load: returns its bytes as stored; called in the worker. Must pickle.
        version: size and modification time, or ETag; when it differs from the checkpoint, the object is read again.
        part: which kind of answer it is, where a source has several (`authorization-details`, `credential-report`).
        size: bytes as stored, for sharing out the work; 0 where unknown.
        original: True when nothing else keeps it (API pages), so that the store must.
    """

    origin: str
    load: Callable[[], bytes]
    version: str = ""
    part: str = ""
    size: int = 0
    original: bool = False


@dataclass(frozen=True, slots=True)
class Normalised:
    """What a batch came to. `tables` hold Arrow tables of `auditor.model.arrow.schema`."""

    tables: Mapping[type[Row], pa.Table] = field(default_factory=dict)
    objects: Sequence[ReadObject] = ()
    coverage: Sequence[Coverage] = ()


Batch = Sequence[Raw]


class Collector(Protocol):
    """One kind of source.

    `fetch` yields batches that can be normalised on their own: all of a snapshot in one, a stream's files some at a
    time. It raises `SourceError` when the source as a whole cannot be read. `normalise` never raises for bad data: what
    cannot be read is counted and explained in `objects` and `coverage`.
    """

    PERMISSIONS: ClassVar[tuple[str, ...]]
    READS: ClassVar[str]

    source: Any
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Batches of what is new; `seen` maps the origins already read to their versions."""

    def normalise(self, batch: Batch) -> Normalised:
        """Rows of a batch. Pure: the same bytes give the same rows."""

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The raw record that a row points at, as people can read it, without the secrets in it."""


def sha256(data: bytes) -> str:
    """Hex SHA-256, as every row's `sha256` has it."""
    return hashlib.sha256(data).hexdigest()


def read_file(path: Path) -> bytes:
    """A file's bytes; the `load` of local sources."""
    return path.read_bytes()


def file_version(path: Path) -> str:
    """Size and modification time: what the checkpoint compares."""
    stat = path.stat()
    return f"{stat.st_size}:{stat.st_mtime_ns}"
