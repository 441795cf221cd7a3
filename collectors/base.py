"""What a collector is: `fetch` finds what there is and yields raw objects, `normalise` makes rows of their bytes.

A collector is a frozen struct, so that it can be sent to a worker process; it makes its client inside `fetch`. What an
API answers is fetched by `fetch`; a file or an object of a bucket is read where `normalise` loads it, in the worker.
"""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Protocol, TypeVar

from msgspec import Struct, field

from auditor.config.signals import SavedSearch
from auditor.model.tables import Coverage, ReadObject, Row

if TYPE_CHECKING:
    import pyarrow as pa  # noqa: TC004 - a struct keeps it as text


class Context(Struct, frozen=True):
    """What a collector is told about the run.

    Args:
        collected_at: when the run began, UTC: the time of the audit, not the wall clock.
        base: folder that relative paths in the configuration start from.
        zone: IANA time zone for logs that do not name one.
        keep_raw: keep bucket and file objects too, not only API pages.
        hosts: the hosts that the configuration knows, `*` and `?` allowed.
        signals: the saved searches of all sources.
    """

    collected_at: datetime
    base: Path
    zone: str = "UTC"
    keep_raw: bool = False
    hosts: tuple[str, ...] = ()
    signals: tuple[SavedSearch, ...] = ()

    def path(self, relative: str) -> Path:
        """A path of the configuration, made absolute."""
        return (self.base / relative).resolve()


class Raw(Struct, frozen=True):
    """One raw object: an API page, a file, an object of a bucket.

    Args:
        origin: its stable name, as evidence will cite it.
        load: returns its bytes as stored; called in the worker. Must pickle.
        version: size and modification time, or ETag; when it differs from the checkpoint, the object is read again.
        part: which kind of answer it is, where a source has several (`authorization-details`, `credential-report`).
        size: bytes as stored, for sharing out the work; 0 where unknown.
        original: True when nothing else keeps it (API pages), so that the store must.
        missing: why it cannot be had, a sentence; it has no bytes then.
        skipped: why it is left out, being no evidence; it has no bytes then.
    """

    origin: str
    load: Callable[[], bytes]
    version: str = ""
    part: str = ""
    size: int = 0
    original: bool = False
    missing: str = ""
    skipped: str = ""


class Normalised(Struct, frozen=True):
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
        """Rows of a batch: loads its objects, and is pure beyond that. The same bytes give the same rows."""

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The raw record that a row points at, as people can read it, without the secrets in it."""


S = TypeVar("S")


class Stream(Struct, Generic[S], frozen=True):
    """A source of which what is new is read."""

    PERMISSIONS: ClassVar[tuple[str, ...]]
    """The rights that reading it takes, as its provider calls them."""

    READS: ClassVar[str]
    """What is read of it, for people."""

    source: S
    context: Context


class Snapshot(Stream[S], frozen=True):
    """A source that is read whole each time, all of it in one batch."""

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch. What alone is refused costs that part only, and is said.

        Raises:
            SourceError: the source as a whole cannot be read.
        """
        del seen
        yield list(self.raws())

    @abstractmethod
    def raws(self) -> Iterator[Raw]:
        """Every answer or file, and a sentence for each that cannot be had; raises SourceError."""


def answer(origin: str, data: bytes, part: str = "") -> Raw:
    """An answer of an API, which nothing else keeps."""
    return Raw(origin, partial(bytes, data), part=part, size=len(data), original=True)


def missing(origin: str, why: str, part: str = "") -> Raw:
    """An object that cannot be had."""
    return Raw(origin, bytes, part=part, missing=printable(why))


def printable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates, as hostile JSON and file names have them, are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def as_text(data: bytes) -> str:
    """What bytes say in UTF-8; what is none in them is written out, escaped."""
    return data.decode("utf-8", "backslashreplace")


def own_id(record: Any) -> str:
    """What stands for the id of a record without one: several files that were exported may have it."""
    return sha256(json.dumps(record, sort_keys=True).encode())[:32]


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
