"""Events of other schemas, whole, as CloudTrail would have written them."""

import pytest

from collectors.aws.cloudtrail.foreign import event_of

ARN, ROLE = "arn:aws:sts::111122223333:assumed-role/deploy/nina", "arn:aws:iam::111122223333:role/deploy"
PLAIN = {"eventName": "UpdateService", "eventTime": "2026-02-14T09:10:00Z"}
CALLED = {
    "eventVersion": "1.11",
    "eventTime": "2026-02-14T09:10:00+00:00",
    "eventSource": "ecs.amazonaws.com",
    "eventName": "UpdateService",
    "eventID": "e-1",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "203.0.113.10",
    "userAgent": "aws-cli/2.15",
    "errorCode": "AccessDenied",
    "readOnly": False,
    "recipientAccountId": "111122223333",
    "userIdentity": {
        "type": "AssumedRole",
        "arn": ARN,
        "principalId": "AROA1:nina",
        "accountId": "111122223333",
        "accessKeyId": "ASIA1",
        "userName": "nina",
        "invokedBy": "athena.amazonaws.com",
        "sessionContext": {"sessionIssuer": {"type": "Role", "arn": ROLE}},
    },
    "requestParameters": '{"service": "checkout"}',
    "responseElements": {"service": "checkout"},
    "resources": [{"ARN": "arn:x", "accountId": "111122223333", "type": "AWS::ECS::Service"}],
}
OCSF = {
    "class_uid": 6003,
    "activity_id": 3,
    "metadata": {"product": {"version": "1.11"}, "uid": "e-1"},
    "time": 1771060200000,
    "cloud": {"region": "eu-central-1"},
    "api": {
        "operation": "UpdateService",
        "service": {"name": "ecs.amazonaws.com"},
        "request": {"data": '{"service": "checkout"}'},
        "response": {"error": "AccessDenied", "data": {"service": "checkout"}},
    },
    "actor": {
        "user": {
            "type": "AssumedRole", "name": "nina", "uid": ARN, "uid_alt": "AROA1:nina", "credential_uid": "ASIA1",
            "account": {"uid": "111122223333"},
        },
        "session": {"issuer": ROLE},
        "invoked_by": "athena.amazonaws.com",
    },
    "src_endpoint": {"ip": "203.0.113.10", "domain": "x"},
    "http_request": {"user_agent": "aws-cli/2.15"},
    "resources": [{"uid": "arn:x", "owner": {"account": {"uid": "111122223333"}}, "type": "AWS::ECS::Service"}, "odd"],
    "unmapped": {"recipientAccountId": "111122223333", "additionalEventData.MFAUsed": "Yes", "additionalEventDataX": 1},
}  # fmt: skip
ECS = {
    "@timestamp": "2026-02-14T09:10:00+00:00",
    "event": {"provider": "ecs.amazonaws.com", "action": "UpdateService", "id": "e-1"},
    "cloud": {"account": {"id": "999900001111"}, "region": "eu-central-1"},
    "source": {"ip": "203.0.113.10", "address": "x"},
    "user": {"name": "nina"},
    "user_agent": {"original": "aws-cli/2.15"},
    "aws": {
        "cloudtrail": {
            "event_version": "1.11",
            "event_category": "Management",
            "error_code": "AccessDenied",
            "read_only": False,
            "recipient_account_id": "111122223333",
            "user_identity": {
                "type": "AssumedRole", "arn": ARN, "account_id": "111122223333", "access_key_id": "ASIA1",
                "invoked_by": "athena.amazonaws.com",
                "session_context": {"session_issuer": {"principal_id": "AROA1:nina", "type": "Role", "arn": ROLE}},
            },
            "flattened": {"request_parameters": '{"service": "checkout"}', "response_elements": {"service": "checkout"}},
            "request_parameters": "{service=checkout}",
            "response_elements": "{}",
            "resources": CALLED["resources"],
        }
    },
}  # fmt: skip


def test_an_event_of_security_lake_is_whole():
    assert event_of(OCSF) == {**CALLED, "additionalEventData": {"MFAUsed": "Yes"}}


def test_an_event_of_elastics_schema_is_whole():
    assert event_of(ECS) == {**CALLED, "eventCategory": "Management"}


