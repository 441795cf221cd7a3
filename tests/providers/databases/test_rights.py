"""What logins of database servers hold: of themselves, through roles, as owners, and what could not be told."""

import json

import pytest

from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import Capability, Level
from auditor.providers.registry import provider
from tests.cases import AT, config, row
from tests.providers.databases.test_permitted import handle, has, login, member, named

READ, WRITE, ACCESS = Capability.READ_DATA, Capability.WRITE_DATABASE, Capability.MANAGE_ACCESS
SERVER = Policy(**row(policy="postgres:db-1", kind="server", attached_to="db-1", document='{"managed": "rds"}'))
INSERT, SELECT = (
    has(f"{verb} on table orders", "shop/public", can, to="writers")
    for verb, can in (("INSERT", "write-database"), ("SELECT", "read-data"))
)
OPEN = [has(role, on, to=to) for to in ("nina", "writers") for role, on in (("CONNECT", "shop"),)] + [
    has("USAGE of the schema", "shop/public", to=to) for to in ("nina", "writers")
]


def claims(*places):
    """Systems that claim parts of the server: `shop`, or `shop/sales` with a schema."""
    systems = []
    for number, place in enumerate(places):
        database, _, schema = place.partition("/")
        one = {"provider": "postgres", "instance": "db-1", "database": database}
        systems.append(
            {
                "id": f"s{number}",
                "name": place,
                "primary": "mia",
                "resources": [one | ({"schema": schema} if schema else {})],
            }
        )
    return config(systems=systems, people=[{"id": "nina", "name": "Nina", "accounts": ["postgres:nina"]}, MIA])


MIA = {"id": "mia", "name": "Mia"}


def found(*grants, joins=(), accounts=(), settings=None, policies=(SERVER,), credentials=()):
    settings = settings or claims("shop")
    rows = Snapshots(
        accounts=[login("nina", enabled=True), *accounts],
        policies=policies,
        grants=grants,
        memberships=joins,
        credentials=credentials,
    )
    return provider("postgres").rights(settings, rows, People(settings, rows.accounts, rows.credentials).who, AT)


@pytest.mark.parametrize(
    ("options", "step", "can"),
    [
        ({}, "member of writers", {WRITE}),
        ({"inherit": False}, "may become writers", {WRITE}),
        ({"inherit": False, "set": False}, None, None),
        ({"set": False}, "member of writers", {WRITE}),
        ({"admin": True}, "member of writers", {WRITE, ACCESS}),
        ({"inherit": False, "set": False, "admin": True}, "may let itself into writers", {WRITE, ACCESS}),
    ],
)
def test_by_what_a_login_comes_to_a_role_s_rights(options, step, can):
    writers = login("writers", enabled=False)
    told = found(INSERT, *OPEN, joins=[member("writers", **options)], accounts=[writers]).access
    assert [(path.path, path.capabilities) for path in told] == (
        [((step, "INSERT on table orders in shop/public"), can)] if step else []
    )


@pytest.mark.parametrize(
    ("options", "held"), [({}, True), ({"set": False}, False), ({"set": False, "admin": True}, True)]
)
def test_what_a_role_is_only_those_have_who_can_become_it(options, held):
    boss = has("SUPERUSER", "*", "shell", to="boss")
    told = found(boss, joins=[member("boss", **options)]).access
    assert [path.unrestricted for path in told] == [True] * held


def test_what_a_role_is_is_not_had_through_one_that_one_cannot_become():
    boss = has("SUPERUSER", "*", "shell", to="boss")
    assert found(boss, joins=[member("team", set=False), member("boss", of="team")]).access == ()
    assert found(boss, joins=[member("team"), member("boss", of="team")]).access


