"""Runs one source: its batches one after another, or many at a time over processes.

Workers write their rows to the run's staging folder by themselves, so rows never cross processes; what comes back is
small. Few batches are under way at once, so memory does not grow with the number of files.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from functools import partial
from importlib import import_module
from multiprocessing import forkserver
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from msgspec.structs import replace

from auditor.deadline import OverdueError, deadline
from auditor.errors import SourceError, StoreError
from collectors.base import Batch, Collector, Raw
from collectors.gathering import DIED, FAILED, Collected, Done, Gathering, lost, unexpected
from collectors.least_speed import SlowAnswerError, least_speed

if TYPE_CHECKING:
    from auditor.evidence.staging import Staging
    from collectors.cluster import Cluster

__all__ = ["Collected", "collect"]

FEW = 3
"""So many batches are read in this process: starting others takes longer."""

_AHEAD = 2
_IMPORTED = (__name__, "auditor.evidence.staging")
# The address of a socket may be so long, less the name that it gets.
_LONGEST_PLACE = 60


def collect(
    collector: Collector,
    *,
    staging: Staging,
    seen: Mapping[str, str],
    workers: int = 1,
    left: timedelta = timedelta.max,
    most: int | None = None,
    advance: Callable[[int], None] | None = None,
    cluster: Cluster | None = None,
) -> Collected:
    """Read what is new of a source into the run's staging folder.

    Args:
        collector: the source's collector.
        staging: where rows are written.
        seen: origins read by earlier runs, and their versions.
        workers: processes to read with; 1 reads in this one.
        left: what is left of the run's time; the source has its own `timeout` within it.
        most: batches to read; all of them where None is said.
        advance: told how many objects each finished batch had.
        cluster: Spark, to read the objects of a bucket instead of worker processes.

    Raises:
        StoreError: the staging folder cannot be written. What cannot be read is no error: it is in the coverage.
    """
    gathering = Gathering(collector, staging)
    try:
        with deadline(min(collector.source.timeout, left)), least_speed(collector.source.timeout):
            batches = itertools.islice(gathering.batches(seen), most)
            for batch, done in _finished(collector, staging, batches, workers, cluster):
                gathering.add(done)
                if advance is not None:
                    advance(len(batch))
    except OverdueError:
        _kill_workers()
        gathering.overdue(whole_run=left < collector.source.timeout)
    return gathering.collected()


def _finished(
    collector: Collector, staging: Staging, batches: Iterator[Batch], workers: int, cluster: Cluster | None
) -> Iterator[tuple[Batch, Done]]:
    """The batches in their order, and what came of each."""
    away = cluster if cluster is not None and collector.source.in_bucket else None
    first = list(itertools.islice(batches, FEW + 1)) if workers > 1 or away else []
    work = partial(_work, collector, staging)
    every = itertools.chain(first, batches)
    if len(first) <= FEW:
        return ((batch, work(batch)) for batch in every)
    if away is None:
        return _over_processes(every, work, workers, partial(lost, collector, why=DIED))
    from collectors.cluster import over_cluster

    return over_cluster(away, every, partial(_work, collector), staging, partial(lost, collector, why=FAILED))


def _work(collector: Collector, staging: Staging, batch: Batch) -> Done:
    """Read, normalise and write one batch; in a worker process, or in this one."""
    name = collector.source.name
    done = Done()
    try:
        with least_speed(collector.source.timeout):
            normalised = collector.normalise([_kept(raw, collector, staging, done) for raw in batch])
    except StoreError:
        raise
    except (Exception, SlowAnswerError) as error:  # noqa: BLE001 - whatever a source sends costs its batch, and never the run
        return lost(collector, batch, unexpected(error))
    for table, rows in normalised.tables.items():
        done.parts += staging.write(name, table, rows)
    done.objects = list(normalised.objects)
    done.coverage = list(normalised.coverage)
    return done


def _kept(raw: Raw, collector: Collector, staging: Staging, done: Done) -> Raw:
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
    batches: Iterable[Batch], work: Callable[[Batch], Done], workers: int, lost: Callable[[Batch], Done]
) -> Iterator[tuple[Batch, Done]]:
    """The batches in their order with what came of them, a few at a time over processes.

    When a worker dies, its pool is gone: the batches under way are tried once more, each in a process of its own, and
    the one that kills that too is given to `lost`.
    """
    batches = iter(batches)
    while True:
        under_way: deque[tuple[Batch, Future[Done]]] = deque()
        pool = _pool(workers)
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
        except BaseException:
            _kill_workers()
            raise
        finally:
            pool.shutdown(cancel_futures=True)
        for batch, future in under_way:
            whole = future.done() and not future.cancelled() and future.exception() is None
            yield batch, future.result() if whole else _alone(batch, work, lost)


def _kill_workers() -> None:
    """A worker that hangs must not hold up the end, nor one that is left of a pool that broke."""
    for worker in multiprocessing.active_children():
        worker.kill()


def _submit(pool: ProcessPoolExecutor, work: Callable[[Batch], Done], batch: Batch) -> Future[Done]:
    """Hand a batch to a worker; where the pool is broken already, the future says so, and the batch is not lost."""
    try:
        return pool.submit(work, batch)
    except BrokenProcessPool as error:
        broken: Future[Done] = Future()
        broken.set_exception(error)
        return broken


def _alone(batch: Batch, work: Callable[[Batch], Done], lost: Callable[[Batch], Done]) -> Done:
    with _pool(1) as pool:
        try:
            return pool.submit(work, batch).result()
        except BrokenProcessPool:
            return lost(batch)


def _pool(workers: int) -> ProcessPoolExecutor:
    """Workers that one clean process, which has imported all this once, forks for every source of a run.

    This process needs the same in the end, for coverage, and imports it while it would wait for that one.
    """
    forked = _has_room()
    context = multiprocessing.get_context("forkserver" if forked else "spawn")
    context.set_forkserver_preload(list(_IMPORTED))
    if forked:
        forkserver.ensure_running()
    for name in _IMPORTED:
        import_module(name)
    return ProcessPoolExecutor(workers, context, initializer=_begin_worker, initargs=(dict(os.environ),))


def _has_room() -> bool:
    """Whether the process that forks workers can have its socket in the system's temporary folder."""
    try:
        return len(tempfile.gettempdir()) < _LONGEST_PLACE
    except FileNotFoundError:
        return False


def _begin_worker(environment: dict[str, str]) -> None:
    """A worker leaves interrupts to its parent, and ends with it, however that ends.

    The process that forks it may be older than the parent's environment.
    """
    os.environ.clear()
    os.environ.update(environment)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()


def _end_with(sentinel: int) -> None:
    wait([sentinel])
    os._exit(1)
