"""Audit log entries as whole rows: each entry differs from a plain one, and so do the columns of its row."""

import json
from datetime import UTC, datetime

import pytest

from collectors.google.log_entries import NotAuditError, activities
from tests.collectors.google.conftest import entry
from tests.collectors.google.test_log_entries import STAMP
from tests.collectors.rows import columns

NINA, CI = "nina@quay.example", "ci@quay-shop.iam.gserviceaccount.com"
LOG = "abc1:2026-02-20T10:00:00.123456Z:projects/{}/logs/cloudaudit.googleapis.com/{}"
PLAIN = {
    "event_id": LOG.format("quay-shop", "activity"),
    "time": datetime(2026, 2, 20, 10, 0, 0, 123456, tzinfo=UTC),
    "provider": "gcp",
    "scope": "quay-shop",
    "account": f"user:{NINA}",
    "actor": f"user:{NINA}",
    "actor_kind": "User",
    "action": "run:ReplaceService",
    "category": "change",
    "level": "write",
    "outcome": "ok",
    "resource": "namespaces/quay-shop/services/shop-api",
    "project": "quay-shop",
    "source_ip": "192.0.2.7",
    "user_agent": "gcloud/500",
}
POLICY = {"action": "x:SetIamPolicy", "category": "grant", "level": "admin"}
DELTA = [{"action": "ADD", "role": "roles/owner", "member": f"user:{NINA}"}]
NARROWED = [{"action": "REMOVE", "service": "allServices", "logType": "DATA_READ"}]


def told(*args, **changes):
    rows = [columns(row) for row in activities(entry(*args, **changes), STAMP)]
    return [{**row, "detail": json.loads(row["detail"])} if "detail" in row else row for row in rows]


def who(email, **known):
    return {"authenticationInfo": {"principalEmail": email, **known}}


def behind(*links):
    return {"payload": who(CI, serviceAccountDelegationInfo=list(links))}


def first_party(email):
    return {"firstPartyPrincipal": {"principalEmail": email}}


AS_CI = {"account": f"serviceAccount:{CI}", "actor": f"serviceAccount:{CI}", "actor_kind": "ServiceAccount"}
NUMBERED = "projects/4242/logs/cloudaudit.googleapis.com%2Factivity"


@pytest.mark.parametrize(
    ("changes", "differs"),
    [
        ({}, {}),
        ({"logName": NUMBERED}, {"event_id": LOG.format("4242", "activity")}),
        (
            {
                "resource": {"labels": {"project_id": "quay-shop", "email_id": CI}},
                "payload": {"resourceName": "projects/-/serviceAccounts/104512345678901234567"},
            },
            {"resource": f"projects/-/serviceAccounts/{CI}"},
        ),
        (
            {"logName": NUMBERED, "resource": {"labels": {}}, "payload": {"resourceName": "projects/4242/secrets/a"}},
            {
                "event_id": LOG.format("4242", "activity"),
                "scope": "4242",
                "project": "4242",
                "resource": "projects/4242/secrets/a",
            },
        ),
        (
            {"timestamp": "", "receiveTimestamp": "2026-02-20T10:00:01.5Z"},
            {
                "time": datetime(2026, 2, 20, 10, 0, 1, 500000, tzinfo=UTC),
                "event_id": PLAIN["event_id"].replace("00.123456", "01.500000"),
            },
        ),
        ({"payload": who(CI)}, AS_CI),
        (behind(first_party(NINA)), {**AS_CI, "on_behalf_of": f"user:{NINA}"}),
        (behind(first_party("hop@x.iam.gserviceaccount.com"), first_party(NINA)), {**AS_CI, "on_behalf_of": f"user:{NINA}"}),
        (
            behind(first_party("a@x.iam.gserviceaccount.com"), first_party("b@x.iam.gserviceaccount.com")),
            {**AS_CI, "on_behalf_of": "serviceAccount:a@x.iam.gserviceaccount.com"},
        ),
        (behind({"principalSubject": "user:Mia@quay.example"}), {**AS_CI, "on_behalf_of": "user:mia@quay.example"}),
        (
            behind("odd", {"thirdPartyPrincipal": {"thirdPartyClaims": {"sub": "repo:quay/shop"}}}),
            {**AS_CI, "on_behalf_of": "repo:quay/shop"},
        ),
        ({"payload": {"authenticationInfo": {}}}, {"account": None, "actor": None, "actor_kind": "Unknown"}),
        (
            {"payload": {"requestMetadata": {"callerSuppliedUserAgent": "claude-code/1.0"}}},
            {"source_ip": None, "user_agent": "claude-code/1.0", "invoked_by": "agent:claude-code"},
        ),
        (
            {"payload": {"resourceName": "projects/4242/networks/a/peers/projects/77/b"}},
            {"resource": "projects/quay-shop/networks/a/peers/projects/77/b"},
        ),
        ({"payload": {"resourceName": "", "metadata": {"resourceNames": [7, "a", "b"]}}}, {"resource": "a"}),
        ({"payload": {"resourceName": "", "metadataJson": '{"resourceNames": ["a"]}'}}, {"resource": "a"}),
        ({"payload": {"resourceName": "", "metadataJson": "[7]"}}, {"resource": None}),
        ({"payload": {"resourceName": "", "metadata": '{"resourceNames": ["a"]}'}}, {"resource": "a"}),
        ({"payload": {"authorizationInfo": ["odd", {"permissionType": "DATA_READ"}]}}, {"category": "read", "level": "read"}),
        ({"payload": {"authorizationInfo": [{"permissionType": "DATA_READ"}, {"permissionType": "ADMIN_WRITE"}]}}, {}),
        ({"payload": {"methodName": "x.v1.Things.GetThing"}}, {"action": "run:GetThing", "category": "read", "level": "read"}),
        (
            {"payload": {"methodName": "google.login.LoginService.loginFailure", "serviceName": "login.googleapis.com"}},
            {"action": "login:LoginService.loginFailure", "category": "login", "level": "read", "outcome": "failed"},
        ),
        ({"payload": {"methodName": "x.v1.LoginFailure"}}, {"action": "run:LoginFailure", "outcome": "failed"}),
        (
            {"payload": {"methodName": "X.CreateGrant", "serviceName": "privilegedaccessmanager.googleapis.com"}},
            {"action": "privilegedaccessmanager:CreateGrant", "category": "grant", "level": "read"},
        ),
        (
            {
                "payload": {
                    "methodName": "X.CreateGrant",
                    "serviceName": "privilegedaccessmanager.googleapis.com",
                    "request": {"grant": {"requestedDuration": "60s"}},
                    "response": {"name": "e/grants/7", "state": "ACTIVE"},
                }
            },
            {
                "action": "privilegedaccessmanager:CreateGrant",
                "category": "grant",
                "level": "read",
                "detail": {"name": "e/grants/7", "grant": {"requestedDuration": "60s"}},
            },
        ),
    ],
)  # fmt: skip
def test_every_column_of_an_entry(changes, differs):
    expected = {name: value for name, value in {**PLAIN, **differs}.items() if value is not None}
    assert told(**changes) == [expected]


