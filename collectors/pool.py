"""Runs one source: its batches one after another, or many at a time over processes.

Workers write their rows to the run's staging folder by themselves, so rows never cross processes; what comes back is
small. Few batches are under way at once, so memory does not grow with the number of files.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import threading
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from auditor.errors import SourceError
from auditor.evidence.manifest import Part, RawFile
from auditor.model.tables import Coverage, ReadObject, Row
from auditor.model.vocabulary import CoverageStatus
from collectors.base import Batch, Collector, Raw
from collectors.rows import Place, Stamp

if TYPE_CHECKING:
    from auditor.evidence.staging import Staging

FEW = 3
"""So many batches are read in this process: starting others takes longer."""

_MOST_OBJECTS = 20_000
_MOST_REASONS = 5
_AHEAD = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What came of one source.

    Args:
        source: its name in auditor.yaml.
        status: ok, partial or failed; failed when nothing at all was read.
        reason: what is missing and why; None when nothing is.
        coverage: one row a scope, in order of scope; written to staging too.
        parts: the staged Parquet parts.
        raw: the staged raw objects.
        rows: rows by table.
    """

    source: str
    status: CoverageStatus
    reason: str | None
    coverage: tuple[Coverage, ...]
    parts: tuple[Part, ...]
    raw: tuple[RawFile, ...]
    rows: Mapping[str, int]


@dataclass(slots=True)
class _Done:
    """What a worker sends back of a batch."""

    parts: list[Part] = field(default_factory=list)
    raw: list[RawFile] = field(default_factory=list)
    objects: list[ReadObject] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)


def collect(
    collector: Collector,
    *,
    staging: Staging,
    seen: Mapping[str, str],
    workers: int = 1,
    advance: Callable[[int], None] | None = None,
) -> Collected:
    """Read what is new of a source into the run's staging folder.

    Args:
        collector: the source's collector.
        staging: where rows are written.
        seen: origins read by earlier runs, and their versions.
        workers: processes to read with; 1 reads in this one.
        advance: told how many objects each finished batch had.

    Raises:
        StoreError: the staging folder cannot be written. What cannot be read is no error: it is in the coverage.
    """
    gathering = _Gathering(collector, staging)
    batches = gathering.batches(seen)
    first = list(itertools.islice(batches, FEW + 1)) if workers > 1 else []
    work = partial(_work, collector, staging)
    if len(first) > FEW:
        finished = _over_processes(itertools.chain(first, batches), work, workers, gathering.lost)
    else:
        finished = ((batch, work(batch)) for batch in itertools.chain(first, batches))
    for batch, done in finished:
        gathering.add(done)
        if advance is not None:
            advance(len(batch))
    return gathering.collected()


def _work(collector: Collector, staging: Staging, batch: Batch) -> _Done:
    """Read, normalise and write one batch; in a worker process, or in this one."""
    name = collector.source.name
    done = _Done()
    normalised = collector.normalise([_kept(raw, collector, staging, done) for raw in batch])
    for table, rows in normalised.tables.items():
        done.parts += staging.write(name, table, rows)
    done.objects = list(normalised.objects)
    done.coverage = list(normalised.coverage)
    return done


def _kept(raw: Raw, collector: Collector, staging: Staging, done: _Done) -> Raw:
    """The raw object, kept in the store where nothing else keeps it."""
    if not raw.original and not collector.context.keep_raw:
        return raw
    try:
        data = raw.load()
    except (OSError, SourceError):
        return raw  # loading it fails again, where it is counted
    done.raw.append(staging.keep_raw(collector.source.name, raw.origin, data))
    return replace(raw, load=partial(_same, data))


def _same(data: bytes) -> bytes:
    return data


def _over_processes(
    batches: Iterable[Batch],
    work: Callable[[Batch], _Done],
    workers: int,
    lost: Callable[[Batch], _Done],
) -> Iterator[tuple[Batch, _Done]]:
    """The batches in their order with what came of them, a few at a time over processes.

    When a worker dies, its pool is gone: the batches under way are tried once more, each in a process of its own, and
    the one that kills that too is given to `lost`.
    """
    batches = iter(batches)
    while True:
        under_way: deque[tuple[Batch, Future[_Done]]] = deque()
        with _pool(workers) as pool:
            try:
                while True:
                    ahead = itertools.islice(batches, workers * _AHEAD - len(under_way))
                    under_way.extend((batch, _submit(pool, work, batch)) for batch in ahead)
                    if not under_way:
                        return
                    yield under_way[0][0], under_way[0][1].result()
                    under_way.popleft()
            except BrokenProcessPool:
                pass
            finally:
                pool.shutdown(wait=False, cancel_futures=True)
        for batch, future in under_way:
            whole = future.done() and not future.cancelled() and future.exception() is None
            yield batch, future.result() if whole else _alone(batch, work, lost)


def _submit(pool: ProcessPoolExecutor, work: Callable[[Batch], _Done], batch: Batch) -> Future[_Done]:
    """Hand a batch to a worker; where the pool is broken already, the future says so, and the batch is not lost."""
    try:
        return pool.submit(work, batch)
    except BrokenProcessPool as error:
        broken: Future[_Done] = Future()
        broken.set_exception(error)
        return broken


