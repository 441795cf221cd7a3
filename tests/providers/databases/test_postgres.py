"""Who comes into a database of PostgreSQL: by what pg_hba's rules say, CONNECT and USAGE, and until when."""

import json
from datetime import timedelta

import pytest

from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Credential, Policy
from auditor.providers.registry import provider
from tests.cases import AT, config
from tests.copies import replace
from tests.providers.databases.test_permitted import PLACE, has, login, member, named

SHOP = {"provider": "postgres", "instance": "db-1", "database": "shop"}
CONFIG = config(systems=[{"id": "checkout", "name": "Checkout", "primary": "mia", "resources": [SHOP]}])
OFFICE, EVERYWHERE = ("10.0.0.0", "255.0.0.0"), ("all", None)
SOON, PAST = AT + timedelta(days=1), AT - timedelta(days=1)
ORDERS = has("INSERT on table orders", "shop/public", "write-database")
CONNECT, USAGE = has("CONNECT", "shop"), has("USAGE of the schema", "shop/public")
DOORS = (CONNECT, USAGE)


def server(**document):
    return Policy(**PLACE, policy="postgres:db-1", kind="server", attached_to="db-1", document=json.dumps(document))


def rule(method="scram-sha-256", kind="host", place=EVERYWHERE, databases=("all",), users=("all",), **more):
    address, netmask = place if kind != "local" else (None, None)
    told = {"type": kind, "database": databases, "user_name": users, "auth_method": method, **more}
    return told | {"address": address, "netmask": netmask}


def password(ends=None, kind="password"):
    return Credential(
        **PLACE, credential="password:nina", kind=kind, account=named("nina"), provider="postgres",
        resource="db-1", expires_at=ends,
    )  # fmt: skip


def paths(*grants, hba=None, managed=None, joins=(), credentials=()):
    """Nina's paths to what was granted to her."""
    rows = Snapshots(
        accounts=[login("nina", enabled=True), login("team", enabled=False)],
        policies=[server(hba=hba, managed=managed)],
        grants=grants,
        memberships=joins,
        credentials=credentials,
    )
    who = People(CONFIG, rows.accounts, rows.credentials).who
    return provider("postgres").rights(CONFIG, rows, who, AT).access


def comes_in(*rules):
    return bool(paths(*DOORS, ORDERS, hba=rules, joins=[member("team")]))


@pytest.mark.parametrize(
    ("first", "then", "expected"),
    [
        (("hostssl", OFFICE), ("hostssl", OFFICE), False),
        (("host", OFFICE), ("hostssl", ("10.1.0.0", "255.255.0.0")), False),
        (("host", OFFICE), ("hostssl", ("11.1.0.0", "255.255.0.0")), True),
        (("host", ("fd00::", "ff00::")), ("host", ("fd00:1::", "ffff:ffff::")), False),
        (("host", ("fd00:1::", "ffff:ffff::")), ("host", ("fd00::", "ff00::")), True),
        (("host", EVERYWHERE), ("hostnossl", ("192.0.2.7", "255.255.255.255")), False),
        (("host", ("samenet", None)), ("host", ("samenet", None)), False),
        (("host", ("samenet", None)), ("host", OFFICE), True),
        (("host", OFFICE), ("host", ("samenet", None)), True),
        (("host", ("10.1.0.0", "255.255.0.0")), ("host", OFFICE), True),
        (("hostssl", OFFICE), ("host", OFFICE), True),
        (("hostssl", OFFICE), ("hostnossl", OFFICE), True),
        (("host", ("fd00::", "ff00::")), ("host", OFFICE), True),
        (("host", OFFICE), ("host", ("fd00::", "ff00::")), True),
        (("local", EVERYWHERE), ("host", EVERYWHERE), True),
        (("host", EVERYWHERE), ("local", EVERYWHERE), True),
        (("local", EVERYWHERE), ("local", EVERYWHERE), False),
    ],
)
def test_the_first_rule_decides_for_the_addresses_that_it_is_for(first, then, expected):
    rules = [rule(method, *one) for one, method in ((first, "reject"), (then, "scram-sha-256"))]
    assert comes_in(*rules) is expected


