"""Evidence rows as Arrow: the one place where a table's columns get their types."""

import sys
import types
import typing
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pyarrow as pa

from auditor.model.sql import EPOCH, defaults_of, plain
from auditor.model.tables import Row

R = TypeVar("R", bound=Row)

TIME = pa.timestamp("us", tz="UTC")
_SCALARS: dict[Any, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    datetime: TIME,
    tuple[str, ...]: pa.list_(pa.string()),
}
_SCHEMAS: dict[type[Row], pa.Schema] = {}


class _Hidden:
    """What an import asks: there is no pandas."""

    @staticmethod
    def find_spec(name: str, *_: object) -> None:
        """Nothing is known of any other module."""
        if name == "pandas":
            raise ImportError(name)


def _do_without_pandas() -> None:
    """Arrow looks for pandas once, with its first array, and loads it: a third of a second and 50 MB for nothing.

    Whoever asks Arrow for a frame still gets one.
    """
    if "pandas" in sys.modules:
        return
    sys.meta_path.insert(0, _Hidden)
    try:
        pa.array(())
    finally:
        sys.meta_path.remove(_Hidden)


_do_without_pandas()


def schema(table: type[Row]) -> pa.Schema:
    """The table's Arrow schema, columns in the order of its fields, each with its description."""
    if table not in _SCHEMAS:
        hints = typing.get_type_hints(table, include_extras=True)
        _SCHEMAS[table] = pa.schema([_field(name, *typing.get_args(hints[name])) for name in table.__struct_fields__])
    return _SCHEMAS[table]


def empty(columns: pa.Schema) -> pa.Table:
    """No rows. Whoever has them from here has an Arrow that does without pandas, which an empty table asks for too."""
    return columns.empty_table()


def to_arrow(table: type[Row], rows: Iterable[Row]) -> pa.Table:
    """Rows of one table as an Arrow table of `schema(table)`."""
    rows = list(rows)
    columns = {name: [getattr(row, name) for row in rows] for name in table.__struct_fields__}
    return columns_to_arrow(table, columns, len(rows))


def columns_to_arrow(table: type[Row], columns: Mapping[str, Sequence[Any]], length: int) -> pa.Table:
    """Columns of one table as Arrow; a column that is left out is null, or the field's default, throughout."""
    target, defaults = schema(table), defaults_of(table)
    arrays = []
    for column in target:
        if column.name in columns:
            arrays.append(pa.array(columns[column.name], column.type))
        else:
            value = defaults.get(column.name)
            nulls = value is None
            arrays.append(pa.nulls(length, column.type) if nulls else pa.repeat(pa.scalar(value, column.type), length))
    return pa.Table.from_arrays(arrays, schema=target)


def recurring(data: pa.Table) -> pa.Table:
    """The same rows, each text kept once; ids do not recur."""
    for number, column in enumerate(data.schema):
        if pa.types.is_string(column.type) and column.name != "event_id":
            texts = data.column(number).dictionary_encode()
            data = data.set_column(number, column.with_type(texts.type), texts)
    return data


def from_arrow(table: type[R], data: pa.Table) -> Iterator[R]:
    """The rows of an Arrow table, typed; columns that an older version did not write take their defaults."""
    names = [name for name in table.__struct_fields__ if name in data.column_names]
    columns = [_values(data[name]) for name in names]
    for values in zip(*columns, strict=True):
        yield table(**dict(zip(names, values, strict=True)))


def _values(column: pa.ChunkedArray) -> list[Any]:
    """A column as Python values; times by way of numbers, which takes a fifth of the time."""
    if column.type == TIME:
        return [
            None if us is None else EPOCH + timedelta(microseconds=us) for us in column.cast(pa.int64()).to_pylist()
        ]
    if pa.types.is_list(column.type):
        return [tuple(value or ()) for value in column.to_pylist()]
    return list(column.to_pylist())


def _field(name: str, kind: Any, doc: str) -> pa.Field:
    return pa.field(name, _SCALARS[plain(kind)], nullable=isinstance(kind, types.UnionType), metadata={"doc": doc})
