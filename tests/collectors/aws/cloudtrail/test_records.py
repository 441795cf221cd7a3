"""How one CloudTrail record becomes a row."""

import json
import re
from datetime import UTC, datetime

import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.model.tables import Activity
from auditor.model.vocabulary import ActorClass
from auditor.providers.aws.accounts import account_name
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.public_keys import public_key

ACCOUNT = "111122223333"
USER = {
    "type": "IAMUser",
    "principalId": "AIDAEXAMPLE",
    "arn": f"arn:aws:iam::{ACCOUNT}:user/nina",
    "accountId": ACCOUNT,
    "userName": "nina",
    "accessKeyId": "AKIAEXAMPLENINA",
}
ROLE_SESSION = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:nina@harbour.example",
    "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/nina@harbour.example",
    "accountId": ACCOUNT,
    "accessKeyId": "ASIAEXAMPLE1",
    "sessionContext": {
        "sessionIssuer": {
            "type": "Role",
            "arn": f"arn:aws:iam::{ACCOUNT}:role/teams/operator",
            "accountId": ACCOUNT,
            "userName": "operator",
        },
        "attributes": {"creationDate": "2026-02-27T09:00:00Z", "mfaAuthenticated": "true"},
    },
}

PUSHED = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def event(source="ecs", name="UpdateService", identity=USER, **fields):
    return {
        "eventVersion": "1.10",
        "userIdentity": identity,
        "eventTime": "2026-02-27T09:30:00Z",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli/2.17.1",
        "requestParameters": None,
        "responseElements": None,
        "eventID": "0b7c1c8e-8a54-4d0f-9f43-111111111111",
        "readOnly": False,
        "recipientAccountId": ACCOUNT,
    } | fields


@pytest.fixture
def whole(tmp_path, context, collect):
    """What comes of the given records, as one file."""

    def read(*records):
        (tmp_path / "trail.json").write_text(json.dumps({"Records": records}))
        source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="trail.json")
        got = collect(CloudTrail(source=source, context=context))
        own = [one for one in got.rows(Activity) if not one.event_id.startswith("request:")]
        assert len(own) + got.objects[0].rejected == len(records)
        return got

    return read


@pytest.fixture
def rows(whole):
    return lambda *records: whole(*records).rows(Activity)


@pytest.fixture
def row(rows):
    return lambda *args, **fields: rows(event(*args, **fields))[0]


def test_a_users_change_names_the_user_the_key_and_the_service_with_its_cluster(row):
    got = row(requestParameters={"cluster": "checkout-prod", "service": "api"})
    assert (got.account, got.credential, got.session) == (USER["arn"], "AKIAEXAMPLENINA", None)
    assert (got.action, got.category, got.level, got.outcome) == ("ecs:UpdateService", "change", "write", "ok")
    assert got.resource == f"arn:aws:ecs:eu-central-1:{ACCOUNT}:service/checkout-prod/api"
    assert (got.time, got.scope, got.provider) == (datetime(2026, 2, 27, 9, 30, tzinfo=UTC), ACCOUNT, "aws")
    assert (got.origin, got.record, len(got.sha256)) == ("trail.json", 0, 64)
    assert (got.source_ip, got.user_agent, got.detail) == ("203.0.113.7", "aws-cli/2.17.1", None)


def test_a_role_session_belongs_to_the_role_with_its_path(row):
    got = row(identity=ROLE_SESSION)
    assert got.account == f"arn:aws:iam::{ACCOUNT}:role/teams/operator"
    assert got.actor == ROLE_SESSION["arn"]
    assert got.credential == "ASIAEXAMPLE1"


def created(when, key="ASIAEXAMPLE2"):
    return ROLE_SESSION | {
        "accessKeyId": key,
        "sessionContext": ROLE_SESSION["sessionContext"] | {"attributes": {"creationDate": when}},
    }


def test_two_sessions_of_one_name_are_told_by_when_they_were_created(rows):
    first, second = rows(event(identity=ROLE_SESSION), event(identity=created("2026-02-27T11:00:00Z")))
    assert first.actor == second.actor
    assert first.session != second.session


def test_the_many_keys_of_one_console_session_are_one_session(rows):
    first, second = rows(event(identity=ROLE_SESSION), event(identity=ROLE_SESSION | {"accessKeyId": "ASIAEXAMPLE2"}))
    assert first.session == second.session


def test_a_session_of_unknown_age_is_told_by_its_key(row):
    assert row(identity=created(None)).session.endswith("#ASIAEXAMPLE2")


@pytest.mark.parametrize(
    ("identity", "account", "on_behalf_of"),
    [
        ({"type": "Root", "accountId": ACCOUNT}, f"arn:aws:iam::{ACCOUNT}:root", None),
        ({"type": "AWSService", "invokedBy": "rds.amazonaws.com"}, "rds.amazonaws.com", None),
        (
            {"type": "IdentityCenterUser", "onBehalfOf": {"userId": "a1b2"}},
            "identity-center:a1b2",
            "identity-center:a1b2",
        ),
        (
            {"type": "AssumedRole", "arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/ops/leon"},
            f"arn:aws:iam::{ACCOUNT}:role/ops",
            None,
        ),
        ({"type": "IAMUser", "accountId": ACCOUNT, "userName": "leon"}, f"arn:aws:iam::{ACCOUNT}:user/leon", None),
        ({"type": "IAMUser", "accountId": ACCOUNT, "userName": "HIDDEN_DUE_TO_SECURITY_REASONS"}, None, None),
        (
            {"type": "FederatedUser", "arn": "x", "sessionContext": {"sessionIssuer": {"arn": USER["arn"]}}},
            USER["arn"],
            None,
        ),
        (
            {"type": "SAMLUser", "principalId": "h:leon", "userName": "leon@harbour.example"},
            "h:leon",
            "leon@harbour.example",
        ),
        ({"type": "AWSAccount", "accountId": "444455556666"}, "aws-account:444455556666", None),
        ({"type": "Unknown"}, None, None),
    ],
)
def test_every_kind_of_caller_has_its_account(row, identity, account, on_behalf_of):
    got = row(identity=identity)
    assert (got.account, got.on_behalf_of) == (account, on_behalf_of)