def test_rules_for_all_addresses_of_both_kinds_leave_none_to_later_ones():
    every4, every6 = (rule("reject", place=(none, none)) for none in ("0.0.0.0", "::"))
    assert not comes_in(every4, every6, rule("trust", place=("samenet", None)))
    assert comes_in(every4, rule("trust", place=("samenet", None)))


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({}, True),
        ({"databases": ["shop"]}, True),
        ({"databases": ["mail"]}, False),
        ({"databases": ["replication"]}, False),
        ({"databases": ["sameuser"]}, False),
        ({"databases": ["replication", "shop"]}, True),
        ({"databases": ["samerole"]}, False),
        ({"databases": ["samegroup"]}, False),
        ({"databases": ["samerole", "/^sh"]}, True),
        ({"databases": ["/^sh"]}, True),
        ({"databases": ["/^(mail|sales)$"]}, False),
        ({"users": ["nina"]}, True),
        ({"users": ["+team"]}, True),
        ({"users": ["team"]}, False),
        ({"users": ["+nobody"]}, False),
        ({"users": ["+nina"]}, True),
        ({"users": ["/^ni"]}, True),
        ({"users": ["/in"]}, True),
        ({"users": ["/^app_.*$"]}, False),
        ({"users": ["/^app_", "nina"]}, True),
        ({"users": ["/^(app|nina)$|^x"]}, True),
        ({"users": ["/^[a-m]\\w{3}$"]}, False),
        # Nobody can say what these are for without the server.
        ({"users": ["/(?i)^APP"]}, True),
        ({"users": ["/^(a+)+$"]}, True),
        ({"users": ["/\\mapp"]}, True),
        ({"users": ["/^a*b*c*d*e*$"]}, True),
        ({"users": ["/^[z-a]"]}, True),
        ({"method": "reject"}, False),
        ({"error": "hostssl record cannot match"}, False),
    ],
)
def test_a_rule_is_for_databases_and_roles_and_where_that_cannot_be_told_it_may_let_in(told, expected):
    assert comes_in(rule(**told)) is expected


def test_a_rule_of_which_it_is_not_known_whom_it_is_for_decides_nothing():
    assert comes_in(rule("reject", users=["/(?i)^NI"]), rule())
    assert not comes_in(rule("reject", users=["/^ni"]), rule())
    assert comes_in(rule("reject", databases=["/(?i)^SH"]), rule())
    assert not comes_in(rule("reject", users=["+team"]), rule())


def test_whoever_is_a_member_of_the_database_s_own_role_enters_it():
    team = config(systems=[{"id": "t", "name": "T", "primary": "mia", "resources": [{**SHOP, "database": "team"}]}])
    rows = Snapshots(
        accounts=[login("nina", enabled=True), login("team", enabled=False)],
        policies=[server(hba=[rule(databases=["samerole"])])],
        grants=[has("CONNECT", "team"), has("CREATE on database team", "team", "write-database")],
        memberships=[member("team")],
    )
    assert provider("postgres").rights(team, rows, People(team).who, AT).access


def test_a_right_on_all_of_a_server_is_of_use_in_any_database():
    every = has("what pg_write_all_data allows", "*", "write-database")
    assert paths(every, hba=[rule(databases=["shop"])])
    assert not paths(every, hba=[rule(databases=["replication"])])


@pytest.mark.parametrize(
    ("rules", "copies"),
    [
        ([rule(databases=["replication"])], True),
        ([rule()], True),  # by what decodes the changes of one database
        ([rule("reject"), rule(databases=["replication"])], True),
        ([rule("reject"), rule(databases=["replication"], users=["standby"])], False),
        ([rule("reject", databases=["replication"]), rule(users=["standby"])], False),
    ],
)
def test_whoever_may_replicate_copies_all_and_enters_no_schema_by_that(rules, copies):
    copy = has("REPLICATION", "*", "read-data")
    assert [one.path for one in paths(copy, CONNECT, ORDERS, hba=rules)] == [("REPLICATION",)] * copies


def test_a_file_in_error_is_not_what_the_server_goes_by():
    (found,) = paths(*DOORS, ORDERS, hba=[rule("reject"), {"error": "invalid authentication method"}])
    assert found.conditions == (
        "as far as can be told: a line of pg_hba.conf is in error, and the server goes by what stood there before",
    )


