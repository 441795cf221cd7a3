"""Running a source's batches: in this process, over processes, and when one of them dies."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest

from auditor.evidence.store import Store
from auditor.model.arrow import from_arrow
from auditor.model.tables import Coverage, ReadObject, Ticket
from collectors.pool import FEW, collect
from tests import waiting
from tests.collectors.pool_collectors import AT, Numbers

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def importable_by_workers(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
def staging(tmp_path):
    store = Store(str(tmp_path / "evidence"))
    with store.lock():
        yield store.staging("run-1", AT)


@pytest.fixture
def base(tmp_path):
    (tmp_path / "base").mkdir()
    return tmp_path / "base"


def rows(collected, staging, table):
    import pyarrow.parquet as pq

    return [
        row
        for part in collected.parts
        if part.table == table.TABLE
        for row in from_arrow(table, pq.ParquetFile(staging.folder / part.path).read())
    ]


def tickets(collected, staging):
    return [row.ticket for row in rows(collected, staging, Ticket)]


def processes(base):
    return {int(path.name[4:]) for path in base.glob("pid-*")}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_batch_is_stored_in_order_with_its_object_and_coverage(staging, base, workers):
    told = []
    got = collect(Numbers(10, base), staging=staging, seen={}, workers=workers, advance=told.append)
    assert (got.status, got.reason, got.source) == ("ok", None, "numbers")
    assert tickets(got, staging) == [f"T-{n}" for n in range(10)]
    assert [one.origin for one in rows(got, staging, ReadObject)] == [str(n) for n in range(10)]
    assert rows(got, staging, Coverage) == list(got.coverage)
    assert got.rows == {"tickets": 10, "objects": 10, "coverage": 2}
    assert told == [1] * 10
    assert (os.getpid() in processes(base)) == (workers == 1)


def test_coverage_is_merged_by_scope(staging, base):
    got = collect(Numbers(10, base), staging=staging, seen={})
    assert [(c.scope, c.from_.day, c.to, c.rows, c.status) for c in got.coverage] == [
        ("shelf-0", 1, AT, 5, "ok"),
        ("shelf-1", 2, AT, 5, "ok"),
    ]


def test_a_small_source_starts_no_processes(staging, base):
    collect(Numbers(FEW, base), staging=staging, seen={}, workers=2)
    assert processes(base) == {os.getpid()}


@pytest.mark.parametrize("workers", [1, 2])
def test_a_refusal_after_some_batches_keeps_what_was_read(staging, base, workers):
    got = collect(Numbers(6, base, refused=True), staging=staging, seen={}, workers=workers)
    assert (got.status, len(tickets(got, staging))) == ("partial", 6)
    assert "The shelf fell down. Put it up again." in got.reason


def test_a_refusal_at_once_is_a_failed_source(staging, base):
    got = collect(Numbers(0, base, refused=True), staging=staging, seen={})
    assert [(c.scope, c.status, c.reason) for c in got.coverage] == [
        ("numbers", "failed", "The shelf fell down. Put it up again.")
    ]
    assert got.status == "failed"


def test_nothing_new_is_in_order_and_said(staging, base):
    got = collect(Numbers(2, base), staging=staging, seen={"0": "1", "1": "1"})
    assert [(c.status, c.reason) for c in got.coverage] == [("ok", "nothing new since the last run")]
    assert got.status == "ok"


def test_raw_objects_are_kept_where_nothing_else_keeps_them(staging, base):
    some = collect(Numbers(2, base), staging=staging, seen={})
    every = collect(Numbers(2, base, keep_raw=True), staging=staging, seen={})
    assert [raw.origin for raw in some.raw] == ["0"]
    assert [raw.origin for raw in every.raw] == ["0", "1"]


def test_a_worker_that_dies_costs_its_batch_only_and_is_said(staging, base):
    got = collect(Numbers(9, base, deadly=4), staging=staging, seen={}, workers=2)
    assert tickets(got, staging) == [f"T-{n}" for n in range(9) if n != 4]
    (lost,) = [one for one in rows(got, staging, ReadObject) if one.status == "failed"]
    assert (lost.origin, lost.version) == ("4", "")
    assert got.status == "partial"
    assert "ended unexpectedly" in got.reason


def test_a_worker_that_dies_by_chance_costs_nothing(staging, base):
    got = collect(Numbers(9, base, deadly=4, only_once=True), staging=staging, seen={}, workers=2)
    assert tickets(got, staging) == [f"T-{n}" for n in range(9)]
    assert (got.status, (base / "died").exists()) == ("ok", True)


def test_workers_end_when_the_run_is_killed(base, tmp_path):
    program = (
        "import sys; from pathlib import Path; from tests.collectors.pool_collectors import AT, Numbers\n"
        "from auditor.evidence.staging import Staging; from collectors.pool import collect\n"
        "if __name__ == '__main__':\n"
        "    base = Path(sys.argv[1])\n"
        "    staging = Staging('r', AT, base / 'staging')\n"
        "    collect(Numbers(1000, base, slow=0.2), staging=staging, seen={}, workers=2)\n"
    )
    (tmp_path / "program.py").write_text(program)
    run = subprocess.Popen([sys.executable, tmp_path / "program.py", base], env=os.environ | {"PYTHONPATH": str(ROOT)})
    waiting.until(lambda: run.poll() is not None or len(processes(base)) == 2)
    assert run.poll() is None
    run.kill()
    run.wait()
    waiting.until(lambda: not any(map(_alive, processes(base))))


def _alive(process):
    state = Path(f"/proc/{process}/stat")
    return state.exists() and state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


@pytest.mark.parametrize("workers", [1, 2])
def test_what_nobody_expected_costs_its_batch_and_is_told_by_its_type(staging, base, workers):
    got = collect(Numbers(6, base, odd=2), staging=staging, seen={}, workers=workers)
    assert tickets(got, staging) == ["T-0", "T-1", "T-3", "T-4", "T-5"]
    assert got.status == "partial"
    assert "KeyError" in got.reason
    (failed,) = [one for one in rows(got, staging, ReadObject) if one.status == "failed"]
    assert (failed.origin, failed.version) == ("2", "")


def test_a_source_that_hangs_ends_at_its_deadline_and_keeps_what_it_read(staging, base):
    got = collect(Numbers(3, base, hung=True, timeout=timedelta(seconds=1)), staging=staging, seen={})
    assert len(tickets(got, staging)) == 3
    assert got.status == "partial"
    assert "timeout" in got.reason


def test_workers_that_hang_do_not_hold_up_the_end(staging, base):
    began = time.monotonic()
    source = Numbers(9, base, slow=600, timeout=timedelta(seconds=1))
    got = collect(source, staging=staging, seen={}, workers=2)
    assert got.status == "failed"
    assert time.monotonic() - began < 300


def test_a_source_ends_when_the_time_of_the_whole_run_is_over(staging, base):
    for left in (timedelta(seconds=0.5), timedelta()):
        got = collect(Numbers(0, base, hung=True), staging=staging, seen={}, left=left)
        assert got.status == "failed"
        assert "the run took longer" in got.reason


def test_a_source_that_answers_nothing_until_its_deadline_failed(staging, base):
    got = collect(Numbers(0, base, hung=True, timeout=timedelta(seconds=0.2)), staging=staging, seen={})
    assert got.status == "failed"


@pytest.mark.parametrize(("never_empty", "status"), [(True, "partial"), (False, "ok")])
def test_an_answer_without_anybody_in_it_is_no_answer_where_there_is_always_somebody(
    staging, base, never_empty, status
):
    got = collect(Numbers(1, base, silent=True, never_empty=never_empty), staging=staging, seen={})
    assert got.status == status