def test_the_way_through_roles_is_told_with_what_takes_it_away():
    joins = [member("team"), member("writers", of="team")]
    named_roles = [login(name, enabled=False) for name in ("team", "writers")]
    (path,) = found(INSERT, *OPEN, joins=joins, accounts=named_roles).access
    assert (path.person, path.account, path.scope, path.system) == ("nina", named("nina"), "db-1", "s0")
    assert path.path == ("member of team", "member of writers", "INSERT on table orders in shop/public")
    assert path.written == ("INSERT on table orders", "team", "writers")
    assert (path.resource, path.level, path.unrestricted) == ("shop/public", Level.WRITE, False)
    assert path.handles == (handle("member", role="team", member="nina"),)
    assert len(path.evidence) == 3


def test_each_membership_that_leads_to_a_role_is_a_path_that_is_taken_away_by_itself():
    joins = [member("team"), member("oncall"), member("writers", of="team"), member("writers", of="oncall")]
    roles = [login(name, enabled=False) for name in ("team", "oncall", "writers")]
    told = {path.path[:2]: path.handles for path in found(INSERT, *OPEN, joins=joins, accounts=roles).access}
    assert told == {
        (f"member of {group}", "member of writers"): (handle("member", role=group, member="nina"),)
        for group in ("team", "oncall")
    }


def test_roles_that_are_members_of_each_other_come_to_an_end():
    joins = [member("team"), member("writers", of="team"), member("team", of="writers")]
    assert len(found(INSERT, *OPEN, joins=joins).access) == 1


def test_an_own_grant_is_taken_away_itself_and_what_everybody_has_by_nothing():
    own = has("INSERT on table orders", "shop/public", "write-database")
    everybodys = has("SELECT on table orders", "shop/public", "read-data", to="public")
    told = {path.path: path.handles for path in found(own, everybodys, *OPEN).access}
    assert told == {
        ("INSERT on table orders in shop/public",): (own.handle,),
        ("PUBLIC", "SELECT on table orders in shop/public"): (),
    }


def test_a_login_that_is_shut_has_nothing_and_one_of_which_that_is_not_told_has():
    rows = [has("CONNECT", "shop", to=to) for to in ("shut", "open")]
    rights = [has("CREATE on database shop", "shop", "write-database", to=to) for to in ("shut", "open")]
    accounts = [login("shut", enabled=False), login("open")]
    assert {path.account for path in found(*rows, *rights, accounts=accounts).access} == {named("open")}


def test_a_path_names_its_password():
    known = Credential(
        **row(credential="password:n", kind="password", account=named("nina"), provider="postgres", resource="db-1")
    )
    (path,) = found(*OPEN, has("CREATE on database shop", "shop", "write-database"), credentials=[known]).access
    assert path.credential == "password:n"


@pytest.mark.parametrize(
    ("places", "on", "systems"),
    [
        (["shop"], "shop/public", ["s0"]),
        (["shop/public"], "shop/public", ["s0"]),
        (["shop/public", "shop/sales"], "shop", ["s0", "s1"]),
        (["shop", "shop/sales"], "shop", ["s0", "s1"]),
        (["shop/sales"], "shop/public", []),
        (["mail"], "shop", []),
        (["mail", "shop"], "*", ["s0", "s1"]),
    ],
)
def test_a_right_on_a_whole_database_or_server_is_one_on_each_system_in_it(places, on, systems):
    settings = claims(*places)
    right = has("CREATE", on, "write-database")
    told = found(right, *OPEN, settings=settings).access
    assert [path.system for path in told] == systems


def test_all_rights_on_a_server_are_one_path_that_contains_the_others():
    settings = claims("shop", "mail")
    (path,) = found(has("SUPERUSER", "*", "shell"), INSERT, settings=settings, joins=[member("writers")]).access
    assert (path.system, path.unrestricted, path.resource, path.path) == (None, True, None, ("SUPERUSER",))
    assert found(has("SUPERUSER", "*", "shell"), settings=claims()).access == ()