@pytest.mark.parametrize(
    ("payload", "detail"),
    [
        ({"serviceData": {"@type": "x", "policyDelta": {"bindingDeltas": DELTA}}}, {"bindingDeltas": DELTA}),
        ({"servicedata_v1_iam": {"policyDelta": {"bindingDeltas": DELTA}}}, {"bindingDeltas": DELTA}),
        ({"metadata": {"policyDelta": {"bindingDeltas": DELTA}}}, {"bindingDeltas": DELTA}),
        ({"metadata": {"@type": "x", "event": "ADD_GROUP_MEMBER"}, "request": {"a": 1}}, {"event": "ADD_GROUP_MEMBER"}),
        ({"request": {"@type": "x", "policy": {"etag": "e"}}}, {"policy": {"etag": "e"}}),
        ({"requestJson": '{"@type": "x", "policy": {"etag": "e"}}'}, {"policy": {"etag": "e"}}),
        ({"request": {"policy": {"etag": "e"}}, "requestJson": '{"a": 1}'}, {"policy": {"etag": "e"}}),
        ({"serviceData": {"policyDelta": {"bindingDeltas": []}}, "request": {"a": 1}}, {"a": 1}),
    ],
)
def test_what_a_grant_gave_is_kept_from_wherever_it_stands(payload, detail):
    found = told("x.SetIamPolicy", "x.googleapis.com", payload=payload)
    assert found == [{**PLAIN, **POLICY, "detail": detail}]


@pytest.mark.parametrize(("profile", "category"), [(NINA, "read"), ("mia@quay.example", "grant")])
def test_a_key_in_ones_own_profile_gives_nothing(profile, category):
    method, payload = "google.cloud.oslogin.v1.OsLoginService.ImportSshPublicKey", {"resourceName": f"users/{profile}"}
    (found,) = told(method, "oslogin.googleapis.com", payload=payload)
    assert (found["action"], found["category"]) == ("oslogin:ImportSshPublicKey", category)


def test_what_narrows_the_logs_is_kept_as_asked_for():
    sink = {"action": "logging:UpdateSink", "category": "audit-trail", "level": "admin", "detail": {"sink": {"f": "x"}}}
    found = told("x.UpdateSink", "logging.googleapis.com", payload={"request": {"@type": "x", "sink": {"f": "x"}}})
    assert found == [{**PLAIN, **sink}]
    delta = {"serviceData": {"policyDelta": {"bindingDeltas": DELTA, "auditConfigDeltas": NARROWED, "more": 1}}}
    given, narrowed = told("x.SetIamPolicy", "x.googleapis.com", payload=delta)
    assert given == {**PLAIN, **POLICY, "detail": {"bindingDeltas": DELTA}}
    also = {"event_id": f"{PLAIN['event_id']}#audit-config", "category": "audit-trail"}
    assert narrowed == {**PLAIN, **POLICY, **also, "detail": {"auditConfigDeltas": NARROWED}}
    asked = {"payload": {"request": {"enableFlowLogs": False}}}
    changed, silenced = told("v1.compute.subnetworks.patch", "compute.googleapis.com", **asked)
    assert changed == {**PLAIN, "action": "compute:subnetworks.patch"}
    assert silenced["detail"] == {"enableFlowLogs": False}
    assert len(told("v1.compute.networks.patch", "compute.googleapis.com", **asked)) == 1


@pytest.mark.parametrize(
    ("changes", "kind", "why"),
    [
        ({"logName": ""}, ValueError, "it is no log entry: it names no log"),
        ({"logName": "projects/p/logs/requests"}, NotAuditError, "it is of the log requests, which is no audit log"),
        ({"protoPayload": {}}, ValueError, "it holds no audit log in a form that is known"),
        (
            {"protoPayload": {}, "logName": "projects/p/logs/cloudaudit.googleapis.com%2Faccess_transparency"},
            NotAuditError,
            "it is of the log access_transparency, which is no audit log",
        ),
        ({"timestamp": "soon"}, ValueError, "its timestamp is no time"),
        ({"payload": {"serviceName": ""}}, ValueError, "it names no service or no method"),
    ],
)
def test_what_is_no_audit_log_entry_says_why(changes, kind, why):
    with pytest.raises(kind) as caught:
        told(**changes)
    assert (type(caught.value), str(caught.value)) == (kind, why)