def test_a_source_identity_names_the_person_behind_a_role(row):
    context = ROLE_SESSION["sessionContext"] | {"sourceIdentity": "leon@harbour.example"}
    assert row(identity=ROLE_SESSION | {"sessionContext": context}).on_behalf_of == "leon@harbour.example"


def test_a_machines_or_pipelines_session_says_so_without_its_sign_in(row):
    github = "arn:aws:iam::1:oidc-provider/token.actions.githubusercontent.com"
    for extra, behind in (
        ({"ec2RoleDelivery": "2.0"}, "instance:ec2"),
        ({"webIdFederationData": {"federatedProvider": github, "attributes": {}}}, github),
        ({"webIdFederationData": {}}, None),
    ):
        context = ROLE_SESSION["sessionContext"] | extra
        assert row(identity=ROLE_SESSION | {"sessionContext": context}).on_behalf_of == behind


def test_a_services_own_event_may_say_no_more_than_that_aws_made_it(row):
    got = row(identity={"accountId": ACCOUNT, "invokedBy": "AWS Internal"}, sourceIPAddress="AWS Internal")
    assert (got.account, got.actor_kind) == ("AWS Internal", "AWSService")
    assert account_name("AWS Internal").actor_class is ActorClass.PROVIDER


def test_a_service_that_is_not_named_is_known_by_its_host(row):
    got = row(identity={"type": "AWSService"}, sourceIPAddress="config.amazonaws.com")
    assert (got.account, got.invoked_by) == ("config.amazonaws.com", "config.amazonaws.com")


def test_an_assumed_role_is_issued_to_its_caller(row):
    response = {
        "credentials": {"accessKeyId": "ASIANEW"},
        "assumedRoleUser": {"arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/deploy"},
    }
    got = row("sts", "AssumeRole", responseElements=response, readOnly=True)
    assert (got.issued, got.issued_credential) == (response["assumedRoleUser"]["arn"], "ASIANEW")
    assert (got.category, got.level) == ("login", "read")


def test_without_an_answer_the_session_is_put_together_without_the_roles_path(row):
    params = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/teams/a/operator", "roleSessionName": "deploy"}
    got = row("sts", "AssumeRole", requestParameters=params)
    assert got.issued == f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/deploy"
    assert got.resource == params["roleArn"]


def test_a_denied_assumption_issues_nothing(row):
    params = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/operator", "roleSessionName": "deploy"}
    got = row("sts", "AssumeRole", requestParameters=params, errorCode="AccessDenied")
    assert (got.issued, got.outcome) == (None, "denied")


