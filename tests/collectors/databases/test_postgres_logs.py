"""A real PostgreSQL's logs, as tables and as JSON, with pgaudit and without; and lines that are odd."""

import json
import subprocess

import psycopg
import pytest

from auditor.config.sources.databases import PostgresLogs
from auditor.model.tables import Activity
from collectors.databases.commands import audited, is_own_password, what_ran
from collectors.databases.log_lines import lines
from collectors.databases.postgres_logs import PostgresLogsCollector
from collectors.redact import redact
from tests import waiting
from tests.database_servers import program

SETUP = "CREATE ROLE quill LOGIN PASSWORD 'hunter2'; CREATE DATABASE logged;"
DONE = "SELECT 'the end of it'"


@pytest.fixture(scope="module")
def written(postgres):
    """What the server wrote of a few sessions in one database: its table, its JSON and its plain text."""
    postgres.psql(SETUP)
    command = [program("psql"), "-XAtq", "-h", postgres.folder, "-U", "never-made", "-d", "logged", "-c", "SELECT 1"]
    subprocess.run(command, capture_output=True, check=False)
    postgres.psql("CREATE TABLE t (a int); GRANT INSERT ON t TO quill", "logged")
    postgres.psql("ALTER ROLE quill PASSWORD 'hunter3'", "logged")
    postgres.psql("INSERT INTO t VALUES (1),\n(2) -- ; DROP TABLE t\n;", "logged", "quill")
    for failing in ("INSERT INTO t VALUES ('x')", "INSERT INTO t VALUES (1); DELETE FROM t", "SELECT 1/0"):
        command = [program("psql"), "-XAtq", "-h", postgres.folder, "-U", "quill", "-d", "logged", "-c", failing]
        assert subprocess.run(command, capture_output=True, check=False).returncode
    with psycopg.connect(host=str(postgres.folder), user="quill", dbname="logged", application_name='a"b') as session:
        session.execute("INSERT INTO t VALUES (%s)", (5,))
    own = "CREATE TEMP TABLE part AS SELECT 1 AS a", "INSERT INTO part VALUES (2)", "DROP TABLE part"
    with psycopg.connect(host=str(postgres.folder), user="quill", dbname="logged", autocommit=True) as session:
        for statement in (*own, "PREPARE append AS INSERT INTO t VALUES (9)", "EXECUTE append"):
            session.execute(statement)
    postgres.psql("ALTER ROLE quill SET log_statement = 'none'; SELECT 'DELETE FROM t; x'", "logged")
    command = [program("psql"), "-XAtq", "-h", postgres.folder, "-U", "quill", "-d", "nowhere", "-c", "SELECT 1"]
    subprocess.run(command, capture_output=True, check=False)
    folder = postgres.folder / "log"

    def whole():
        return b'database ""nowhere"" does not exist' in (folder / "postgres.csv").read_bytes()

    waiting.until(whole)
    waiting.until(lambda: b'database \\"nowhere\\" does not exist' in (folder / "postgres.json").read_bytes())
    waiting.until(lambda: b'database "nowhere" does not exist' in (folder / "postgres").read_bytes())
    logs = {name: (folder / f"postgres{name}").read_bytes() for name in (".csv", ".json", "")}
    yield {name.removeprefix(".") or "plain": content for name, content in logs.items()}, postgres.pgaudit
    postgres.psql("DROP DATABASE logged")
    postgres.psql("DROP ROLE quill")


def collected(collect, context, content):
    (context.base / "log").mkdir(exist_ok=True)
    (context.base / "log/postgres").write_bytes(content)
    source = PostgresLogs(name="log", kind="postgres-logs", instance="orders", path="log")
    return collect(PostgresLogsCollector(source, context))


def told(got):
    """The acts in the one database, without ends of sessions."""
    rows = [row for row in got.rows(Activity) if (row.resource or "").split("/")[0] in ("logged", "nowhere")]
    return [
        (row.account.partition(":")[2], row.action.partition(":")[2], str(row.category), str(row.outcome))
        for row in rows
        if row.action != "postgres:logout"
    ]


