"""Conditions on the tags and the region of what a request is about, where the tags of a system's things were read."""

import json

import pytest

from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Policy
from auditor.providers.aws.rights import aws_access
from auditor.providers.aws.tags import with_tagged
from tests.cases import AWS, config
from tests.providers.conftest import AT, PLACE, document, identify

SERVICE = f"arn:aws:ecs:eu-west-1:{AWS}:service/prod/shop"
STORE = f"arn:aws:dynamodb:eu-west-1:{AWS}:table/shop"
DEPLOY = {"Effect": "Allow", "Action": ["ecs:UpdateService", "dynamodb:PutItem"], "Resource": "*"}
NAMES = {"match": ["*shop*"]}
TAGS = {"tags": {"service": "shop"}}
ONE_REGION = {"match": ["arn:aws:*:eu-west-1:*shop*"]}
OF_SHOP = {SERVICE: {"service": "shop", "Team": "core"}, STORE: {"service": "shop"}}


def asking(key, value, operator="StringEquals", effect="Allow", **more):
    return {**DEPLOY, "Effect": effect, "Condition": {operator: {key: value}}, **more}


@pytest.fixture
def held(iam):
    """What somebody has on the shop: capabilities, and what stands beside the path."""

    def of(place, tags, *statements, **more):
        shop = {"id": "shop", "name": "Shop", "primary": "mia", "backup": "leon", "on_duty": ["mia"]}
        iam.user("bea", inline={"own": statements}, tags='{"team": "web"}', **more)
        rows = [
            Policy(**PLACE, policy=arn, kind="tags", attached_to=AWS, document=json.dumps(one))
            for arn, one in tags.items()
        ]
        known = config(systems=[{**shop, "resources": [{"provider": "aws", "account": AWS, **place}]}])
        snapshots = Snapshots(accounts=iam.accounts, policies=[*iam.policies, *rows], grants=iam.grants)
        access = aws_access(with_tagged(known, rows), snapshots, identify, AT).access
        told = [(sorted(one.capabilities), bool(one.conditions)) for one in access if one.system == "shop"]
        return sorted((capability.value, is_if) for capabilities, is_if in told for capability in capabilities)

    return of


@pytest.mark.parametrize(
    ("place", "statements", "expected"),
    [
        (NAMES, [asking("aws:ResourceTag/team", "core")], [("deploy", True)]),
        (NAMES, [asking("ecs:ResourceTag/TEAM", "core")], [("deploy", True)]),
        (NAMES, [asking("aws:ResourceTag/team", "web")], []),
        (NAMES, [asking("aws:ResourceTag/team", "${aws:PrincipalTag/team}")], []),
        (NAMES, [asking("aws:ResourceTag/team", "web", "StringNotEquals")], [("deploy", True), ("write-database", True)]),
        (NAMES, [asking("aws:ResourceTag/team", "core", "StringEqualsIfExists")], [("deploy", True), ("write-database", True)]),
        (TAGS, [asking("aws:ResourceTag/service", "shop")], [("deploy", False), ("write-database", False)]),
        (TAGS, [asking("aws:ResourceTag/service", "mail")], []),
        (TAGS, [asking("aws:ResourceTag/team", "core", "StringNotEquals")], [("write-database", True)]),
        (TAGS, [asking("aws:RequestedRegion", "eu-*", "StringLike")], [("deploy", False), ("write-database", False)]),
        (TAGS, [asking("aws:RequestedRegion", "us-east-1")], []),
        (ONE_REGION, [asking("aws:RequestedRegion", "us-east-1")], []),
        (NAMES, [asking("aws:RequestedRegion", "us-east-1")], [("deploy", True), ("write-database", True)]),
        (NAMES, [DEPLOY, asking("aws:ResourceTag/team", "web", effect="Deny")], [("deploy", False), ("write-database", False)]),
        (TAGS, [DEPLOY, asking("aws:ResourceTag/service", "shop", effect="Deny")], []),
        (NAMES, [DEPLOY, asking("aws:ResourceTag/team", "web", "StringNotEquals", "Deny")], []),
        (TAGS, [DEPLOY, asking("aws:ResourceTag/team", "core", effect="Deny")], [("deploy", True), ("write-database", True)]),
        (
            NAMES,
            [asking("aws:ResourceTag/team", "web"), {**DEPLOY, "Action": "ecs:TagResource"}],
            [("change-config", False), ("deploy", True)],
        ),
    ],
)  # fmt: skip
def test_tags_that_were_read_settle_what_policies_ask_of_them(held, place, statements, expected):
    assert held(place, OF_SHOP, *statements) == expected


def test_without_tags_read_what_a_policy_asks_of_them_stays_a_condition(held):
    assert held(NAMES, {}, asking("aws:ResourceTag/team", "web")) == [("deploy", True), ("write-database", True)]


def test_a_boundary_may_leave_what_has_a_tag(held):
    fence = document(asking("aws:ResourceTag/team", "web"))
    assert held(NAMES, OF_SHOP, DEPLOY, boundary=fence) == []


@pytest.mark.parametrize(
    ("place", "action", "told"),
    [
        (TAGS, "lambda:UpdateFunctionCode", []),
        (TAGS, "s3:DeleteBucket", []),
        (TAGS, "ecs:RegisterTaskDefinition", [("deploy", False)]),
        (TAGS, "codedeploy:CreateDeployment", [("deploy", False)]),
        (NAMES, "lambda:UpdateFunctionCode", [("deploy", False)]),
        (ONE_REGION, "lambda:UpdateFunctionCode", [("deploy", False)]),
    ],
)
def test_what_is_given_on_anything_concerns_a_system_of_known_things_where_it_is_about_such(held, place, action, told):
    assert held(place, OF_SHOP, {"Effect": "Allow", "Action": action, "Resource": "*"}) == told
