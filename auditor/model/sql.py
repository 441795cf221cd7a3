"""A table's columns as SQL has them, and its rows as a query answers them."""

import dataclasses
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from auditor.model.tables import Row

R = TypeVar("R", bound=Row)

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
TIME, TEXTS = "TIMESTAMPTZ", "VARCHAR[]"
_TYPES: Mapping[Any, str] = {
    str: "VARCHAR",
    int: "BIGINT",
    float: "DOUBLE",
    bool: "BOOLEAN",
    datetime: TIME,
    tuple[str, ...]: TEXTS,
}
_COLUMNS: dict[type[Row], Mapping[str, str]] = {}


def columns(table: type[Row]) -> Mapping[str, str]:
    """The type of each column, in the order of the table's fields."""
    if table not in _COLUMNS:
        hints = typing.get_type_hints(table)
        _COLUMNS[table] = {field.name: _TYPES[plain(hints[field.name])] for field in dataclasses.fields(table)}
    return _COLUMNS[table]


def plain(hint: Any) -> Any:
    """A column's type without the None of an optional one."""
    if not isinstance(hint, types.UnionType):
        return hint
    return next(one for one in typing.get_args(hint) if one is not type(None))


def selected(table: type[Row]) -> str:
    """What to select, so that `from_sql` understands the answer: times as microseconds since 1970."""
    return ", ".join(f'epoch_us("{name}")' if kind == TIME else f'"{name}"' for name, kind in columns(table).items())


def from_sql(table: type[R], answers: Iterable[tuple[Any, ...]]) -> Iterator[R]:
    """The rows of an answer, typed; what an older version did not write takes its default."""
    kinds = columns(table)
    defaults = {f.name: f.default for f in dataclasses.fields(table) if f.default not in (None, dataclasses.MISSING)}
    for values in answers:
        row = {
            name: defaults[name] if value is None and name in defaults else _value(value, kind)
            for (name, kind), value in zip(kinds.items(), values, strict=True)
        }
        yield table(**row)


def _value(value: Any, kind: str) -> Any:
    if kind == TEXTS:
        return tuple(value or ())
    return EPOCH + timedelta(microseconds=value) if kind == TIME and value is not None else value
