"""Rights that are written anew, judged by what the last snapshot before had of them."""

import json
from datetime import timedelta

import pytest

from auditor.case.access import grants
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots, policies_before
from auditor.evidence.store import Store
from auditor.model.tables import Policy
from auditor.model.vocabulary import Category
from tests.cases import AT, AWS, config, event, hour, row, user
from tests.stored import store_run

NINA, BEA, ROLE = (f"arn:aws:iam::{AWS}:{one}" for one in ("user/nina", "user/bea", "role/deploy"))
OWN = f"arn:aws:iam::{AWS}:policy/own"
WHEN = AT - hour(30)
LAST_NIGHT = WHEN - hour(7)
SERVICE = "arn:aws:ecs:eu-west-1:1:service"
MFA = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}


def statement(action="ecs:*", resource="*", effect="Allow", **more):
    return {"Effect": effect, "Action": action, "Resource": resource, **more}


def trust(*names, **more):
    return {"Effect": "Allow", "Principal": {"AWS": list(names)}, "Action": "sts:AssumeRole", **more}


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def policy(holder, kind, *statements, name=f"{NINA}#inline", collected_at=LAST_NIGHT):
    told = {"policy": name, "kind": kind, "attached_to": holder, "name": name, "document": document(*statements)}
    return Policy(**row(**{**told, "collected_at": collected_at}))


def recipients(before, *acts):
    """Who received by calls, an action with what it asked each, half an hour after one another, the last at `WHEN`."""
    found = [
        event(
            event_id=f"e-{number}",
            time=WHEN - timedelta(minutes=30) * (len(acts) - number - 1),
            category=Category.GRANT,
            action=action,
            detail=json.dumps(asked),
        )
        for number, (action, asked) in enumerate(acts)
    ]
    rows = Snapshots(accounts=[user("nina")], before={one.time: before for one in found})
    told = grants(config(), found, rows, People(config()).who)
    return [grant.recipient.rpartition("/")[2] for grant in told if grant.time == WHEN]


def put(*statements):
    return "iam:PutUserPolicy", {"userName": "nina", "policyName": "inline", "policyDocument": document(*statements)}


WIDE = statement()
NO_STOP = statement("ecs:StopTask", effect="Deny")


@pytest.mark.parametrize(
    ("old", "new", "gives"),
    [
        ([WIDE], [WIDE], False),
        ([WIDE], [statement("ecs:Update*")], False),
        ([statement("ecs:Update*")], [WIDE], True),
        ([WIDE], [WIDE, statement("s3:GetObject")], True),
        ([WIDE, statement("s3:*")], [statement("s3:GetObject"), statement("ecs:StopTask")], False),
        ([WIDE], [statement(resource=f"{SERVICE}/a/*")], False),
        ([statement(resource=f"{SERVICE}/a/*")], [statement(resource=f"{SERVICE}/*")], True),
        ([statement(resource=f"{SERVICE}/a/*")], [statement(resource=f"{SERVICE}/a/b")], False),
        ([WIDE], [statement(Condition=MFA)], False),
        ([statement(Condition=MFA)], [WIDE], True),
        (
            [statement(Condition={"StringEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}})],
            [statement(Condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})],
            False,
        ),
        (
            [statement(Condition={"StringNotEquals": {"aws:RequestedRegion": ["eu-west-1", "eu-west-2"]}})],
            [statement(Condition={"StringNotEquals": {"aws:RequestedRegion": "eu-west-1"}})],
            True,
        ),
        ([WIDE, NO_STOP], [WIDE], True),
        ([WIDE, NO_STOP], [NO_STOP, statement("ecs:Update*")], False),
        ([WIDE, NO_STOP], [WIDE, statement("ecs:*", effect="Deny", Condition=MFA)], True),
        ([], [WIDE], True),
    ],
)
def test_a_policy_written_anew_gives_what_the_one_before_did_not(old, new, gives):
    before = [policy(NINA, "identity", *old)] if old else []
    assert recipients(before, put(*new)) == (["nina"] if gives else [])


def test_what_is_attached_was_held_where_another_policy_gave_it():
    wide = policy(NINA, "identity", WIDE, name=OWN)
    asked = {"policyArn": OWN, "policyDocument": document(statement("ecs:StopTask")), "setAsDefault": True}
    assert recipients([wide], put(statement("ecs:StopTask"))) == []
    assert recipients([policy(BEA, "identity", WIDE, name=OWN)], put(statement("ecs:StopTask"))) == ["nina"]
    assert recipients([wide], ("iam:CreatePolicyVersion", asked)) == ["own"], "nobody is known who holds it now"


def test_nobody_knows_what_stood_after_an_earlier_call_or_in_an_old_snapshot():
    held = policy(NINA, "identity", WIDE)
    taken = ("iam:DeleteUserPolicy", {"userName": "nina", "policyName": "inline"})
    other = ("iam:DeleteUserPolicy", {"userName": "bea", "policyName": "inline"})
    assert recipients([held], taken, put(WIDE)) == ["nina"]
    assert recipients([held], other, put(WIDE)) == []
    assert recipients([policy(NINA, "identity", WIDE, collected_at=WHEN - timedelta(days=3))], put(WIDE)) == ["nina"]


@pytest.mark.parametrize(
    ("old", "new", "who"),
    [
        ([trust(NINA, BEA)], [trust(NINA)], []),
        ([trust(NINA)], [trust(NINA, BEA)], ["bea"]),
        ([trust(NINA)], [trust(NINA, Condition=MFA)], []),
        ([trust(NINA, Condition=MFA)], [trust(NINA)], ["nina"]),
        ([trust(NINA)], [trust(NINA, Condition=MFA), trust(BEA)], ["bea"]),
    ],
)
def test_a_trust_written_anew_lets_in_whom_the_one_before_did_not(old, new, who):
    asked = {"roleName": "deploy", "policyDocument": document(*new)}
    before = [policy(ROLE, "trust", *old, name=f"{ROLE}#trust")]
    assert recipients(before, ("iam:UpdateAssumeRolePolicy", asked)) == who


def test_the_snapshot_before_a_moment_is_none_that_was_being_read_then(tmp_path):
    store, when = Store(str(tmp_path)), {"old": AT - hour(48), "night": AT - hour(24), "now": AT}
    for run, at in when.items():
        rows = (policy(NINA, "identity", WIDE, name=f"{NINA}#{run}", collected_at=at), policy(BEA, "identity", WIDE))
        store_run(store, run, at, *rows)
    moments = [AT - hour(72), AT - hour(25), AT - hour(23.5), AT - hour(20)]
    settings = config(sources=[{"name": "iam", "kind": "aws-iam", "account": AWS}])
    found = policies_before(store, settings, moments, ["nina"])
    assert [[one.policy.rpartition("#")[2] for one in found[moment]] for moment in moments] == [
        [],
        ["old"],
        ["old"],
        ["night"],
    ]
