"""One audit log entry as a row: who, what, and how far it goes."""

import json
from datetime import UTC, datetime

import pytest

from collectors.google.audit_logs import GoogleAuditLogsCollector
from collectors.google.log_actions import action_of
from collectors.google.log_entries import NotAuditError, activities
from tests.collectors.google.conftest import entry

STAMP = {
    "source": "gcp-logs",
    "collected_at": datetime(2026, 3, 1, tzinfo=UTC),
    "origin": "a",
    "record": 0,
    "sha256": "",
}


def one(*args, **changes):
    (row,) = activities(entry(*args, **changes), STAMP)
    return row


def test_a_release_is_a_change_by_its_person():
    row = one()
    assert (row.account, row.actor_kind, row.action) == ("user:nina@quay.example", "User", "run:ReplaceService")
    assert (row.category, row.level, row.outcome, row.scope) == ("change", "write", "ok", "quay-shop")
    assert row.time == datetime(2026, 2, 20, 10, 0, 0, 123456, tzinfo=UTC)
    assert row.event_id == "abc1:2026-02-20T10:00:00.123456Z:projects/quay-shop/logs/cloudaudit.googleapis.com/activity"
    assert (row.source_ip, row.user_agent) == ("192.0.2.7", "gcloud/500")


@pytest.mark.parametrize(
    ("service", "method", "action"),
    [
        ("run.googleapis.com", "/Services.UpdateService", "run:UpdateService"),
        ("compute.googleapis.com", "v1.compute.instances.insert", "compute:instances.insert"),
        ("compute.googleapis.com", "beta.compute.instances.insert", "compute:instances.insert"),
        ("storage.googleapis.com", "storage.objects.get", "storage:objects.get"),
        ("iam.googleapis.com", "google.iam.admin.v1.SetIAMPolicy", "iam:SetIamPolicy"),
        ("cloudresourcemanager.googleapis.com", "SetIamPolicy", "cloudresourcemanager:SetIamPolicy"),
        ("cloudresourcemanager.googleapis.com", "setIamPolicy", "cloudresourcemanager:SetIamPolicy"),
        ("compute.googleapis.com", "v1.compute.instances.setIamPolicy", "compute:instances.setIamPolicy"),
        ("storage.googleapis.com", "storage.setIamPermissions", "storage:setIamPermissions"),
        ("login.googleapis.com", "google.login.LoginService.loginSuccess", "login:LoginService.loginSuccess"),
        ("x.googleapis.com", "...", "x:unnamed"),
        ("europe-west1-ssh-serialport.googleapis.com", "google.ssh-serialport.v1.connect", "ssh-serialport:connect"),
        ("apps.k8s.io", "io.k8s.apps.v1.deployments.patch", "k8s.io:deployments.patch"),
    ],
)
def test_an_action_is_named_the_same_for_every_version(service, method, action):
    assert action_of(service, method) == action


