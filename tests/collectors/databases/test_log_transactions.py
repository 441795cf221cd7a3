"""Transactions in PostgreSQL's log: what was taken back is no change, and where that is in doubt it stays one."""

import os
import subprocess

import pytest

from auditor.config.sources.databases import PostgresLogs
from auditor.model.tables import Activity
from collectors.databases.commands import audited, what_ran
from collectors.databases.postgres_logs import PostgresLogsCollector
from tests import waiting
from tests.database_servers import program

BEGIN = "2026-02-28 10:00:00.000 UTC [7] nina@shop "
UPDATE = "UPDATE t SET a = 1"
ENDED = "=LOG:  disconnection: session time: 0:00:09.0 user=nina database=shop host=10.0.0.7 port=50022"
LOST = "=FATAL:  terminating connection due to idle-in-transaction timeout"


def error(statement):
    return f"=ERROR:  it could not be\n{BEGIN}STATEMENT:  {statement}"


def pgaudit(text, command=None, kind="MISC"):
    return f"=LOG:  AUDIT: SESSION,1,1,{kind},{command or text},,,{text},<not logged>"


AUDITED = pgaudit(UPDATE, "UPDATE", "WRITE")


@pytest.fixture
def outcomes(collect, context):
    """What became of each act of a session's statements; a line that begins with `=` is another of the log's."""

    def run(*told):
        lines = [one.removeprefix("=") if one.startswith("=") else f"LOG:  statement: {one}" for one in told]
        (context.base / "log").mkdir(exist_ok=True)
        (context.base / "log/postgres.log").write_text("".join(f"{BEGIN}{one}\n" for one in lines))
        source = PostgresLogs(name="log", kind="postgres-logs", instance="orders", path="log")
        rows = collect(PostgresLogsCollector(source, context)).rows(Activity)
        acts = [(row.action.partition(":")[2], str(row.outcome)) for row in rows]
        return sorted(act for act in acts if act[0] not in ("login", "logout"))

    return run


@pytest.mark.parametrize(
    "told",
    [
        ("BEGIN;", UPDATE, "SELECT 1", "ROLLBACK;"),
        ("start transaction isolation level read committed", UPDATE, "abort work"),
        ("/* a look */ BEGIN", UPDATE, "ROLLBACK -- COMMIT"),
        ("=LOG:  execute S_1: BEGIN", f"=LOG:  execute <unnamed>: {UPDATE}", "=LOG:  execute S_2: ROLLBACK"),
        ("BEGIN", f"SELECT 1; {UPDATE}", "ROLLBACK"),
        ("BEGIN", UPDATE, ENDED),
        ("BEGIN", UPDATE, LOST),
        ("BEGIN", UPDATE, "SELECT x", error("SELECT x"), "COMMIT"),
        ("BEGIN", UPDATE, "COMMIT", error("COMMIT")),
        ("BEGIN", "SAVEPOINT a", UPDATE, "SAVEPOINT b", "ROLLBACK TO SAVEPOINT a", "COMMIT"),
        ("BEGIN", "SAVEPOINT a", UPDATE, "RELEASE a", "ROLLBACK"),
        (pgaudit("BEGIN"), AUDITED, pgaudit("ROLLBACK;", "ROLLBACK")),
        (
            pgaudit("BEGIN"),
            pgaudit("SAVEPOINT a", "SAVEPOINT"),
            AUDITED,
            pgaudit("ROLLBACK TO a", "ROLLBACK"),
            pgaudit("COMMIT"),
        ),
        ("BEGIN", pgaudit("BEGIN"), UPDATE, AUDITED, "ROLLBACK", pgaudit("ROLLBACK")),
    ],
)
def test_what_was_taken_back_is_no_change(told, outcomes):
    assert outcomes(*told) == [("UPDATE", "failed")]


