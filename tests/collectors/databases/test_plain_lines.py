"""PostgreSQL's plain log: who did what by the usual prefixes, and names that pretend to be more."""

import pytest

from auditor.config.sources.databases import PostgresLogs
from auditor.model.tables import Activity
from collectors.databases.log_lines import lines
from collectors.databases.log_record import Line
from collectors.databases.postgres_logs import PostgresLogsCollector
from collectors.databases.recognise import recognised
from collectors.json_values import Broken

DEBIAN = "2026-02-28 10:00:00.000 UTC [7] "


@pytest.fixture
def read(collect, context):
    """The acts of a log, and what its coverage says."""

    def run(*told, **settings):
        (context.base / "log").mkdir(exist_ok=True)
        (context.base / "log/postgres.log").write_text("\n".join([*told, ""]))
        source = PostgresLogs(name="log", kind="postgres-logs", instance="orders", path="log", **settings)
        got = collect(PostgresLogsCollector(source, context))
        rows = [(row.actor, row.action.partition(":")[2], str(row.outcome)) for row in got.rows(Activity)]
        return rows, got.coverage[0], got.rows(Activity)

    return run


@pytest.mark.parametrize(
    ("begin", "user", "database", "remote"),
    [
        (f"{DEBIAN}nina@shop ", "nina", "shop", ""),
        (f"{DEBIAN}nina@harbour.example@shop ", "nina@harbour.example", "shop", ""),
        ("2026-02-28 10:00:00 UTC:10.0.0.7(50022):nina@shop:[7]:", "nina", "shop", "10.0.0.7"),
        ("2026-02-28 10:00:00 UTC:[local]:nina@shop:[7]:", "nina", "shop", "[local]"),
        ("2026-02-28 10:00:00.000 UTC [7]: [1-1] db=shop,user=nina ", "nina", "shop", ""),
        (
            "2026-02-28 10:00:00 CET [7]: [3-1] user=nina,db=shop,app=DBeaver 23 - Main,client=::1 ",
            "nina",
            "shop",
            "::1",
        ),
        ("2026-02-28 10:00:00 UTC [7]: user=nina,db=shop,app=[unknown],client=10.0.0.7 ", "nina", "shop", "10.0.0.7"),
        ("2026-02-28 10:00:00.000 +03 [7] nina@shop ", "nina", "shop", ""),
    ],
)
def test_lines_that_begin_in_usual_ways(begin, user, database, remote):
    (line,) = (one for one in lines(f"{begin}LOG:  statement: delete\n\tfrom t\n".encode()) if one)
    assert (line.user, line.database, line.remote, line.severity) == (user, database, remote, "LOG")
    assert line.message == "statement: delete\nfrom t"
    told = recognised("logs/db/postgresql-16-main.log", f"{begin}LOG:  statement: delete")
    assert (told.kind, told.settings) == ("postgres-logs", {"instance": "database"})


def test_everything_that_a_prefix_tells_is_taken_from_it():
    begin = "1772272800.250 6a2b.1 [7] 12 5/3 42501 ALTER ROLE [client backend] psql 10.0.0.7(50022) nina@shop "
    (told,) = lines(f"{begin}ERROR:  no".encode(), "%n %c [%p] %l %v %e %i [%b] %a %r %u@%d ")
    assert told == Line(
        time="2026-02-28 10:00:00.250000 UTC",
        user="nina",
        database="shop",
        remote="10.0.0.7",
        session="6a2b.1",
        number="12",
        transaction="5/3",
        tag="ALTER ROLE",
        severity="ERROR",
        state="42501",
        message="no",
        statement="",
        program="psql",
        backend="client backend",
    )


def test_who_is_known_by_the_line_of_the_connection_where_the_prefix_tells_nobody(read):
    rows, coverage, acts = read(
        f"{DEBIAN}LOG:  connection received: host=10.0.0.7 port=50022",
        f"{DEBIAN}LOG:  connection authorized: user=nina database=shop application_name=psql SSL enabled (protocol=x)",
        f"{DEBIAN}LOG:  statement: UPDATE t SET a = 1",
        f"{DEBIAN}ERROR:  permission denied for table t",
        f"{DEBIAN}STATEMENT:  UPDATE t SET a = 1",
        f"{DEBIAN}LOG:  statement: DELETE FROM t",
        f"{DEBIAN}LOG:  disconnection: session time: 0:00:09.0 user=nina database=shop host=10.0.0.7 port=50022",
        f"{DEBIAN}LOG:  statement: DROP TABLE t",
        log_line_prefix="%m [%p] ",
    )
    assert [row[1:] for row in rows] == [("login", "ok"), ("UPDATE", "failed"), ("DELETE", "ok"), ("logout", "ok")]
    assert {(row.actor, row.source_ip, row.user_agent, row.resource) for row in acts} == {
        ("nina", "10.0.0.7", "psql", "shop")
    }
    assert len({row.session for row in acts}) == 1
    assert (coverage.status, coverage.rejected) == ("partial", 1)
    assert "it names no user" in coverage.reason


