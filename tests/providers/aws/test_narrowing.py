"""Which changes to a trail, to what keeps it or to another recorder leave less of the log."""

import json

import pytest

from auditor.providers.aws.trails.narrowing import names_cloudtrail, narrows
from tests.cases import event


def act(action, asked, *, keeps_log=False, category="audit-trail"):
    return event(action=action, detail=json.dumps(asked), keeps_log=keeps_log, category=category)


def rows(action, *cases):
    return [pytest.param(action, asked, expected, id=f"{action} {asked}"[:70]) for asked, expected in cases]


ALL = {"eventSelectors": [{"readWriteType": "All", "includeManagementEvents": True}]}
MANAGEMENT = {"field": "eventCategory", "equals": ["Management"]}
READ_ONLY = {"field": "readOnly", "equals": ["false"]}


def advanced(*fields):
    return {"advancedEventSelectors": [{"fieldSelectors": list(fields)}]}


def basic(**selector):
    return {"eventSelectors": [selector]}


@pytest.mark.parametrize(
    ("action", "asked", "expected"),
    [
        *rows(
            "rds:ModifyDBParameterGroup",
            ({"parameters": [{"parameterName": "pgaudit.log", "parameterValue": "none"}]}, True),
            ({"parameters": [{"parameterName": "server_audit_logging", "parameterValue": "0"}]}, True),
            ({"parameters": [{"parameterName": "log_statement", "parameterValue": "ddl"}]}, False),
            ({"parameters": [{"parameterName": "work_mem", "parameterValue": "0"}]}, False),
            ({"parameters": "odd"}, False),
        ),
        *rows(
            "rds:ModifyOptionGroup",
            ({"optionsToRemove": ["MARIADB_AUDIT_PLUGIN"]}, True),
            ({"optionsToRemove": ["MEMCACHED"]}, False),
        ),
        *rows(
            "rds:ResetDBParameterGroup",
            ({"parameters": [{"parameterName": "pgaudit.log", "applyMethod": "immediate"}]}, True),
            ({"parameters": [{"parameterName": "work_mem"}]}, False),
        ),
        *rows(
            "redshift:ModifyClusterParameterGroup",
            ({"parameters": [{"parameterName": "enable_user_activity_logging", "parameterValue": "false"}]}, True),
            ({"parameters": [{"parameterName": "enable_user_activity_logging", "parameterValue": "true"}]}, False),
        ),
        *rows(
            "es:UpdateDomainConfig",
            ({"logPublishingOptions": {"AUDIT_LOGS": {"enabled": False}}}, True),
            ({"logPublishingOptions": {"AUDIT_LOGS": {"enabled": True}}}, False),
        ),
        *rows("cloudtrail:StopLogging", ({}, True)),
        *rows("cloudtrail:DeleteTrail", ({"name": "t"}, True)),
        *rows(
            "cloudtrail:UpdateTrail",
            ({"name": "t"}, False),
            ({"name": "t", "isMultiRegionTrail": True}, False),
            *(
                ({"name": "t", flag: False}, True)
                for flag in (
                    "isMultiRegionTrail", "includeGlobalServiceEvents", "enableLogFileValidation", "isOrganizationTrail"
                )
            ),
            ({"name": "t", "isMultiRegionTrail": None}, False),
            ({"name": "t", "s3BucketName": "b"}, True),
            ({"name": "t", "s3BucketName": "b", "s3KeyPrefix": "p", "kmsKeyId": None}, True),
            ({"name": "t", "s3BucketName": "b", "isMultiRegionTrail": True}, False),
            ({"name": "t", "s3KeyPrefix": "p"}, False),
            ({"name": "t", "cloudWatchLogsLogGroupArn": ""}, True),
            ({"name": "t", "cloudWatchLogsLogGroupArn": "arn:g"}, False),
        ),
        *rows(
            "cloudtrail:PutEventSelectors",
            (ALL, False),
            (basic(), False),
            (basic(readWriteType="WriteOnly"), True),
            (basic(includeManagementEvents=False), True),
            (basic(excludeManagementEventSources=["kms.amazonaws.com"]), True),
            (basic(excludeManagementEventSources=[]), False),
            ({"eventSelectors": [{"readWriteType": "ReadOnly"}, {"readWriteType": "All"}]}, False),
            (advanced(MANAGEMENT), False),
            (advanced(MANAGEMENT, READ_ONLY), True),
            (advanced({"field": "eventCategory", "equals": ["Data"]}), True),
            (advanced({"field": "eventCategory"}), True),
            (advanced({"field": "readOnly", "equals": ["Management"]}), True),
            (advanced(), True),
            ({"advancedEventSelectors": [*advanced(READ_ONLY)["advancedEventSelectors"],
                *advanced(MANAGEMENT)["advancedEventSelectors"]]}, False),
            ({}, True),
        ),
        *rows("cloudtrail:PutInsightSelectors", ({"insightSelectors": []}, True), ({"insightSelectors": [{"a": 1}]}, False)),
        *rows(
            "cloudtrail:UpdateEventDataStore",
            ({"name": "s"}, False),
            ({"multiRegionEnabled": False}, True),
            ({"organizationEnabled": False}, True),
            ({"terminationProtectionEnabled": False}, True),
            ({"terminationProtectionEnabled": True}, False),
            ({"retentionPeriod": 89}, True),
            ({"retentionPeriod": 90}, False),
            (advanced(MANAGEMENT), False),
            (advanced(READ_ONLY), True),
        ),
        *rows(
            "config:PutConfigurationRecorder",
            ({"configurationRecorder": {"recordingGroup": {"allSupported": False}}}, True),
            ({"configurationRecorder": {"recordingGroup": {"allSupported": True}}}, False),
            ({"configurationRecorder": {}}, False),
        ),
        *rows("config:PutRetentionConfiguration", ({"retentionPeriodInDays": 30}, True), ({"retentionPeriodInDays": 2557}, False)),
        *rows("config:StopConfigurationRecorder", ({}, True)),
        *rows(
            "guardduty:UpdateDetector",
            ({}, True),
            ({"enable": False}, True),
            ({"enable": True}, False),
            ({"features": [{"name": "S3", "status": "DISABLED"}]}, True),
            ({"features": [{"name": "S3", "status": "ENABLED"}]}, False),
            ({"dataSources": {"s3Logs": {"enable": False}}}, True),
            ({"dataSources": {"kubernetes": {"auditLogs": {"enable": False}}}}, True),
            ({"dataSources": {"kubernetes": {"auditLogs": {"enable": True}}}}, False),
        ),
        *rows("guardduty:UpdateMemberDetectors", ({"features": [{"status": "DISABLED"}]}, True), ({"enable": True}, False)),
        *rows(
            "guardduty:UpdateOrganizationConfiguration",
            ({"autoEnable": False}, True),
            ({"autoEnable": True}, False),
            ({"autoEnableOrganizationMembers": "NONE"}, True),
            ({"autoEnableOrganizationMembers": "ALL"}, False),
            ({"features": [{"autoEnable": "NONE"}]}, True),
            ({"features": [{"autoEnable": "NEW"}]}, False),
        ),
        *(
            one
            for verb in ("Create", "Update")
            for one in rows(f"guardduty:{verb}Filter", ({"action": "ARCHIVE"}, True), ({"action": "NOOP"}, False))
        ),
        *rows(
            "s3:PutBucketLogging",
            ({"BucketLoggingStatus": ""}, True),
            ({"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "b"}}}, False),
        ),
        *rows(
            "eks:UpdateClusterConfig",
            ({"logging": {"clusterLogging": [{"types": ["audit"], "enabled": False}]}}, True),
            ({"logging": {"clusterLogging": [{"enabled": True}, {"enabled": False}]}}, True),
            ({"logging": {"clusterLogging": [{"types": ["audit"], "enabled": True}]}}, False),
            ({"resourcesVpcConfig": {}}, False),
        ),
        *rows(
            "network-firewall:UpdateLoggingConfiguration",
            ({"loggingConfiguration": {"logDestinationConfigs": []}}, True),
            ({"loggingConfiguration": {"logDestinationConfigs": [{"logType": "FLOW"}]}}, False),
        ),
    ],
)  # fmt: skip
def test_a_recorder_is_narrowed_by_what_is_not_known_to_leave_as_much(action, asked, expected):
    assert narrows(act(action, asked)) is expected


def lifecycle(**rule):
    return {"LifecycleConfiguration": {"Rule": {"Status": "Enabled", "Expiration": {"Days": 30}, **rule}}}


WRITES = {"Effect": "Allow", "Principal": {"Service": "cloudtrail.amazonaws.com"}, "Action": "s3:PutObject"}
REFUSES = {**WRITES, "Effect": "Deny", "Principal": "*"}
TLS = {"Bool": {"aws:SecureTransport": "false"}}


def policy(*statements, name="bucketPolicy"):
    return {name: {"Statement": list(statements)}}


@pytest.mark.parametrize(
    ("action", "asked", "expected"),
    [
        *(
            one
            for action in (
                "s3:DeleteBucket", "s3:DeleteBucketPolicy", "s3:DeleteObject", "s3:DeleteObjects", "kms:ScheduleKeyDeletion",
                "kms:DisableKey", "kms:DeleteImportedKeyMaterial", "logs:DeleteLogGroup", "logs:DeleteLogStream",
                "logs:DeleteSubscriptionFilter",
            )
            for one in rows(action, ({}, True))
        ),
        *rows("s3:PutBucketTagging", ({}, False)),
        *(
            one
            for action in ("s3:PutBucketLifecycle", "s3:PutBucketLifecycleConfiguration")
            for one in rows(
                action,
                (lifecycle(), True),
                (lifecycle(Expiration={"Days": 89}), True),
                (lifecycle(Expiration={"Days": 90}), False),
                (lifecycle(Expiration={"Date": "2026-01-01"}), True),
                (lifecycle(Expiration=None), False),
                (lifecycle(Status="Disabled"), False),
                (lifecycle(Prefix="AWSLogs/1/"), True),
                (lifecycle(Prefix="AWSLogs"), True),
                (lifecycle(Prefix="team/AWSLogs"), True),
                (lifecycle(Prefix="AWS"), True),
                (lifecycle(Prefix="tmp/"), False),
                (lifecycle(Prefix=["?"]), True),
                (lifecycle(Filter={"Prefix": "tmp/"}), False),
                (lifecycle(Filter={"And": {"Prefix": "tmp/"}}), False),
                (lifecycle(Filter={"And": {"Prefix": "AWSLogs/"}}), True),
            )
        ),
        *rows("s3:PutBucketLifecycle", ({"LifecycleConfiguration": {"Rule": [
            {"Status": "Disabled"}, {"Status": "Enabled", "Expiration": {"Days": 1}}]}}, True)),
        *rows(
            "s3:PutBucketVersioning",
            ({"VersioningConfiguration": {"Status": "Suspended"}}, True),
            ({"VersioningConfiguration": {"Status": "Enabled"}}, False),
        ),
        *rows(
            "s3:PutBucketObjectLockConfiguration",
            ({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}, True),
            ({"ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {}}}}, False),
        ),
        *rows("s3:DeleteBucketReplication", ({}, True)),
        *rows("s3:PutBucketLogging", ({"BucketLoggingStatus": {}}, True)),
        *rows("logs:PutRetentionPolicy", ({"retentionInDays": 7}, True), ({"retentionInDays": 365}, False)),
        *rows(
            "s3:PutBucketPolicy",
            (policy(WRITES), False),
            ({"bucketPolicy": json.dumps({"Statement": WRITES})}, False),
            ({"bucketPolicy": {"Statement": WRITES}}, False),
            (policy(WRITES, REFUSES), True),
            (policy(WRITES, {**REFUSES, "Condition": TLS}), False),
            (policy(WRITES, {**REFUSES, "Principal": {"AWS": "*"}, "Condition": TLS}), False),
            (policy(WRITES, {**REFUSES, "Principal": WRITES["Principal"], "Condition": TLS}), True),
            (policy(WRITES, {**REFUSES, "Action": "s3:DeleteObject"}), False),
            (policy(WRITES, {**REFUSES, "Action": ["s3:DeleteObject", "s3:Put*"]}), True),
            (policy(WRITES, {**REFUSES, "Action": "s3:GetBucketAcl"}), True),
            (policy(WRITES, {"Effect": "Deny", "Principal": "*", "NotAction": "s3:GetObject"}), True),
            (policy(WRITES, {**REFUSES, "Principal": {"AWS": "arn:aws:iam::1:user/x"}}), False),
            (policy({**WRITES, "Principal": {"Service": "config.amazonaws.com"}}), True),
            (policy({**WRITES, "Principal": {"Service": ["config.amazonaws.com", "cloudtrail.amazonaws.com"]}}), False),
            (policy(), True),
            ({}, True),
        ),
        *rows(
            "kms:PutKeyPolicy",
            (policy({**WRITES, "Action": "kms:GenerateDataKey*"}, name="policy"), False),
            (policy(WRITES, {**REFUSES, "Action": "kms:GenerateDataKey"}, name="policy"), True),
            (policy(WRITES, {**REFUSES, "Action": "kms:DescribeKey"}, name="policy"), True),
            (policy(WRITES, {**REFUSES, "Action": "kms:Decrypt"}, name="policy"), False),
        ),
    ],
)  # fmt: skip
def test_what_keeps_a_log_is_narrowed_by_what_is_known_to_lose_some_of_it(action, asked, expected):
    assert narrows(act(action, asked, keeps_log=True, category="change")) is expected


def test_a_recorder_that_names_what_keeps_its_log_is_still_a_recorder():
    logging = {"BucketLoggingStatus": {"LoggingEnabled": {"TargetBucket": "b"}}}
    assert narrows(act("cloudtrail:StopLogging", {}, keeps_log=True))
    assert narrows(act("firehose:DeleteDeliveryStream", {}, keeps_log=True, category="change"))
    assert not narrows(act("s3:PutBucketLogging", logging, keeps_log=True))
    assert narrows(act("s3:PutBucketTagging", {}))
    assert not narrows(act("s3:PutBucketPolicy", policy(WRITES)))


@pytest.mark.parametrize(
    ("action", "asked", "named"),
    [
        ("s3:PutBucketPolicy", policy(WRITES), True),
        ("s3:PutBucketPolicy", policy({**WRITES, "Principal": {"AWS": "*"}}), True),
        ("s3:PutBucketPolicy", policy({**WRITES, "Principal": "*"}), False),
        ("s3:PutBucketPolicy", policy({**WRITES, "Principal": {"Service": "config.amazonaws.com"}}), False),
        ("s3:PutBucketPolicy", policy({**WRITES, "Principal": {"Service": "config.amazonaws.com"}}, WRITES), True),
        ("kms:PutKeyPolicy", policy(WRITES, name="policy"), True),
        ("kms:PutKeyPolicy", policy(WRITES), False),
        ("s3:DeleteBucketPolicy", policy(WRITES), False),
    ],
)
def test_a_policy_that_speaks_of_cloudtrail_by_name_is_of_where_a_trail_is_kept(action, asked, named):
    assert names_cloudtrail(act(action, asked)) is named