@pytest.mark.parametrize(
    ("log", "service", "method", "category", "level"),
    [
        ("data_access", "logging.googleapis.com", "google.logging.v2.LoggingServiceV2.ListLogEntries", "read", "read"),
        ("data_access", "storage.googleapis.com", "storage.objects.get", "read", "read"),
        ("data_access", "storage.googleapis.com", "storage.objects.delete", "change", "write"),
        ("data_access", "bigquery.googleapis.com", "jobservice.insert", "read", "read"),
        ("activity", "compute.googleapis.com", "v1.compute.instances.list", "read", "read"),
        ("data_access", "bigquery.googleapis.com", "google.cloud.bigquery.v2.JobService.InsertJob", "read", "read"),
        ("activity", "compute.googleapis.com", "v1.compute.firewalls.patch", "change", "write"),
        ("activity", "storage.googleapis.com", "storage.setIamPermissions", "grant", "admin"),
        ("activity", "pubsub.googleapis.com", "google.iam.v1.IAMPolicy.SetIamPolicy", "grant", "admin"),
        ("activity", "iam.googleapis.com", "google.iam.admin.v1.CreateServiceAccountKey", "grant", "admin"),
        ("activity", "admin.googleapis.com", "google.admin.AdminService.addGroupMember", "grant", "admin"),
        ("activity", "logging.googleapis.com", "google.logging.v2.ConfigServiceV2.DeleteSink", "audit-trail", "admin"),
        (
            "activity",
            "logging.googleapis.com",
            "google.logging.v2.ConfigServiceV2.CreateExclusion",
            "audit-trail",
            "admin",
        ),
        (
            "activity",
            "logging.googleapis.com",
            "google.logging.v2.ConfigServiceV2.UpdateBucket",
            "audit-trail",
            "admin",
        ),
        ("activity", "logging.googleapis.com", "google.logging.v2.ConfigServiceV2.CreateSink", "change", "write"),
        (
            "activity",
            "secretmanager.googleapis.com",
            "google.cloud.secretmanager.v1.SecretManagerService.AddSecretVersion",
            "secret",
            "write",
        ),
        (
            "data_access",
            "secretmanager.googleapis.com",
            "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion",
            "secret",
            "read",
        ),
        (
            "data_access",
            "secretmanager.googleapis.com",
            "google.cloud.secretmanager.v1.SecretManagerService.ListSecrets",
            "read",
            "read",
        ),
        ("data_access", "k8s.io", "io.k8s.core.v1.secrets.list", "secret", "read"),
        (
            "data_access",
            "parametermanager.googleapis.com",
            "google.cloud.parametermanager.v1.ParameterManager.RenderParameterVersion",
            "secret",
            "read",
        ),
        ("activity", "k8s.io", "io.k8s.core.v1.pods.exec.create", "login", "read"),
        ("activity", "k8s.io", "io.k8s.core.v1.serviceaccounts.token.create", "login", "read"),
        ("activity", "k8s.io", "io.k8s.authorization.rbac.v1.clusterrolebindings.create", "grant", "admin"),
        ("activity", "k8s.io", "io.k8s.authorization.rbac.v1.roles.patch", "grant", "admin"),
        ("data_access", "k8s.io", "io.k8s.authorization.rbac.v1.rolebindings.list", "read", "read"),
        ("activity", "us-east1-ssh-serialport.googleapis.com", "google.ssh-serialport.v1.connect", "login", "read"),
        ("activity", "us-east1-ssh-serialport.googleapis.com", "google.ssh-serialport.v1.disconnect", "read", "read"),
        ("activity", "cloudsql.googleapis.com", "cloudsql.users.create", "grant", "admin"),
        ("activity", "storage.googleapis.com", "storage.hmacKeys.create", "grant", "admin"),
        ("activity", "iam.googleapis.com", "google.iam.v2.Policies.DeletePolicy", "grant", "admin"),
        ("activity", "iam.googleapis.com", "google.iam.admin.v1.WorkforcePools.CreateWorkforcePool", "grant", "admin"),
        ("data_access", "artifactregistry.googleapis.com", "Docker-HeadManifest", "read", "read"),
        ("data_access", "artifactregistry.googleapis.com", "Docker-PutManifest", "change", "write"),
        ("data_access", "firestore.googleapis.com", "google.firestore.v1.Firestore.Commit", "change", "write"),
        ("data_access", "bigtable.googleapis.com", "google.bigtable.v2.Bigtable.MutateRows", "change", "write"),
        ("data_access", "pubsub.googleapis.com", "google.pubsub.v1.Subscriber.Seek", "change", "write"),
        ("activity", "k8s.io", "io.k8s.authorization.v1.selfsubjectaccessreviews.create", "read", "read"),
        ("activity", "k8s.io", "io.k8s.authentication.v1.selfsubjectreviews.create", "read", "read"),
        ("data_access", "cloudkms.googleapis.com", "Decrypt", "read", "read"),
        ("data_access", "cloudkms.googleapis.com", "AsymmetricSign", "read", "read"),
        (
            "data_access",
            "cloudshell.googleapis.com",
            "google.cloud.shell.v1.CloudShellService.StartEnvironment",
            "login",
            "read",
        ),
        ("data_access", "iamcredentials.googleapis.com", "GenerateAccessToken", "login", "read"),
        ("activity", "cloudsql.googleapis.com", "cloudsql.instances.export", "change", "write"),
        ("data_access", "cloudsql.googleapis.com", "cloudsql.instances.export", "change", "write"),
        (
            "data_access",
            "firestore.googleapis.com",
            "google.firestore.admin.v1.FirestoreAdmin.ExportDocuments",
            "change",
            "write",
        ),
        ("data_access", "login.googleapis.com", "google.login.LoginService.loginSuccess", "login", "read"),
    ],
)
def test_what_sort_of_thing_it_is(log, service, method, category, level):
    row = one(method, service, log)
    assert (row.category, row.level) == (category, level)


