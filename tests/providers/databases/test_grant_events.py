"""What the log of a database shows as given: to whom, on which systems, how far."""

import json
from datetime import UTC, datetime

import pytest

from auditor.case.access import grants
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Grant, Membership, Policy
from auditor.model.vocabulary import Level
from tests.cases import config, event, row

SYSTEMS = [
    {
        "id": "checkout",
        "name": "Checkout",
        "resources": [{"provider": "postgres", "instance": "db-1", "database": "shop"}],
    },
    {
        "id": "billing",
        "name": "Billing",
        "resources": [{"provider": "postgres", "instance": "db-1", "database": "bills"}],
    },
]
SERVER = Policy(**row(policy="postgres:db-1", kind="server", attached_to="db-1", document="{}"))


def named(role):
    return f"postgres:{role}@db-1"


def held(role, resource, *capabilities, on="shop"):
    told = {"principal": named(role), "role": resource, "resource": on, "provider": "postgres"}
    return Grant(**row(**told, capabilities=capabilities))


def given(*statements, rows=None, database="shop"):
    told = [
        event(
            time=datetime(2026, 9, 4, 10, number, tzinfo=UTC),
            provider="postgres",
            scope="db-1",
            account=named("tom"),
            category="grant",
            action="postgres:GRANT",
            outcome="ok",
            resource=database,
            detail=json.dumps({"statement": statement}),
        )
        for number, statement in enumerate(statements)
    ]
    people = [{"id": "nina", "name": "Nina", "email": "nina@harbour.example", "accounts": ["postgres:nina"]}]
    known = config(systems=SYSTEMS, people=people)
    found = grants(known, told, rows or Snapshots(), People(known).who)
    return [(one.identity.person, one.recipient, one.systems, one.level, one.unplaced) for one in found]


@pytest.mark.parametrize(
    ("statement", "who", "systems", "level"),
    [
        ("GRANT ALL ON orders TO nina", "nina", ("checkout",), Level.WRITE),
        ("GRANT SELECT ON orders TO nina", "nina", ("checkout",), Level.READ),
        ("GRANT CREATE ON DATABASE bills TO nina", "nina", ("billing",), Level.WRITE),
        ("ALTER ROLE nina SUPERUSER", "nina", ("billing", "checkout"), Level.ADMIN),
        ("GRANT rds_superuser TO nina", "nina", ("billing", "checkout"), Level.ADMIN),
        ("GRANT pg_execute_server_program TO nina", "nina", ("billing", "checkout"), Level.ADMIN),
        ("GRANT pg_write_all_data TO nina", "nina", ("billing", "checkout"), Level.WRITE),
        ("GRANT pg_monitor TO nina", "nina", ("billing", "checkout"), Level.READ),
        ("GRANT INSERT ON orders TO reporting", None, ("checkout",), Level.WRITE),
    ],
)
def test_who_received_how_much_of_what(statement, who, systems, level):
    ((person, recipient, *told, unplaced),) = given(statement)
    assert (person, told, unplaced) == (who, [systems, level], "")
    assert recipient in (named("nina"), named("reporting"))


@pytest.mark.parametrize(
    "statement", ["GRANT SELECT ON t TO reporting", "GRANT ALL ON t TO current_user", "REVOKE a FROM nina"]
)
def test_what_gives_nothing_to_judge(statement):
    assert given(statement) == []


def test_of_a_membership_the_roles_own_rights_tell_and_those_of_its_roles():
    rows = Snapshots(
        policies=(SERVER,),
        memberships=(Membership(**row(group=named("writers"), member=named("team"))),),
        grants=(
            held("writers", "INSERT", "write-database"),
            held("lookers", "SELECT", "read-data"),
            held("owners", "SUPERUSER", "shell", on="*"),
        ),
    )
    assert [one[3] for one in given("GRANT team, lookers, owners TO nina", rows=rows)] == [
        Level.WRITE,
        Level.READ,
        Level.ADMIN,
    ]
    assert given("GRANT empty TO nina", rows=rows) == []


def test_where_no_rights_were_read_a_persons_membership_could_not_be_judged():
    ((person, *_, unplaced),) = given("GRANT team TO nina")
    assert (person, unplaced) == ("nina", "no source reads what membership of the role team gives")
    assert given("GRANT team TO reporting") == []


@pytest.mark.parametrize(
    ("before", "systems", "level"),
    [
        (["GRANT INSERT ON t TO team"], ("checkout",), Level.WRITE),
        (["GRANT CREATE ON DATABASE bills TO writers", "GRANT writers TO team"], ("billing",), Level.WRITE),
        (["GRANT INSERT ON t TO team", "ALTER ROLE team SUPERUSER"], ("billing", "checkout"), Level.ADMIN),
        (["GRANT INSERT ON t TO team", "GRANT SELECT ON t TO team"], ("checkout",), Level.WRITE),
    ],
)
def test_what_the_log_gave_to_a_role_its_members_come_to(before, systems, level):
    last = given(*before, "GRANT team TO nina")[-1]
    assert last == ("nina", named("nina"), systems, level, "")


@pytest.mark.parametrize("taken", ["REVOKE UPDATE ON t FROM team", "DROP ROLE team", "ALTER ROLE team NOSUPERUSER"])
def test_what_a_role_has_left_that_lost_something_is_not_known(taken):
    *_, unplaced = given("GRANT INSERT, UPDATE ON t TO team", taken, "GRANT team TO nina")[-1]
    assert unplaced == "no source reads what membership of the role team gives"


def test_a_membership_reaches_where_its_role_has_rights_and_not_all_of_the_server():
    rows = Snapshots(policies=(SERVER,), grants=(held("writers", "INSERT", "write-database", on="bills"),))
    assert [one[2] for one in given("GRANT writers TO nina", rows=rows)] == [("billing",)]
