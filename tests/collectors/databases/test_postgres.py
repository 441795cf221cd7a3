"""A real PostgreSQL's roles and grants, live and from what psql saved of it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.case.people import People
from auditor.config.models import Config
from auditor.config.sources.databases import PostgresAccess
from auditor.errors import SourceError
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.registry import provider
from collectors.databases.postgres import PostgresAccessCollector
from collectors.registry import collector_for

READ, WRITE, GIVE = Capability.READ_DATA, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS
TABLES = {
    "accounts": Account,
    "memberships": Membership,
    "grants": Grant,
    "policies": Policy,
    "credentials": Credential,
}
ODD = 'o"dd\n$(touch /tmp/x); DROP ROLE nina --'
SETUP = f"""
CREATE DATABASE shop;
CREATE ROLE readers NOLOGIN;
CREATE ROLE writers NOLOGIN;
CREATE ROLE owners NOLOGIN;
CREATE ROLE nina LOGIN PASSWORD 'n1na';
CREATE ROLE leo LOGIN NOINHERIT;
CREATE ROLE gone LOGIN PASSWORD 'x' VALID UNTIL '2020-01-01';
CREATE ROLE soon LOGIN PASSWORD 'x' VALID UNTIL '2026-03-02 12:00+00';
CREATE ROLE always LOGIN VALID UNTIL 'infinity';
CREATE ROLE boss LOGIN SUPERUSER;
CREATE ROLE maker LOGIN CREATEROLE REPLICATION;
CREATE ROLE everything LOGIN IN ROLE pg_write_all_data;
CREATE ROLE outside LOGIN;
CREATE ROLE shut LOGIN;
CREATE ROLE "{ODD.replace('"', '""')}" LOGIN;
GRANT writers TO readers;
GRANT readers TO nina, leo;
GRANT writers TO "{ODD.replace('"', '""')}" WITH ADMIN OPTION;
GRANT owners TO always;
REVOKE CONNECT ON DATABASE shop FROM PUBLIC;
GRANT CONNECT ON DATABASE shop TO readers, writers, owners, everything, gone, soon, shut, maker;
"""
IN_SHOP = """
CREATE SCHEMA sales AUTHORIZATION owners;
CREATE TABLE sales.orders (id int, email text);
ALTER TABLE sales.orders OWNER TO owners;
CREATE TABLE sales.lines (id int);
GRANT USAGE ON SCHEMA sales TO readers, writers, gone, soon, outside, shut;
GRANT SELECT ON ALL TABLES IN SCHEMA sales TO readers;
GRANT INSERT, UPDATE ON sales.lines TO writers WITH GRANT OPTION;
GRANT UPDATE (email) ON sales.orders TO gone, soon, outside, shut;
ALTER DEFAULT PRIVILEGES FOR ROLE owners IN SCHEMA sales GRANT DELETE ON TABLES TO readers;
CREATE SCHEMA extra; GRANT CREATE ON SCHEMA extra TO readers;
CREATE FUNCTION sales.fix() RETURNS int LANGUAGE sql SECURITY DEFINER AS 'SELECT 1';
"""
HBA = """
local all +nobody reject
local shop shut reject
local all gone,soon scram-sha-256
local all all trust
local replication maker peer map=standbys
hostssl all all all trust
"""
CONFIG = Config.model_validate(
    {
        "organisation": "Harbour",
        "people": [{"id": "nina", "name": "Nina", "accounts": ["postgres:nina"]}],
        "systems": [
            {
                "id": "shop",
                "name": "Shop",
                "resources": [{"provider": "postgres", "instance": "orders", "database": "shop", "schema": "sales"}],
            }
        ],
    }
)
AT = datetime(2026, 3, 1, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(postgres):
    """The server with a shop in it; its pg_hba lets the superuser in whatever comes."""
    postgres.psql("CREATE ROLE nobody NOLOGIN;")
    postgres.psql(SETUP)
    postgres.psql(IN_SHOP, "shop")
    hba = Path(postgres.psql("SHOW hba_file").strip())
    before = hba.read_text()
    hba.write_text(f"local all postgres trust\n{HBA}")
    postgres.psql("SELECT pg_reload_conf()")
    yield postgres
    hba.write_text(before)
    postgres.psql("DROP DATABASE shop")
    postgres.psql("SELECT pg_reload_conf()")
    names = postgres.psql("SELECT format('DROP ROLE %I;', rolname) FROM pg_roles WHERE rolname !~ '^(pg_|postgres$)'")
    postgres.psql(names)


def source(server, **settings):
    told = {"host": str(server.folder), "user": "postgres", **settings}
    return PostgresAccess(name="db", kind="postgres-access", instance="orders", **told)


def of(got):
    return Snapshots(**{name: tuple(got.rows(table)) for name, table in TABLES.items()})


def rights(got, at=AT):
    rows = of(got)
    return provider("postgres").rights(CONFIG, rows, People(CONFIG, rows.accounts, rows.credentials).who, at)


@pytest.fixture
def got(shop, collect, context):
    return collect(PostgresAccessCollector(source(shop), context))


def held(found):
    """Who may do what in the shop: their capabilities, and the steps of the ways there."""
    by = {}
    for path in found.access:
        name = path.account.removeprefix("postgres:").removesuffix("@orders")
        by.setdefault(name, SimpleNamespace(can=set(), paths=[], all=[]))
        by[name].can |= path.capabilities
        by[name].paths.append(" / ".join(path.path))
        by[name].all.append(path)
    return by


def test_everybody_s_rights_are_those_that_the_server_would_let_them_use(got):
    found = held(rights(got))
    assert got.coverage[0].status == "ok", got.coverage[0].reason
    assert set(found) == {"nina", "leo", "soon", "always", "boss", "maker", "everything", ODD, "postgres"}
    assert found["nina"].can == {READ, WRITE, GIVE}
    assert found["leo"].can == {READ, WRITE, GIVE}
    assert "may become readers / SELECT on table lines, orders in shop/sales" in found["leo"].paths
    assert "member of readers / member of writers / INSERT, UPDATE on table lines in shop/sales" in found["nina"].paths
    assert "member of readers / DELETE by default on tables that owners makes in shop/sales" in found["nina"].paths
    assert found["soon"].paths == ["UPDATE on column orders.email in shop/sales"]
    assert [path.expires_at for path in found["soon"].all] == [datetime(2026, 3, 2, 12, tzinfo=UTC)]
    assert found["always"].paths == [
        "member of owners / owner of the schema in shop/sales",
        "member of owners / owner of 1 tables in shop/sales",
    ]
    assert found["everything"].paths == ["member of pg_write_all_data / what pg_write_all_data allows"]
    assert found["maker"].can == {GIVE, READ}
    assert found["maker"].paths == ["CREATEROLE", "REPLICATION"]
    (server,) = (json.loads(row.document) for row in got.rows(Policy))
    assert [rule["map"] for rule in server["hba"] if rule["auth_method"] == "peer"] == ["standbys"]
    (boss,) = found["boss"].all
    assert (boss.unrestricted, boss.system, boss.level) == (True, None, Level.ADMIN)
    (root,) = found["postgres"].all
    assert (root.unrestricted, root.identity.actor_class) == (True, ActorClass.UNKNOWN)
    assert {path.identity.person for path in found["nina"].all} == {"nina"}
    assert all(path.identity.person is None for name, one in found.items() if name != "nina" for path in one.all)


def test_what_the_server_itself_says_agrees(got, shop):
    """The other way round: asked role by role, PostgreSQL lets the same ones write."""
    asked = """
    SELECT rolname FROM pg_roles r WHERE rolcanlogin AND has_database_privilege(rolname, 'shop', 'CONNECT') AND EXISTS (
      SELECT FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
      WHERE nspname = 'sales' AND relkind = 'r' AND has_schema_privilege(rolname, nspname, 'USAGE')
      AND (has_table_privilege(rolname, c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
        OR has_any_column_privilege(rolname, c.oid, 'INSERT, UPDATE')))
    """
    answered = set(json.loads(shop.psql(f"SELECT jsonb_agg(rolname) FROM ({asked}) AS writers", "shop")))
    # It inherits nothing, and needs SET ROLE; the others are kept out by pg_hba or by their password's end.
    assert {name for name, one in held(rights(got)).items() if WRITE in one.can} == (answered | {"leo"}) - {
        "gone",
        "shut",
    }


def test_who_may_add_others_to_a_role_may_give_its_rights(got):
    odd = held(rights(got))[ODD].all
    assert {path.level for path in odd} == {Level.ADMIN}
    assert [json.loads(handle)["role"] for path in odd for handle in path.handles] == ["writers"]
    assert json.loads(odd[0].handles[0])["member"] == ODD


def test_what_runs_as_its_owner_and_unclaimed_databases_could_not_be_judged(got):
    reasons = {str(one.subject): one.reason for one in rights(got).unresolved}
    assert "run as postgres in shop/sales" in reasons["postgres:public@orders"]
    assert reasons.keys() == {"postgres:public@orders", "postgres orders/shop/extra"}
    assert "no system" in reasons["postgres orders/shop/extra"]


def test_saved_answers_give_the_same_rows(got, shop, collect, context, tmp_path):
    script = Path(__file__).parents[3] / "collectors/databases/sql/postgres.sql"
    lines = "".join(shop.psql(script.read_text(), name) for name in ("postgres", "shop"))
    (tmp_path / "answers.jsonl").write_text(lines)
    saved = PostgresAccess(name="db", kind="postgres-access", instance="orders", path="answers.jsonl")
    again = rights(collect(collector_for(saved, context)))
    assert held(again).keys() == held(rights(got)).keys()
    assert {one.paths[0] for one in held(again).values()} == {one.paths[0] for one in held(rights(got)).values()}


def test_no_password_is_asked_for_or_kept(got):
    assert not any(b"SCRAM" in raw.load() or b"n1na" in raw.load() for batch in got.batches for raw in batch)
    ends = {row.account: row.expires_at for row in got.rows(Credential)}
    assert ends["postgres:always@orders"] is None
    assert ends["postgres:gone@orders"] == datetime(2020, 1, 1, tzinfo=UTC)
    kinds = {row.name: (row.kind, row.enabled) for row in got.rows(Account)}
    assert (kinds["nina"], kinds["readers"]) == (("unknown", True), ("role", False))


def test_a_login_that_may_not_read_pg_hba_leaves_that_unsaid(shop, collect, context):
    shop.psql("CREATE ROLE plain LOGIN; GRANT CONNECT ON DATABASE shop TO plain")
    got = collect(PostgresAccessCollector(source(shop, user="plain", databases=("shop",)), context))
    assert "permission denied for view pg_hba_file_rules" in got.coverage[0].reason
    found = held(rights(got))
    assert "as far as can be told: pg_hba.conf could not be read" in found["shut"].all[0].conditions
    assert any("may come in without one" in said for path in found["gone"].all for said in path.conditions)


def test_a_database_that_lets_the_audit_not_in_costs_itself(shop, collect, context):
    shop.psql("CREATE ROLE plain2 LOGIN; GRANT CONNECT ON DATABASE shop TO plain2; CREATE DATABASE rdsadmin")
    shop.psql("REVOKE CONNECT ON DATABASE rdsadmin FROM PUBLIC")
    got = collect(PostgresAccessCollector(source(shop, user="plain2", databases=("shop", "rdsadmin")), context))
    shop.psql("DROP DATABASE rdsadmin")
    (line,) = got.coverage
    assert line.status == "partial"
    assert "lets the audit into no database rdsadmin" in line.reason
    assert got.rows(Grant)


def test_that_a_provider_keeps_pg_hba_to_itself_is_nothing_missing(collect, context, tmp_path):
    role = {"rolname": "nina", "oid": "1", "rolsuper": False, "rolinherit": True, "rolcreaterole": False}
    refused = {"part": "refused", "why": "permission denied for view pg_hba_file_rules"}
    for managed, status in (("rds", "ok"), (None, "partial")):
        server = {"part": "server", "version": 160000, "database": "shop", "managed": managed}
        lines = (server, {"part": "role", **role, "rolcanlogin": True}, refused)
        (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
        saved = PostgresAccess(name="db", kind="postgres-access", instance="db", path="answers.jsonl")
        assert [line.status for line in collect(PostgresAccessCollector(saved, context)).coverage] == [status]


@pytest.mark.parametrize("by", ["rds_iam", "cloudsqliamgroupuser"])
def test_whom_the_cloud_signs_in_has_no_key_that_could_grow_old(collect, context, tmp_path, by):
    role = {"part": "role", "rolsuper": False, "rolinherit": True, "rolcreaterole": False, "rolcanlogin": True}
    users = [{**role, "rolname": name, "oid": name} for name in ("nina", "sam")]
    member = {"part": "member", "role": by, "of": "nina", "by": None, "admin_option": False}
    lines = ({"part": "server", "version": 160000, "database": "shop", "managed": "rds"}, *users, member)
    # As Windows' shells write what a program prints.
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)), "utf-16")
    saved = PostgresAccess(name="db", kind="postgres-access", instance="db", path="answers.jsonl")
    kinds = {row.account: row.kind for row in collect(PostgresAccessCollector(saved, context)).rows(Credential)}
    assert kinds == {"postgres:nina@db": "sign-in", "postgres:sam@db": "password"}


def test_no_way_in_is_a_sentence(shop, context, monkeypatch):
    collector = PostgresAccessCollector(source(shop, user="nobody"), context)
    with pytest.raises(SourceError, match=r"lets the audit into no database postgres .*rejects connection"):
        list(collector.fetch({}))
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    with pytest.raises(SourceError, match="DB_PASSWORD is not set"):
        list(PostgresAccessCollector(source(shop, password_env="DB_PASSWORD"), context).fetch({}))
