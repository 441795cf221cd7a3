"""AWS actions in plain words."""

import pytest

from auditor.model.vocabulary import Capability as C
from auditor.model.vocabulary import Level
from auditor.resolve.aws_actions import catalogue, expand, types_of
from auditor.resolve.capabilities import capabilities, level_of

MEANINGS = {
    "logs:FilterLogEvents": {C.READ_LOGS},
    "cloudwatch:GetMetricData": {C.READ_LOGS},
    "xray:GetTraceSummaries": {C.READ_LOGS},
    "s3:GetObject": {C.READ_DATA},
    "dynamodb:Query": {C.READ_DATA},
    "secretsmanager:GetSecretValue": {C.READ_DATA},
    "ecs:UpdateService": {C.DEPLOY},
    "lambda:UpdateFunctionCode": {C.DEPLOY},
    "ecr:PutImage": {C.DEPLOY},
    "ecs:StopTask": {C.RESTART},
    "ec2:RebootInstances": {C.RESTART},
    "rds:RebootDBInstance": {C.RESTART},
    "lambda:UpdateFunctionConfiguration": {C.CHANGE_CONFIG},
    "ssm:PutParameter": {C.CHANGE_CONFIG},
    "s3:PutBucketPolicy": {C.CHANGE_CONFIG},
    "sqs:PurgeQueue": {C.CHANGE_CONFIG},
    "s3:PutObject": {C.WRITE_DATABASE},
    "dynamodb:PutItem": {C.WRITE_DATABASE},
    "rds:ModifyDBInstance": {C.WRITE_DATABASE},
    "rds-data:ExecuteStatement": {C.READ_DATA, C.WRITE_DATABASE},
    "ssm:StartSession": {C.SHELL},
    "ecs:ExecuteCommand": {C.SHELL},
    "ec2-instance-connect:SendSSHPublicKey": {C.SHELL},
    "secretsmanager:PutSecretValue": {C.MANAGE_SECRETS},
    "kms:ScheduleKeyDeletion": {C.MANAGE_SECRETS},
    "ec2:TerminateInstances": {C.MANAGE_INFRASTRUCTURE},
    "route53:ChangeResourceRecordSets": {C.MANAGE_INFRASTRUCTURE},
    "cloudtrail:StopLogging": {C.MANAGE_INFRASTRUCTURE},
    "iam:PutUserPolicy": {C.MANAGE_ACCESS},
    "sso:CreateAccountAssignment": {C.MANAGE_ACCESS},
    "budgets:ModifyBudget": {C.MANAGE_BILLING},
    # Looking at what there is, and the small change of everyday use.
    "ecs:DescribeServices": set(),
    "s3:ListBucket": set(),
    "iam:GetUser": set(),
    "iam:PassRole": set(),
    "iam:ChangePassword": set(),
    "sts:AssumeRole": set(),
    "kms:Decrypt": set(),
}


@pytest.mark.parametrize("action", MEANINGS)
def test_an_action_in_plain_words(action):
    assert expand(action), f"{action} is not in the data set"
    assert capabilities(expand(action)) == MEANINGS[action]


def test_everything_gives_every_capability():
    assert capabilities(expand("*")) == set(C)


def test_wildcards_count_and_letter_case_does_not():
    assert expand("S3:getobject") == expand("s3:GetObject") != 0
    assert catalogue().decode(expand("dynamodb:?utItem")) == ("dynamodb:PutItem",)
    assert expand("dynamodb:Get*") & expand("dynamodb:GetItem")
    assert not expand("dynamodb:Get*") & expand("dynamodb:PutItem")


def test_an_action_that_does_not_exist_gives_nothing():
    assert expand("s3:ReadMinds") == expand("nothing") == expand("") == 0


def test_a_pattern_names_only_kinds_of_its_own_service_and_type():
    shapes = {kind.shape for kind in types_of("arn:aws:dynamodb:eu-west-1:111122223333:table/orders")}
    assert shapes == {"arn:*:dynamodb:*:*:table/*"}


def test_older_arns_of_ecs_without_the_cluster_are_known_too():
    assert types_of("arn:aws:ecs:eu-west-1:111122223333:service/orders")


@pytest.mark.parametrize(
    ("held", "level"),
    [
        ({C.READ_LOGS, C.READ_DATA}, Level.READ),
        ({C.READ_LOGS, C.RESTART}, Level.WRITE),
        ({C.READ_LOGS, C.MANAGE_ACCESS}, Level.ADMIN),
        (set(), Level.READ),
    ],
)
def test_how_far_capabilities_go(held, level):
    assert level_of(frozenset(held)) is level
