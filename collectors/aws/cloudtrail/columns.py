"""Arrow tables of the rows of a day from columns of numbers: what recurs is a dictionary, written once."""

from array import array
from collections.abc import Iterable, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from auditor.model.arrow import schema
from auditor.model.tables import Row

LONGEST_TEXT = 2048
"""Longer texts are cut: no field that CloudTrail names a thing with is as long."""


class Numbers(dict[str | None, int]):
    """Numbers of values, in the order in which they were met; `distinct` has the values, each by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.distinct: list[tuple[str | None]] = []

    def __missing__(self, value: str | None) -> int:
        """The next number, for a value that was not met before."""
        number = self[value] = len(self)
        self.distinct.append((value,))
        return number


def array_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """An array of texts, or of whole numbers without nulls."""
    if kind == pa.string():
        return pa.array(values, kind)
    # Numbers are packed by Python in half the time.
    packed = array("q" if kind == pa.int64() else "i", values)
    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(packed)])


def spread(
    names: Sequence[str], distinct: Sequence[Sequence[str | None]], numbers: pa.Int32Array
) -> dict[str, pa.DictionaryArray]:
    """Columns of things that recur, from the distinct ones and each row's number; only those that are met are kept."""
    met = pc.unique(numbers)
    columns = list(zip(*map(distinct.__getitem__, met.to_pylist()), strict=True)) or [()] * len(names)
    index = pc.index_in(numbers, met)
    return {name: _dictionary(column, index) for name, column in zip(names, columns, strict=True)}


def _dictionary(values: Iterable[str | None], index: pa.Int32Array) -> pa.DictionaryArray:
    # What differs in one column may be the same in another, and nothing is no value.
    coded = pa.array(values, pa.string()).dictionary_encode()
    return pa.DictionaryArray.from_arrays(coded.indices.take(index), coded.dictionary)


def table_of(table: type[Row], columns: dict[str, pa.Array], constants: dict[str, Any], length: int) -> pa.Table:
    """A table of columns, their overlong texts cut, and of constants; a column that is left out is null throughout."""
    arrays, fields = [], []
    for field in schema(table):
        if field.name in constants:
            array = pa.repeat(pa.scalar(constants[field.name], field.type), length)
        elif field.name in columns:
            array = _cut(columns[field.name]) if field.name != "detail" else columns[field.name]
        else:
            array = pa.nulls(length, field.type)
        arrays.append(array)
        fields.append(field.with_type(array.type))
    return pa.Table.from_arrays(arrays, schema=pa.schema(fields))


def _cut(column: pa.Array) -> pa.Array:
    """Overlong texts of a column cut."""
    texts = column.dictionary if pa.types.is_dictionary(column.type) else column
    if not pa.types.is_string(texts.type) or (pc.max(pc.binary_length(texts)).as_py() or 0) <= LONGEST_TEXT:
        return column
    cut = pc.utf8_slice_codeunits(texts, 0, LONGEST_TEXT)
    return cut if texts is column else cut.take(column.indices).dictionary_encode()