def test_whoever_copies_the_server_signs_in(read):
    rows, coverage, acts = read(
        f"{DEBIAN}LOG:  connection received: host=10.0.0.7 port=50022",
        f"{DEBIAN}LOG:  replication connection authorized: user=nina application_name=pg_basebackup SSL enabled (x=y)",
        f"{DEBIAN}LOG:  disconnection: session time: 0:00:09.0 user=nina database= host=10.0.0.7 port=50022",
        log_line_prefix="%m [%p] ",
    )
    assert rows == [("nina", "login", "ok"), ("nina", "logout", "ok")]
    assert (coverage.status, acts[0].user_agent, acts[0].source_ip) == ("ok", "pg_basebackup", "10.0.0.7")


def test_statements_of_one_moment_are_all_told(read):
    rows, coverage, _ = read(*[f"{DEBIAN}nina@shop LOG:  statement: DELETE FROM t"] * 3)
    assert (len(rows), coverage.rejected, "no statement" in coverage.reason) == (3, 0, False)


def test_failed_sign_ins_are_refused(read):
    said = 'FATAL:  password authentication failed for user "eve"'
    rows, coverage, _ = read(f"{DEBIAN}eve@shop {said}", f'{DEBIAN}eve@shop DETAIL:  matched line 97: "host all"')
    assert (rows, coverage.status) == ([("eve", "login", "denied")], "ok")


@pytest.mark.parametrize(
    "forged",
    [
        "nina@shop LOG:  statement: DROP TABLE t@x",
        "eve\n2026-02-28 10:00:01.000 UTC [8] nina@shop LOG:  statement: DROP",
        "eve@\n2026-02-28 10:00:01.000 UTC [8] nina@shop LOG:  statement: DROP TABLE t\n",
    ],
)
def test_a_name_that_pretends_to_be_a_statement_is_told_and_not_read(forged, read):
    rows, coverage, _ = read(f'{DEBIAN}{forged} FATAL:  role "x" does not exist')
    assert (rows, coverage.status) == ([], "partial")


def test_a_statement_cannot_begin_a_line():
    found = list(lines(f"{DEBIAN}nina@shop LOG:  statement: SELECT '\n\t{DEBIAN}tom@shop LOG:  x'\n".encode()))
    assert [one for one in found if one and isinstance(one, Broken)] == []
    assert [one.user for one in found if one] == ["nina"]


@pytest.mark.parametrize(
    ("prefix", "says"), [(None, "name how they do as `log_line_prefix`"), ("%u@%d ", "no time or no process")]
)
def test_lines_that_begin_in_no_known_way_are_not_read(prefix, says, read):
    rows, coverage, _ = read("nina@shop LOG:  statement: DELETE FROM t", log_line_prefix=prefix)
    assert (rows, coverage.status) == ([], "failed")
    assert says in coverage.reason


def test_another_language_is_told(read):
    rows, coverage, _ = read(f"{DEBIAN}nina@shop LOG:  Anweisung: DELETE FROM t", f"{DEBIAN}nina@shop FEHLER:  x")
    assert (rows, coverage.status, coverage.rejected) == ([], "partial", 2)
    assert "lc_messages" in coverage.reason


def test_a_line_is_quoted_whole_without_its_password():
    log = f"{DEBIAN}nina@shop LOG:  statement: ALTER ROLE x\n\tPASSWORD 'hunter2'\n{DEBIAN}nina@shop LOG:  x\n"
    quoted = PostgresLogsCollector.quote(log.encode(), 0)
    assert quoted.startswith(f"{DEBIAN}nina@shop LOG:  statement: ALTER ROLE x\n\tPASSWORD")
    assert "hunter2" not in quoted
    assert quoted.count("\n") == 1