@pytest.mark.parametrize(
    "told",
    [
        ("BEGIN", UPDATE, "COMMIT"),
        ("BEGIN", UPDATE, "COMMIT", "BEGIN", "SELECT 1", "ROLLBACK"),
        ("BEGIN", UPDATE, "COMMIT", "SELECT x", error("SELECT x")),
        ("BEGIN", UPDATE, "end work", ENDED),
        (UPDATE, "SELECT x", error("SELECT x")),
        (UPDATE, "ROLLBACK"),
        (AUDITED, pgaudit("ROLLBACK")),
        (pgaudit("BEGIN"), AUDITED, pgaudit("COMMIT"), pgaudit("BEGIN"), pgaudit("ROLLBACK")),
        ("BEGIN", pgaudit("BEGIN"), UPDATE, AUDITED, "COMMIT", pgaudit("COMMIT")),
        ("BEGIN", UPDATE, "SAVEPOINT a", "SELECT x", error("SELECT x"), "ROLLBACK TO a", "COMMIT"),
        ("BEGIN", UPDATE, "SAVEPOINT a", "RELEASE SAVEPOINT a", "COMMIT", "ROLLBACK"),
        # In doubt.
        (f"BEGIN; {UPDATE}", "ROLLBACK"),
        ("BEGIN", UPDATE, "SELECT 1; COMMIT; BEGIN", "ROLLBACK"),
        ("BEGIN", UPDATE, "PREPARE TRANSACTION 'x'", "ROLLBACK"),
        ("BEGIN", UPDATE, "ROLLBACK TO b", "ROLLBACK"),
        ("BEGIN", UPDATE, "SELECT set_config('log_statement', 'none', false)", "ROLLBACK"),
        ("BEGIN", UPDATE, "RESET ALL", "ROLLBACK"),
        ("=LOG:  duration: 900.1 ms  statement: BEGIN", UPDATE, "ROLLBACK"),
        ("BEGIN", UPDATE, "=LOG:  duration: 900.1 ms  statement: ROLLBACK"),
        ("BEGIN", UPDATE, "=FEHLER:  x", "ROLLBACK"),
        ("BEGIN", UPDATE, "=LOG:  connection authorized: user=nina database=shop", "BEGIN", "ROLLBACK"),
        ("BEGIN", UPDATE),
    ],
)
def test_what_was_kept_or_may_have_been_is_a_change(told, outcomes):
    assert outcomes(*told) == [("UPDATE", "ok")]


@pytest.mark.parametrize(
    ("does", "tag"),
    [
        ("SELECT pg_terminate_backend(7)", "SELECT pg_terminate_backend"),
        ("SELECT setval('s', 7)", "SELECT setval"),
        ("UPDATE t SET a = setval('s', 7)", "UPDATE"),
        ("COPY t TO PROGRAM 'x'", "COPY TO PROGRAM"),
        ("COPY t FROM PROGRAM 'x'", "COPY FROM"),
    ],
)
def test_what_no_transaction_takes_back_stays(does, tag, outcomes):
    assert outcomes("BEGIN", does, "ROLLBACK") == [(tag, "ok")]


def test_a_transaction_that_holds_too_much_is_told_as_done(outcomes):
    assert {one for _, one in outcomes("BEGIN", *[UPDATE] * 1003, "COMMIT")} == {"ok"}
    assert "ok" in {one for _, one in outcomes("BEGIN", *[UPDATE] * 1003, "ROLLBACK")}


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("CREATE TEMP TABLE x AS SELECT * FROM t", "read"),
        ("create local temporary view x as select 1", "read"),
        ("CREATE TEMP TABLE x AS SELECT setval('s', 1)", "change"),
        ("CREATE TEMP TABLE x (a int); DROP TABLE t", "change"),
        ("CREATE TABLE temp (a int)", "change"),
        ("CREATE UNLOGGED TABLE x AS SELECT 1", "change"),
    ],
)
def test_what_ends_with_its_session_is_no_change(text, category):
    assert str(what_ran(text)[1]) == category
    assert str(what_ran(text, "CREATE TABLE AS")[1]) == category
    assert str(audited("CREATE TABLE AS", "DDL", text)[1]) == category


def test_a_real_server_s_transactions(postgres, collect, context):
    steps = ("BEGIN", "CREATE TABLE kept (a int)", "SAVEPOINT s", "DROP TABLE kept", "ROLLBACK TO s", "COMMIT")
    back = ("BEGIN", "INSERT INTO kept VALUES (1)", "ROLLBACK")
    broken = ("BEGIN", "DELETE FROM kept", "SELECT 1/0", "COMMIT")
    asked = [one for step in (*steps, *back, *broken, "SELECT 'the last'") for one in ("-c", step)]
    command = [program("psql"), "-XAtq", "-h", postgres.folder, "-U", "postgres", "-d", "postgres"]
    env = {**os.environ, "PGOPTIONS": "-c log_statement=all"}
    subprocess.run([*command, *asked], capture_output=True, check=False, env=env)
    for log in ("postgres.csv", "postgres.json", "postgres"):
        file = postgres.folder / "log" / log
        waiting.until(lambda file=file: b"the last" in file.read_bytes())
        (context.base / log).mkdir()
        (context.base / log / log).write_bytes(file.read_bytes())
        source = PostgresLogs(name="log", kind="postgres-logs", instance="orders", path=log)
        rows = collect(PostgresLogsCollector(source, context)).rows(Activity)
        acts = {(row.action.partition(":")[2], str(row.outcome)) for row in rows if row.resource.startswith("postgres")}
        of_it = {act for act in acts if act[0] in ("DROP TABLE", "INSERT", "DELETE")}
        assert of_it == {("DROP TABLE", "failed"), ("INSERT", "failed"), ("DELETE", "failed")}
        assert ("CREATE TABLE", "ok") in acts
    postgres.psql("DROP TABLE kept")
