"""A real MariaDB's accounts and grants, live and from what its client saved; and MySQL's answers where they differ."""

import json
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest

from auditor.case.people import People
from auditor.config.models import Config
from auditor.config.sources.databases import MysqlAccess
from auditor.errors import SourceError
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import ActorClass, Capability, Level
from auditor.providers.registry import provider
from collectors.databases.mysql import MysqlAccessCollector
from collectors.registry import collector_for

READ, WRITE, GIVE = Capability.READ_DATA, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS
TABLES = {
    "accounts": Account,
    "memberships": Membership,
    "grants": Grant,
    "policies": Policy,
    "credentials": Credential,
}
SETUP = r"""
CREATE DATABASE shop; CREATE DATABASE foo_bar; CREATE DATABASE fooxbar;
CREATE TABLE shop.orders (id int, email text);
CREATE USER nina@'%' IDENTIFIED BY 'n1na';
CREATE USER leo@'10.%';
CREATE USER locked@'%' ACCOUNT LOCK;
CREATE USER ''@'localhost';
CREATE USER `o'dd"$(x);`@'%';
CREATE USER boss@'%';
CREATE USER plumber@'%';
CREATE USER pattern@'%';
CREATE USER literal@'%';
CREATE ROLE deployers;
CREATE ROLE readers;
GRANT readers TO `o'dd"$(x);`@'%' WITH ADMIN OPTION;
GRANT SELECT ON shop.* TO readers;
GRANT INSERT, UPDATE ON shop.orders TO deployers;
GRANT readers TO deployers;
GRANT deployers TO nina@'%', locked@'%';
GRANT UPDATE (email) ON shop.orders TO leo@'10.%' WITH GRANT OPTION;
GRANT ALL PRIVILEGES ON *.* TO boss@'%' WITH GRANT OPTION;
GRANT INSERT ON mysql.* TO plumber@'%';
GRANT DELETE ON `foo_bar`.* TO pattern@'%';
GRANT SELECT ON `foo\_%`.* TO literal@'%';
GRANT DROP ON `foo\_bar`.* TO literal@'%';
GRANT DELETE ON shop.* TO ''@'localhost';
CREATE PROCEDURE shop.fix() SELECT 1;
GRANT EXECUTE ON shop.* TO literal@'%';
"""
CONFIG = Config.model_validate(
    {
        "organisation": "Harbour",
        "people": [{"id": "nina", "name": "Nina", "accounts": ["mysql:nina"]}],
        "systems": [
            {"id": "shop", "name": "Shop", "resources": [{"provider": "mysql", "instance": "db", "database": "shop"}]},
            {
                "id": "foo",
                "name": "Foo",
                "resources": [
                    {"provider": "mysql", "instance": "db", "database": "foo_bar"},
                    {"provider": "mysql", "instance": "db", "database": "fooxbar"},
                ],
            },
        ],
    }
)
AT = datetime(2026, 3, 1, 3, tzinfo=UTC)


@pytest.fixture(scope="module")
def shop(mariadb):
    """The server with a shop in it."""
    mariadb.mysql(SETUP)
    yield mariadb
    users = mariadb.mysql(
        "SELECT IF(JSON_VALUE(Priv, '$.is_role'), CONCAT('DROP ROLE `', User, '`;'),"
        " CONCAT('DROP USER ', QUOTE(User), '@', QUOTE(Host), ';'))"
        " FROM mysql.global_priv WHERE User NOT IN ('root', 'mariadb.sys', 'PUBLIC')"
    )
    mariadb.mysql(f"{users} DROP DATABASE shop; DROP DATABASE foo_bar; DROP DATABASE fooxbar;")


def source(server, **settings):
    return MysqlAccess(name="my", kind="mysql-access", instance="db", host=str(server.socket), user="root", **settings)


@pytest.fixture
def got(shop, collect, context):
    return collect(MysqlAccessCollector(source(shop), context))


def rights(got):
    rows = Snapshots(**{name: tuple(got.rows(table)) for name, table in TABLES.items()})
    return provider("mysql").rights(CONFIG, rows, People(CONFIG, rows.accounts, rows.credentials).who, AT)


def held(found):
    by = {}
    for path in found.access:
        name = path.account.removeprefix("mysql:").removesuffix("@db")
        one = by.setdefault(name, SimpleNamespace(can={}, paths=set(), all=[]))
        one.can[path.system] = one.can.get(path.system, frozenset()) | path.capabilities
        one.paths.add(" / ".join(path.path))
        one.all.append(path)
    return by


