"""AWS actions in plain words."""

import pytest

from auditor.model.levels import level_of
from auditor.model.vocabulary import EVERYTHING, Level
from auditor.model.vocabulary import Capability as Cap
from auditor.providers.aws.actions import expand, types_of
from auditor.providers.aws.capabilities import capabilities

MEANINGS = {
    "logs:FilterLogEvents": {Cap.READ_LOGS},
    "cloudwatch:GetMetricData": {Cap.READ_LOGS},
    "xray:GetTraceSummaries": {Cap.READ_LOGS},
    "s3:GetObject": {Cap.READ_DATA},
    "dynamodb:Query": {Cap.READ_DATA},
    "secretsmanager:GetSecretValue": {Cap.READ_DATA},
    "ecs:UpdateService": {Cap.DEPLOY},
    "lambda:UpdateFunctionCode": {Cap.DEPLOY},
    "ecr:PutImage": {Cap.DEPLOY},
    "ecs:StopTask": {Cap.RESTART},
    "ec2:RebootInstances": {Cap.RESTART},
    "rds:RebootDBInstance": {Cap.RESTART},
    "lambda:UpdateFunctionConfiguration": {Cap.CHANGE_CONFIG},
    "ssm:PutParameter": {Cap.CHANGE_CONFIG},
    "s3:PutBucketPolicy": {Cap.CHANGE_CONFIG},
    "sqs:PurgeQueue": {Cap.CHANGE_CONFIG},
    "s3:PutObject": {Cap.WRITE_DATABASE},
    "dynamodb:PutItem": {Cap.WRITE_DATABASE},
    "rds:ModifyDBInstance": {Cap.WRITE_DATABASE},
    "rds-data:ExecuteStatement": {Cap.READ_DATA, Cap.WRITE_DATABASE},
    "ssm:StartSession": {Cap.SHELL},
    "ecs:ExecuteCommand": {Cap.SHELL},
    "ec2-instance-connect:SendSSHPublicKey": {Cap.SHELL},
    "secretsmanager:PutSecretValue": {Cap.MANAGE_SECRETS},
    "kms:ScheduleKeyDeletion": {Cap.MANAGE_SECRETS},
    "ec2:TerminateInstances": {Cap.MANAGE_INFRASTRUCTURE},
    "route53:ChangeResourceRecordSets": {Cap.MANAGE_INFRASTRUCTURE},
    "cloudtrail:StopLogging": {Cap.MANAGE_INFRASTRUCTURE},
    "iam:PutUserPolicy": {Cap.MANAGE_ACCESS},
    "sso:CreateAccountAssignment": {Cap.MANAGE_ACCESS},
    "budgets:ModifyBudget": {Cap.MANAGE_BILLING},
    # Looking at what there is, and the small change of everyday use.
    "ecs:DescribeServices": set(),
    "s3:ListBucket": set(),
    "iam:GetUser": set(),
    "iam:PassRole": set(),
    "iam:ChangePassword": set(),
    "sts:AssumeRole": set(),
    "kms:Decrypt": set(),
    # What every function and every instance does for itself.
    "logs:PutLogEvents": set(),
    "cloudwatch:PutMetricData": set(),
    "ssmmessages:OpenDataChannel": set(),
    "ec2:CreateNetworkInterface": set(),
    "ec2:ModifyNetworkInterfaceAttribute": {Cap.MANAGE_INFRASTRUCTURE},
    # The data set counts these among those that write.
    "athena:GetSessionEndpoint": set(),
    "quicksight:DescribeDataSetPermissions": set(),
    "redshift:GetClusterCredentials": {Cap.WRITE_DATABASE},
    # Conveniences, and what Config records, are nobody's system.
    "health:EnableHealthServiceAccessForOrganization": set(),
    "notifications:CreateEventRule": set(),
    "config:PutEvaluations": set(),
    "ce:StartCommitmentPurchaseAnalysis": set(),
    # Useless without the key that it is encrypted with.
    "ec2:GetPasswordData": set(),
}


@pytest.mark.parametrize("action", MEANINGS)
def test_an_action_in_plain_words(action):
    assert expand(action), f"{action} is not in the data set"
    assert capabilities(expand(action)) == MEANINGS[action]


def test_everything_gives_every_capability():
    assert capabilities(expand("*")) == EVERYTHING


def test_wildcards_count_and_letter_case_does_not():
    assert expand("S3:getobject") == expand("s3:GetObject") != 0
    assert expand("dynamodb:?utItem") == expand("dynamodb:PutItem") != 0
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
        ({Cap.READ_LOGS, Cap.READ_DATA}, Level.READ),
        ({Cap.READ_LOGS, Cap.RESTART}, Level.WRITE),
        ({Cap.READ_LOGS, Cap.MANAGE_ACCESS}, Level.ADMIN),
        (set(), Level.READ),
    ],
)
def test_how_far_capabilities_go(held, level):
    assert level_of(frozenset(held)) is level
