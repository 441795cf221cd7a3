"""Entries in other programs' schemas, whole, as Cloud Logging would have written them."""

import pytest

from collectors.google.records import records, whole_list
from collectors.google.wrapped import entry_of, log_records

ECS = {
    "@timestamp": "2026-02-20T10:00:00Z",
    "event": {"id": "abc1", "provider": "x", "action": "y"},
    "cloud": {"project": {"id": "quay-shop"}},
    "log": {"logger": "projects/quay-shop/logs/cloudaudit.googleapis.com%2Fdata_access"},
    "source": {"ip": "192.0.2.7"},
    "user_agent": {"original": "gcloud/500"},
    "client": {"user": {"email": "leon@quay.example"}},
    "gcp": {
        "audit": {
            "service_name": "run.googleapis.com",
            "method_name": "ReplaceService",
            "resource_name": "services/shop-api",
            "authentication_info": {"principal_email": "nina@quay.example", "principal_subject": "user:nina@quay.example"},
            "authorization_info": [{"permission": "run.services.update"}],
            "request": {"name": "shop-api"},
            "status": {"code": 7},
        }
    },
}  # fmt: skip
WHOLE = {
    "logName": "projects/quay-shop/logs/cloudaudit.googleapis.com%2Fdata_access",
    "insertId": "abc1",
    "timestamp": "2026-02-20T10:00:00Z",
    "resource": {"labels": {"project_id": "quay-shop"}},
    "protoPayload": {
        "serviceName": "run.googleapis.com",
        "methodName": "ReplaceService",
        "resourceName": "services/shop-api",
        "authenticationInfo": {"principalEmail": "nina@quay.example", "principalSubject": "user:nina@quay.example"},
        "authorizationInfo": [{"permission": "run.services.update"}],
        "requestMetadata": {"callerIp": "192.0.2.7", "callerSuppliedUserAgent": "gcloud/500"},
        "request": {"name": "shop-api"},
        "status": {"code": 7},
    },
}


def test_an_entry_of_elastics_schema_is_whole():
    assert entry_of(ECS) == WHOLE


def test_what_elastics_shippers_write_elsewhere():
    bare = {**ECS, "log": {}, "gcp": {"audit": {"authorization_info": "odd"}}}
    found = entry_of(bare)
    assert found["logName"] == "projects/quay-shop/logs/cloudaudit.googleapis.com%2Factivity"
    payload = {name: found["protoPayload"][name] for name in ("serviceName", "methodName", "authorizationInfo")}
    assert payload == {"serviceName": "x", "methodName": "y", "authorizationInfo": []}
    assert found["protoPayload"]["authenticationInfo"]["principalEmail"] == "leon@quay.example"


@pytest.mark.parametrize(
    ("value", "entry"),
    [
        ({"protoPayload": {"a": 1}}, {"protoPayload": {"a": 1}}),
        ({"protopayload_auditlog": {"a": 1}}, {"protopayload_auditlog": {"a": 1}}),
        ({"protoPayload": {}}, None),
        (
            {"protopayload_auditlog_status_code": 7, "protopayload_auditlog_methodName": "m", "resource_type": "t",
                "resource_labels_project_id": "p", "operation_id": "o", "insertId": "i"},
            {"protopayload_auditlog": {"status": {"code": 7}, "methodName": "m"}, "operation": {"id": "o"},
                "resource": {"type": "t", "labels": {"project_id": "p"}}, "insertId": "i"},
        ),
        (
            {"protoPayload.status.code": 7, "protoPayload.authorizationInfo": '[{"granted": true}]', "logName": "l"},
            {"protoPayload": {"status": {"code": 7}, "authorizationInfo": [{"granted": True}]}, "logName": "l"},
        ),
        ({**ECS, "event": {"original": "{}"}}, None),
        ({"gcp": {"audit": "odd"}}, None),
        ({"gcp": {}}, None),
        ({}, None),
    ],
)  # fmt: skip
def test_what_is_an_entry_in_a_form_that_is_known(value, entry):
    assert entry_of(value) == entry


ONE = b'{"protoPayload":{"a":1}}'
READ = {"protoPayload": {"a": 1}}


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", []),
        (ONE + b"\n" + ONE, [READ, READ]),
        (b"2026-02-20T10:00:00Z tag " + ONE + b"\n", [READ]),
        (b"[" + ONE + b", 7]", [READ, "it is no JSON object"]),
        (b'{"entries": [' + ONE + b"]}", [READ]),
        (b"[" + ONE + b"][" + ONE + b",7]", [READ, READ, "it is no JSON object"]),
        (b"[" + ONE + b"]\n[" + ONE + b"]\n", [READ, READ]),
        (b'{"message": "x"}\n' + ONE, [{"message": "x"}, READ]),
        (b"protopayload" + b".a" * 3000 + b",b\n1,2\n", ["it is nested too deeply to be read"]),
        (b"logname\r,b\n1,2\n", ["it has another number of columns than the first line"] * 2),
        (ONE + b"\n{oops}\n", [READ, "it is not valid JSON: Expecting property name enclosed in double quotes"]),
    ],
)
def test_the_entries_of_a_file(content, found):
    assert log_records(content) == found


