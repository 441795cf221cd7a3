"""PostgreSQL's plain log in several files: a session goes on from one to the next, unless something may be missing."""

import gzip
import os

import pytest

from auditor.config.sources.databases import PostgresLogs
from auditor.model.tables import Activity
from collectors.base import Raw
from collectors.databases.log_turns import log_of, silence, turn
from collectors.databases.postgres_logs import PostgresLogsCollector

RECEIVED = "LOG:  connection received: host=10.0.0.7 port=50022"
NINA = "LOG:  connection authorized: user=nina database=shop application_name=psql"
OTTO = "LOG:  connection authorized: user=otto database=shop"
DELETE = "LOG:  statement: DELETE FROM carts"
ENDED = "LOG:  disconnection: session time: 0:00:09.000 user=nina database=shop host=10.0.0.7 port=50022"
RESTARTED = "LOG:  database system was shut down at 2026-02-28 03:00:00 UTC"


def log(*told, day="2026-02-28"):
    return "".join(f"{day} {time}.000 UTC [7] {message}\n" for time, message in told)


@pytest.fixture
def source(context):
    (context.base / "pg").mkdir()
    told = PostgresLogs(name="pg", kind="postgres-logs", instance="orders", path="pg", log_line_prefix="%m [%p] ")
    return PostgresLogsCollector(told, context)


@pytest.fixture
def write(context):
    def run(name, text, at=0):
        path = context.base / "pg" / name
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        os.utime(path, (at, at))

    return run


def deletes(got):
    return [row.actor for row in got.rows(Activity) if row.action == "postgres:DELETE"]


@pytest.mark.parametrize(
    ("before", "after", "first", "second", "who"),
    [
        ("postgresql-2026-02-27.log", "postgresql-2026-02-28.log", "21:00:00", "20:00:00", ["nina"]),
        ("postgresql-2026-02-27_000000.log", "postgresql-2026-02-28_000000.log", "21:00:00", "20:00:00", ["nina"]),
        ("postgresql.log.2026-02-27-23", "postgresql.log.2026-02-28-00", "23:01:00", "00:59:00", ["nina"]),
        ("postgresql-16-main.log.1", "postgresql-16-main.log", "21:00:00", "20:00:00", ["nina"]),
        ("postgresql-16-main.log.2.gz", "postgresql-16-main.log.1", "21:00:00", "20:00:00", ["nina"]),
        ("postgresql-Fri.log", "postgresql-Sat.log", "21:00:00", "20:00:00", ["nina"]),
        # Size turns a log at any time.
        ("postgresql-2026-02-27_000000.log", "postgresql-2026-02-28_101500.log", "23:40:00", "00:10:00", ["nina"]),
        # An hour, a day, or more than a day of a log may be missing.
        ("postgresql.log.2026-02-27-22", "postgresql.log.2026-02-28-00", "22:01:00", "00:59:00", []),
        ("postgresql-2026-02-26.log", "postgresql-2026-02-28.log", "26T23:59:00", "00:01:00", []),
        ("postgresql-16-main.log.1", "postgresql-16-main.log", "03:00:00", "20:00:00", []),
        # Two servers' logs side by side.
        ("postgresql-15-main.log", "postgresql-16-main.log", "21:00:00", "20:00:00", []),
    ],
)
def test_a_session_goes_on_in_the_next_file_where_none_is_missing(
    before, after, first, second, who, source, write, collect
):
    day, _, time = first.rpartition("T")
    write(before, log((time, RECEIVED), (time, NINA), day=f"2026-02-{day or 27}"))
    write(after, log((second, DELETE)), at=10)
    assert deletes(collect(source)) == who


def test_a_file_without_a_line_is_none_that_is_missing(source, write, collect):
    write("postgresql.log.2026-02-28-07", log(("07:10:00", NINA)))
    write("postgresql.log.2026-02-28-08", "")
    write("postgresql.log.2026-02-28-09", log(("09:50:00", DELETE)))
    assert deletes(collect(source)) == ["nina"]