def test_a_permission_tells_writes_among_data_access():
    checked = {"authorizationInfo": [{"permission": "spanner.databases.write", "granted": True}]}
    assert (
        one("google.spanner.v1.Spanner.Commit", "spanner.googleapis.com", "data_access", payload=checked).level
        == "write"
    )
    both = {"authorizationInfo": [{"permission": "spanner.databases.select"}, *checked["authorizationInfo"]]}
    assert one("google.x.Frobnicate", "x.googleapis.com", "data_access", payload=both).level == "write"
    typed = {"authorizationInfo": [{"permission": "x.y.z", "permissionType": "DATA_READ"}]}
    assert one("google.x.Frobnicate", "x.googleapis.com", "data_access", payload=typed).level == "read"
    query = {"authorizationInfo": [{"permission": "bigquery.jobs.create", "permissionType": "DATA_WRITE"}]}
    assert one("google.x.InsertJob", "bigquery.googleapis.com", "data_access", payload=query).level == "read"


@pytest.mark.parametrize(
    "permissions",
    [
        ["bigquery.readsessions.create", "bigquery.tables.getData"],
        ["spanner.sessions.create"],
        ["spanner.sessions.delete"],
        ["spanner.databases.beginReadOnlyTransaction"],
        ["cloudkms.cryptoKeyVersions.useToSign"],
        ["gkehub.memberships.generateConnectManifest"],
        ["pubsub.subscriptions.consume"],
        ["artifactregistry.repositories.downloadArtifacts"],
    ],
)
def test_what_is_started_or_used_to_read_changes_nothing(permissions):
    checked = {"authorizationInfo": [{"permission": name, "granted": True} for name in permissions]}
    assert one("google.x.Frobnicate", "x.googleapis.com", "data_access", payload=checked).level == "read"


@pytest.mark.parametrize(("job", "level"), [("EXPORT", "write"), ("QUERY", "read")])
def test_a_job_that_writes_tables_to_a_bucket_is_a_change(job, level):
    made = {"metadata": {"jobInsertion": {"job": {"jobConfig": {"type": job}}}}}
    query = {"authorizationInfo": [{"permission": "bigquery.jobs.create", "permissionType": "DATA_WRITE"}]}
    row = one("google.x.InsertJob", "bigquery.googleapis.com", "data_access", payload={**made, **query})
    assert row.level == level


TABLE = "projects/quay-shop/datasets/shop/tables/orders"
DELETES = {"type": "QUERY", "queryConfig": {"statementType": "DELETE", "destinationTable": TABLE}}
ASKS = {
    "type": "QUERY",
    "queryConfig": {"statementType": "SELECT", "destinationTable": TABLE.replace("shop/t", "_a1/t")},
}
KEEPS = {"type": "QUERY", "queryConfig": {"statementType": "SELECT", "destinationTable": TABLE}}
OLD = {
    "jobName": {"projectId": "quay-shop", "jobId": "j1"},
    "jobConfiguration": {
        "query": {
            "statementType": "DELETE",
            "destinationTable": {"projectId": "quay-shop", "datasetId": "shop", "tableId": "orders"},
        }
    },
    "jobStatus": {"state": "DONE"},
}
FIRST, LAST = {"operation": {"id": "j1", "first": True}}, {"operation": {"id": "j1", "last": True}}


