"""Questions in SQL to stored parts: few rows of many, and no more of the parts than they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from auditor.model.sql import columns
from auditor.model.tables import Row

if TYPE_CHECKING:
    import duckdb

# Parts of any age: columns that one of them does not have are null, and those that are no more are left out.
_STORED = """
WITH stored AS NOT MATERIALIZED (
    SELECT {nulls}, NULL::UBIGINT AS part_number, NULL::BIGINT AS row_number WHERE false
    UNION ALL BY NAME
    SELECT * EXCLUDE (file_row_number), file_index AS part_number, file_row_number AS row_number
    FROM read_parquet($parts, union_by_name = true, hive_partitioning = false, file_row_number = true)
)
{question}
"""


def ask(
    connection: duckdb.DuckDBPyConnection, table: type[Row], parts: Sequence[str], question: str, values: dict[str, Any]
) -> list[tuple[Any, ...]]:
    """What a query over `stored` answers: the rows of some parts, with `part_number` and `row_number`."""
    nulls = ", ".join(f'NULL::{kind} AS "{name}"' for name, kind in columns(table).items())
    query = _STORED.format(nulls=nulls, question=question)
    return connection.execute(query, {"parts": list(parts), **values}).fetchall()