def changed(event, **parts):
    """An event with other parts; names with __ are places in it, and what is None is not there."""
    event = {name: dict(one) if isinstance(one, dict) else one for name, one in event.items()}
    for place, value in parts.items():
        *above, last = place.split("__")
        at = event
        for name in above:
            at[name] = dict(at[name])
            at = at[name]
        at.pop(last) if value is None else at.__setitem__(last, value)
    return event


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"time_dt": "2026"}, {"eventTime": "2026"}),
        ({"time": "soon"}, {"eventTime": None}),
        ({"time": 10**30}, {"eventTime": None}),
        ({"cloud": {"account": {"uid": "1"}}, "region": "eu-west-1", "unmapped": {}}, {"awsRegion": "eu-west-1", "recipientAccountId": "1"}),
        ({"cloud": {"account_uid": "2"}, "unmapped": None}, {"awsRegion": None, "recipientAccountId": "2"}),
        ({"cloud": None, "accountid": "3", "unmapped": {}}, {"recipientAccountId": "3"}),
        ({"src_endpoint__ip": None}, {"sourceIPAddress": "x"}),
        ({"activity_id": 2}, {"readOnly": True}),
        ({"activity_id": 2, "unmapped__readOnly": "false"}, {"readOnly": "false"}),
        (
            {"api__request": {}, "unmapped": {"requestParameters": "a", "requestParameters.b": 1}},
            {"requestParameters": "a"},
        ),
        ({"api__request": None, "unmapped": {"requestParameters.b": 1}}, {"requestParameters": {"b": 1}}),
        ({"api__request": None, "unmapped": {}}, {"requestParameters": None}),
        ({"api__response": None, "unmapped": {"responseElements.b": 1}}, {"responseElements": {"b": 1}, "errorCode": None}),
        ({"resources": None}, {"resources": None}),
        (
            {"resources": [{"uid": "a", "account_uid": "1"}]},
            {"resources": [{"ARN": "a", "accountId": "1", "type": None}]},
        ),
        ({"actor": {"user": {"uuid": "U1", "name": "n"}}}, {"userIdentity": {"principalId": "U1", "userName": "n"}}),
        ({"actor": {"user": {"uid": "U1", "uid_alt": ARN}}}, {"userIdentity": {"principalId": "U1", "arn": ARN}}),
        ({"actor": {"user": {"account_uid": "1"}}}, {"userIdentity": {"accountId": "1"}}),
        (
            {
                "actor": {"user": {"uid": ARN}, "session": {"issuer": ROLE, "created_time": 0}},
                "unmapped": {"userIdentity.sessionContext.sourceIdentity": "nina", "userIdentity.onBehalfOf.userId": "u1"},
            },
            {
                "userIdentity": {
                    "arn": ARN,
                    "onBehalfOf": {"userId": "u1"},
                    "sessionContext": {
                        "sourceIdentity": "nina",
                        "sessionIssuer": {"type": "Role", "arn": ROLE},
                        "attributes": {"creationDate": "1970-01-01T00:00:00+00:00"},
                    },
                }
            },
        ),
    ],
)  # fmt: skip
def test_what_security_lake_writes_elsewhere_or_not_at_all(parts, told):
    found = event_of(changed(OCSF, **parts))
    assert {name: found[name] for name in told} == told


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ({"aws__cloudtrail__recipient_account_id": None}, {"recipientAccountId": "999900001111"}),
        (
            {"aws__cloudtrail__user_identity": {"arn": "a"}},
            {"userIdentity": {"arn": "a", "accountId": "999900001111", "userName": "nina"}},
        ),
        (
            {"aws__cloudtrail__flattened": None},
            {"requestParameters": "{service=checkout}", "responseElements": "{}"},
        ),
        (
            {
                "aws__cloudtrail__user_identity": {
                    "arn": "a",
                    "session_context": {"creation_date": "2026", "source_identity": "n"},
                }
            },
            {
                "userIdentity": {
                    "arn": "a",
                    "accountId": "999900001111",
                    "userName": "nina",
                    "sessionContext": {"sourceIdentity": "n", "attributes": {"creationDate": "2026"}},
                }
            },
        ),
        ({"source__ip": None}, {"sourceIPAddress": "x"}),
    ],
)
def test_what_elastics_shippers_write_elsewhere(parts, told):
    found = event_of(changed(ECS, **parts))
    assert {name: found[name] for name in told} == told


@pytest.mark.parametrize(
    ("event", "told"),
    [
        (PLAIN, PLAIN),
        ({"eventCategory": "Insight"}, {"eventCategory": "Insight"}),
        ({"eventCategory": "Aggregated", "x": 1}, {"eventCategory": "Aggregated", "x": 1}),
        ({"eventname": "a", "eventtime": "b", "useridentity": {}, "x": 1}, {"eventName": "a", "eventTime": "b", "userIdentity": {}, "x": 1}),
        ({"eventCategory": "Management"}, None),
        ({"eventName": "a"}, None),
        ({"eventname": "a"}, None),
        ({"eventTime": "a"}, None),
        ({"eventtime": "a"}, None),
        ({"class_uid": 6003}, None),
        ({"api": {"operation": "x"}}, None),
        ({"event": {"action": "x"}}, None),
        ({**ECS, "event": {"action": "x", "original": "{}"}}, None),
        ({**ECS, "event": {}}, None),
    ],
)  # fmt: skip
def test_what_is_an_event_in_a_form_that_is_known(event, told):
    assert event_of(event) == told