def job(config, kind="jobChange", **status):
    name = "projects/quay-shop/jobs/j1"
    return {"metadata": {kind: {"job": {"jobName": name, "jobConfig": config, "jobStatus": status}}}}


@pytest.mark.parametrize(
    ("told", "entry", "level"),
    [
        (job(DELETES, jobState="DONE"), LAST, "write"),
        (job(DELETES, jobState="RUNNING"), {}, "read"),
        (job(DELETES, jobState="DONE", errorResult={"code": 3}), LAST, "read"),
        (job(ASKS, jobState="DONE"), LAST, "read"),
        (job(KEEPS, jobState="DONE"), LAST, "write"),
        (job({"type": "IMPORT", "loadConfig": {"destinationTable": TABLE}}), LAST, "write"),
        (job({"type": "COPY", "tableCopyConfig": {"destinationTable": TABLE}}), LAST, "write"),
        # What came of it another entry tells, where one follows.
        (job(DELETES, "jobInsertion"), FIRST, "read"),
        (job(DELETES, "jobInsertion"), {}, "write"),
        (job({**DELETES, "dryRun": True}, "jobInsertion"), {}, "read"),
        ({"serviceData": {"jobCompletedEvent": {"job": OLD}}}, {}, "write"),
        (
            {"servicedata_v1_bigquery": {"jobCompletedEvent": {"job": {**OLD, "jobStatus": {"error": {"code": 3}}}}}},
            {},
            "read",
        ),
    ],
)
def test_a_query_that_writes_a_table_is_a_change_by_its_job_alone(told, entry, level):
    query = {"authorizationInfo": [{"permission": "bigquery.jobs.create", "permissionType": "DATA_WRITE"}]}
    row = one("google.x.InsertJob", "bigquery.googleapis.com", "data_access", payload={**told, **query}, **entry)
    assert row.level == level
    assert (row.resource == TABLE) is (level == "write")


def statement(server="Pg", service="cloudsql", **asked):
    request = {"@type": f"type.googleapis.com/google.cloud.sql.audit.v1.{server}AuditEntry", "user": "app", **asked}
    payload = {"request": request, "authenticationInfo": {}, "resourceName": "projects/quay-shop/instances/db"}
    return one(f"{service}.instances.query", f"{service}.googleapis.com", "data_access", payload=payload)


@pytest.mark.parametrize(
    ("told", "action", "category", "level"),
    [
        ({"command": "SELECT", "auditClass": "READ"}, "cloudsql:instances.query", "read", "read"),
        ({"command": "DELETE", "auditClass": "WRITE"}, "cloudsql:DELETE", "change", "write"),
        ({"command": "EXECUTE", "auditClass": "WRITE"}, "cloudsql:EXECUTE", "change", "write"),
        ({"command": "DROP TABLE", "auditClass": "DDL"}, "cloudsql:DROP TABLE", "change", "write"),
        ({"command": "CREATE ROLE", "auditClass": "ROLE"}, "cloudsql:CREATE ROLE", "grant", "admin"),
        ({"command": "DELETE", "auditClass": "WRITE", "chunkIndex": "2"}, "cloudsql:instances.query", "read", "read"),
        ({"command": "DELETE", "auditClass": "WRITE", "chunkIndex": "1"}, "cloudsql:DELETE", "change", "write"),
        ({"server": "Mysql", "query": "/* app */ DELETE FROM orders"}, "cloudsql:DELETE", "change", "write"),
        ({"server": "Mysql", "cmd": "drop_table"}, "cloudsql:DROP TABLE", "change", "write"),
        ({"server": "Mysql", "cmd": "select", "query": "SELECT 1"}, "cloudsql:instances.query", "read", "read"),
        ({"service": "alloydb", "command": "INSERT", "auditClass": "WRITE"}, "alloydb:INSERT", "change", "write"),
        (
            {"command": "ALTER ROLE", "auditClass": "ROLE", "statement": "ALTER USER app PASSWORD <REDACTED>"},
            *("cloudsql:instances.query", "read", "read"),
        ),
    ],
)
def test_a_statement_that_a_database_logs_is_what_it_does(told, action, category, level):
    row = statement(**told)
    assert (row.action, row.category, row.level, row.outcome) == (action, category, level, "ok")


