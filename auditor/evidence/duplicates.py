"""One event is stored once, however often it is delivered.

Looked for one UTC day at a time, so that memory follows the busiest day; quiet days are looked at together.
First a cheap pass over 64-bit hashes finds ids that may occur twice; only where it finds some are the ids
themselves compared. Parts without duplicates stay as they are.
"""

from __future__ import annotations

import contextlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from msgspec import Struct

from auditor.errors import StoreError
from auditor.evidence.files import explained
from auditor.evidence.manifest import Part
from auditor.evidence.staging import Staging
from auditor.model.all_tables import TABLES
from auditor.model.written import statement

if TYPE_CHECKING:
    import duckdb

DEDUPLICATED = {table.TABLE: table for table in TABLES if "event_id" in table.__struct_fields__}

_FEW = 100_000  # events of several days, with what is stored beside them, that are looked at together

# Where no earlier run has stored anything of the days.
_NO_STORED = {
    "stored_hashes": "select 0::ubigint as h where false",
    "stored_ids": "select '' as provider, '' as event_id where false",
}


class Unique(Struct, frozen=True):
    """The parts that are left, and how many rows of each source were dropped."""

    parts: list[Part]
    dropped: Counter[str]


def without_duplicates(
    connect: Callable[[], duckdb.DuckDBPyConnection],
    staging: Staging,
    parts: Iterable[Part],
    stored: Callable[[Sequence[Part]], Iterable[Part]],
    located: Callable[[Iterable[Part]], list[str]],
) -> Unique:
    """The staged parts without events that are in them twice or that an earlier run has stored.

    Of doubles in one run the first by origin and record stays.

    Args:
        connect: opens a DuckDB that can read what `located` returns.
        staging: where the parts lie; parts that hold duplicates are written anew in it.
        parts: the run's staged parts, of any table.
        stored: committed parts of the given parts' day that may hold the same events.
        located: where parts of those lie.
    """
    unique, dropped = [], Counter[str]()
    days = defaultdict(list)
    for part in parts:
        if part.table in DEDUPLICATED:
            days[part.day].append(part)
        else:
            unique.append(part)
    doubles = _find_all(connect, staging, days, stored, located) if days else {}
    for part in chain.from_iterable(days.values()):
        rows = doubles.get(part.path)
        if rows is None:
            unique.append(part)
        else:
            dropped[part.source] += len(rows)
            unique.extend(_rewrite(staging, part, rows))
    return Unique(unique, dropped)


def _find_all(
    connect: Callable[[], duckdb.DuckDBPyConnection],
    staging: Staging,
    days: Mapping[date, list[Part]],
    stored: Callable[[Sequence[Part]], Iterable[Part]],
    located: Callable[[Iterable[Part]], list[str]],
) -> dict[str, pa.Array]:
    import duckdb

    doubles: dict[str, pa.Array] = {}
    try:
        with contextlib.closing(connect()) as connection:
            for some, beside in _at_once([days[day] for day in sorted(days)], stored):
                doubles |= _find(connection, staging, some, located(beside))
    except duckdb.Error as error:
        raise StoreError(
            f"Cannot look for duplicate events: {error}",
            means="Nothing of this run was stored; what was stored before is as it was.",
            do="See that the disk has room, and run `auditor verify`.",
        ) from error
    return doubles


def _at_once(
    days: Iterable[list[Part]], stored: Callable[[Sequence[Part]], Iterable[Part]]
) -> Iterator[tuple[list[Part], list[Part]]]:
    """The parts to be looked at together, and what is stored beside them."""
    new: list[Part] = []
    beside: dict[str, Part] = {}
    for parts in days:
        near = {part.path: part for part in stored(parts)}
        if new and sum(part.rows for part in (*new, *parts, *(beside | near).values())) > _FEW:
            yield new, list(beside.values())
            new, beside = [], {}
        new, beside = [*new, *parts], beside | near
    if new:
        yield new, list(beside.values())


def _find(
    connection: duckdb.DuckDBPyConnection, staging: Staging, parts: Sequence[Part], stored: Sequence[str]
) -> dict[str, pa.Array]:
    """Row numbers to drop, by the staged part's path."""
    names = {str(staging.folder / part.path): part.path for part in parts}
    values: dict[str, object] = {"new": list(names)}
    if stored:
        values["stored"] = list(stored)
        values["first"] = min(part.from_time for part in parts)
        values["last"] = max(part.to_time for part in parts)
    earlier = {name: statement(__package__, name) if stored else nothing for name, nothing in _NO_STORED.items()}
    connection.execute(statement(__package__, "suspects").format_map(earlier), values)
    if not connection.execute("select exists (from suspects)").fetchall()[0][0]:
        return {}
    found = connection.sql(statement(__package__, "choose").format_map(earlier), params=values).to_arrow_table()
    rows = (positions.values for positions in found["positions"])
    return dict(zip((names[name] for name in found["filename"].to_pylist()), rows, strict=True))


def _rewrite(staging: Staging, part: Part, rows: pa.Array) -> list[Part]:
    """The part without the rows of these numbers, in a file of its own; nothing where none is left."""
    file = staging.folder / part.path
    with explained(f"read {file}"):
        data = pq.ParquetFile(file).read()
    data = data.filter(pc.invert(pc.is_in(pa.arange(0, data.num_rows), rows)))
    if not data.num_rows:
        return []
    return [staging.part(part.source, DEDUPLICATED[part.table], part.day, data)]