def _alone(batch: Batch, work: Callable[[Batch], _Done], lost: Callable[[Batch], _Done]) -> _Done:
    with _pool(1) as pool:
        try:
            return pool.submit(work, batch).result()
        except BrokenProcessPool:
            return lost(batch)


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), initializer=_begin_worker)


def _begin_worker() -> None:
    """A worker leaves interrupts to its parent, and ends with it, however that ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)


class _Gathering:
    """Puts together what the batches of a source came to."""

    def __init__(self, collector: Collector, staging: Staging) -> None:
        self._collector = collector
        self._staging = staging
        self._parts: list[Part] = []
        self._raw: list[RawFile] = []
        self._objects: list[ReadObject] = []
        self._coverage: dict[str, list[Coverage]] = {}
        self._read_something = False
        self._refused: SourceError | None = None

    def batches(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """The collector's batches, up to where the source as a whole cannot be read."""
        try:
            yield from self._collector.fetch(seen)
        except SourceError as error:
            self._refused = error

    def add(self, done: _Done) -> None:
        """Take in one batch."""
        self._parts += done.parts
        self._raw += done.raw
        self._objects += done.objects
        self._read_something |= any(row.status != "failed" for row in done.coverage)
        self._read_something |= any(row.status != "failed" for row in done.objects)
        for row in done.coverage:
            self._coverage.setdefault(row.scope, []).append(row)
        if len(self._objects) >= _MOST_OBJECTS:
            self._write_objects()

    def lost(self, batch: Batch) -> _Done:
        """What is left of a batch whose process died twice: its objects, not read, to be tried by the next run."""
        reason = "the process that read it ended unexpectedly, perhaps for lack of memory"
        objects = [ReadObject(**self._stamp(raw.origin), version="", status="failed", reason=reason) for raw in batch]
        coverage = Coverage(
            **self._stamp(self._collector.source.name),
            scope=self._collector.source.name,
            from_=None,
            to=None,
            status="failed",
            reason=f"{len(batch)} objects from {batch[0].origin} on were not read: {reason}",
        )
        return _Done(objects=objects, coverage=[coverage])

    def collected(self) -> Collected:
        """Write what is left, and sum up."""
        name = self._collector.source.name
        if self._refused is not None:
            status = "partial" if self._read_something else "failed"
            self._add_coverage(name, status, " ".join(self._refused.diagnostics()))
        elif not self._coverage:
            self._add_coverage(name, "ok", None if self._objects or self._parts else "nothing new since the last run")
        self._write_objects()
        coverage = tuple(_merged(rows) for _, rows in sorted(self._coverage.items()))
        self._write(Coverage, coverage)
        status, reason = _summed_up(coverage)
        rows: Counter[str] = Counter()
        for part in self._parts:
            rows[part.table] += part.rows
        return Collected(
            source=name,
            status=status,
            reason=reason,
            coverage=coverage,
            parts=tuple(self._parts),
            raw=tuple(self._raw),
            rows=rows,
        )

    def _add_coverage(self, scope: str, status: str, reason: str | None) -> None:
        row = Coverage(**self._stamp(scope), scope=scope, from_=None, to=None, status=status, reason=reason)
        self._coverage.setdefault(scope, []).append(row)

    def _stamp(self, origin: str) -> Stamp:
        return Place(self._collector.source.name, self._collector.context.collected_at, origin).at()

    def _write_objects(self) -> None:
        self._write(ReadObject, self._objects)
        self._objects = []

    def _write(self, table: type[Row], rows: Iterable[Row]) -> None:
        from auditor.model.arrow import to_arrow

        self._parts += self._staging.write(self._collector.source.name, table, to_arrow(table, rows))


def _merged(rows: list[Coverage]) -> Coverage:
    """One row from a scope's rows of several batches."""
    statuses = {row.status for row in rows}
    reasons = list(dict.fromkeys(row.reason for row in rows if row.reason))
    return replace(
        rows[0],
        from_=min((row.from_ for row in rows if row.from_), default=None),
        to=max((row.to for row in rows if row.to), default=None),
        rows=sum(row.rows for row in rows),
        rejected=sum(row.rejected for row in rows),
        status=statuses.pop() if len(statuses) == 1 else "partial",
        reason=_joined(reasons),
    )


def _summed_up(coverage: tuple[Coverage, ...]) -> tuple[CoverageStatus, str | None]:
    """The source's own status and reason, from its scopes'."""
    statuses = {row.status for row in coverage}
    status = CoverageStatus(statuses.pop()) if len(statuses) == 1 else CoverageStatus.PARTIAL
    several = len(coverage) > 1
    said = [f"{row.scope}: {row.reason}" if several else row.reason for row in coverage if row.reason]
    return status, None if status is CoverageStatus.OK else _joined(said)


def _joined(reasons: list[str]) -> str | None:
    more = len(reasons) - _MOST_REASONS
    return "; ".join(reasons[:_MOST_REASONS] + ([f"and {more} more reasons"] if more > 0 else [])) or None
