"""The script's steps in databases, run by psql and mysql against real servers."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from auditor.model.handles import write_handle
from reports.cleanup import write_cleanup
from tests.database_servers import program
from tests.reports.cleanup.cases import CONFIG, audit, execute, finding, log

BIN = Path(sys.executable).parent
ODD = "o\"d'd\n$(touch pwned) `id`; \\! touch pwned\n; DROP ROLE stays --"
QUOTED = '"' + ODD.replace('"', '""') + '"'
PRIVILEGES = """
SELECT format('%s|%s|%s|%s|%s', nspname, relname, relacl, nspacl, (
  SELECT string_agg(attname || attacl::text, ',') FROM pg_attribute WHERE attrelid = c.oid AND attacl IS NOT NULL))
FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname LIKE 'Odd%' ORDER BY 1;
SELECT defaclacl, defaclobjtype FROM pg_default_acl ORDER BY 2;
SELECT rolname, rolsuper, rolcanlogin, rolcreaterole, rolreplication FROM pg_roles WHERE rolname !~ '^pg_' ORDER BY 1;
SELECT roleid::regrole, member::regrole, admin_option FROM pg_auth_members WHERE roleid::regrole::text = 'team';
SELECT datacl FROM pg_database WHERE datname = 'cleaned';
"""


@pytest.fixture
def postgres_rights(postgres):
    """Somebody with a hostile name who holds one of each kind."""
    postgres.psql(
        f"CREATE ROLE {QUOTED} LOGIN SUPERUSER REPLICATION; CREATE ROLE stays LOGIN; CREATE ROLE team; CREATE DATABASE cleaned;"
    )
    postgres.psql(
        f"""
        GRANT team TO {QUOTED} WITH ADMIN OPTION; GRANT team TO stays;
        GRANT CREATE ON DATABASE cleaned TO {QUOTED};
        CREATE SCHEMA "Odd s'x"; GRANT USAGE ON SCHEMA "Odd s'x" TO {QUOTED}, stays;
        CREATE TABLE "Odd s'x"."t;--" (a int, "b""c" text); CREATE TABLE "Odd s'x".u (a int);
        GRANT SELECT, INSERT ON ALL TABLES IN SCHEMA "Odd s'x" TO {QUOTED};
        GRANT UPDATE ON "Odd s'x".u TO {QUOTED} WITH GRANT OPTION;
        GRANT UPDATE ("b""c") ON "Odd s'x"."t;--" TO {QUOTED};
        GRANT SELECT ON "Odd s'x".u TO stays;
        ALTER DEFAULT PRIVILEGES FOR ROLE stays IN SCHEMA "Odd s'x" GRANT DELETE ON TABLES TO {QUOTED};
        """,
        "cleaned",
    )
    yield postgres
    postgres.psql(f"DROP DATABASE cleaned; DROP ROLE {QUOTED}; DROP ROLE stays; DROP ROLE team;")


def held(server, kind):
    sql = (Path(__file__).parents[3] / "collectors/databases/sql/postgres.sql").read_text()
    found = [json.loads(line) for line in server.psql(sql, "cleaned").splitlines()]
    return next(one["held"] for one in found if one["part"] == "grant" and one["to"] == ODD and one["kind"] == kind)


def handle(kind, **what):
    return write_handle("postgres", kind, "orders", role=ODD, **what)


def grant(server, kind, schema="Odd s'x"):
    return handle("grant", database="cleaned", schema=schema, object=kind, held=held(server, kind))


def environment(server, tmp_path, **more):
    place = f"host={server.folder} user=postgres"
    path = f"{Path(program('psql')).parent}{os.pathsep}{os.environ['PATH']}"
    return {"PATH": path, "HOME": str(tmp_path), "AUDITOR_POSTGRES": place, **more}


def test_every_right_goes_and_comes_back_as_it_was(postgres_rights, tmp_path):
    server = postgres_rights
    handles = [
        handle("login"),
        handle("attribute", attribute="SUPERUSER"),
        handle("attribute", attribute="REPLICATION"),
        write_handle("postgres", "member", "orders", role="team", member=ODD),
        handle("default", database="cleaned", schema="Odd s'x", object="TABLES", by="stays"),
        *(grant(server, kind) for kind in ("SCHEMA", "TABLE", "COLUMN")),
        grant(server, "DATABASE", ""),
    ]
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path / "scripts")
    told, before = environment(server, tmp_path), server.psql(PRIVILEGES, "cleaned")

    dry = execute(made.script, told)
    assert (dry.returncode, dry.stderr) == (0, ""), dry.stdout
    assert "9 would be done, 0 needed nothing, 0 need attention" in dry.stdout, dry.stdout
    assert "sql: REVOKE" in dry.stdout
    assert server.psql(PRIVILEGES, "cleaned") == before

    done = execute(made.script, told, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    after = server.psql(PRIVILEGES, "cleaned")
    assert "touch pwned" not in after.replace(f"{ODD}|f|f|f|f", "")
    assert "stays=r/postgres" in after
    assert {line["caller"] for line in log(tmp_path / "scripts")} == {"postgres"}

    undone = execute(made.undo, told, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert sorted(server.psql(PRIVILEGES, "cleaned")) == sorted(before)
    assert not [*tmp_path.rglob("pwned")]


def test_what_was_changed_since_one_s_own_and_another_database_stop_their_step(postgres_rights, tmp_path):
    server = postgres_rights
    mine = write_handle("postgres", "login", "orders", role="postgres")
    made = write_cleanup(audit(finding(grant(server, "TABLE"), mine)), CONFIG, None, tmp_path / "scripts")
    server.psql(f'GRANT DELETE ON "Odd s\'x".u TO {QUOTED}', "cleaned")
    before = server.psql(PRIVILEGES, "cleaned")
    result = execute(made.script, environment(server, tmp_path), "--apply", "--yes")
    assert result.returncode == 1
    assert "STOPPED: what it was given there was changed after the audit" in result.stdout
    assert "LEFT OUT: you are using it to run this" in result.stdout
    elsewhere = {"AUDITOR_POSTGRES": f"host={server.folder} user=postgres dbname=postgres"}
    result = execute(made.script, environment(server, tmp_path, **elsewhere), "--apply", "--yes")
    assert "FAILED: the connection leads into the database postgres and not into cleaned" in result.stdout
    assert server.psql(PRIVILEGES, "cleaned") == before


def test_the_scripts_pass_shellcheck_and_shfmt(tmp_path):
    handles = handle("login"), write_handle("mysql", "login", "db", user="x", host="%")
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path)
    scripts = [made.script, made.undo]
    lint = subprocess.run([BIN / "shellcheck", *scripts], check=False, capture_output=True, text=True)
    assert (lint.returncode, lint.stdout) == (0, "")
    form = subprocess.run(
        [BIN / "shfmt", "-d", "-i", "2", "-ci", *scripts], check=False, capture_output=True, text=True
    )
    assert (form.returncode, form.stdout) == (0, "")


def test_handles_that_name_no_right_are_work_by_hand(tmp_path):
    handles = (
        write_handle("postgres", "login", "orders", role=""),
        write_handle("postgres", "attribute", "orders", role="x", attribute="SUPERUSER; DROP ROLE y"),
        write_handle("postgres", "grant", "orders", role="x", database="d", object="TABLE x; --"),
        write_handle("postgres", "default", "orders", role="x", database="d", object="TABLES"),
        write_handle("postgres", "other", "orders", role="x"),
        write_handle("mysql", "login", "db", user="x"),
        write_handle("mysql", "grant", "db", user="x", host="%"),
    )
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path)
    assert made.plan.steps == ()
    assert len(made.plan.by_hand) == len(handles)


WHO = "o'd\"d`$(touch pwned)\\; --"
SHOWN = """
SELECT GRANTEE, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.USER_PRIVILEGES WHERE GRANTEE LIKE '%pwned%' ORDER BY 2;
SELECT GRANTEE, TABLE_SCHEMA, PRIVILEGE_TYPE, IS_GRANTABLE FROM information_schema.SCHEMA_PRIVILEGES ORDER BY 1, 2, 3;
SELECT GRANTEE, TABLE_NAME, PRIVILEGE_TYPE FROM information_schema.TABLE_PRIVILEGES ORDER BY 1, 2, 3;
SELECT GRANTEE, COLUMN_NAME, PRIVILEGE_TYPE FROM information_schema.COLUMN_PRIVILEGES ORDER BY 1, 2, 3;
SELECT User, Role, Admin_option FROM mysql.roles_mapping ORDER BY 1, 2;
SELECT User, JSON_VALUE(Priv, '$.account_locked') FROM mysql.global_priv ORDER BY 1;
"""


@pytest.fixture
def mysql_rights(mariadb):
    who = "CONCAT(QUOTE(@who), '@', QUOTE('10.%'))"
    name = WHO.replace("\\", "\\\\").replace("'", "\\'")
    made = "".join(
        f"SET @s = CONCAT({', '.join(parts)}); PREPARE q FROM @s; EXECUTE q;"
        for parts in (
            ("'CREATE USER '", who),
            ("'GRANT RELOAD, PROCESS ON *.* TO '", who),
            (r"'GRANT SELECT, DELETE ON `odd\\_%`.* TO '", who, "' WITH GRANT OPTION'"),
            ("'GRANT INSERT ON `odd_db`.`t``x` TO '", who),
            ("'GRANT UPDATE (`b``c`) ON `odd_db`.`t``x` TO '", who),
            ("'GRANT team TO '", who, "' WITH ADMIN OPTION'"),
        )
    )
    mariadb.mysql(
        f"CREATE DATABASE odd_db; CREATE TABLE odd_db.`t``x` (a int, `b``c` int); CREATE ROLE team; SET @who = '{name}'; {made}"
    )
    yield mariadb
    dropped = f"SET @s = CONCAT('DROP USER ', {who}); PREPARE q FROM @s; EXECUTE q;"
    mariadb.mysql(f"SET @who = '{name}'; {dropped} DROP ROLE team; DROP DATABASE odd_db;")


@pytest.mark.skipif(not program("mysql"), reason="the program mysql is not installed")
def test_mysql_s_rights_go_and_come_back_as_they_were(mysql_rights, tmp_path):
    server = mysql_rights
    options = tmp_path / "my.cnf"
    options.write_text(f"[client]\nsocket={server.socket}\nuser=root\n")
    told = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "AUDITOR_MYSQL": str(options)}

    def given(privileges, **what):
        return write_handle("mysql", "grant", "db", user=WHO, host="10.%", privileges=privileges, **what)

    handles = [
        write_handle("mysql", "login", "db", user=WHO, host="10.%"),
        write_handle("mysql", "member", "db", role="team@", member=f"{WHO}@10.%"),
        given("PROCESS,RELOAD"),
        given("DELETE,SELECT", database="odd\\_%"),
        given("INSERT", database="odd_db", table="t`x"),
        given("UPDATE", database="odd_db", table="t`x", columns="b`c"),
    ]
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path / "scripts")
    before = server.mysql(SHOWN)
    dry = execute(made.script, told)
    assert "6 would be done, 0 needed nothing, 0 need attention" in dry.stdout, dry.stdout
    assert server.mysql(SHOWN) == before
    done = execute(made.script, told, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert server.mysql(SHOWN).count("pwned") == 2, server.mysql(SHOWN)  # the account, locked, and its USAGE
    undone = execute(made.undo, told, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert server.mysql(SHOWN).replace("\t0\n", "\tNULL\n") == before.replace("\t0\n", "\tNULL\n")

    changed = write_cleanup(audit(finding(given("RELOAD"))), CONFIG, None, tmp_path / "moved")
    result = execute(changed.script, told, "--apply", "--yes")
    assert "STOPPED: what it was given there was changed after the audit" in result.stdout
    assert not [*tmp_path.rglob("pwned")]
