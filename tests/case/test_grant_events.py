"""Rights given during the period, read off the log."""

import json
from typing import Any

import pytest

from auditor.activity.results import JudgedEvent
from auditor.case.access import grants
from auditor.case.people import People
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Grant
from auditor.model.vocabulary import Category, Level
from tests.cases import AT, AWS, config, event, user

DEPLOY = {
    "Statement": [
        {
            "Effect": "Allow",
            "Action": ["ecs:UpdateService"],
            "Resource": [f"arn:aws:ecs:eu-west-1:{AWS}:service/checkout-prod/*"],
        }
    ]
}


def given(action: str = "iam:PutUserPolicy", outcome: str = "ok", **detail: Any) -> list[Grant]:
    asked = {"userName": "nina", "policyName": "jit-PAY-184", "policyDocument": json.dumps(DEPLOY), **detail}
    found: JudgedEvent = event(category=Category.GRANT, action=action, outcome=outcome, detail=json.dumps(asked))
    settings = config()
    return grants(settings, [found], Snapshots(accounts=[user("nina")]), People(settings).who)


def test_an_inline_policy_says_who_received_what_where_and_for_which_ticket() -> None:
    grant = given()[0]
    assert (grant.identity.person, grant.recipient) == ("nina", f"arn:aws:iam::{AWS}:user/nina")
    assert (grant.systems, grant.level, grant.what, grant.ticket) == (
        ("checkout",),
        Level.WRITE,
        "jit-PAY-184",
        "PAY-184",
    )
    assert grant.granted_by == f"arn:aws:iam::{AWS}:role/terraform"


def test_a_policy_that_ends_by_itself_says_when() -> None:
    until = {"DateLessThan": {"aws:CurrentTime": "2026-10-01T18:00:00Z"}}
    timed = {"Statement": [{**DEPLOY["Statement"][0], "Condition": until}]}
    assert given(policyDocument=json.dumps(timed))[0].expires_at.isoformat() == "2026-10-01T18:00:00+00:00"


def test_a_user_put_into_a_group_received_whatever_the_group_holds() -> None:
    grant = given("iam:AddUserToGroup", groupName="operators", policyName=None, policyDocument=None)[0]
    assert (grant.what, grant.systems, grant.ticket) == ("operators", (), None)


@pytest.mark.parametrize("action", ["iam:DeleteUserPolicy", "iam:DeleteAccessKey", "iam:PutBucketPolicy"])
def test_what_takes_away_gives_nothing(action: str) -> None:
    assert given(action) == []


@pytest.mark.parametrize(
    ("action", "holder", "recipient", "what"),
    [
        ("iam:CreateAccessKey", {"userName": "nina"}, "user/nina", "an access key"),
        ("iam:UpdateLoginProfile", {"userName": "nina"}, "user/nina", "a console password"),
        ("iam:UpdateAssumeRolePolicy", {"roleName": "deploy"}, "role/deploy", "another trust policy"),
        ("iam:AttachGroupPolicy", {"groupName": "ops", "policyArn": "arn:x"}, "group/ops", "arn:x"),
        ("iam:DeleteUserPermissionsBoundary", {"userName": "nina"}, "user/nina", "rights without a boundary"),
    ],
)
def test_every_way_of_giving_is_a_grant(action: str, holder: dict[str, str], recipient: str, what: str) -> None:
    asked = {"userName": None, "policyName": None, "policyDocument": None, **holder}
    (grant,) = given(action, **asked)
    assert (grant.recipient, grant.what) == (f"arn:aws:iam::{AWS}:{recipient}", what)


def test_a_key_of_ones_own_is_no_grant() -> None:
    own = event(
        category=Category.GRANT, action="iam:CreateAccessKey", account=f"arn:aws:iam::{AWS}:user/nina",
        detail=json.dumps({"userName": "nina"}),
    )  # fmt: skip
    assert grants(config(), [own], Snapshots(accounts=[user("nina")]), People(config()).who) == []


def test_a_denied_grant_gave_nothing() -> None:
    assert given(outcome="denied") == []


@pytest.mark.parametrize("document", ["{", "null", '{"Statement": 7}', "…cut"])
def test_a_document_that_cannot_be_read_is_still_a_grant(document: str) -> None:
    grant = given(policyDocument=document)[0]
    assert (grant.systems, grant.level) == ((), Level.WRITE)


@pytest.mark.parametrize("detail", [None, "[]", "{", '{"userName": {"odd": 1}}'])
def test_a_record_of_an_odd_shape_names_nobody_and_breaks_nothing(detail: str | None) -> None:
    settings = config()
    odd = event(category=Category.GRANT, action="iam:PutUserPolicy", detail=detail)
    assert grants(settings, [odd], Snapshots(), People(settings).who) == []


def test_the_time_of_a_grant_is_the_events() -> None:
    assert given()[0].time < AT
