"""What DuckDB keeps on disk between the steps."""

import os
from pathlib import Path

import duckdb

from auditor.activity.engine import DuckDB
from auditor.activity.engines import opened
from auditor.config.engine import DuckDBEngine
from auditor.evidence.store import Store

QUERY = "SELECT i AS caller, concat('it''s ', i) AS action FROM range(1000) AS t(i)"
SUM = "SELECT CAST(sum(caller) AS BIGINT) AS callers, max(action) AS action FROM acts"


def test_what_is_kept_can_be_read_by_its_owner_alone_and_goes_with_the_engine(tmp_path) -> None:
    spill = tmp_path / "it's spill" / "7"
    with duckdb.connect() as connection:
        engine = DuckDB(connection, temp=spill)
        engine.keep("acts", QUERY)
        (kept,) = spill.iterdir()
        assert (kept.stat().st_mode & 0o777, spill.stat().st_mode & 0o777) == (0o600, 0o700)
        assert list(engine.rows(SUM)) == [{"callers": 499_500, "action": "it's 999"}]
        engine.close()
    assert not spill.exists()


def test_where_nothing_may_be_written_it_is_asked_anew() -> None:
    with duckdb.connect(config={"temp_directory": ""}) as connection:
        engine = DuckDB(connection)
        engine.keep("acts", QUERY)
        assert list(engine.rows(SUM)) == [{"callers": 499_500, "action": "it's 999"}]
        engine.close()


def test_a_store_is_left_without_what_was_kept(tmp_path) -> None:
    store = Store(str(tmp_path / "store"))
    with opened(store, DuckDBEngine()) as engine:
        engine.keep("acts", QUERY)
        assert _files(store.work / "spill")
    assert not _files(store.work / "spill")


def test_every_core_is_used_and_at_most_a_quarter_of_the_memory(tmp_path) -> None:
    with opened(Store(str(tmp_path)), DuckDBEngine()) as engine:
        settings = "SELECT current_setting('threads') AS threads, current_setting('memory_limit') AS most"
        (told,) = engine.rows(settings)
    number, unit = told["most"].split()
    held = float(number) * {"MiB": 1 << 20, "GiB": 1 << 30}[unit]
    assert told["threads"] == len(os.sched_getaffinity(0))
    assert held <= max(500e6, os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 4)


def test_parts_that_hold_what_is_sought_are_told_by_its_columns(tmp_path) -> None:
    parts = [str(tmp_path / f"it's part {number}.parquet") for number in range(3)]
    with duckdb.connect() as connection:
        for number, part in enumerate(parts):
            connection.sql(f"SELECT 'it''s {number % 2}' AS resource FROM range(3)").write_parquet(part)
        engine = DuckDB(connection)
        found = engine.holding(parts, "resource", ["it's 0", "x"])
        assert {value: sorted(of) for value, of in found.items()} == {"it's 0": [parts[0], parts[2]]}
        assert engine.holding(parts, "resource", ["y"]) == engine.holding([], "resource", ["y"]) == {}


def _files(folder: Path) -> list[Path]:
    return list(folder.rglob("*"))