def test_sessions_and_statements_are_told_and_what_failed_does_not_count(written, collect, context):
    logs, pgaudit = written
    for content in logs.values():
        got = collected(collect, context, content)
        assert got.coverage[0].status == "ok", got.coverage[0].reason
        acts = told(got)
        assert [act for act in acts if act[0] == "quill@orders"] == [
            ("quill@orders", "login", "login", "ok"),
            ("quill@orders", "INSERT", "change", "ok"),
            ("quill@orders", "login", "login", "ok"),
            ("quill@orders", "INSERT", "change", "failed"),
            ("quill@orders", "login", "login", "ok"),
            ("quill@orders", "INSERT", "change", "failed"),
            ("quill@orders", "login", "login", "ok"),
            ("quill@orders", "login", "login", "ok"),
            ("quill@orders", "INSERT", "change", "ok"),
            ("quill@orders", "login", "login", "ok"),
            ("quill@orders", "INSERT", "change", "ok"),
            ("quill@orders", "login", "login", "denied"),
        ]
        assert [act[1:] for act in acts if act[0] == "postgres@orders" and act[1] != "login"] == [
            ("CREATE TABLE", "change", "ok"),
            ("GRANT", "grant", "ok"),
            ("ALTER ROLE", "grant", "ok"),
            ("ALTER ROLE", "audit-trail", "ok"),
        ]
        assert pgaudit == any("#audit" in row.event_id for row in got.rows(Activity))


@pytest.mark.parametrize("form", ["csv", "json", "plain"])
def test_what_was_prepared_before_the_log_begins_is_told_with_its_execution(written, collect, context, form):
    content = written[0][form]
    without = content.replace(b"statement: PREPARE append AS INSERT INTO t", b"statement: SELECT")
    assert without != content
    assert [row.event_id for row in collected(collect, context, without).rows(Activity)] == [
        row.event_id for row in collected(collect, context, content).rows(Activity)
    ]


def test_all_forms_tell_the_same(written, collect, context):
    def acts(form):
        # A server may still be telling of the end of a session.
        rows = collected(collect, context, written[0][form]).rows(Activity)
        return [row for row in rows if row.action != "postgres:logout"]

    first, second, plain = map(acts, ("csv", "json", "plain"))
    # Servers that write within one millisecond need not come in the same order in both.
    assert sorted((row.event_id, row.time, row.user_agent, row.session) for row in first) == sorted(
        (row.event_id, row.time, row.user_agent, row.session) for row in second
    )
    assert 'a"b' in {row.user_agent for row in first}
    # The plain log numbers sessions otherwise: a server may write it beside the others, and each act counts once.
    assert sorted((row.event_id, row.time, row.outcome) for row in plain) == sorted(
        (row.event_id, row.time, row.outcome) for row in first
    )


def test_no_password_and_no_data_is_kept_or_quoted(written, collect, context):
    logs, _ = written
    got = collected(collect, context, logs["csv"])
    kept = [row.detail for row in got.rows(Activity) if row.detail]
    assert kept
    assert not any(secret in detail for detail in kept for secret in ("hunter2", "hunter3", "VALUES"))
    number = next(
        n for n, line in enumerate(lines(logs["csv"])) if "statement: ALTER ROLE quill PASSWORD" in line.message
    )
    quoted = PostgresLogsCollector.quote(logs["csv"], number)
    assert "hunter3" not in quoted
    assert "PASSWORD ***" in quoted


@pytest.mark.parametrize(
    ("statement", "secret"),
    [
        ("ALTER ROLE x PASSWORD 'it''s a secret'", "secret"),
        (r"ALTER ROLE x ENCRYPTED PASSWORD E'a\'secret'", "secret"),
        ("ALTER ROLE x PASSWORD $q$secret$q$ LOGIN", "secret"),
        ("CREATE USER x IDENTIFIED BY 'secret'", "secret"),
        ("CREATE USER x IDENTIFIED WITH caching_sha2_password BY 'secret'", "secret"),
        ("CREATE USER MAPPING FOR x SERVER s OPTIONS (user 'x', password 'secret')", "secret"),
        ("ALTER ROLE x PASSWORD 'secret that is cut sho", "secret"),
    ],
)
def test_passwords_in_statements_are_taken_out(statement, secret):
    assert secret not in redact(statement)


def line(number, message, *, severity="LOG", statement="", tag="idle", time="2026-02-28 10:00:00.000 UTC", **told):
    return {
        "timestamp": time,
        "user": "nina",
        "dbname": "shop",
        "remote_host": "10.0.0.7",
        "session_id": "6b0c.1",
        "line_num": number,
        "ps": tag,
        "error_severity": severity,
        "message": message,
        "statement": statement,
        "backend_type": "client backend",
        **told,
    }