@pytest.mark.parametrize("content", [b"7", b"oops", b"[7]", b"[" * 3000])
def test_what_holds_no_object_is_refused(content):
    with pytest.raises(ValueError, match="nothing in it is a JSON object"):
        records(content)


def test_an_array_must_be_whole():
    assert whole_list(b'[{"a": "\xff"}, 7]') == [{"a": "\ufffd"}, "it is no JSON object"]
    with pytest.raises(ValueError, match="it is nested too deep"):
        whole_list(b"[" * 100_000 + b"]" * 100_000)
    with pytest.raises(ValueError, match=r".+"):
        whole_list(b"[1")


def test_an_answer_that_goes_on_where_nobody_read_it_is_told():
    page = b'{"entries": [{"protoPayload": {"a": 1}}], "nextPageToken": "x"}'
    assert log_records(page) == [
        {"protoPayload": {"a": 1}},
        "it is the first page of several, and the next was not written",
    ]


LISTS = {
    "json": '{lists}.authorizationInfo,{lists}.serviceData.policyDelta.bindingDeltas\n'
    '"[{{""permission"": ""a.b"", ""granted"": true}}]","[{{""action"": ""ADD"", ""member"": ""user:a@x""}}]"',
    "numbered": "{lists}.authorizationInfo[0].permission,{lists}.authorizationInfo[0].granted,"
    "{lists}.serviceData.policyDelta.bindingDeltas[0].action,{lists}.serviceData.policyDelta.bindingDeltas[0].member\n"
    "a.b,true,ADD,user:a@x",
    "dotted": "{lists}.authorizationInfo.0.permission,{lists}.authorizationInfo.0.granted,"
    "{lists}.serviceData.policyDelta.bindingDeltas.0.action,{lists}.serviceData.policyDelta.bindingDeltas.0.member\n"
    "a.b,True,ADD,user:a@x",
}  # fmt: skip


@pytest.mark.parametrize("lists", LISTS)
def test_lists_in_a_table_are_whole(lists):
    names, cells = LISTS[lists].format(lists="protoPayload").split("\n")
    (found,) = log_records(f"logName,protoPayload.status.code,{names}\nlog,0,{cells}\n".encode())
    payload = found["protoPayload"]
    assert payload["authorizationInfo"] == [{"permission": "a.b", "granted": True}]
    assert payload["serviceData"]["policyDelta"]["bindingDeltas"] == [{"action": "ADD", "member": "user:a@x"}]
    assert payload["status"] == {"code": 0}


def test_what_bigquery_flattened_keeps_what_a_policy_gained():
    name = "protopayload_auditlog_servicedata_v1_iam_policyDelta_bindingDeltas"
    (found,) = log_records(
        f'logName,protopayload_auditlog_methodName,{name}\nlog,x,"[{{""action"": ""ADD""}}]"\n'.encode()
    )
    delta = found["protopayload_auditlog"]["servicedata_v1_iam"]["policyDelta"]
    assert delta == {"bindingDeltas": [{"action": "ADD"}]}


def test_an_entry_of_log_analytics_is_whole():
    delta = {"policyDelta": {"bindingDeltas": [{"action": "ADD"}]}}
    row = {
        "log_name": WHOLE["logName"],
        "insert_id": "abc1",
        "timestamp": WHOLE["timestamp"],
        "resource": {"labels": {"project_id": "quay-shop"}},
        "proto_payload": {
            "type": "type.googleapis.com/google.cloud.audit.AuditLog",
            "audit_log": {
                "service_name": "run.googleapis.com",
                "method_name": "ReplaceService",
                "resource_name": "services/shop-api",
                "authentication_info": {
                    "principal_email": "nina@quay.example",
                    "principal_subject": "user:nina@quay.example",
                },
                "authorization_info": [{"permission": "run.services.update"}],
                "request_metadata": {"caller_ip": "192.0.2.7", "caller_supplied_user_agent": "gcloud/500"},
                "request": '{"name": "shop-api"}',
                "status": {"code": 7},
                "service_data": delta,
            },
        },
    }
    assert entry_of(row) == {**WHOLE, "protoPayload": {**WHOLE["protoPayload"], "serviceData": delta}}