@pytest.mark.parametrize(
    ("user", "account"),
    [
        ("Nina@quay.example", "user:nina@quay.example"),
        ("ci@quay-shop.iam", "serviceAccount:ci@quay-shop.iam.gserviceaccount.com"),
        ("app", "postgres:app@db"),
        ("", None),
    ],
)
def test_a_statement_is_by_the_user_of_the_database(user, account):
    assert statement(user=user, command="DELETE", auditClass="WRITE").account == account


CREATES_EVE = {"@type": "x.MysqlAuditEntry", "query": "CREATE USER eve IDENTIFIED BY 'hunter2'"}


@pytest.mark.parametrize(
    "record",
    [
        entry(payload={"request": CREATES_EVE}),
        {"protopayload_auditlog": {"requestJson": json.dumps(CREATES_EVE)}},
        {"protoPayload": json.dumps({"request": CREATES_EVE})},
    ],
    ids=["as the API has it", "BigQuery's", "a table's"],
)
def test_an_entry_is_quoted_without_the_passwords_in_its_statement(record):
    told = GoogleAuditLogsCollector.quote(json.dumps(record).encode(), 0)
    assert ("CREATE USER eve" in told, "hunter2" in told) == (True, False)


def test_what_is_no_statement_is_quoted_as_it_is():
    plain = entry(payload={"request": {"query": "IDENTIFIED BY 'x'"}})
    assert "IDENTIFIED BY 'x'" in GoogleAuditLogsCollector.quote(json.dumps(plain).encode(), 0)


def test_a_statement_that_gives_rights_is_kept_without_its_password():
    row = statement("Mysql", query="CREATE USER eve IDENTIFIED BY 'hunter2'", status=0)
    assert row.category == "grant"
    assert "CREATE USER eve" in row.detail
    assert "hunter2" not in row.detail
    assert statement("Mysql", query="DELETE FROM a", status=1146).outcome == "failed"


@pytest.mark.parametrize(
    "method", ["google.iam.v1.IAMPolicy.SetIamPolicy", "google.cloud.bigquery.v2.DatasetService.PatchDataset"]
)
def test_what_a_data_set_of_bigquery_gained_is_kept(method):
    deltas = [{"action": "ADD", "role": "roles/bigquery.dataViewer", "member": "user:eve@quay.example"}]
    told = {"metadata": {"datasetChange": {"reason": "UPDATE", "bindingDeltas": deltas}}}
    row = one(method, "bigquery.googleapis.com", payload=told)
    assert (row.category, row.level, json.loads(row.detail)) == ("grant", "admin", {"bindingDeltas": deltas})
    plain = one(method, "bigquery.googleapis.com", payload={"metadata": {"datasetChange": {"reason": "UPDATE"}}})
    assert plain.category == ("grant" if "Policy" in method else "change")


@pytest.mark.parametrize(("asked", "tag"), [("datasetInsertRequest", {"etag": "ACAB"}), ("datasetUpdateRequest", {})])
def test_the_list_of_who_may_use_a_data_set_is_kept_as_a_policy(asked, tag):
    entries = [
        {"role": "OWNER", "userEmail": "Tom@quay.example"},
        {"role": "WRITER", "groupEmail": "devs@quay.example"},
        {"role": "READER", "domain": "quay.example"},
        {"role": "READER", "specialGroup": "ALL_AUTHENTICATED_USERS"},
        {"role": "OWNER", "specialGroup": "PROJECT_OWNERS"},
        {"role": "", "viewName": {"tableId": "open_orders"}},
    ]
    told = {"serviceData": {"@type": "x", asked: {"resource": {"acl": {"entries": entries}}}}}
    row = one("datasetservice.update", "bigquery.googleapis.com", payload=told)
    bound = [
        ("roles/bigquery.dataOwner", "user:tom@quay.example"),
        ("roles/bigquery.dataEditor", "group:devs@quay.example"),
        ("roles/bigquery.dataViewer", "domain:quay.example"),
        ("roles/bigquery.dataViewer", "allAuthenticatedUsers"),
    ]
    bindings = [{"role": role, "members": [who]} for role, who in bound]
    assert (row.category, json.loads(row.detail)) == ("grant", {"policy": {**tag, "bindings": bindings}})
    assert one("datasetservice.update", "bigquery.googleapis.com").category == "change"


