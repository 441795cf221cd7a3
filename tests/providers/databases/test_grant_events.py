"""What the log of a database shows as given: to whom, on which systems, how far."""

import json

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


def given(statement, rows=None, database="shop"):
    told = event(
        provider="postgres",
        scope="db-1",
        account=named("tom"),
        category="grant",
        action="postgres:GRANT",
        outcome="ok",
        resource=database,
        detail=json.dumps({"statement": statement}),
    )
    people = [{"id": "nina", "name": "Nina", "email": "nina@harbour.example", "accounts": ["postgres:nina"]}]
    known = config(systems=SYSTEMS, people=people)
    found = grants(known, [told], rows or Snapshots(), People(known).who)
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
    assert [one[3] for one in given("GRANT team, lookers, owners TO nina", rows)] == [
        Level.WRITE,
        Level.READ,
        Level.ADMIN,
    ]
    assert given("GRANT empty TO nina", rows) == []


def test_where_no_rights_were_read_a_persons_membership_could_not_be_judged():
    ((person, *_, unplaced),) = given("GRANT team TO nina")
    assert (person, unplaced) == ("nina", "no source reads what membership of the role team gives")
    assert given("GRANT team TO reporting") == []
