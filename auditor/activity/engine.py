"""DuckDB as the steps need it: the steps are plain SQL, only reading the parts and setting limits are its own."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.errors import StoreError
from auditor.model.groups import grouped
from auditor.model.sql import columns as columns_of
from auditor.model.tables import Activity

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


class DuckDB:
    """An embedded engine for the steps.

    Args:
        connection: a connection that can read the parts; its settings are changed.
        memory: limit for data held at once, beyond which it goes to disk; the connection's own when None.
        temp: folder for what does not fit in memory; the connection's own when None.
        held: of so many events and fewer each step's rows are held, and one core makes them: to plan a query over
            views over files, and to share it out, would take longer than to run it.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        *,
        memory: str | None = "1500MB",
        threads: int = 2,
        temp: Path | None = None,
        held: int = 20_000,
    ) -> None:
        self._connection = connection
        self._held = held
        self._threads = threads
        self._all_held = False
        self._made: dict[str, str] = {}
        self._kept: list[Path] = []
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET preserve_insertion_order = false")
        # It would hold nearly every act as a group of its own before the join that tells its episode.
        connection.execute("SET disabled_optimizers = 'partial_aggregate_pushdown'")
        if memory is not None:
            connection.execute("SET memory_limit = ?", [memory])
        connection.execute("SET threads = ?", [threads])
        if temp is not None:
            connection.execute("SET temp_directory = ?", [str(temp)])

    def read(self, name: str, parts: Sequence[str]) -> None:
        """Name the rows of these Parquet parts of `activity`, with `us` and `id_number`."""
        if parts:
            files = f"[{', '.join(map(_text, parts))}], union_by_name = true, hive_partitioning = false"
            query = f"SELECT * FROM read_parquet({files})"  # noqa: S608 - own parts
            self._connection.execute(f"CREATE OR REPLACE TEMP VIEW {name}_files AS {query}")
            self._hold(f"{name}_files")
            self.view(f"{name}_parts", f"SELECT * FROM {name}_files")  # noqa: S608 - own name
            told = self._connection.execute(f"DESCRIBE {name}_files")
            known = {column for column, *_ in told.fetchall()}
        else:
            self.few(f"{name}_parts", columns_of(Activity), ())
            known = set(columns_of(Activity))
        columns = [column if column in known else f"NULL::VARCHAR AS {column}" for column in COLUMNS]
        columns += ["epoch_us(time) AS us", "hash(event_id) AS id_number"]
        self.view(name, f"SELECT {', '.join(columns)} FROM {name}_parts")  # noqa: S608 - own names

    def holding(self, parts: Sequence[str], column: str, values: Iterable[str]) -> Mapping[str, Sequence[str]]:
        """By value of a column the parts in which some row has it; nothing but the column is read."""
        self.few("sought_values", {"value": "VARCHAR"}, ({"value": value} for value in values))
        files = "read_parquet($parts, union_by_name = true, hive_partitioning = false)"
        sought = f"{column} IN (SELECT value FROM sought_values)"  # noqa: S608 - the caller's own column
        query = f"SELECT DISTINCT {column}, file_index FROM {files} WHERE {sought}"  # noqa: S608 - likewise
        self._connection.execute("SET threads = ?", [self._threads])
        found = self._connection.execute(query, {"parts": list(parts)}).fetchall() if parts else ()
        return grouped((value, parts[number]) for value, number in found)

    def _hold(self, files: str) -> None:
        """Hold what steps make of these files, or not; the files' footers tell how many rows they have."""
        ((events,),) = self._connection.execute(f"SELECT count(*) FROM {files}").fetchall()  # noqa: S608 - own name
        self._all_held = events <= self._held
        self._connection.execute("SET threads = ?", [1 if self._all_held else self._threads])

    def give(self, name: str, rows: pa.Table) -> None:
        """Make rows known under a name."""
        import duckdb  # noqa: F401 - the package teaches its connections Arrow

        self._connection.register(name, rows)

    def few(self, name: str, columns: Mapping[str, str], rows: Iterable[Mapping[str, Any]]) -> None:
        """Make some thousands of rows known under a name."""
        told = list(rows)
        lists = {f"c{n}": [row.get(column) for row in told] for n, column in enumerate(columns)}
        of = (f"unnest($c{n}::{kind}[]) AS {column}" for n, (column, kind) in enumerate(columns.items()))
        self._connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT {', '.join(of)}", lists)

    def view(self, name: str, query: str) -> None:
        """Name a query; it runs where it is used, or at once where little is asked."""
        self._make("TABLE" if self._all_held else "VIEW", name, query)

    def table(self, name: str, query: str) -> None:
        """Run a query and keep its rows under a name."""
        self._make("TABLE", name, query)

    def _make(self, kind: str, name: str, query: str) -> None:
        if (before := self._made.get(name, kind)) != kind:
            self._connection.execute(f"DROP {before} {name}")
        self._made[name] = kind
        with _room():
            self._connection.execute(f"CREATE OR REPLACE TEMP {kind} {name} AS {query}")

    def keep(self, name: str, query: str) -> None:
        """Run a query and keep its rows in a file where DuckDB spills; where it must not, it runs where it is used."""
        if self._all_held:
            self.table(name, query)
            return
        setting = self._connection.execute("SELECT current_setting('temp_directory')").fetchone()
        if not (setting and setting[0]):
            self.view(name, query)
            return
        folder = Path(setting[0])
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        number, path = tempfile.mkstemp(suffix=".parquet", dir=folder)
        os.close(number)
        self._kept.append(Path(path))
        with _room():
            self._connection.execute(f"COPY ({query}) TO {_text(path)} ({_KEPT})")
        self.view(name, f"SELECT * FROM read_parquet({_text(path)})")  # noqa: S608 - own path

    def close(self) -> None:
        """Take away what was kept on disk."""
        for path in self._kept:
            path.unlink(missing_ok=True)
            with suppress(OSError):  # DuckDB's own spill may still lie beside it
                path.parent.rmdir()
        self._kept.clear()

    def forget(self, *names: str) -> None:
        """Free what kept rows take, when no step needs them any more."""
        for name in names:
            self._connection.execute(f"DROP TABLE IF EXISTS {name}")

    def rows(self, query: str) -> Iterator[dict[str, Any]]:
        """Run a query and go through its rows, few at a time; no other query may be run before the last of them."""
        with _room():
            found = self._connection.execute(query)
        names = [column[0] for column in found.description or ()]
        # A row of an episode can hold five hundred things, each with its times.
        while some := found.fetchmany(200):
            yield from (dict(zip(names, one, strict=True)) for one in some)

    def batches(self, query: str, size: int = 100_000) -> Iterator[pa.RecordBatch]:
        """Run a query and go through its rows as Arrow has them; no other query may be run before the last of them."""
        import duckdb  # noqa: F401 - the package teaches its connections Arrow

        yield from self._connection.sql(query).to_arrow_reader(size)


COLUMNS = tuple(name for name in columns_of(Activity) if name not in ("time", "collected_at", "project"))
# Quick to write, into the file that only its owner may read: few rows are held at once, no dictionary of what differs.
_KEPT = (
    "FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 61440, DICTIONARY_SIZE_LIMIT 1000, WRITE_BLOOM_FILTER false, "
    "USE_TMP_FILE false"
)


@contextmanager
def _room() -> Iterator[None]:
    """Raises StoreError where the disk on which DuckDB works is full, or cannot be written."""
    import _duckdb

    try:
        yield
    except _duckdb.IOException as error:
        raise StoreError(
            "What was collected could not be digested: there is no room to work, or it cannot be written.",
            means=f"Nothing was judged. {str(error).splitlines()[0][:300]}",
            do="Free some space and run again: nothing that was stored before is lost.",
        ) from error


def _text(path: str) -> str:
    return "'" + path.replace("'", "''") + "'"
