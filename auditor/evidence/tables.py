"""Stored parts as Arrow has them, each checked against the hash in its manifest."""

from collections.abc import Iterable, Sequence

import pyarrow as pa
import pyarrow.parquet as pq

from auditor.evidence.files import Files
from auditor.evidence.manifest import Part
from auditor.evidence.reading import checked
from auditor.model.arrow import columns_to_arrow, empty, schema
from auditor.model.tables import Row


def read_part(files: Files, part: Part, columns: Sequence[str] | None) -> pa.Table:
    """The rows of one part, of the columns that it has.

    Raises:
        AlteredError: it is missing or is not what its manifest says.
    """
    # In this thread alone: one of Arrow's that still lets go of Python's bytes when Python ends would abort it.
    file = pq.ParquetFile(pa.BufferReader(checked(files, part)), pre_buffer=False)
    wanted = None if columns is None else [name for name in columns if name in file.schema_arrow.names]
    return file.read(columns=wanted, use_threads=False)


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
    names = set(table.__struct_fields__) & set(piece.column_names)
    return columns_to_arrow(table, {name: piece[name] for name in names}, piece.num_rows)
