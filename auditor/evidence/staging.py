"""Where workers put what they read until the run commits it. Nothing in it counts as stored."""

import base64
import hashlib
import os
import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from isal import igzip
from msgspec import Struct

from auditor.errors import StoreError
from auditor.evidence.files import explained, make_folder
from auditor.evidence.manifest import Part, RawFile
from auditor.model.all_tables import TABLES
from auditor.model.groups import grouped
from auditor.model.tables import Row

P = TypeVar("P", Part, RawFile)
_BY_NAME = {table.TABLE: table for table in TABLES}
_TOGETHER, _ROWS_TOGETHER = 4 << 20, 30_000
"""So many bytes and rows at most are stored in one part where they came in several: as many as a large log's batch."""


class Staging(Struct, frozen=True):
    """A run's staging folder. It pickles, so that workers can write to it side by side.

    Args:
        at: the run's time: snapshots are laid under its day.
        folder: local folder, on the same file system as a local store.
        mark: the mark of a lease's holder: nobody else's files may have the same names.
    """

    run: str
    at: datetime
    folder: Path
    mark: str = ""

    @property
    def name(self) -> str:
        """What the names of its files begin with, once they are stored."""
        return f"{self.run}-{self.mark}" if self.mark else self.run

    def write(self, source: str, table: type[Row], data: pa.Table) -> list[Part]:
        """Write rows of its schema, one part for each UTC day of the table's `DAY` column (for a snapshot: one).

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        if data.num_rows == 0:
            return []
        if table.KIND == "snapshot":
            return [self.part(source, table, self.at.astimezone(UTC).date(), data)]
        return [self.part(source, table, day, rows) for day, rows in by_day(data, table.DAY)]

    def keep_raw(self, source: str, origin: str, data: bytes) -> RawFile:
        """Keep a raw object as received: an API page, which has no other original.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        packed = igzip.compress(data, mtime=0)
        return RawFile(
            path=self._write_file(packed, ".gz"),
            source=source,
            origin=origin,
            bytes=len(packed),
            sha256=hashlib.sha256(packed).hexdigest(),
            content_sha256=hashlib.sha256(data).hexdigest(),
        )

    def part(self, source: str, table: type[Row], day: date, rows: pa.Table) -> Part:
        """Write rows as one part of that day."""
        packed = pack(rows)
        times = pc.min_max(rows.column(table.DAY))
        return Part(
            path=self._write_file(packed, ".parquet"),
            table=table.TABLE,
            source=source,
            day=day,
            rows=rows.num_rows,
            bytes=len(packed),
            sha256=hashlib.sha256(packed).hexdigest(),
            from_time=times["min"].as_py(),
            to_time=times["max"].as_py(),
        )

    def joined(self, parts: Iterable[Part]) -> list[Part]:
        """The same rows in fewer parts: small ones of one source, table and day are written anew as one.

        Raises:
            StoreError: the disk is full, or the folder cannot be written.
        """
        found = grouped(((part.source, part.table, part.day), part) for part in parts)
        return [self._as_one(some) for alike in found.values() for some in _together(alike)]

    def _as_one(self, parts: list[Part]) -> Part:
        first = parts[0]
        if len(parts) == 1:
            return first
        with explained(f"read {self.folder}"):
            rows = pa.concat_tables([pq.ParquetFile(self.folder / part.path).read() for part in parts])
        return self.part(first.source, _BY_NAME[first.table], first.day, rows)

    def take(self, file: P, data: bytes) -> P:
        """Stage a file that was staged on another machine.

        Raises:
            StoreError: it came over damaged, the disk is full, or the folder cannot be written.
        """
        if (len(data), hashlib.sha256(data).hexdigest()) != (file.bytes, file.sha256):
            raise StoreError(f"What was read of {file.source} came back damaged.", do="Run again.")
        return msgspec.structs.replace(file, path=self._write_file(data, Path(file.path).suffix))

    def _write_file(self, data: bytes, suffix: str) -> str:
        """Write and sync a file under a name of its own; returns the name."""
        with explained(f"write {self.folder}"):
            make_folder(self.folder)
            handle, name = tempfile.mkstemp(dir=self.folder, suffix=suffix)
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        return Path(name).name


def _together(parts: Iterable[Part]) -> Iterator[list[Part]]:
    """Parts that one may hold, in their order."""
    some: list[Part] = []
    size = rows = 0
    for part in parts:
        if some and (size + part.bytes > _TOGETHER or rows + part.rows > _ROWS_TOGETHER):
            yield some
            some, size, rows = [], 0, 0
        some.append(part)
        size, rows = size + part.bytes, rows + part.rows
    if some:
        yield some


def pack(rows: pa.Table) -> bytes:
    """Rows as the bytes of a Parquet file; columns that are dictionaries are written as such, and read as plain ones.

    Ids do not repeat: a dictionary of them would be built in vain. Nobody asks for the least and the greatest text.
    """
    repeating = [name for name in rows.column_names if name not in {"event_id", "record", "time"}]
    told = [field.name for field in rows.schema if not pa.types.is_string(_value_type(field))]
    rows = rows.unify_dictionaries()
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        rows.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=repeating,
        write_statistics=told,
        store_schema=False,
    ) as writer:
        writer.write_table(rows)
        # The schema by which Arrow reads them, as it stores it itself.
        writer.add_key_value_metadata({"ARROW:schema": base64.b64encode(_plain(rows.schema).serialize()).decode()})
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def _plain(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_type(_value_type(field)) for field in schema], schema.metadata)


def _value_type(field: pa.Field) -> pa.DataType:
    return field.type.value_type if pa.types.is_dictionary(field.type) else field.type


def by_day(data: pa.Table, column: str) -> Iterator[tuple[date, pa.Table]]:
    """The rows of each UTC day, days in order, rows of a day in the order that they came in."""
    found = grouped((day, part) for rows in data.to_batches() for day, part in _days(rows, column))
    yield from ((day, pa.Table.from_batches(found[day])) for day in sorted(found))


def _days(rows: pa.RecordBatch, column: str) -> Iterator[tuple[date, pa.RecordBatch]]:
    days = pc.cast(rows.column(column), pa.date32())
    if days.null_count:
        raise ValueError(f"column {column} has rows without a time")
    bounds = pc.min_max(days)
    if bounds["min"] == bounds["max"]:
        yield bounds["min"].as_py(), rows
        return
    order = pc.sort_indices(days)
    rows, days = rows.take(order), days.take(order)
    start = 0
    for run_end, day in zip(*_runs(days), strict=True):
        yield day, rows.slice(start, run_end - start)
        start = run_end


def _runs(days: pa.Array) -> tuple[list[int], list[date]]:
    encoded = pc.run_end_encode(days)
    return encoded.run_ends.to_pylist(), encoded.values.to_pylist()
