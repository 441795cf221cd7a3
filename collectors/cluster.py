"""Runs the batches of a source over Spark, by the very function that worker processes run.

A task stages what it reads on its own machine's disk and sends the files back; they are staged again, checked by their
hashes, where the run was started. Nothing is stored, chained or judged by the cluster.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from auditor.evidence.manifest import Part, RawFile
from auditor.evidence.staging import Staging
from collectors.base import Batch
from collectors.gathering import Done

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import SparkSession

Cluster = AbstractContextManager["SparkSession"]
Read = Callable[[Staging, Batch], Done]

_ANSWER = "id bigint, done binary, names array<string>, files array<binary>"
_AHEAD = 4  # batches for each core, one job at a time: so few wait for the slowest


def over_cluster(
    cluster: Cluster, batches: Iterable[Batch], read: Read, staging: Staging, lost: Callable[[Batch], Done]
) -> Iterator[tuple[Batch, Done]]:
    """The batches in their order with what came of them; what an API answered is read here, where it already is.

    A batch whose task fails again and again is given to `lost`.

    Raises:
        EngineError: the cluster cannot be reached, or broke off.
    """
    batches = iter(batches)
    with cluster as session:
        most = session.sparkContext.defaultParallelism * _AHEAD
        while some := list(itertools.islice(batches, most)):
            away = [batch for batch in some if not _is_here(batch)]
            try:
                answers = iter(_answers(session, read, staging, away))
                for batch in some:
                    if _is_here(batch):
                        yield batch, read(staging, batch)
                    else:
                        answer = next(answers)
                        yield batch, lost(batch) if answer is None else answer
            except BaseException:
                session.interruptAll()
                raise


def _is_here(batch: Batch) -> bool:
    """Whether any of it is what an API answered, which is in this process already."""
    return any(raw.original for raw in batch)


def _answers(session: SparkSession, read: Read, staging: Staging, batches: Sequence[Batch]) -> list[Done | None]:
    """What came of each batch, each a task of one job; of those whose job fails, each is tried in one of its own."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    if not batches:
        return []
    task = partial(_task, read, staging, batches)
    try:
        rows = session.range(0, len(batches), 1, len(batches)).mapInArrow(task, _ANSWER).toArrow()
    except (PySparkException, Py4JError):
        if len(batches) > 1:
            return [answer for batch in batches for answer in _answers(session, read, staging, [batch])]
        session.range(1).count()  # a cluster that is gone is no fault of the batch
        return [None]
    return [_taken(staging, row) for row in rows.sort_by("id").to_pylist()]


def _task(
    read: Read, staging: Staging, batches: Sequence[Batch], rows: Iterator[pa.RecordBatch]
) -> Iterator[pa.RecordBatch]:
    """On a worker: read the batches of these numbers."""
    import pyarrow as pa

    for number in itertools.chain.from_iterable(batch.column("id").to_pylist() for batch in rows):
        with TemporaryDirectory(prefix="auditor-") as folder:
            here = replace(staging, folder=Path(folder))
            done = read(here, batches[number])
            staged: list[Part | RawFile] = [*done.parts, *done.raw]
            files = {file.path: (here.folder / file.path).read_bytes() for file in staged}
        answer = {"id": [number], "done": [msgspec.msgpack.encode(done)]}
        answer |= {"names": [list(files)], "files": [list(files.values())]}
        types = [pa.int64(), pa.binary(), pa.list_(pa.string()), pa.list_(pa.binary())]
        yield pa.record_batch(
            [pa.array(answer[name], kind) for name, kind in zip(answer, types, strict=True)], list(answer)
        )


def _taken(staging: Staging, row: dict[str, object]) -> Done:
    answer = msgspec.convert(row, _Answer)
    done = msgspec.msgpack.decode(answer.done, type=Done)
    files = dict(zip(answer.names, answer.files, strict=True))
    done.parts = [staging.take(part, files[part.path]) for part in done.parts]
    done.raw = [staging.take(file, files[file.path]) for file in done.raw]
    return done


class _Answer(msgspec.Struct):
    done: bytes
    names: list[str]
    files: list[bytes]