@pytest.mark.parametrize(
    ("told", "who"),
    [
        ([ENDED], []),
        ([RESTARTED], []),
        ([RECEIVED], []),
        ([RECEIVED, OTTO], ["otto"]),
        ([OTTO], ["otto"]),
        (["LOG:  checkpoint starting: time"], ["nina"]),
        ([f"{OTTO}\n2026-02-28 09:00:00.000 UTC [7] CONTEXT:  PL/pgSQL function f() line 3 at RAISE"], ["nina"]),
        ([f"{ENDED}\n2026-02-28 09:00:00.000 UTC [7] STATEMENT:  SELECT f()"], ["nina"]),
        ([f"{RESTARTED}\n2026-02-28 09:00:00.000 UTC [7] STATEMENT:  SELECT f()"], ["nina"]),
    ],
)
def test_whoever_has_ended_is_nobody_s_any_more_and_no_statement_can_say_so(told, who, source, write, collect):
    write("postgresql-2026-02-27.log", log(("21:00:00", RECEIVED), ("21:00:00", NINA), day="2026-02-27"))
    write("postgresql-2026-02-28.log", log(*(("09:00:00", one) for one in told), ("10:00:00", DELETE)))
    assert deletes(collect(source)) == who


def test_the_server_s_own_id_of_a_session_comes_but_once(context, write, collect):
    (context.base / "pg").mkdir()
    write("a.2026-02-20.log", f"2026-02-20 21:00:00 UTC 6a2b.7 {NINA}\n")
    write("a.2026-02-28.log", f"2026-02-28 21:00:00 UTC 6a2b.7 {DELETE}\n")
    told = PostgresLogs(name="pg", kind="postgres-logs", instance="orders", path="pg", log_line_prefix="%t %c ")
    assert deletes(collect(PostgresLogsCollector(told, context))) == ["nina"]


@pytest.mark.parametrize("names", [("pg-2026-02-27.log", "pg-2026-02-28.log"), ("pg-Fri.log", "pg-Sat.log")])
def test_the_file_before_a_new_one_is_read_once_more(names, source, write, collect):
    write("pg-Thu.log", log(("01:00:00", RECEIVED), day="2026-02-26"), at=1)
    write(names[0], log(("21:00:00", RECEIVED), ("21:00:00", NINA), day="2026-02-27"), at=2)
    seen = {one.origin: one.version for one in collect(source).objects}
    assert not collect(source, seen).objects
    write(names[1], log(("09:00:00", DELETE)), at=3)
    got = collect(source, seen)
    assert [one.origin.rpartition("/")[2] for one in got.objects] == list(names)
    assert deletes(got) == ["nina"]


def test_files_of_many_batches_know_the_last_of_the_one_before(source, write, collect):
    write("pg-2026-02-20-00.log", log(("00:30:00", NINA), day="2026-02-20"))
    for hour in range(1, 220):
        day, time = f"2026-02-{20 + hour // 24}", f"{hour % 24:02}:30:00"
        write(f"pg-{day}-{hour % 24:02}.log", log((time, DELETE), day=day))
    got = collect(source)
    assert len(got.batches) == 2
    assert got.batches[1][0] == got.batches[0][-1]


@pytest.mark.parametrize(
    ("name", "of"),
    [
        ("postgresql-2026-02-28_101500.log", "postgresql-.log"),
        ("postgresql.log.2026-02-28-10", "postgresql.log"),
        ("postgresql-16-main.log.2.gz", "postgresql-16-main.log"),
        ("postgresql-16-main.log-20260228.gz", "postgresql-16-main.log"),
        ("postgresql-Sat.log", "postgresql-.log"),
        ("2026/02/28/postgresql.csv", "/postgresql.csv"),
    ],
)
def test_which_log_a_file_is_of(name, of):
    assert log_of(name) == of


def test_days_of_the_week_come_as_they_were_written():
    def raw(name, at):
        return Raw(name, bytes, version=f"9:{at}")

    files = [raw("pg-Fri.log", 9), raw("pg-Mon.log", 10), raw("pg-Wed.log", 8)]
    assert [one.origin for one in sorted(files, key=turn)] == ["pg-Wed.log", "pg-Fri.log", "pg-Mon.log"]
    assert silence("pg-2026-13-41.log", "pg-2026-02-28.log") == silence("pg-Mon.log", "pg-Tue.log")