@pytest.mark.parametrize(
    ("source", "name", "fields", "expected"),
    [
        ("lambda", "UpdateFunctionCode20150331v2", {}, ("lambda:UpdateFunctionCode", "change", "write")),
        ("cloudfront", "CreateFunction2020_05_31", {}, ("cloudfront:CreateFunction", "change", "write")),
        ("monitoring", "GetMetricData", {"readOnly": True}, ("cloudwatch:GetMetricData", "read", "read")),
        ("ec2", "DescribeInstances", {"readOnly": None}, ("ec2:DescribeInstances", "read", "read")),
        ("ec2", "RebootInstances", {"readOnly": None}, ("ec2:RebootInstances", "change", "write")),
        ("kms", "Decrypt", {"readOnly": None}, ("kms:Decrypt", "read", "read")),
        ("signin", "ConsoleLogin", {}, ("signin:ConsoleLogin", "login", "read")),
        ("sso", "GetRoleCredentials", {}, ("sso:GetRoleCredentials", "login", "read")),
        ("ssm", "StartSession", {}, ("ssm:StartSession", "login", "read")),
        ("ecs", "ExecuteCommand", {}, ("ecs:ExecuteCommand", "login", "read")),
        ("signin", "CreateOAuth2Token", {}, ("signin:CreateOAuth2Token", "login", "read")),
        ("sso", "CreateToken", {}, ("sso:CreateToken", "login", "read")),
        ("sso-oauth", "CreateTokenWithIAM", {}, ("sso:CreateTokenWithIAM", "login", "read")),
        ("sso", "CreateTrustedTokenIssuer", {}, ("sso:CreateTrustedTokenIssuer", "change", "write")),
        ("cloudshell", "CreateEnvironment", {}, ("cloudshell:CreateEnvironment", "login", "read")),
        ("cloudshell", "CreateSession", {}, ("cloudshell:CreateSession", "login", "read")),
        ("ec2-instance-connect", "SendSSHPublicKey", {}, ("ec2-instance-connect:SendSSHPublicKey", "login", "read")),
        ("iam", "PutUserPolicy", {}, ("iam:PutUserPolicy", "grant", "admin")),
        ("iam", "AddUserToGroup", {}, ("iam:AddUserToGroup", "grant", "admin")),
        ("iam", "AcceptDelegationRequest", {}, ("iam:AcceptDelegationRequest", "grant", "admin")),
        ("iam", "RejectDelegationRequest", {}, ("iam:RejectDelegationRequest", "change", "write")),
        ("iam", "SendDelegationToken", {}, ("iam:SendDelegationToken", "login", "read")),
        ("iam", "UpdateAccessKey", {}, ("iam:UpdateAccessKey", "grant", "admin")),
        ("iam", "GetUserPolicy", {"readOnly": True}, ("iam:GetUserPolicy", "read", "read")),
        ("iam", "TagUser", {}, ("iam:TagUser", "grant", "admin")),
        ("sso", "CreateAccountAssignment", {}, ("sso:CreateAccountAssignment", "grant", "admin")),
        ("s3", "PutBucketPolicy", {}, ("s3:PutBucketPolicy", "grant", "admin")),
        ("lambda", "AddPermission20150331v2", {}, ("lambda:AddPermission", "grant", "admin")),
        ("kms", "CreateGrant", {}, ("kms:CreateGrant", "grant", "admin")),
        ("secretsmanager", "GetSecretValue", {"readOnly": True}, ("secretsmanager:GetSecretValue", "secret", "read")),
        ("secretsmanager", "PutSecretValue", {}, ("secretsmanager:PutSecretValue", "secret", "write")),
        ("secretsmanager", "ListSecrets", {"readOnly": True}, ("secretsmanager:ListSecrets", "read", "read")),
        ("cloudtrail", "StopLogging", {}, ("cloudtrail:StopLogging", "audit-trail", "write")),
        ("cloudtrail", "StartLogging", {}, ("cloudtrail:StartLogging", "change", "write")),
        ("athena", "StartQueryExecution", {}, ("athena:StartQueryExecution", "read", "read")),
        ("ssm", "TerminateSession", {}, ("ssm:TerminateSession", "read", "read")),
        ("s3", "GetObject", {"readOnly": False}, ("s3:GetObject", "read", "read")),
        ("s3", "Getaway", {"readOnly": False}, ("s3:Getaway", "change", "write")),
        ("q", "SendMessage", {}, ("q:SendMessage", "read", "read")),
        ("cloudtrail", "DescribeTrails", {"readOnly": True}, ("cloudtrail:DescribeTrails", "read", "read")),
        ("organizations", "LeaveOrganization", {}, ("organizations:LeaveOrganization", "audit-trail", "write")),
        ("securityhub", "DisassociateMembers", {}, ("securityhub:DisassociateMembers", "audit-trail", "write")),
        ("config", "DeleteDeliveryChannel", {}, ("config:DeleteDeliveryChannel", "audit-trail", "write")),
        ("logs", "DeleteLogGroup", {}, ("logs:DeleteLogGroup", "change", "write")),
    ],
)
def test_an_events_name_tells_its_category_and_level(row, source, name, fields, expected):
    got = row(source, name, **fields)
    assert (got.action, got.category, got.level) == expected


@pytest.mark.parametrize(("decrypts", "category"), [(True, "secret"), (False, "read")])
def test_a_parameter_is_a_secret_when_it_is_asked_for_in_plain_text(row, decrypts, category):
    params = {"names": ["/checkout/key"], "withDecryption": decrypts}
    got = row("ssm", "GetParameters", readOnly=True, requestParameters=params)
    assert (got.category, got.level) == (category, "read")
    assert got.resource == f"arn:aws:ssm:eu-central-1:{ACCOUNT}:parameter/checkout/key"


@pytest.mark.parametrize(
    ("service", "name", "asked", "category"),
    [
        ("sqs", "SetQueueAttributes", {"attributes": {"Policy": "{}"}}, "grant"),
        ("sqs", "SetQueueAttributes", {"attributes": {"Policy": ""}}, "change"),
        ("sqs", "SetQueueAttributes", {"attributes": {"VisibilityTimeout": "9"}}, "change"),
        ("sns", "SetTopicAttributes", {"attributeName": "Policy", "attributeValue": "{}"}, "grant"),
        ("sns", "SetTopicAttributes", {"attributeName": "DisplayName", "attributeValue": "x"}, "change"),
        ("es", "UpdateElasticsearchDomainConfig", {"accessPolicies": "{}"}, "grant"),
        ("elasticfilesystem", "PutFileSystemPolicy", {"policy": "{}"}, "grant"),
        ("autoscaling", "PutScalingPolicy", {"policyName": "x"}, "change"),
    ],
)
def test_settings_with_a_policy_among_them_give_rights(row, service, name, asked, category):
    got = row(service, name, readOnly=False, requestParameters=asked)
    assert (got.category, got.detail is not None) == (category, category == "grant")


ACTIVITY = {"parameterName": "enable_user_activity_logging", "parameterValue": "false"}


