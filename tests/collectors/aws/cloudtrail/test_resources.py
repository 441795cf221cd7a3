"""Names of what a call concerns, as its request and answer have them."""

import msgspec
import pytest

from collectors.aws.cloudtrail.listing import account_of
from collectors.aws.cloudtrail.resources import MOST_NAMES, answered_resource, listed_arns, own_resource, resource
from collectors.aws.cloudtrail.typed import entries_of

A, R = "111122223333", "eu-west-1"
ECS = f"arn:aws:ecs:{R}:{A}:"


def told(service, params, *, region=R, resources=None):
    entries = entries_of(msgspec.Raw(msgspec.json.encode(resources))) or []
    return own_resource(service, entries) or resource(service, region, A, params, listed_arns(entries))


@pytest.mark.parametrize(
    ("region", "begins"),
    [
        ("eu-west-1", "arn:aws:sqs:eu-west-1:"),
        ("cn-north-1", "arn:aws-cn:sqs:cn-north-1:"),
        ("us-gov-west-1", "arn:aws-us-gov:sqs:us-gov-west-1:"),
        (None, "arn:aws:sqs::"),
    ],
)
def test_an_arn_is_put_together_for_its_region(region, begins):
    assert told("sqs", {"queueName": "jobs"}, region=region) == f"{begins}{A}:jobs"


