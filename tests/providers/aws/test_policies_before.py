"""What a call on a policy replaced, as a snapshot has it."""

import json
from datetime import UTC, datetime

import pytest

from auditor.model.tables import Policy
from auditor.providers.aws.policies_before import stood

AT = datetime(2026, 10, 1, 3, tzinfo=UTC)
ROLE, BUCKET = "arn:aws:iam::111122223333:role/team/deploy", "arn:aws:s3:::harbour-logs"
MANAGED = "arn:aws:iam::111122223333:policy/operate"


def row(policy, kind, on, action):
    document = json.dumps({"Statement": [{"Effect": "Allow", "Action": action, "Resource": "*"}]})
    told = {"source": "iam", "collected_at": AT, "origin": "iam"}
    return Policy(**told, policy=policy, kind=kind, attached_to=on, document=document)


ROWS = [
    row(f"{ROLE}#trust", "trust", ROLE, "sts:AssumeRole"),
    row(f"{ROLE}#own", "identity", ROLE, "ecs:*"),
    row(f"{ROLE}#down", "identity", ROLE, "ec2:*"),
    row(f"{MANAGED}#v1", "version", MANAGED, "s3:*"),
    row(MANAGED, "identity", ROLE, "ssm:*"),
    row("arn:aws:iam::111122223333:policy/fence", "boundary", ROLE, "*"),
    row(f"111122223333#{BUCKET}#policy", "resource", BUCKET, "s3:GetObject"),
]


@pytest.mark.parametrize(
    ("action", "asked", "before"),
    [
        ("iam:PutRolePolicy", {"roleName": "deploy", "policyName": "own"}, "Allow ecs:* on *"),
        ("iam:UpdateAssumeRolePolicy", {"roleName": "deploy"}, "Allow sts:AssumeRole on *"),
        ("iam:CreatePolicyVersion", {"policyArn": MANAGED}, "Allow ssm:* on *"),
        ("s3:PutBucketPolicy", {"bucketName": "harbour-logs"}, "Allow s3:GetObject on *"),
        ("iam:PutRolePolicy", {"roleName": "eploy", "policyName": "own"}, None),
        ("iam:PutRolePolicy", {"roleName": "deploy", "policyName": "wn"}, None),
        ("iam:PutUserPolicy", {"userName": "deploy", "policyName": "own"}, None),
        ("iam:PutRolePolicy", {}, None),
        ("iam:AttachRolePolicy", {"roleName": "deploy", "policyArn": MANAGED}, None),
    ],
)
def test_a_call_on_a_policy_finds_what_was_there(action, asked, before):
    found = stood(action, asked, ("111122223333", BUCKET), ROWS)
    assert (found and dict(found.entries)) == ({"policy": (before,)} if before else None)


@pytest.mark.parametrize(
    ("action", "asked", "gone"),
    [
        ("iam:DeleteRolePolicy", {"roleName": "deploy", "policyName": "own"}, ("policy", "Allow ecs:* on *")),
        ("iam:DeleteRole", {"roleName": "deploy"}, ("trust", "Allow sts:AssumeRole on *")),
        ("iam:DeletePolicy", {"policyArn": MANAGED}, ("policy", "Allow ssm:* on *")),
        ("s3:DeleteBucketPolicy", {"bucketName": "harbour-logs"}, ("policy", "Allow s3:GetObject on *")),
        (
            "iam:DeleteRolePermissionsBoundary",
            {"roleName": "deploy"},
            ("permissionsBoundary", "arn:aws:iam::111122223333:policy/fence"),
        ),
    ],
)
def test_what_a_call_took_away_is_told(action, asked, gone):
    found = stood(action, asked, ("111122223333", BUCKET), ROWS)
    assert (found.took, found.at) == ((gone,), AT)


def test_a_boundary_is_told_beside_the_one_before():
    found = stood("iam:PutRolePermissionsBoundary", {"roleName": "deploy"}, ("111122223333", None), ROWS)
    assert found.values == {"permissionsBoundary": "arn:aws:iam::111122223333:policy/fence"}


def test_a_role_in_another_account_is_another():
    asked = {"roleName": "deploy", "policyName": "own"}
    assert stood("iam:PutRolePolicy", asked, ("444455556666", None), ROWS) is None
