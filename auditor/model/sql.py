"""A table's columns as SQL has them, and its rows as a query answers them."""

import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import msgspec

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
        _COLUMNS[table] = {name: _TYPES[plain(hints[name])] for name in table.__struct_fields__}
    return _COLUMNS[table]


def defaults_of(table: type[Row]) -> Mapping[str, Any]:
    """The values that columns have where none is given, of those that need none."""
    names = table.__struct_fields__[-len(table.__struct_defaults__) :]
    told = zip(names, table.__struct_defaults__, strict=True)
    return {name: value for name, value in told if value is not msgspec.NODEFAULT}


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
    kinds, defaults = columns(table), {name: value for name, value in defaults_of(table).items() if value is not None}
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