def test_what_a_role_gained_is_kept():
    delta = {"permissionDelta": {"addedPermissions": ["run.services.update"]}}
    row = one("google.iam.admin.v1.UpdateRole", "iam.googleapis.com", payload={"serviceData": {"@type": "x", **delta}})
    assert (row.category, json.loads(row.detail)) == ("grant", delta)


@pytest.mark.parametrize(("method", "events"), [(None, 1), ("google.iam.v1.IAMPolicy.SetIamPolicy", 2)])
def test_the_parts_of_a_long_entry_are_one_event_unless_they_tell_of_rights(method, events):
    parts = [{"insertId": f"abc{n}", "split": {"uid": "abc", "index": n, "totalSplits": 2}} for n in (0, 1)]
    rows = [one(method, **part) if method else one(**part) for part in parts]
    assert len({row.event_id for row in rows}) == events


def test_what_a_job_and_the_table_tell_of_it_is_one_event():
    changed = {"metadata": {"tableDataChange": {"jobName": "projects/quay-shop/jobs/j1"}}, "resourceName": TABLE}
    checked = {"authorizationInfo": [{"permission": "bigquery.tables.updateData", "granted": True}]}
    of_table = one("google.x.InsertJob", "bigquery.googleapis.com", "data_access", payload={**changed, **checked})
    old = {"serviceData": {"jobCompletedEvent": {"job": OLD}}}
    for told in (job(DELETES), old):
        of_job = one("google.x.InsertJob", "bigquery.googleapis.com", "data_access", payload=told)
        assert (of_job.event_id, of_job.resource, of_job.level) == (of_table.event_id, of_table.resource, "write")


@pytest.mark.parametrize(("asked", "level"), [({"validateOnly": True}, "read"), ({"validateOnly": False}, "write")])
def test_what_was_only_to_be_validated_changes_nothing(asked, level):
    assert one(payload={"request": asked}).level == level


@pytest.mark.parametrize(("code", "outcome"), [(7, "denied"), (16, "denied"), (5, "failed"), (0, "ok")])
def test_the_status_says_what_came_of_it(code, outcome):
    assert one(payload={"status": {"code": code}}).outcome == outcome


def test_a_violated_policy_is_a_denial():
    assert one(log="policy", payload={"status": {}}).outcome == "denied"


@pytest.mark.parametrize(("log", "kind"), [("system_event", "GoogleService"), ("activity", "Unknown")])
def test_what_no_one_is_named_for_was_done_by_google_where_its_log_says_so(log, kind):
    row = one(log=log, payload={"authenticationInfo": {}})
    assert (row.account, row.actor_kind) == (None, kind)


def test_who_impersonates_a_service_account_stands_behind_it():
    who = {
        "principalEmail": "Deploy@quay-shop.iam.gserviceaccount.com",
        "serviceAccountDelegationInfo": [
            {"firstPartyPrincipal": {"principalEmail": "nina@quay.example"}},
            {"firstPartyPrincipal": {"principalEmail": "hop@quay-shop.iam.gserviceaccount.com"}},
        ],
    }
    row = one(payload={"authenticationInfo": who})
    assert row.account == "serviceAccount:deploy@quay-shop.iam.gserviceaccount.com"
    assert (row.on_behalf_of, row.actor_kind) == ("user:nina@quay.example", "ServiceAccount")


def test_a_subject_stands_in_where_there_is_no_email():
    subject = "principal://iam.googleapis.com/locations/global/workforcePools/quay/subject/nina"
    row = one(payload={"authenticationInfo": {"principalSubject": subject}})
    assert (row.account, row.actor_kind) == (subject, "FederatedPrincipal")
    assert one(payload={"authenticationInfo": {}}).account is None