@pytest.mark.parametrize(
    ("service", "name", "asked", "category"),
    [
        ("rds", "ModifyDBInstance", {"cloudwatchLogsExportConfiguration": {"disableLogTypes": ["audit"]}}, "trail"),
        ("rds", "ModifyDBInstance", {"cloudwatchLogsExportConfiguration": {}}, "change"),
        ("ecs", "UpdateCluster", {"configuration": {"executeCommandConfiguration": {"logging": "NONE"}}}, "trail"),
        ("ecs", "UpdateCluster", {"settings": []}, "change"),
        ("rds", "ModifyOptionGroup", {"optionsToRemove": ["MARIADB_AUDIT_PLUGIN"]}, "trail"),
        (
            "rds",
            "ModifyDBParameterGroup",
            {"parameters": [{"parameterName": "work_mem", "parameterValue": "1"}]},
            "change",
        ),
        ("rds", "ResetDBParameterGroup", {"parameters": [{"parameterName": "pgaudit.log"}]}, "trail"),
        ("rds", "ResetDBParameterGroup", {"parameters": [{"parameterName": "work_mem"}]}, "change"),
        ("redshift", "ModifyClusterParameterGroup", {"parameters": [ACTIVITY]}, "trail"),
        ("es", "UpdateDomainConfig", {"logPublishingOptions": {"AUDIT_LOGS": {"enabled": False}}}, "trail"),
        ("es", "UpdateDomainConfig", {"logPublishingOptions": {"AUDIT_LOGS": {"enabled": True}}}, "change"),
        ("es", "UpdateDomainConfig", {"logPublishingOptions": {"SEARCH_SLOW_LOGS": {"enabled": False}}}, "change"),
        ("logs", "DeleteDelivery", {"id": "d"}, "trail"),
        ("ssm", "DeleteDocument", {"name": "SSM-SessionManagerRunShell"}, "trail"),
        ("ssm", "UpdateDocument", {"name": "SSM-SessionManagerRunShell", "content": "HIDDEN"}, "change"),
        ("ssm", "UpdateDocument", {"name": "restart", "content": "{}"}, "change"),
        (
            "elasticloadbalancing",
            "ModifyLoadBalancerAttributes",
            {"attributes": [{"key": "access_logs.s3.enabled", "value": "false"}]},
            "trail",
        ),
        (
            "elasticloadbalancing",
            "ModifyLoadBalancerAttributes",
            {"loadBalancerAttributes": {"accessLog": {"enabled": False}}},
            "trail",
        ),
        ("elasticloadbalancing", "ModifyLoadBalancerAttributes", {"attributes": [{"key": "idle"}]}, "change"),
        ("organizations", "DisableAWSServiceAccess", {"servicePrincipal": "cloudtrail.amazonaws.com"}, "trail"),
        ("organizations", "DisableAWSServiceAccess", {"servicePrincipal": "ram.amazonaws.com"}, "change"),
        ("iam", "ChangePassword", None, "read"),
    ],
)
def test_settings_of_a_recorder_among_others_bear_on_the_trail(row, service, name, asked, category):
    got = row(service, name, readOnly=False, requestParameters=asked)
    assert got.category == ("audit-trail" if category == "trail" else category)


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        ({"errorCode": "AccessDenied"}, "denied"),
        ({"errorCode": "Client.UnauthorizedOperation"}, "denied"),
        ({"errorCode": "AWS.UnauthorizedAccess"}, "denied"),
        ({"errorCode": "NoSuchEntityException"}, "failed"),
        ({"errorCode": ""}, "ok"),
        ({"errorCode": "-"}, "ok"),
        ({"errorCode": "null"}, "ok"),
    ],
)
def test_an_error_code_tells_denied_from_failed(row, fields, outcome):
    assert row(**fields).outcome == outcome


ROLE = f"arn:aws:iam::{ACCOUNT}:role/ops"


@pytest.mark.parametrize(
    ("code", "message", "named"),
    [
        ("AccessDenied", f"User: x is not authorized to perform: sts:AssumeRole on resource: {ROLE}", ROLE),
        ("AccessDenied", f"User: x may not on resource: {ROLE} because no policy allows it", ROLE),
        ("AccessDenied", "User: x is not authorized to perform: sts:AssumeRole on resource: *", None),
        ("ValidationError", f"User: x on resource: {ROLE}", None),
        ("AccessDenied", None, None),
    ],
)
def test_what_was_refused_stands_in_the_message_where_the_request_is_not_told(row, code, message, named):
    got = row("sts", "AssumeRole", requestParameters=None, errorCode=code, errorMessage=message)
    assert got.resource == named


def test_whoever_asks_for_a_new_password_has_not_signed_in(row):
    asked = row("signin", "PasswordRecoveryRequested", responseElements={"PasswordRecoveryRequested": "Success"})
    done = row("signin", "PasswordRecoveryCompleted", responseElements={"PasswordRecoveryCompleted": "Success"})
    assert (asked.outcome, done.outcome) == ("failed", "ok")


BUCKET = {"accountId": "444455556666", "ARN": "arn:aws:s3:::shop"}
TOPIC = "arn:aws:sns:eu-central-1:444455556666:shop"


@pytest.mark.parametrize(
    ("service", "fields", "owner"),
    [
        ("s3", {"resources": [{"ARN": "arn:aws:s3:::shop/a"}, BUCKET]}, "444455556666"),
        ("s3", {"resources": [{"ARN": "arn:aws:s3:::shop/a"}, BUCKET | {"accountId": ACCOUNT}]}, None),
        ("s3", {"resources": [{"ARN": "arn:aws:s3:::shop/a"}]}, None),
        ("sns", {"requestParameters": {"topicArn": TOPIC}}, "444455556666"),
        ("ecr", {"requestParameters": {"registryId": "444455556666", "repositoryName": "shop"}}, "444455556666"),
        ("ecr", {"requestParameters": {"registryId": ACCOUNT, "repositoryName": "shop"}}, None),
        ("ec2", {"requestParameters": {"kmsKeyId": "arn:aws:kms:eu-central-1:444455556666:key/a"}}, None),
        ("kms", {"resources": [{"ARN": TOPIC}, {"ARN": f"arn:aws:kms:x:{ACCOUNT}:key/a"}]}, None),
        ("iam", {"requestParameters": {"policyArn": "arn:aws:iam::aws:policy/ReadOnlyAccess"}}, None),
    ],
)
def test_a_thing_of_another_account_is_told_with_its_account(row, service, fields, owner):
    assert row(service, "Tag", **fields).owner == owner