def acts(collect, context, *records):
    got = collected(collect, context, "\n".join(map(json.dumps, records)).encode())
    return got, [(row.action.partition(":")[2], str(row.category), str(row.outcome)) for row in got.rows(Activity)]


@pytest.mark.parametrize(
    ("text", "tag", "category"),
    [
        ("SELECT 1 AS a$b$; DROP TABLE t; SELECT 2 AS c$b$", "DROP TABLE", "change"),
        ("SELECT type'\\'; DROP TABLE t; --'", "DROP TABLE", "change"),
        (f"DELETE FROM t; {' '.join(f'$a{number}$' for number in range(9000))}", "DELETE", "change"),
        ("/* DROP TABLE t; */ insert into t values (';DROP TABLE t')", "INSERT", "change"),
        ("create or replace view v as select 1", "CREATE VIEW", "change"),
        ("create user x", "CREATE ROLE", "grant"),
        ("select 1; revoke all on t from nina", "REVOKE", "grant"),
        ("select $x$;delete from t;$x$; delete from t", "DELETE", "change"),
        ("copy t (a, b) from stdin", "COPY FROM", "change"),
        ("set pgaudit.log = 'none'", "SET", "audit-trail"),
        ("alter system set log_connections = off", "ALTER SYSTEM", "audit-trail"),
        ("alter system reset all", "ALTER SYSTEM", "audit-trail"),
        ("drop extension if exists pgaudit", "DROP EXTENSION", "audit-trail"),
        ("drop extension postgis", "DROP EXTENSION", "change"),
        ("with old as (select 1) delete from t using old", "DELETE", "change"),
        ("with gone as materialized (update t set a = 1 returning a) select * from gone", "UPDATE", "change"),
        ("select a into u from t", "SELECT INTO", "change"),
        ("explain (analyze, buffers) insert into t values (1)", "INSERT", "change"),
        ("explain analyze verbose with x as (select 1) merge into t using x", "MERGE", "change"),
        ("reassign owned by nina to tom", "REASSIGN OWNED", "grant"),
        ("security label on role x is 'y'", "SECURITY LABEL", "grant"),
        ("refresh materialized view v", "REFRESH MATERIALIZED", "change"),
        ("import foreign schema s from server x into y", "IMPORT FOREIGN", "change"),
        ("explain (analyze off) delete from t", "EXPLAIN", "read"),
        ("explain delete from t", "EXPLAIN", "read"),
        ("with a as (select '(delete from t') select a from a for update", "WITH", "read"),
        ("select 'x; delete from t'", "SELECT", "read"),
        ("copy (select * from t) to stdout", "COPY", "read"),
        ("do $$ begin end $$", "DO", "read"),
        (
            "do $x$ declare n int; begin select 1 into n; if n > 0 then delete from t; end if; end $x$",
            "DELETE",
            "change",
        ),
        ("DO LANGUAGE plpgsql 'begin perform pg_terminate_backend(7); end'", "SELECT pg_terminate_backend", "change"),
        ("do $$ begin select 'delete from t' into n; perform f(n); end $$", "DO", "read"),
        ("select pg_terminate_backend(pid) from pg_stat_activity", "SELECT pg_terminate_backend", "change"),
        ("select 'pg_terminate_backend(1)', pg_backend_pid()", "SELECT", "read"),
        ("copy (select 1) to program 'tee x'", "COPY TO PROGRAM", "change"),
        ("", "", "read"),
    ],
)
def test_a_statement_without_a_tag_is_known_by_its_first_words(text, tag, category):
    assert what_ran(text) == (tag, category)


@pytest.mark.parametrize(
    ("command", "kind", "text", "told"),
    [
        ("COPY", "READ", "copy (select 1) to program 'tee x'", ("COPY TO PROGRAM", "change")),
        ("COPY", "READ", "copy t to stdout", ("COPY", "read")),
        ("COPY", "WRITE", "<not logged>", ("COPY FROM", "change")),
        ("SELECT", "READ", "select pg_terminate_backend(7)", ("SELECT pg_terminate_backend", "change")),
        ("SELECT", "READ", "select * from t; delete from t", ("SELECT", "read")),
        ("SELECT", "READ", "", ("SELECT", "read")),
        ("EXECUTE", "FUNCTION", "select f()", ("EXECUTE", "read")),
    ],
)
def test_what_pgaudit_calls_a_read_may_do_more(command, kind, text, told):
    assert audited(command, kind, text) == told