def test_the_key_of_a_service_account_is_a_credential():
    name = "//iam.googleapis.com/projects/quay-shop/serviceAccounts/ci@quay-shop.iam.gserviceaccount.com/keys/ab12"
    who = {"principalEmail": "ci@quay-shop.iam.gserviceaccount.com", "serviceAccountKeyName": name}
    assert one(payload={"authenticationInfo": who}).credential == "service-account-key:ab12"


@pytest.mark.parametrize(
    "email",
    [
        "system@google.com",
        "logs@system.gserviceaccount.com",
    ],
)
def test_googles_own_agents_are_told(email):
    assert one(payload={"authenticationInfo": {"principalEmail": email}}).actor_kind == "GoogleService"


def test_a_name_like_a_service_agents_is_not_enough():
    who = {"principalEmail": "service-42@backup-tools.iam.gserviceaccount.com"}
    assert one(payload={"authenticationInfo": who}).actor_kind == "ServiceAccount"


def test_the_end_of_a_long_operation_is_no_second_change():
    begun = one(operation={"id": "o1", "first": True})
    ended = one(operation={"id": "o1", "last": True})
    at_once = one(operation={"id": "o1", "first": True, "last": True})
    assert [row.level for row in (begun, ended, at_once)] == ["write", "read", "write"]


def test_a_project_is_named_by_its_id_though_the_resource_has_its_number():
    row = one(payload={"resourceName": "projects/4242/secrets/shop-key"})
    assert row.resource == "projects/quay-shop/secrets/shop-key"


@pytest.mark.parametrize(
    ("destination", "beside"),
    [
        ("storage.googleapis.com/quay-audit", " projects/_/buckets/quay-audit"),
        ("pubsub.googleapis.com/projects/quay-logs/topics/lines", " projects/quay-logs/topics/lines"),
        ("bigquery.googleapis.com/projects/quay-logs/datasets/lines", " projects/quay-logs/datasets/lines"),
        ("logging.googleapis.com/projects/quay-shop/locations/global/buckets/_Default", ""),
        (None, ""),
    ],
)
@pytest.mark.parametrize("part", ["request", "response"])
def test_beside_a_sink_stands_what_it_writes_to(destination, beside, part):
    told = {"sink": {"destination": destination}} if part == "request" else {"destination": destination}
    payload = {"resourceName": "projects/quay-shop/sinks/audit", part: told}
    row = one("google.logging.v2.ConfigServiceV2.CreateSink", "logging.googleapis.com", payload=payload)
    assert row.resource == f"projects/quay-shop/sinks/audit{beside}"


def test_what_a_policy_change_added_is_kept():
    delta = [
        {"action": "ADD", "role": "roles/owner", "member": "user:nina@quay.example", "condition": {"title": "PAY-7"}}
    ]
    row = one(
        "SetIamPolicy",
        "cloudresourcemanager.googleapis.com",
        payload={"serviceData": {"policyDelta": {"bindingDeltas": delta}}},
    )
    assert json.loads(row.detail) == {"bindingDeltas": delta}


def test_a_policy_change_that_narrows_logging_is_a_second_row():
    delta = {
        "bindingDeltas": [],
        "auditConfigDeltas": [{"action": "REMOVE", "service": "allServices", "logType": "DATA_READ"}],
    }
    rows = list(
        activities(
            entry(
                "SetIamPolicy", "cloudresourcemanager.googleapis.com", payload={"serviceData": {"policyDelta": delta}}
            ),
            STAMP,
        )
    )
    assert [row.category for row in rows] == ["grant", "audit-trail"]
    assert rows[1].event_id == f"{rows[0].event_id}#audit-config"


@pytest.mark.parametrize(
    ("asked", "categories"),
    [
        ({"enableFlowLogs": False}, ["change", "audit-trail"]),
        ({"logConfig": {"enable": False}}, ["change", "audit-trail"]),
        ({"logConfig": {"enable": True}}, ["change"]),
        ({"privateIpGoogleAccess": False}, ["change"]),
    ],
)
def test_a_flow_log_that_is_switched_off_is_a_second_row(asked, categories):
    rows = activities(
        entry("v1.compute.subnetworks.patch", "compute.googleapis.com", payload={"request": asked}), STAMP
    )
    assert [row.category for row in rows] == categories