@pytest.mark.parametrize(
    ("grant", "subject", "reason"),
    [
        (
            has("EXECUTE on functions, run as boss", "shop/public", to="nina"),
            named("nina"),
            "EXECUTE on functions, run as boss in shop/public: what they do for whoever calls them is not judged.",
        ),
        (has("INSERT on table t", "mail/x", "write-database"), "postgres db-1/mail/x", "and no system of auditor.yaml"),
        (has("EXECUTE on functions, run as boss", "mail", to="nina"), None, None),
        (has("CONNECT", "mail"), None, None),
        (INSERT, None, None),
    ],
)
def test_what_could_not_be_told(grant, subject, reason):
    told = [(str(one.subject), one.reason) for one in found(grant).unresolved]
    assert [one for one, _ in told] == ([subject] if subject else [])
    assert all(reason in said for _, said in told)


def test_rights_on_a_server_that_no_system_claims_are_named_for_it_once():
    settings = claims("shop").model_copy(update={"systems": ()})
    rights = (has("CREATEROLE", "*", "manage-access"), has("CREATEDB", "*", "write-database"))
    assert [str(one.subject) for one in found(*rights, settings=settings).unresolved] == ["postgres db-1"]


def test_what_a_superuser_owns_in_a_database_that_nobody_claims_says_nothing_new():
    boss, own = has("SUPERUSER", "*", "shell"), has("owner of the database", "mail", "write-database")
    assert found(boss, own).unresolved == ()
    assert len(found(own).unresolved) == 1


def test_only_what_was_read_of_a_known_server_counts():
    other = Policy(**row(policy="postgres:db-1", kind="sshd", attached_to="db-1", document="{}"))
    right = has("CREATE on database shop", "shop", "write-database")
    assert found(right, *OPEN).access
    assert found(right, *OPEN, policies=[other]).access == ()
    assert found(right, *OPEN, policies=[SERVER_OF_MYSQL]).access == ()


SERVER_OF_MYSQL = Policy(**row(policy="mysql:db-1", kind="server", attached_to="db-1", document="{}"))


def of_mysql(name, options=None, revokes=None, on="shop"):
    account = f"mysql:{name}@db-1"
    place = {"provider": "mysql", "instance": "db-1", "database": "shop"}
    settings = config(systems=[{"id": "shop", "name": "Shop", "primary": "mia", "resources": [place]}])
    document = json.dumps({"revokes": revokes} if revokes else {})
    rows = Snapshots(
        accounts=[Account(**row(account=account, provider="mysql", scope="db-1", kind="unknown", name=name))],
        policies=[Policy(**row(policy="mysql:db-1", kind="server", attached_to="db-1", document=document))],
        grants=[
            Grant(
                **row(principal=account, role="INSERT", resource=on, provider="mysql", capabilities=("write-database",))
            )
        ],
        credentials=[
            Credential(
                **row(
                    credential=account,
                    kind="password",
                    account=account,
                    provider="mysql",
                    resource="db-1",
                    options=options,
                )
            )
        ],
    )
    (path,) = provider("mysql").rights(settings, rows, People(settings).who, AT).access
    return path.conditions


@pytest.mark.parametrize(
    ("told", "conditions"),
    [
        ({"name": "nina@%"}, ()),
        ({"name": "nina@10.%"}, ("only from 10.%",)),
        *(
            ({"name": "nina@localhost", "options": one}, ("only from localhost", "only as the host's own login of that name"))
            for one in ("auth_socket", "unix_socket")
        ),
        ({"name": "nina@%", "options": "caching_sha2_password"}, ()),
        ({"name": "nina@%", "revokes": True}, ()),
        ({"name": "nina@%", "revokes": True, "on": "*"}, ("but for what partial revokes take away, which are not read",)),
        ({"name": "nina@%", "on": "*"}, ()),
    ],
)  # fmt: skip
def test_from_where_an_account_of_mysql_comes_in(told, conditions):
    assert of_mysql(**told) == conditions


def test_no_log_of_mysql_tells_what_a_right_is_used_for():
    assert provider("mysql").without(Snapshots(), []) is None


def test_the_rest_of_other_providers_is_left_out():
    rows = [Membership(**row(group=named("writers"), member="ssh:nina@db-1"))]
    assert found(INSERT, *OPEN, joins=rows).access == ()