@pytest.mark.parametrize("tag", ["SELECT", "EXECUTE", "PARSE", "BIND", "DESCRIBE", "EXPLAIN", "idle"])
def test_a_read_by_the_server_s_tag_may_write_inside(tag, collect, context):
    _, found = acts(collect, context, line(1, "execute a: with b as (delete from t) select 1", tag=tag))
    assert found == [("DELETE", "change", "ok")]


def test_statements_told_in_another_language_are_said_not_to_be_read(collect, context):
    told = ("Anweisung: DELETE FROM t", "instruction : update t set a = 1", "Anweisung: select 1", "temporary file: x")
    got, found = acts(collect, context, *(line(number, one) for number, one in enumerate(told)))
    assert found == []
    assert (got.coverage[0].status, got.coverage[0].rejected) == ("partial", 2)
    assert "set lc_messages to C" in got.coverage[0].reason


@pytest.mark.parametrize(("zone", "hour"), [("+0530", "04:30"), ("-03", "13:00"), ("UTC", "10:00"), ("EDT", "14:00")])
def test_zones_are_known_by_how_far_they_are_ahead(collect, context, zone, hour):
    got, _ = acts(collect, context, line(1, "statement: delete from t", time=f"2026-02-28 10:00:00.000 {zone}"))
    assert [f"{row.time:%H:%M}" for row in got.rows(Activity)] == [hour]


def test_object_lines_name_the_table_and_a_failure_of_another_statement_is_none(collect, context):
    audit = 'AUDIT: OBJECT,1,1,WRITE,UPDATE,TABLE,public.orders,"update orders set a = 1, b = ""x""",<not logged>'
    got, found = acts(
        collect,
        context,
        line(1, audit, tag="UPDATE"),
        line(2, "syntax error", severity="ERROR", statement="selec 1", tag="SELECT"),
        line(3, "AUDIT: SESSION,2,1,READ,SELECT,TABLE,public.orders,select,<none>", tag="SELECT"),
        line(4, "AUDIT: SESSION,3,1,WRITE,COPY,TABLE,public.orders,copy,<none>", tag="COPY"),
        line(5, "AUDIT: SESSION,3", tag="COPY"),
        line(6, "nonsense", severity="PROTOKOLL"),
        line(7, "statement: delete from t", backend_type="logical replication worker"),
        line(8, "statement: delete from t", time="yesterday"),
    )
    assert found == [("UPDATE", "change", "ok"), ("COPY FROM", "change", "ok")]
    assert [row.resource for row in got.rows(Activity)] == ["shop/public/orders"] * 2
    assert (got.coverage[0].status, got.coverage[0].rejected) == ("partial", 3)
    assert "set lc_messages to C" in got.coverage[0].reason


@pytest.mark.parametrize(("transaction", "outcome"), [("5/12", "failed"), ("5/13", "ok")])
def test_statements_that_came_together_fail_together(transaction, outcome, collect, context):
    both = "INSERT INTO t VALUES (1); DELETE FROM t"
    _, told = acts(
        collect,
        context,
        line(1, f"statement: {both}", vxid="5/12"),
        line(2, "AUDIT: SESSION,1,1,WRITE,INSERT,,,INSERT INTO t VALUES (1),<not logged>", tag="INSERT", vxid="5/12"),
        line(3, "permission denied for table t", severity="ERROR", statement=both, tag="DELETE", vxid=transaction),
    )
    assert told == [("INSERT", "change", outcome)]


def test_a_statement_that_the_server_tells_as_well_as_pgaudit_counts_once_and_for_each_of_its_tables(collect, context):
    audit = "AUDIT: OBJECT,1,1,WRITE,DELETE,TABLE,public.{},delete from orders,<none>"
    got, found = acts(
        collect,
        context,
        line(1, "statement: delete from orders"),
        line(2, audit.format("orders"), tag="DELETE"),
        line(3, audit.format("lines"), tag="DELETE"),
    )
    assert found == [("DELETE", "change", "ok")] * 2
    assert [row.resource for row in got.rows(Activity)] == ["shop/public/orders", "shop/public/lines"]


@pytest.mark.parametrize("words", ["", "SESSION,3", "SESSION,1,1,WRITE,UPDATE,TABLE,public.orders"])
def test_a_cut_line_of_pgaudit_is_rejected(words, collect, context):
    got, found = acts(collect, context, line(1, "statement: delete from t"), line(2, f"AUDIT: {words}"))
    assert (found, got.coverage[0].rejected) == ([("DELETE", "change", "ok")], 1)
    assert "it is no line of pgaudit" in got.coverage[0].reason


