"""Which sign-ins and statements a server of PostgreSQL allows, and what is left without some rights."""

import json

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import read_handle, write_handle
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.providers.permitted import Answer
from auditor.providers.registry import provider
from tests.activity.acts import used
from tests.cases import AT, config

POSTGRES = provider("postgres")
ALLOWED, DENIED, UNKNOWN = Answer.ALLOWED, Answer.DENIED, Answer.UNKNOWN
PLACE = {"source": "db", "collected_at": AT, "origin": "postgres:db-1/shop"}
WRITE, READ, ACCESS = "write-database", "read-data", "manage-access"


def named(name):
    return f"postgres:{name}@db-1"


def handle(kind, **what):
    return write_handle("postgres", kind, "db-1", **what)


def has(role, on, *capabilities, to="nina", record=0, kind="grant"):
    own = handle(kind, role=to, database=on.partition("/")[0], object=role)
    place = {**PLACE, "record": record}
    return Grant(
        **place, principal=named(to), role=role, resource=on, provider="postgres", capabilities=capabilities,
        handle=own if capabilities else None,
    )  # fmt: skip


def login(name, **known):
    return Account(**PLACE, account=named(name), provider="postgres", scope="db-1", kind="unknown", name=name, **known)


def member(role, of="nina", **options):
    return Membership(**PLACE, group=named(role), member=named(of), condition=json.dumps(options))


COMES_IN = (has("CONNECT", "shop", record=8), has("USAGE of the schema", "shop/public", record=9))
SERVER = Policy(**PLACE, policy="postgres:db-1", kind="server", attached_to="db-1", document='{"managed": "rds"}')
ROWS = Snapshots(
    accounts=[login("nina", enabled=True), login("writers", enabled=False)],
    policies=[SERVER],
    credentials=[
        Credential(
            **PLACE, credential=f"password:{named('nina')}", kind="password", account=named("nina"),
            provider="postgres", resource="db-1", handle=handle("login", role="nina"),
        )
    ],
)  # fmt: skip


def rows(*held, **more):
    grants = [*COMES_IN, *(one for one in held if isinstance(one, Grant))]
    memberships = [one for one in held if isinstance(one, Membership)]
    tables = {"accounts": ROWS.accounts, "policies": ROWS.policies, "credentials": ROWS.credentials, **more}
    return Snapshots(grants=grants, memberships=memberships, **tables)


def act(tag, resource="shop", category="change", **changes):
    told = {"scope": "db-1", "account": named("nina"), "resource": resource, "category": category, **changes}
    return used(provider="postgres", action=f"postgres:{tag}", **told)


def answer(one, found):
    return POSTGRES.permitted(config(), found, [one], AT)[0]


def test_signing_in_takes_connect_to_that_database():
    assert answer(act("login", category="login"), rows()).by == ("CONNECT in shop",)
    assert answer(act("login", "mail", category="login"), rows()).answer is DENIED


@pytest.mark.parametrize(
    ("role", "on", "verb", "place", "expected"),
    [
        ("INSERT, UPDATE on table orders, items", "shop/public", "INSERT", "shop/public/orders", ALLOWED),
        ("INSERT, UPDATE on table orders, items", "shop/public", "DELETE", "shop/public/orders", DENIED),
        ("INSERT, UPDATE on table orders, items", "shop/public", "INSERT", "shop/public/users", DENIED),
        ("INSERT on table orders and 3 more", "shop/public", "INSERT", "shop/public/users", UNKNOWN),
        ("INSERT on table orders", "shop/public", "INSERT", "shop", UNKNOWN),
        ("INSERT on table orders", "shop/public", "COPY FROM", "shop/public/orders", ALLOWED),
        ("INSERT on table orders", "shop/public", "INSERT", "mail", DENIED),
        ("owner of 3 tables", "shop/public", "ALTER TABLE", "shop", UNKNOWN),
        ("what pg_write_all_data allows", "*", "DELETE", "shop", ALLOWED),
        ("what pg_write_all_data allows", "*", "TRUNCATE", "shop", UNKNOWN),
        ("SUPERUSER", "*", "CREATE TABLE", "shop", ALLOWED),
    ],
)
def test_a_statement_takes_its_privilege_where_it_was_run(role, on, verb, place, expected):
    assert answer(act(verb, place), rows(has(role, on, WRITE, READ))).answer is expected


def test_reading_alone_lets_change_nothing():
    assert answer(act("INSERT"), rows(has("SELECT on table orders", "shop/public", READ))).answer is DENIED


def test_a_role_is_another_path_and_leaving_it_takes_what_it_gives():
    writes = "INSERT on table orders"
    found = rows(has(writes, "shop/public", WRITE, to="writers"), member("writers", inherit=True))
    insert = act("INSERT", "shop/public/orders")
    assert answer(insert, found).by == (f"member of writers, {writes} in shop/public",)
    left = POSTGRES.without(found, [read_handle(handle("member", role="writers", member="nina"))])
    assert answer(insert, left).answer is DENIED
    assert POSTGRES.without(found, [read_handle(handle("member", role="writers", member="sam"))]) is None


def test_giving_rights_takes_an_owner_an_administrator_or_createrole():
    give = act("GRANT", category="grant")
    assert answer(give, rows()).answer is DENIED
    assert answer(give, rows(has("owner of 3 tables", "shop/public", WRITE, ACCESS))).answer is UNKNOWN
    assert answer(act("CREATE ROLE", category="grant"), rows(has("CREATEROLE", "*", ACCESS))).answer is ALLOWED


def test_a_grant_goes_with_what_was_given_at_once_and_without_its_login_nobody_comes_in():
    connect = has("CONNECT", "mail", record=3)
    create = has("CREATE, CONNECT on database mail", "mail", WRITE, record=3)
    left = POSTGRES.without(rows(connect, create), [read_handle(create.handle)])
    assert left.grants == [*COMES_IN]
    shut = POSTGRES.without(rows(), [read_handle(handle("login", role="nina"))])
    assert answer(act("login", category="login"), shut).answer is DENIED


def test_a_server_that_was_not_read_and_one_without_a_log_are_not_known():
    assert answer(act("INSERT"), Snapshots()).answer is UNKNOWN
    assert provider("mysql").without(rows(), []) is None


def test_what_is_read_is_in_no_log():
    before = rows(has("SELECT on table orders", "shop/public", READ), has("INSERT on table orders", "shop", WRITE))
    (one,) = POSTGRES.unseen(before, Snapshots(), AT, AT)
    assert (one.account, one.what) == (named("nina"), "reading in shop/public")