def test_a_call_that_two_accounts_logs_have_is_marked_with_the_id_of_both(row):
    assert (row(sharedEventID="s-1").request, row(sharedEventID=None).request) == ("shared:s-1", None)


def test_a_failed_sign_in_says_so_only_in_its_answer(row):
    got = row("signin", "ConsoleLogin", responseElements={"ConsoleLogin": "Failure"})
    assert got.outcome == "failed"


@pytest.mark.parametrize(
    ("source", "params", "resource"),
    [
        ("lambda", {"functionName": "checkout-worker"}, "arn:aws:lambda:{r}:{a}:function:checkout-worker"),
        ("lambda", {"functionName": "arn:aws:lambda:{r}:{a}:function:x"}, "arn:aws:lambda:{r}:{a}:function:x"),
        ("ecs", {"cluster": "checkout", "services": ["a", "b"]}, "arn:aws:ecs:{r}:{a}:service/checkout/a arn:aws:ecs:{r}:{a}:service/checkout/b"),
        ("ecs", {"cluster": "arn:aws:ecs:{r}:{a}:cluster/checkout"}, "arn:aws:ecs:{r}:{a}:cluster/checkout"),
        ("s3", {"bucketName": "checkout-data", "key": "o/1"}, "arn:aws:s3:::checkout-data/o/1"),
        ("logs", {"logGroupName": "/prod/checkout"}, "arn:aws:logs:{r}:{a}:log-group:/prod/checkout"),
        ("sqs", {"queueUrl": "https://sqs.{r}.amazonaws.com/{a}/checkout-jobs"}, "arn:aws:sqs:{r}:{a}:checkout-jobs"),
        ("rds", {"dBInstanceIdentifier": "checkout-db"}, "arn:aws:rds:{r}:{a}:db:checkout-db"),
        ("rds", {"dBInstanceIdentifier": "Checkout-DB"}, "arn:aws:rds:{r}:{a}:db:checkout-db"),
        ("ec2-instance-connect", {"instanceConnectEndpointId": "eice-0a1", "remotePort": "22", "privateIpAddress": "10.0.1.1"}, "arn:aws:ec2:{r}:{a}:instance-connect-endpoint/eice-0a1 10.0.1.1"),
        ("redshift-serverless", {"workgroupName": "orders"}, "arn:aws:redshift-serverless:{r}:{a}:workgroup/orders"),
        ("rds", {"dBInstanceIdentifier": "tmp", "dBSnapshotIdentifier": "checkout-1"}, "arn:aws:rds:{r}:{a}:db:tmp arn:aws:rds:{r}:{a}:snapshot:checkout-1"),
        ("secretsmanager", {"secretIdList": ["a", "b"]}, "arn:aws:secretsmanager:{r}:{a}:secret:a arn:aws:secretsmanager:{r}:{a}:secret:b"),
        ("ec2", {"imageId": "ami-1", "tagSpecificationSet": {"items": [{"tags": [{"key": "Name", "value": "checkout-web"}]}, 7]}}, "arn:aws:ec2:{r}:{a}:image/ami-1 tag:Name=checkout-web"),
        ("ec2", {"resourcesSet": {"items": [{"resourceId": "i-1"}]}, "tagSet": {"items": [{"key": "team", "value": "checkout"}]}}, "i-1 tag:team=checkout"),
        ("iam", {"userName": "leon", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"}, "arn:aws:iam::{a}:user/leon"),
        ("ec2", {"instancesSet": {"items": [{"instanceId": "i-1"}]}}, "arn:aws:ec2:{r}:{a}:instance/i-1"),
        ("ssm", {"targets": [{"key": "tag:Name", "values": ["checkout-web"]}]}, "tag:Name=checkout-web"),
        ("ssm", {"targets": [{"key": "InstanceIds", "values": ["i-1"]}], "documentName": "AWS-RunShellScript"}, "arn:aws:ssm:{r}:{a}:instance/i-1"),
        ("ssm", {"target": "i-1", "parameters": {"host": ["db.example.org"]}}, "arn:aws:ssm:{r}:{a}:instance/i-1 db.example.org"),
        ("ssm", {"target": 7, "targets": "all", "parameters": "HIDDEN_DUE_TO_SECURITY_REASONS", "name": "/checkout/key"}, "arn:aws:ssm:{r}:{a}:parameter/checkout/key"),
        ("ecs", {"cluster": "prod", "task": "0a1b", "container": "checkout"}, "arn:aws:ecs:{r}:{a}:task/prod/0a1b arn:aws:ecs:{r}:{a}:container/checkout"),
        ("route53", {"hostedZoneId": "Z1", "changeBatch": {"changes": [{"resourceRecordSet": {"name": "checkout.example.org."}}, None]}}, "arn:aws:route53:::hostedzone/Z1 checkout.example.org."),
        ("cloudtrail", {"name": "all", "s3BucketName": "logs"}, "arn:aws:cloudtrail:{r}:{a}:trail/all arn:aws:s3:::logs"),
        ("newservice", {"thingName": "checkout-thing"}, "checkout-thing"),
        ("eks", {"principalArn": "arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fx"}, "arn:aws:iam::1:role/x"),
        ("ec2", {"filterSet": {}}, None),
    ],
)  # fmt: skip
def test_the_resource_carries_the_names_that_the_request_gives(row, source, params, resource):
    fill = {"r": "eu-central-1", "a": ACCOUNT}
    params = json.loads(json.dumps(params).replace("{r}", fill["r"]).replace("{a}", ACCOUNT))
    assert row(source, "TouchThing", requestParameters=params).resource == (resource and resource.format(**fill))


def test_the_events_own_resources_come_before_its_request(row):
    listed = [
        {"type": "AWS::S3::Bucket", "ARN": "arn:aws:s3:::data"},
        {"type": "AWS::S3::Object", "ARN": "arn:aws:s3:::data/checkout/1"},
    ]
    assert row("s3", "GetObject", resources=listed).resource == "arn:aws:s3:::data/checkout/1"


def test_resources_of_another_service_do_not_hide_what_was_asked_for(row):
    params = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/checkout"}
    got = row("sts", "AssumeRole", requestParameters=params, resources=[{"ARN": "arn:aws:s3:::trail"}])
    assert got.resource == params["roleArn"]


def test_a_new_things_arn_stands_in_the_answer(row):
    arn = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:service/checkout/api"
    assert row("ecs", "CreateThing", responseElements={"service": {"serviceArn": arn}}).resource == arn


def test_a_task_that_is_known_by_its_id_has_its_service_from_the_answer(row):
    params = {"cluster": "prod", "task": "0a1b"}
    arn = f"arn:aws:ecs:eu-central-1:{ACCOUNT}:task/prod/0a1b"
    answer = {"task": {"taskArn": arn, "group": "service:checkout"}}
    got = row("ecs", "StopTask", requestParameters=params, responseElements=answer)
    assert got.resource == f"{arn} service:checkout"


def test_how_long_a_bucket_keeps_is_kept_as_detail(row):
    rules = {"LifecycleConfiguration": {"Rule": {"Status": "Enabled", "Expiration": {"Days": 1}}}}
    got = row("s3", "PutBucketLifecycle", requestParameters={"bucketName": "logs", **rules})
    assert json.loads(got.detail)["LifecycleConfiguration"] == rules["LifecycleConfiguration"]


def test_a_grants_detail_keeps_the_policy_and_loses_the_password(row):
    params = {
        "userName": "leon",
        "policyDocument": '{"Statement":[]}',
        "password": "hunter2",
        "nested": [{"authToken": "t"}],
    }
    detail = row("iam", "PutUserPolicy", requestParameters=params).detail
    assert json.loads(detail)["policyDocument"] == '{"Statement":[]}'
    assert "hunter2" not in detail
    assert '"t"' not in detail


def test_a_detail_stays_short_and_valid_json(row):
    params = {"policyName": "p", "policyDocument": "x" * 50_000, "more": ["y" * 900] * 90}
    detail = row("iam", "PutUserPolicy", requestParameters=params).detail
    assert len(detail) <= 16 * 1024
    assert json.loads(detail)["policyName"] == "p"


def test_a_detail_of_a_great_many_parts_is_given_up_in_words(row):
    params = {f"parameter-{number}": list(range(200)) for number in range(190)}
    detail = row("iam", "PutUserPolicy", requestParameters=params).detail
    assert json.loads(detail).keys() == {"too long to keep"}


@pytest.mark.parametrize("odd", [None, "HIDDEN_DUE_TO_SECURITY_REASONS", 7, [], [None], {}, {"a": {"b": None}}, True])
def test_odd_shapes_are_rows_all_the_same(rows, odd):
    names = ("userIdentity", "requestParameters", "responseElements", "resources")
    got = rows(*(event(**{name: odd}) for name in names), event(**dict.fromkeys(names, odd)))
    assert len(got) == 5


def test_odd_shapes_of_sessions_and_sign_ins_are_rows_all_the_same(rows):
    identities = [
        {"type": "AssumedRole", "sessionContext": "none"},
        {"type": 5, "arn": []},
        {"type": "AssumedRole", "arn": "not:an:arn", "sessionContext": {"sessionIssuer": [], "attributes": 1}},
    ]
    answers = [{"credentials": "none", "assumedRoleUser": 3}, "text", {"ConsoleLogin": ["Failure"]}]
    records = [
        event("sts", "AssumeRole", identity=i, responseElements=a, requestParameters={"roleArn": 1})
        for i in identities
        for a in answers
    ]
    assert len(rows(*records, *(event("signin", "ConsoleLogin", responseElements=a) for a in answers))) == 12


@pytest.mark.parametrize("odd", [[], {"a": 1}, 3, None])
def test_an_odd_category_costs_nothing_beside_it(rows, odd):
    switch = event("signin", "SwitchRole", additionalEventData={"SwitchTo": f"arn:aws:iam::{ACCOUNT}:role/operator"})
    asked = event("aws-mcp", "CallReadWriteTool", additionalEventData={"downstreamRequests": []})
    got = rows(event(eventCategory=odd), event(userAgent=odd), switch, asked)
    assert [one.record for one in got] == [0, 1, 2, 3]
    assert got[2].issued == f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/nina"


def test_a_record_without_an_id_gets_the_same_one_every_time(rows):
    nameless = event()
    del nameless["eventID"]
    (first,), (again,) = rows(nameless), rows(nameless)
    assert first.event_id == again.event_id
    assert re.fullmatch(r"made-[0-9a-f]{32}", first.event_id)
    assert rows(nameless | {"userAgent": "other"})[0].event_id != first.event_id


def test_without_a_recipient_the_callers_account_is_the_scope(row):
    assert row(recipientAccountId=None).scope == ACCOUNT


def test_overlong_text_is_cut(row):
    got = row(userAgent="x" * 100_000)
    assert len(got.user_agent) == 2048


@pytest.mark.golden
def test_what_a_file_tells_is_told_whole(whole, told_whole):
    trail = {"name": f"arn:aws:cloudtrail:eu-central-1:{ACCOUNT}:trail/all"}
    policy = {"userName": "leon", "policyName": "deploy", "policyDocument": '{"Statement": []}'}
    assumed = {"roleArn": f"arn:aws:iam::{ACCOUNT}:role/operator", "roleSessionName": "nina@harbour.example"}
    services = {"type": "AWSService", "invokedBy": "autoscaling.amazonaws.com"}
    records = [
        event(requestParameters={"cluster": "checkout-prod", "service": "api"}),
        event(identity=ROLE_SESSION, requestParameters={"cluster": "checkout-prod", "service": "api"}),
        event("cloudtrail", "StopLogging", requestParameters=trail),
        event("iam", "PutUserPolicy", requestParameters=policy),
        event("iam", "CreateAccessKey", responseElements={"accessKey": {"accessKeyId": "AKIANEW", "userName": "leon"}}),
        event(
            "sts", "AssumeRole", requestParameters=assumed, responseElements={"credentials": {"accessKeyId": "ASIA2"}}
        ),
        event("signin", "ConsoleLogin", responseElements={"ConsoleLogin": "Failure"}),
        event("secretsmanager", "GetSecretValue", requestParameters={"secretId": "checkout"}, readOnly=True),
        event("ecs", "ExecuteCommand", errorCode="AccessDenied", errorMessage="not authorized"),
        event("autoscaling", "TerminateInstances", identity=services),
        event("s3", "GetObject", requestParameters={"bucketName": "shop", "key": "a"}, readOnly=True),
        event(userAgent=None, eventTime="yesterday"),
    ]
    told_whole("aws-cloudtrail", whole(*records))


@pytest.mark.parametrize(
    ("fields", "invoked_by"),
    [
        ({"userIdentity": {**USER, "invokedBy": "aws-mcp.amazonaws.com"}}, "aws-mcp.amazonaws.com"),
        ({"userIdentity": {**USER, "invokedByDelegate": {"accountId": "999988887777"}}}, "vendor:AWS account 999988887777"),
        ({"userAgent": "aws-cli/2.31 md/awslabs#mcp#aws-api-mcp-server"}, "agent:mcp"),
        ({"userAgent": "Boto3/1.40 app/Claude-Code"}, "agent:claude-code"),
        ({"userAgent": "aws-cli/2.31 (claudette)"}, None),
        ({"userIdentity": {**USER, "invokedBy": "cloudformation.amazonaws.com"}, "userAgent": "mcp"}, "cloudformation.amazonaws.com"),
    ],
)  # fmt: skip
def test_through_what_somebody_acted_is_kept(row, fields, invoked_by):
    assert row(**fields).invoked_by == invoked_by


def test_one_identity_with_and_without_an_agent_are_two_callers(rows):
    by_hand, by_agent = rows(event(), event(userAgent="mcp"))
    assert (by_hand.actor, by_hand.invoked_by) == (by_agent.actor, None)
    assert by_agent.invoked_by == "agent:mcp"


def test_what_an_agent_asked_awss_server_for_is_no_change(row):
    got = row("aws-mcp", "CallReadWriteTool", readOnly=False)
    assert (got.category, got.level) == ("read", "read")


def test_the_calls_that_awss_server_made_for_an_agent_are_acts_of_its_person(rows):
    listed = [{"apiName": "ssm:PutParameter", "requestId": "r-1", "awsRegion": "eu-central-1"}, {"apiName": "nothing"}]
    tool = event("aws-mcp", "CallReadWriteTool", userAgent="cursor", additionalEventData={"downstreamRequests": listed})
    asked, made = sorted(rows(tool), key=lambda one: one.action)
    assert (asked.action, asked.category, asked.invoked_by) == ("aws-mcp:CallReadWriteTool", "read", "agent:cursor")
    assert (made.event_id, made.request, made.action, made.level) == ("request:r-1", "r-1", "ssm:PutParameter", "write")
    assert (made.actor, made.invoked_by, made.resource) == (USER["arn"], "aws-mcp.amazonaws.com", None)
    assert (made.origin, made.record) == (asked.origin, asked.record)


def test_a_call_through_awss_server_keeps_its_request_and_others_do_not(rows):
    by_hand, by_agent = rows(
        event(requestID="r-1"),
        event(requestID="r-2", eventID="e-2", userIdentity={**USER, "invokedBy": "aws-mcp.amazonaws.com"}),
    )
    assert (by_hand.request, by_agent.request) == (None, "r-2")


@pytest.mark.parametrize(
    ("switched_to", "user", "session"),
    [
        (f"arn:aws:iam::{ACCOUNT}:role/operator", USER, f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/nina"),
        (f"arn:aws:iam::{ACCOUNT}:role/teams/operator", USER, f"arn:aws:sts::{ACCOUNT}:assumed-role/operator/nina"),
        (
            "arn:aws:iam::444455556666:role/operator",
            ROLE_SESSION,
            "arn:aws:sts::444455556666:assumed-role/operator/nina@harbour.example",
        ),
        (f"arn:aws:iam::{ACCOUNT}:user/operator", USER, None),
        (None, USER, None),
    ],
)
def test_who_switches_to_a_role_in_the_console_opens_a_session_in_their_own_name(row, switched_to, user, session):
    got = row("signin", "SwitchRole", user, additionalEventData={"SwitchTo": switched_to})
    assert (got.issued, got.issued_credential) == (session, None)


@pytest.mark.parametrize(
    ("given", "answer", "session"),
    [
        ([f"arn:aws:iam::{ACCOUNT}:role/ops/runner"], {"automationExecutionId": "e-1"}, "assumed-role/runner/Automation-e-1"),
        (f"arn:aws:iam::{ACCOUNT}:role/runner", {"automationExecutionId": "e-1"}, "assumed-role/runner/Automation-e-1"),
        ([f"arn:aws:iam::{ACCOUNT}:role/runner"], None, None),
        ([], {"automationExecutionId": "e-1"}, None),
    ],
)  # fmt: skip
def test_who_starts_an_automation_opens_the_session_of_its_role(row, given, answer, session):
    asked = {"documentName": "Restart", "parameters": {"AutomationAssumeRole": given}}
    got = row("ssm", "StartAutomationExecution", requestParameters=asked, responseElements=answer)
    assert got.issued == (session and f"arn:aws:sts::{ACCOUNT}:{session}")


@pytest.mark.parametrize(
    ("addendum", "event_id"),
    [
        ({"reason": "UPDATED_DATA", "originalEventID": "e-1"}, "e-1"),
        ({"reason": "DELIVERY_DELAY"}, "e-2"),
        ("odd", "e-2"),
    ],
)
def test_an_event_that_is_told_once_more_is_the_one_that_it_mends(rows, addendum, event_id):
    first, again = rows(event(eventID="e-1"), event(eventID="e-2", addendum=addendum))
    assert (first.event_id, again.event_id) == ("e-1", event_id)


def test_a_federated_user_is_a_session_too(row):
    arn = f"arn:aws:sts::{ACCOUNT}:federated-user/nina"
    answer = {"federatedUser": {"arn": arn}, "credentials": {"accessKeyId": "ASIA9"}}
    got = row("sts", "GetFederationToken", responseElements=answer)
    assert (got.issued, got.issued_credential) == (arn, "ASIA9")


def test_what_a_grant_says_is_kept_longer_than_a_name(row):
    got = row("iam", "PutUserPolicy", requestParameters={"userName": "x" * 3000, "policyDocument": "y" * 5000})
    assert len(got.detail) > 8000
    assert len(got.resource) == 2048


@pytest.mark.parametrize(("tries", "level"), [(True, "read"), (False, "write")])
def test_code_that_is_only_tried_out_is_not_changed(row, tries, level):
    asked = {"functionName": "checkout", "dryRun": tries}
    assert row("lambda", "UpdateFunctionCode20150331v2", requestParameters=asked).level == level


@pytest.mark.parametrize("partition", ["aws", "aws-cn"])
def test_who_switches_without_an_arn_is_known_by_name(row, partition):
    identity = {
        "type": "IAMUser",
        "accountId": ACCOUNT,
        "userName": "nina",
        "arn": f"arn:aws:iam::{ACCOUNT}:user/other",
    }
    role = f"arn:{partition}:iam::{ACCOUNT}:role/operator"
    got = row("signin", "SwitchRole", identity, additionalEventData={"SwitchTo": role})
    assert got.issued == f"arn:{partition}:sts::{ACCOUNT}:assumed-role/operator/nina"


def test_a_key_that_was_made_is_told_by_its_id_and_never_by_its_secret(row):
    key = {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "userName": "nina", "secretAccessKey": "s", "status": "Active"}
    got = row("iam", "CreateAccessKey", requestParameters=None, responseElements={"accessKey": key})
    assert json.loads(got.detail) == {"accessKeyId": "AKIAIOSFODNN7EXAMPLE"}


def test_a_membership_that_was_made_is_told_by_the_id_that_its_end_names_it_by(row):
    asked = {"identityStoreId": "d-1", "groupId": "g1", "memberId": {"userId": "u1"}}
    about = {"requestParameters": asked, "responseElements": {"membershipId": "m-1", "identityStoreId": "d-1"}}
    got = row("identitystore", "CreateGroupMembership", **about)
    assert json.loads(got.detail) == {**asked, "membershipId": "m-1"}
    refused = row("identitystore", "CreateGroupMembership", **about, errorCode="AccessDenied")
    assert json.loads(refused.detail) == asked


@pytest.mark.parametrize(
    "asked",
    [
        {"osUser": "ec2-user", "SSHKey": {"publicKey": f"{PUSHED} nina"}},
        {"instanceOSUser": "ec2-user", "sSHPublicKey": PUSHED},
    ],
)
@pytest.mark.parametrize("name", ["SendSSHPublicKey", "SendSerialConsoleSSHPublicKey"])
def test_a_key_that_is_let_in_to_an_instance_is_handed_out(row, name, asked):
    got = row("ec2-instance-connect", name, requestParameters={"instanceId": "i-0123456789abcdef0", **asked})
    assert (got.issued, got.issued_credential) == (None, f"ssh-key:{public_key(PUSHED)[0]}")
    cut = row("ec2-instance-connect", name, requestParameters={"SSHKey": {"publicKey": "ssh-ed25519 AAAA"}})
    assert cut.issued_credential is None