@pytest.mark.parametrize(
    ("name", "value", "categories"),
    [
        ("pgaudit.log", "none", ["change", "audit-trail"]),
        ("cloudsql.enable_pgaudit", "off", ["change", "audit-trail"]),
        ("cloudsql_mysql_audit", "OFF", ["change", "audit-trail"]),
        ("log_statement", "ddl", ["change"]),
        ("max_connections", "0", ["change"]),
    ],
)
def test_a_database_that_is_told_to_log_no_more_is_a_second_row(name, value, categories):
    settings = {"settings": {"databaseFlags": [{"name": name, "value": value}]}}
    asked = {"request": {"body": settings, "instance": "shop"}}
    rows = list(activities(entry("cloudsql.instances.update", "cloudsql.googleapis.com", payload=asked), STAMP))
    assert [row.category for row in rows] == categories


def test_a_subnet_that_is_made_without_a_flow_log_had_none():
    asked = {"request": {"enableFlowLogs": False}}
    rows = activities(entry("v1.compute.subnetworks.insert", "compute.googleapis.com", payload=asked), STAMP)
    assert [row.category for row in rows] == ["change"]


def test_the_log_of_an_organisation_has_its_own_scope():
    row = one(logName="organizations/9/logs/cloudaudit.googleapis.com%2Factivity", resource={"labels": {}})
    assert (row.scope, row.project) == ("organizations/9", None)


def test_bigquerys_export_is_the_same_entry():
    written = entry()
    written["protopayload_auditlog"] = written.pop("protoPayload") | {"status": None, "metadataJson": "{broken"}
    (row,) = activities(written, STAMP)
    assert row.action == "run:ReplaceService"


@pytest.mark.parametrize(
    "other",
    [
        {"logName": "projects/p/logs/requests", "jsonPayload": {}},
        {"logName": "projects/p/logs/cloudaudit.googleapis.com%2Faccess_transparency", "jsonPayload": {}},
    ],
)
def test_other_entries_are_passed_over_with_a_word(other):
    with pytest.raises(NotAuditError):
        list(activities(other, STAMP))


@pytest.mark.parametrize(
    "changes",
    [
        {"timestamp": "yesterday", "receiveTimestamp": ""},
        {"payload": {"methodName": None}},
        {"payload": {"serviceName": {}}},
    ],
)
def test_an_audit_entry_that_lacks_what_it_needs_is_refused(changes):
    with pytest.raises(ValueError, match=r"names no|no time"):
        one(**changes)


def test_strange_types_everywhere_do_no_harm():
    strange = {
        "authenticationInfo": [],
        "requestMetadata": "x",
        "status": [],
        "authorizationInfo": {"a": 1},
        "resourceName": 7,
    }
    row = one(payload=strange, resource="none", operation=3)
    assert (row.account, row.resource, row.outcome, row.scope) == (None, None, "ok", "quay-shop")


def checked(*found, **changes):
    asked = [{"permission": name, "resource": on, **more} for name, on, more in found]
    return one(payload={"authorizationInfo": asked, "resourceName": "services/web", **changes}).permissions


def test_the_permissions_that_decided_are_kept_with_what_they_were_checked_on_elsewhere():
    held, robot = {"granted": True}, "projects/-/serviceAccounts/web@quay-shop.iam.gserviceaccount.com"
    update, act = ("run.services.update", "services/web", held), ("iam.serviceAccounts.actAs", robot, held)
    assert checked(update, act, update) == f"run.services.update; iam.serviceAccounts.actAs on {robot}"
    assert checked(update, ("run.services.create", "", {})) == "run.services.update"
    assert checked(update, ("run.services.create", "", {}), status={"code": 7}) == "run.services.create"
    assert checked(*(("run.services.update", f"services/{n}", held) for n in range(9))).endswith("services/7; …")
    assert checked() is None