@pytest.mark.parametrize(
    ("service", "params", "names"),
    [
        ("dynamodb", {"requestItems": {"checkout-orders": [{}], "stock": []}}, f"arn:aws:dynamodb:{R}:{A}:table/checkout-orders arn:aws:dynamodb:{R}:{A}:table/stock"),
        ("eks", {"name": "prod", "nodegroupName": "checkout"}, f"arn:aws:eks:{R}:{A}:cluster/prod arn:aws:eks:{R}:{A}:nodegroup/checkout"),
        ("batch", {"jobQueue": "prod", "jobDefinition": "checkout:3"}, f"arn:aws:batch:{R}:{A}:job-queue/prod arn:aws:batch:{R}:{A}:job-definition/checkout:3"),
        ("ecs", {"cluster": "prod", "taskDefinition": "migrate:3", "group": "service:checkout"}, f"arn:aws:ecs:{R}:{A}:cluster/prod arn:aws:ecs:{R}:{A}:task-definition/migrate:3 service:checkout"),
        ("iam", {"roleName": "deploy", "policyName": "x"}, f"arn:aws:iam::{A}:role/deploy"),
        ("monitoring", {"alarmNames": ["a", "b"]}, f"arn:aws:cloudwatch:{R}:{A}:alarm:a arn:aws:cloudwatch:{R}:{A}:alarm:b"),
        ("ec2-instance-connect", {"instanceId": "i-1"}, f"arn:aws:ec2:{R}:{A}:instance/i-1"),
        ("apigateway", {"restApiId": "ab"}, f"arn:aws:apigateway:{R}::/restapis/ab"),
        ("s3", {"bucketName": "shop"}, "arn:aws:s3:::shop"),
        (
            "sts",
            {"targetPrincipal": "222", "taskPolicyArn": {"arn": "arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy"}},
            "arn:aws:iam::222:root arn:aws:iam::aws:policy/root-task/S3UnlockBucketPolicy",
        ),
        ("sts", {"targetPrincipal": "arn:aws:iam::222:root"}, "arn:aws:iam::222:root"),
        ("sts", {"roleArn": "arn:aws:iam::1:role/x", "roleSessionName": "nina"}, "arn:aws:iam::1:role/x"),
        ("sqs", {"queueUrl": f"https://sqs.{R}.amazonaws.com/{A}/jobs"}, f"arn:aws:sqs:{R}:{A}:jobs"),
        ("ecs", {"service": "web", "cluster": f"{ECS}cluster/prod"}, f"{ECS}service/prod/web"),
        ("ecs", {"serviceName": "web", "cluster": "prod"}, f"{ECS}service/prod/web"),
        ("ecs", {"services": ["web"], "cluster": "prod"}, f"{ECS}service/prod/web"),
        ("ecs", {"task": "4f1e", "cluster": "prod"}, f"{ECS}task/prod/4f1e"),
        ("ecs", {"tasks": ["4f1e"], "cluster": "prod"}, f"{ECS}task/prod/4f1e"),
        ("ecs", {"services": ["web", "jobs"]}, f"{ECS}service/web {ECS}service/jobs"),
        ("ecs", {"tasks": ["1"], "clusterName": "prod"}, f"{ECS}task/prod/1"),
        ("ecs", {"cluster": "prod", "taskDefinition": "web:3"}, f"{ECS}cluster/prod {ECS}task-definition/web:3"),
        ("ecs", {"family": "web"}, f"{ECS}task-definition/web"),
        ("ssm", {"instanceIds": ["i-1", "i-2"]}, f"arn:aws:ssm:{R}:{A}:instance/i-1 arn:aws:ssm:{R}:{A}:instance/i-2"),
        ("ssm", {"target": "ecs:prod_0a1b_0a1b-77"}, f"arn:aws:ecs:{R}:{A}:task/prod/0a1b"),
        ("ssm", {"targets": [{"key": "tag:Name", "values": ["web"]}, "odd"]}, "tag:Name=web"),
        ("route53", {"hostedZoneId": "/hostedzone/Z1"}, "arn:aws:route53:::hostedzone/Z1"),
        ("ec2", {"instanceId": "i-1", "volumeId": "vol-1"}, f"arn:aws:ec2:{R}:{A}:instance/i-1"),
        ("ec2", {"tagSet": {"items": [{"key": "Name", "value": ""}, {"key": "team", "value": "web"}]}}, "tag:team=web"),
        ("cloudtrail", {"name": "all"}, f"arn:aws:cloudtrail:{R}:{A}:trail/all"),
        (
            "cloudtrail",
            {"name": "all", "kmsKeyId": "k-1", "cloudWatchLogsLogGroupArn": f"arn:aws:logs:{R}:{A}:log-group:x:*"},
            f"arn:aws:cloudtrail:{R}:{A}:trail/all arn:aws:logs:{R}:{A}:log-group:x arn:aws:kms:{R}:{A}:key/k-1",
        ),
        (
            "lakeformation",
            {"entries": [{"id": "1", "resource": {"table": {"databaseName": "shop", "name": "orders"}}}, {"resource": {"table": 7}}]},
            f"arn:aws:glue:{R}:{A}:table/shop/orders",
        ),
        ("lakeformation", {"resource": {"database": {"name": "shop"}}}, f"arn:aws:glue:{R}:{A}:database/shop"),
        ("lakeformation", {"resource": {"dataLocation": {"resourceArn": "arn:aws:s3:::lake"}}}, "arn:aws:s3:::lake"),
        ("lakeformation", {"resource": {"table": {"databaseName": {}, "name": [7]}}}, None),
        ("newservice", {"thingName": "a", "requestId": "r", "nextToken": "t"}, "a"),
        ("newservice", {"thingIds": ["a", "", 7, "b"]}, "a b"),
        ("newservice", {"thingName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, None),
        ("newservice", {"thingArn": "arn:aws:x:::y", "thingName": "y"}, "arn:aws:x:::y"),
        ("newservice", {"things": {"items": [{"id": "a", "n": 1}, {"id": "b"}]}}, "a b"),
        ("newservice", {"filters": [{"name": "a"}], "tags": {"name": "b"}}, None),
        ("newservice", {"a": {"b": {"c": {"name": "deep"}}}}, "deep"),
        ("newservice", {"a": {"b": {"c": {"d": {"name": "too deep"}}}}}, None),
        ("ec2", {"CreateLaunchTemplateVersionRequest": {"LaunchTemplateName": "checkout", "x": 1}}, f"arn:aws:ec2:{R}:{A}:launch-template/checkout"),
        ("ec2", {"AssociateIamInstanceProfileRequest": {"InstanceId": "i-1", "IamInstanceProfile": {"Name": "x"}}}, f"arn:aws:ec2:{R}:{A}:instance/i-1"),
        ("eks", {"name": "prod", "policyArn": "arn:aws:eks::aws:cluster-access-policy/View"}, f"arn:aws:eks:{R}:{A}:cluster/prod"),
        ("states", {"name": "checkout"}, f"arn:aws:states:{R}:{A}:stateMachine:checkout"),
        ("states", {"name": "n-1", "stateMachineArn": "arn:aws:states:r:1:stateMachine:c"}, "arn:aws:states:r:1:stateMachine:c"),
        (
            "states",
            {"name": "live", "routingConfiguration": [{"stateMachineVersionArn": "arn:aws:states:r:1:stateMachine:c:2"}]},
            "arn:aws:states:r:1:stateMachine:c:2",
        ),
        ("codepipeline", {"pipeline": {"name": "checkout"}}, f"arn:aws:codepipeline:{R}:{A}:checkout"),
        ("dynamodb", {"transactItems": [{"put": {"tableName": "a"}}, {"delete": {"tableName": "b"}}]}, f"arn:aws:dynamodb:{R}:{A}:table/a arn:aws:dynamodb:{R}:{A}:table/b"),
        ("events", {"rule": "nightly", "targets": [{"id": "1", "arn": "arn:aws:lambda:x:1:function:checkout"}]}, f"arn:aws:events:{R}:{A}:rule/nightly arn:aws:lambda:x:1:function:checkout"),
        ("events", {"name": "nightly"}, f"arn:aws:events:{R}:{A}:rule/nightly"),
        ("scheduler", {"Name": "nightly", "Target": {"Arn": "arn:aws:lambda:x:1:function:checkout"}}, f"arn:aws:scheduler:{R}:{A}:schedule/default/nightly arn:aws:lambda:x:1:function:checkout"),
        ("ssm", {"documentName": "Restart", "parameters": {"InstanceId": ["i-0a"], "AutomationAssumeRole": ["arn:aws:iam::1:role/x"]}}, f"arn:aws:ssm:{R}:{A}:instance/i-0a"),
        ("ssm", {"documentName": "Restart", "parameters": {"AutomationAssumeRole": ["arn:aws:iam::1:role/x"]}}, f"arn:aws:ssm:{R}:{A}:document/Restart"),
        ("ssm", {"documentName": "Restart", "targets": [{"key": "ParameterValues", "values": ["checkout"]}]}, "checkout"),
        ("newservice", {"clientRequestToken": "x", "host": "y"}, None),
        ("newservice", [], None),
        ("newservice", "odd", None),
    ],
)  # fmt: skip
def test_names_in_a_request(service, params, names):
    assert told(service, params) == names


def test_each_name_stands_once_and_not_too_many_of_them():
    assert told("ecs", {"services": ["web", "web"]}) == f"{ECS}service/web"
    many = told("newservice", {f"n{number}Name": f"x{number}" for number in range(MOST_NAMES + 5)})
    assert many.split() == [f"x{number}" for number in range(MOST_NAMES)]


@pytest.mark.parametrize(
    ("service", "listed", "names"),
    [
        ("s3", [{"ARN": "arn:aws:s3:::shop"}, {"arn": "arn:aws:s3:::shop/a"}], "arn:aws:s3:::shop/a"),
        ("s3", [{"ARN": f"arn:aws:s3:::{name}"} for name in ("copy/a", "copy", "shop/b", "shop")], "arn:aws:s3:::copy/a arn:aws:s3:::shop/b"),
        ("kms", [{"ARN": "arn:aws:kms:x:1:key/a"}, {"ARN": "arn:aws:kms:x:1:key/b"}], "arn:aws:kms:x:1:key/a arn:aws:kms:x:1:key/b"),
        ("sts", [{"ARN": "arn:aws:iam::1:role/x"}], "arn:aws:iam::1:role/x"),
        ("kms", [{"ARN": "arn:aws:iam::1:role/x"}], "arn:aws:iam::1:role/x"),
        ("kms", [{"accountId": "1"}, 7], None),
        ("kms", {"ARN": "arn:aws:kms:x:1:key/a"}, None),
    ],
)  # fmt: skip
def test_resources_that_are_listed(service, listed, names):
    assert told(service, {}, resources=listed) == names


@pytest.mark.parametrize(
    ("answer", "asked", "names"),
    [
        ({"arn": "arn:aws:x:::a"}, None, "arn:aws:x:::a"),
        ({"role": {"arn": "arn:aws:iam::1:role/x"}}, "role/x", "role/x arn:aws:iam::1:role/x"),
        ({"functionArn": "arn:aws:lambda:x:1:function:web", "roleArn": "arn:aws:iam::1:role/x"}, "uuid", "uuid arn:aws:lambda:x:1:function:web"),
        ({"tasks": [{"taskArn": "arn:aws:ecs:x:1:task/1", "group": "service:web"}]}, None, "arn:aws:ecs:x:1:task/1 service:web"),
        ({"things": [{"group": "service:web"}]}, None, None),
        ({"a": {"b": {"arn": "arn:aws:x:::deep"}}}, None, None),
        ([], "x", "x"),
        (None, "x", "x"),
        ({}, None, None),
        (
            {"name": "all", "trailARN": "arn:t:trail/all", "s3BucketName": "b", "cloudWatchLogsLogGroupArn": "arn:g:*", "kmsKeyId": "arn:k"},
            "arn:t:trail/all",
            "arn:t:trail/all arn:g:* arn:k arn:aws:s3:::b arn:g",
        ),
    ],
)  # fmt: skip
def test_names_in_an_answer(answer, asked, names):
    assert answered_resource(msgspec.Raw(msgspec.json.encode(answer)), asked) == names


@pytest.mark.parametrize(
    ("key", "account"),
    [
        (f"AWSLogs/{A}/CloudTrail/x.json.gz", A),
        (f"s3://logs/audit/AWSLogs/o-ab12/{A}/CloudTrail/x", A),
        (f"cloudtrail:LookupEvents/{A}/eu-west-1/page-1", A),
        (f"x/cloudtrail:LookupEvents/{A}/eu-west-1/page-1", None),
        (f"MyAWSLogs/{A}/x", None),
        (f"{A}/x", None),
        ("AWSLogs/1234/x", None),
    ],
)
def test_the_account_stands_in_the_key(key, account):
    assert account_of(key) == account