def test_roles_tables_columns_patterns_and_the_tables_of_grants(got):
    found = held(rights(got))
    assert got.coverage[0].status == "ok", got.coverage[0].reason
    assert found["nina@%"].can == {"shop": {READ, WRITE}}
    # MariaDB tells what a role has through others as its own too.
    assert found["nina@%"].paths >= {
        "member of deployers@ / INSERT, UPDATE on shop.orders in shop/orders",
        "member of deployers@ / member of readers@ / SELECT on shop.* in shop",
    }
    assert {path.identity.person for path in found["nina@%"].all} == {"nina"}
    assert found["leo@10.%"].can == {"shop": {WRITE, GIVE}}
    assert {path.conditions for path in found["leo@10.%"].all} == {("only from 10.%",)}
    # `_` stands for any letter, `\_` for itself; of two that fit, the closer counts alone.
    assert found["pattern@%"].can == {"foo": {WRITE}}
    assert {path.resource for path in found["pattern@%"].all} == {"foo_bar", "fooxbar"}
    assert found["literal@%"].can == {"foo": {WRITE}}
    assert {path.resource for path in found["literal@%"].all} == {"foo_bar"}
    assert found["plumber@%"].can == {"shop": {WRITE, GIVE}, "foo": {WRITE, GIVE}}
    assert found["@localhost"].can == {"shop": {WRITE}}
    assert found["@localhost"].all[0].identity.actor_class is ActorClass.UNKNOWN
    assert "locked@%" not in found
    (boss,) = found["boss@%"].all
    assert (boss.unrestricted, boss.system, boss.level) == (True, None, Level.ADMIN)
    assert any(path.unrestricted for path in found["root@localhost"].all)


def test_who_administers_a_role_may_give_it(got):
    (odd,) = held(rights(got))["o'dd\"$(x);@%"].all
    assert (odd.capabilities, odd.level) == ({READ, GIVE}, Level.ADMIN)
    assert json.loads(odd.handles[0]) == {
        "provider": "mysql",
        "type": "member",
        "account": "db",
        "role": "readers@",
        "member": "o'dd\"$(x);@%",
    }


def test_routines_that_run_as_their_definer_and_unclaimed_databases_could_not_be_judged(got):
    reasons = {str(one.subject): one.reason for one in rights(got).unresolved}
    assert "EXECUTE on routines, run as root@localhost in shop" in reasons["mysql:literal@%@db"]
    assert not any("boss" in subject for subject in reasons)


def test_no_password_is_asked_for_and_locks_are_known(got):
    assert not any(b"authentication_string" in raw.load() or b"*B6" in raw.load() for raw in got.batches[0])
    known = {row.account: row for row in got.rows(Credential)}
    assert known["password:mysql:locked@%@db".removeprefix("password:")].enabled is False
    assert known["mysql:nina@%@db"].created_at.year >= 2026
    kinds = {row.name: (row.kind, row.enabled) for row in got.rows(Account)}
    assert (kinds["deployers@"], kinds["locked@%"]) == (("role", False), ("unknown", False))


def test_saved_answers_give_the_same_rights(got, shop, collect, context, tmp_path):
    script = Path(__file__).parents[3] / "collectors/databases/sql/mysql.sql"
    (tmp_path / "saved").mkdir()
    (tmp_path / "saved/db.jsonl").write_text(shop.mysql(script.read_text()))
    saved = MysqlAccess(name="my", kind="mysql-access", instance="db", path="saved")
    again = held(rights(collect(collector_for(saved, context))))
    assert {name: one.can for name, one in again.items()} == {n: one.can for n, one in held(rights(got)).items()}


def test_mysql_says_roles_by_locks_and_has_mandatory_ones(collect, context, tmp_path):
    lines = [
        {"part": "server", "version": "8.4.3", "managed": 0, "literal": 0, "mandatory": "`everyone`@`%`"},
        {"part": "account", "user": "everyone", "host": "%", "plugin": "caching_sha2_password", "locked": 1},
        {"part": "account", "user": "ops", "host": "%", "plugin": "caching_sha2_password", "locked": 1},
        {"part": "account", "user": "nina", "host": "%", "plugin": "auth_socket", "locked": 0},
        {"part": "member", "role": "ops", "role_host": "%", "user": "nina", "host": "%", "admin": 0},
        {"part": "database", "name": "shop"},
        {"part": "grant", "grantee": "'ops'@'%'", "privileges": ["SYSTEM_VARIABLES_ADMIN"], "grantable": 0},
        {"part": "grant", "grantee": "'everyone'@'%'", "database": "shop", "privileges": ["SELECT"], "grantable": 0},
        {"part": "account", "user": 7},
        {"part": "refused", "why": "SELECT command denied to user for table 'proxies_priv'"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)) + "\nERROR 1142: nothing\n")
    saved = MysqlAccess(name="my", kind="mysql-access", instance="db", path="a.jsonl")
    got = collect(collector_for(saved, context))
    nina = held(rights(got))["nina@%"]
    assert nina.can == {"shop": {READ, Capability.CHANGE_CONFIG}, "foo": {Capability.CHANGE_CONFIG}}
    assert {row.name: row.kind for row in got.rows(Account)} == {
        "everyone@%": "unknown",
        "ops@%": "role",
        "nina@%": "unknown",
    }
    assert {path.conditions for path in nina.all} == {("only as the host's own login of that name",)}
    assert (got.coverage[0].status, got.coverage[0].rejected) == ("partial", 2)
    assert "denied" in got.coverage[0].reason


def test_no_way_in_is_a_sentence(shop, context):
    missing = MysqlAccessCollector(source(shop, option_file="missing.cnf"), context)
    with pytest.raises(SourceError, match=r"missing\.cnf"):
        list(missing.fetch({}))
    (context.base / "my.cnf").write_text("[client]\npassword=wrong\n")
    with pytest.raises(SourceError, match="Access denied") as refused:
        list(MysqlAccessCollector(source(shop, option_file="my.cnf"), context).fetch({}))
    assert "wrong" not in str(refused.value)