@pytest.mark.parametrize(
    ("maps", "told"),
    [
        (["ops"], ("only through pg_ident.conf (map ops), which was not read",)),
        (["web", "ops"], ("only through pg_ident.conf (map ops, web), which was not read",)),
        (["ops", None], ()),
    ],
)
def test_whoever_comes_in_by_a_map_alone_does_so_as_that_says(maps, told):
    rules = [rule("cert", place=(f"10.0.{number}.0", "255.255.255.0"), map=one) for number, one in enumerate(maps)]
    assert [one.conditions for one in paths(*DOORS, ORDERS, hba=rules)] == [told]


def test_a_role_s_own_database_has_its_name():
    own = {**SHOP, "database": "nina"}
    config_ = config(systems=[{"id": "own", "name": "Own", "primary": "mia", "resources": [own]}])
    rows = Snapshots(
        accounts=[login("nina", enabled=True)],
        policies=[server(hba=[rule(databases=["sameuser"])])],
        grants=[has("CONNECT", "nina"), has("CREATE on database nina", "nina", "write-database")],
    )
    (found,) = provider("postgres").rights(config_, rows, People(config_).who, AT).access
    assert found.system == "own"


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ((*DOORS, ORDERS), 1),
        ((CONNECT, ORDERS), 0),
        ((USAGE, ORDERS), 0),
        ((has("CONNECT", "mail"), USAGE, ORDERS), 0),
        ((CONNECT, has("USAGE of the schema", "shop/other"), ORDERS), 0),
        ((has("owner of the database", "shop"), has("owner of the schema", "shop/public"), ORDERS), 1),
        ((CONNECT, has("CREATE on database shop", "shop", "write-database")), 1),
        # Whoever reads everything enters every schema, in what lets them in; a superuser needs neither.
        ((CONNECT, has("what pg_read_all_data allows", "*", "read-data"), ORDERS), 2),
        ((CONNECT, has("CREATEROLE", "*", "manage-access"), ORDERS), 1),
        ((has("SUPERUSER", "*", "shell", "write-database"),), 1),
    ],
)
def test_a_right_is_of_use_to_whoever_comes_into_its_database_and_schema(grants, expected):
    assert len(paths(*grants, managed="rds")) == expected


UNTOLD = "as far as can be told: pg_hba.conf could not be read"
WITHOUT = f"its password ends on {SOON:%Y-%m-%d}, and it may come in without one"
BY_PASSWORD, BY_TRUST = rule("scram-sha-256"), rule("trust", kind="local")


@pytest.mark.parametrize(
    ("told", "ends", "conditions"),
    [
        ({"hba": [BY_PASSWORD], "credentials": [password(SOON)]}, SOON, ()),
        ({"hba": [BY_PASSWORD], "credentials": [password()]}, None, ()),
        ({"hba": [BY_PASSWORD]}, None, ()),
        ({"hba": [BY_PASSWORD, BY_TRUST], "credentials": [password(SOON)]}, None, (WITHOUT,)),
        ({"hba": [BY_PASSWORD], "credentials": [password(SOON, kind="sign-in")]}, None, (WITHOUT,)),
        ({"managed": "rds", "credentials": [password(SOON)]}, SOON, ()),
        ({"managed": "rds", "credentials": [password(SOON, kind="sign-in")]}, None, (WITHOUT,)),
        ({"credentials": [password(SOON)]}, None, (UNTOLD, WITHOUT)),
        ({}, None, (UNTOLD,)),
    ],
)
def test_where_nothing_but_a_password_lets_in_a_path_ends_with_it(told, ends, conditions):
    (found,) = paths(*DOORS, ORDERS, **told)
    assert (found.expires_at, found.conditions) == (ends, conditions)


def test_a_password_that_has_ended_lets_nobody_in():
    assert not paths(*DOORS, ORDERS, hba=[BY_PASSWORD], credentials=[password(PAST)])
    assert not paths(*DOORS, ORDERS, hba=[BY_PASSWORD], credentials=[password(AT)])
    assert paths(*DOORS, ORDERS, hba=[BY_TRUST], credentials=[password(PAST)])


def test_what_is_for_members_is_for_those_who_joined():
    team = [replace(one, principal=named("team")) for one in (*DOORS, ORDERS)]
    assert len(paths(*team, managed="rds", joins=[member("team")])) == 1
    assert paths(*team, managed="rds") == ()
