"""What was given on hosts: groups whose members are root."""

import json

import pytest

from auditor.case.access import grants
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Grant
from auditor.model.vocabulary import Level
from tests.cases import config, event, row

HOST = "web-1.harbour.example"
SYSTEMS = [{"id": "checkout", "name": "Checkout", "resources": [{"provider": "ssh", "host": HOST}]}]


def rule(condition, level="admin"):
    told = {"principal": f"ssh:tom@{HOST}", "role": "sudo", "resource": HOST, "provider": "ssh", "level": level}
    return Grant(**row(**told, condition=condition))


def given(group, rules=(), user="nina", scope=HOST, **more):
    told = event(
        provider="ssh",
        scope=scope,
        account=f"ssh:tom@{scope}",
        category="grant",
        action="usermod:group",
        outcome="ok",
        resource=scope,
        detail=json.dumps({"user": user, "group": group, **more}),
    )
    known = config(systems=SYSTEMS)
    return list(grants(known, [told], Snapshots(grants=tuple(rules)), People(known).who))


@pytest.mark.parametrize("group", ["sudo", "wheel", "docker", ""])
def test_a_group_whose_members_are_root_is_given_to_whom_it_is(group):
    (grant,) = given(group)
    assert (grant.recipient, grant.identity.person, grant.level) == (f"ssh:nina@{HOST}", "nina", Level.ADMIN)
    assert grant.systems == ("checkout",)
    assert not grant.unplaced


def test_of_other_groups_sudos_rules_tell():
    (grant,) = given("ops", [rule("ALL (through the group ops)")])
    assert (grant.level, grant.unplaced) == (Level.ADMIN, "")
    assert given("audio", [rule("ALL (through the group ops)")]) == []
    assert given("ops", [rule("/bin/ls (through the group ops)", "write")]) == []


def test_where_no_rules_were_read_what_a_person_got_could_not_be_judged_and_nobody_asks_for_a_daemons():
    (grant,) = given("ops")
    assert grant.unplaced == f"no source reads what the group ops on {HOST} gives"
    assert given("sasl", user="postfix") == []
    equal = Grant(**row(principal=f"ssh:tom@{HOST}", role="root-equal", resource=HOST, provider="ssh", level="admin"))
    assert [one.unplaced for one in given("ops", [equal])] == [grant.unplaced]
    assert given("sudo", scope="laptop") == []


def test_whom_a_list_of_a_groups_members_made_new_could_not_be_judged():
    found = given("sudo", user="tom,nina", listed=True)
    assert [(one.recipient, "before is not told" in one.unplaced) for one in found] == [
        (f"ssh:tom@{HOST}", True),
        (f"ssh:nina@{HOST}", True),
    ]