def test_a_statement_of_any_length_is_read_in_pgaudit_s_lines(collect, context):
    audit = f"AUDIT: SESSION,1,1,WRITE,UPDATE,TABLE,public.orders,{'x' * 200_000},<none>"
    _, found = acts(collect, context, line(1, audit, tag="UPDATE"))
    assert found == [("UPDATE", "change", "ok")]


def test_older_tables_are_read(collect, context):
    old = (
        '2019-02-28 10:00:00.000 CET,"nina","shop",7,"10.0.0.7:5555",5c77.7,1,"idle",2019-02-28 09:00:00 CET,3/1,0,LOG,'
        '00000,"statement: delete from t",,,,,,,,,"psql"\n'
    )
    (row,) = collected(collect, context, old.encode()).rows(Activity)
    assert (row.action, row.source_ip, row.time.isoformat()) == (
        "postgres:DELETE",
        "10.0.0.7",
        "2019-02-28T09:00:00+00:00",
    )


def test_a_log_of_connections_alone_says_so(collect, context):
    got, found = acts(collect, context, line(1, "connection authorized: user=nina database=shop"))
    assert found == [("login", "login", "ok")]
    assert "log_statement and pgaudit are off" in got.coverage[0].reason
    assert got.coverage[0].status == "ok"


@pytest.mark.parametrize(
    ("session", "status"),
    [("69a2bca0.1", "partial"), ("69a2bc90.1", "ok"), ("7.1", "partial")],
    ids=["began in it", "began before it", "nobody knows when"],
)
def test_a_log_without_the_sign_ins_of_its_sessions_says_so(session, status, collect, context):
    server_s = line(1, "checkpoint starting: time", user="", session_id="69a2b000.1", backend_type="checkpointer")
    records = [server_s, line(2, "statement: delete from t", session_id=session)]
    got, found = acts(collect, context, *records)
    assert found == [("DELETE", "change", "ok")]
    assert got.coverage[0].status == status
    assert ("log_connections is off" in (got.coverage[0].reason or "")) == (status == "partial")
    signed_in = line(3, "connection authorized: user=mia database=shop", session_id="69a2bca1.2")
    assert acts(collect, context, *records, signed_in)[0].coverage[0].status == "ok"


@pytest.mark.parametrize(
    ("text", "user", "own"),
    [
        ("ALTER ROLE nina PASSWORD 'a'';b'", "nina", True),
        ("alter user Nina with encrypted password '<secret>';", "nina", True),
        ('ALTER USER "Nina@Quay" PASSWORD <REDACTED>', "Nina@Quay", True),
        ("ALTER USER current_user PASSWORD NULL", "nina", True),
        ("ALTER ROLE nina PASSWORD 'a'", "sam", False),
        ("ALTER ROLE \"Nina\" PASSWORD 'a'", "nina", False),
        ("ALTER ROLE nina PASSWORD 'a' SUPERUSER", "nina", False),
        ("ALTER ROLE nina SUPERUSER PASSWORD 'a'", "nina", False),
        ("ALTER ROLE nina PASSWORD 'a'; DROP TABLE t", "nina", False),
    ],
)
def test_whoever_changes_their_own_password_changes_nothing_else(text, user, own):
    assert is_own_password(text, user) is own


@pytest.mark.parametrize(
    ("user", "category", "level"), [("nina", "read", "read"), ("sam", "grant", "admin")], ids=["own", "another's"]
)
@pytest.mark.parametrize(
    "message",
    [
        "statement: ALTER ROLE nina PASSWORD 'a'",
        "AUDIT: SESSION,1,1,ROLE,ALTER ROLE,,,ALTER ROLE nina PASSWORD <REDACTED>,<not logged>",
    ],
)
def test_a_password_of_ones_own_is_no_change(collect, context, message, user, category, level):
    line = f"2026-09-04 10:00:00.000 UTC [7] {user}@shop LOG:  {message}\n"
    (context.base / "log").mkdir(exist_ok=True)
    (context.base / "log/postgres").write_text(line)
    told = {"instance": "orders", "path": "log", "log_line_prefix": "%m [%p] %u@%d "}
    source = PostgresLogs(name="log", kind="postgres-logs", **told)
    (row,) = collect(PostgresLogsCollector(source, context)).rows(Activity)
    assert (row.action, row.category, row.level) == ("postgres:ALTER ROLE", category, level)
