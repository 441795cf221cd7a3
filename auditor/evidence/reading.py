"""Reading stored parts back, each checked against the hash in its manifest."""

import dataclasses
import hashlib
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq
from isal import igzip

from auditor.errors import AlteredError
from auditor.evidence.files import Files, explained, fingerprint
from auditor.evidence.manifest import Part, RawFile
from auditor.model.arrow import columns_to_arrow, empty, schema
from auditor.model.tables import Row

_READERS = 4


def read_part(files: Files, part: Part, columns: Sequence[str] | None) -> pa.Table:
    """The rows of one part, of the columns that it has.

    Raises:
        AlteredError: it is missing or is not what its manifest says.
    """
    # In this thread alone: one of Arrow's that still lets go of Python's bytes when Python ends would abort it.
    file = pq.ParquetFile(pa.BufferReader(_checked(files, part)), pre_buffer=False)
    wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
    return file.read(columns=wanted, use_threads=False)


def read_raw(files: Files, file: RawFile) -> bytes:
    """A raw object as it was received.

    Raises:
        AlteredError: it is missing or is not what its manifest says.
    """
    data: bytes = igzip.decompress(_checked(files, file))  # type: ignore[no-untyped-call]
    return data


def table_of(table: type[Row], pieces: Iterable[pa.Table], columns: Sequence[str] | None = None) -> pa.Table:
    """Pieces of one table put together, with the schema of today.

    Columns that an older version did not write take their defaults; columns that are no more are left out.
    """
    target = schema(table)
    if columns is not None:
        target = pa.schema([target.field(name) for name in columns])
    fitted = [_fitted(table, piece).select(target.names) for piece in pieces]
    return pa.concat_tables(fitted) if fitted else empty(target)


def _fitted(table: type[Row], piece: pa.Table) -> pa.Table:
    if piece.schema.equals(schema(table)):
        return piece
    names = {field.name for field in dataclasses.fields(table)} & set(piece.column_names)
    return columns_to_arrow(table, {name: piece[name] for name in names}, piece.num_rows)


def check(files: Files, parts: Iterable[Part]) -> None:
    """See that parts which another program reads, by their names, are what their manifests say.

    Raises:
        AlteredError: one is missing, or is not what its manifest says.
    """

    def one(part: Part) -> None:
        with (
            explained(f"read {part.path}", let_through=(FileNotFoundError,)),
            files.open(part.path) as stream,
        ):
            if fingerprint(stream) != (part.bytes, part.sha256):
                raise _altered(part)

    with ThreadPoolExecutor(_READERS) as threads:
        try:
            list(threads.map(one, parts))
        except FileNotFoundError as error:
            raise AlteredError(
                f"{error.filename} is missing from the evidence store.", do="Run `auditor verify`."
            ) from error


def _checked(files: Files, file: Part | RawFile) -> bytes:
    data = files.read([file.path]).get(file.path)
    if data is None:
        raise AlteredError(f"{file.path} is missing from the evidence store.", do="Run `auditor verify`.")
    if hashlib.sha256(data).hexdigest() != file.sha256:
        raise _altered(file)
    return data


def _altered(file: Part | RawFile) -> AlteredError:
    return AlteredError(f"{file.path} is not what was stored: it was altered.", do="Run `auditor verify`.")
