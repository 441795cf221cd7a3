"""What each file of a folder is taken for, and how its source is written."""

import base64
import gzip
import json
import time

import pytest

from collectors.recognise import sources_in

EVENT = {"eventVersion": "1.11", "eventSource": "ecs.amazonaws.com", "eventName": "UpdateService", "eventTime": "x"}
CALL = {"call": "sso-admin:ListAccountAssignments", "asked": {}, "reply": {}}
TAGGED = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:ecs:eu-central-1:111122223333:service/a/b", "Tags": []}]}
BINDING = {
    "resource": "//x/projects/shop",
    "policy": {"bindings": [{"role": "roles/owner", "members": ["user:n@h.example"]}]},
}
ROLE = {"name": "projects/shop/roles/a", "includedPermissions": ["run.services.update"]}
MEMBER = {"id": 7, "username": "nina", "access_level": 40, "web_url": "https://gitlab.h.example/nina"}
MATRIX = {"status": "success", "data": {"resultType": "matrix", "result": []}}
NOTE = {"id": 8, "time": 1, "timeEnd": 2, "text": "Maintenance", "tags": ["planned"], "dashboardUID": ""}
NAMES = {
    "aws-cloudtrail": "trail",
    "aws-identity-center": "identity-center",
    "aws-resources": "tags",
    "gcp-audit-logs": "gcp-logs",
    "gcp-iam": "gcp",
    "github-activity": "github-log",
    "gitlab-access": "gitlab",
    "gitlab-activity": "gitlab-log",
    "google-pam": "pam",
    "grafana": "dashboards",
    "loki": "logs",
    "prometheus": "metrics",
    "sentry": "errors",
    "ssh-logins": "logins",
    "team-requests": "team",
    "teleport-requests": "teleport",
    "tickets-file": "tickets",
}
SSHD = "Oct  2 07:41:10 web-1 sshd[812]: Accepted publickey for nina from 198.51.100.7 port 4 ssh2\n"


def found(folder):
    told = sources_in(folder, folder)
    return [{key: value for key, value in one.items() if key != "name"} for one in told.sources], told.left


def written(folder, **files):
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())


@pytest.mark.parametrize(
    ("name", "text", "source"),
    [
        ("a.json", json.dumps({"Records": [EVENT]}), {"kind": "aws-cloudtrail", "path": "./"}),
        ("a.json", json.dumps({"Records": [EVENT]}).encode("utf-16"), {"kind": "aws-cloudtrail", "path": "./"}),
        (
            "members.json",
            json.dumps([MEMBER]),
            {"kind": "gitlab-access", "url": "https://gitlab.h.example", "file": "members.json"},
        ),
        (
            "a.json.gz",
            gzip.compress(json.dumps({"Records": [EVENT]}).encode()),
            {"kind": "aws-cloudtrail", "path": "./"},
        ),
        (
            "asked.json",
            json.dumps([{"kind": "access_request", "spec": {"state": 2}}]),
            {"kind": "teleport-requests", "path": "./"},
        ),
        (
            "grants.json",
            json.dumps([{"name": "projects/p/locations/global/entitlements/e/grants/g", "requestedDuration": "1s"}]),
            {"kind": "google-pam", "path": "./"},
        ),
        (
            "team.csv",
            "id,accountId,roleId,startTime,duration,justification,status\n",
            {"kind": "team-requests", "path": "./"},
        ),
        ("a.jsonl", json.dumps(CALL), {"kind": "aws-identity-center", "file": "a.jsonl"}),
        ("tags.json", json.dumps(TAGGED), {"kind": "aws-resources", "file": "tags.json", "account": "111122223333"}),
        ("policies.json", json.dumps([BINDING], indent=1), {"kind": "gcp-iam", "file": "policies.json"}),
        ("log.json", json.dumps([{"logName": "x", "insertId": "1"}]), {"kind": "gcp-audit-logs", "path": "./"}),
        ("web-1.log", SSHD, {"kind": "ssh-logins", "path": "./"}),
        ("checkout/errors.json", json.dumps(MATRIX), {"kind": "prometheus", "path": "./"}),
        (
            "checkout/lines.json",
            json.dumps({**MATRIX, "data": {**MATRIX["data"], "stats": {"summary": {}}}}),
            {"kind": "loki", "path": "./"},
        ),
        (
            "audit.json",
            json.dumps([{"@timestamp": 1759390870000, "action": "org.add_member", "actor": "nina", "user": "sam"}]),
            {"kind": "github-activity", "audit_log": "audit.json"},
        ),
        (
            "audit_json.log",
            json.dumps({"severity": "INFO", "author_id": 3, "entity_id": 29, "entity_type": "Project"}),
            {"kind": "gitlab-activity", "audit_log": "./"},
        ),
        (
            "streamed.json",
            json.dumps({"message": json.dumps({"id": "1", "author_id": 3, "entity_id": 29, "entity_type": "Project"})}),
            {"kind": "gitlab-activity", "audit_log": "./"},
        ),
        (
            "page.csv",
            "ID,Author ID,Author Name,Entity ID,Entity Type,Entity Path\n1,3,Mia,29,Project,quay/shop\n",
            {"kind": "gitlab-activity", "audit_log": "./"},
        ),
        (
            "export.csv",
            "action,actor,user,created_at,org,repo\nrepo.add_member,tom,nina,1791910800000,quay,quay/shop\n",
            {"kind": "github-activity", "audit_log": "export.csv"},
        ),
        ("a.json", json.dumps([NOTE]), {"kind": "grafana", "path": "./"}),
        (
            "checkout/crashes/1.json",
            json.dumps([{"shortId": "W-1", "firstSeen": "x"}]),
            {"kind": "sentry", "path": "./"},
        ),
        ("checkout/crashes/2.json", json.dumps({"data": [[1, [{"count": 3}]]]}), {"kind": "sentry", "path": "./"}),
        (
            "checkout/crashes/3.json",
            json.dumps({"shortId": "W-1", "activity": []}),
            {"kind": "sentry", "path": "./"},
        ),
        ("t.csv", "ticket,person,systems\nA-1,nina,shop\n", {"kind": "tickets-file", "path": "t.csv"}),
    ],
)
def test_a_file_is_known_by_what_it_holds(tmp_path, name, text, source):
    written(tmp_path, **{name: text})
    assert found(tmp_path) == ([source], ())
    assert [one["name"] for one in sources_in(tmp_path, tmp_path).sources] == [NAMES[source["kind"]]]


def test_policies_of_google_that_stand_alone_and_members_of_groups_are_known(tmp_path):
    bare = "bindings:\n- members:\n  - user:a@x.example\n  role: roles/owner\netag: a\n"
    chain = [{"id": "shop", "type": "project", "policy": {"bindings": [{"role": "roles/owner", "members": []}]}}]
    table = "group,email,role,type\nops@x.example,a@x.example,MEMBER,USER\n"
    written(tmp_path, **{"chain.json": json.dumps(chain), "members.csv": table, "prod.yaml": bare})
    told = sources_in(tmp_path, tmp_path)
    (source,) = told.sources
    assert (source["kind"], source["file"], source["beside"]) == ("gcp-iam", "chain.json", ["members.csv"])
    assert {name: why.partition(":")[0] for name, why in told.lacking.items()} == {
        "prod.yaml": "it does not say what it is the policy of"
    }
    (tmp_path / "chain.json").unlink()
    assert sources_in(tmp_path, tmp_path).lacking.keys() == {"members.csv", "prod.yaml"}


def test_what_is_known_and_cannot_be_read_as_it_lies_there_says_what_it_lacks(tmp_path):
    member = {"login": "nina", "id": 7, "type": "User"}
    key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHx1b1x5m0mZb1s6k2yB6n1pXw3kqj5dG8m0r4y9u2vZ n@laptop\n"
    report = "user,arn,user_creation_time,x\nnina,arn:aws:iam::111122223333:user/nina,x,y\n"
    inner = tmp_path / "a" / "b"
    packed = json.dumps({"Content": base64.b64encode(report.encode()).decode(), "ReportFormat": "text/csv"})
    written(inner, **{"members.json": json.dumps([member]), "nina/authorized_keys": key, "report.csv": report})
    written(inner, **{"report.json": packed})
    user = {"UserName": "nina", "Arn": "arn:aws:iam::111122223333:user/nina"}
    given = {"PermissionSetArn": "arn:aws:sso:::permissionSet/ssoins-1/ps-1", "PrincipalType": "USER"}
    written(inner, **{"users.json": json.dumps({"Users": [user]})})
    written(inner, **{"given.json": json.dumps({"AccountAssignments": [given]})})
    written(tmp_path, **{"elsewhere/tom/authorized_keys": key})
    told = sources_in(inner, inner)
    # Never a folder above the one that was given.
    assert (told.sources, told.left) == ((), ())
    assert {name: why.split(":")[0] for name, why in told.lacking.items()} == {
        "members.json": "who holds what on GitHub is read live",
        "nina/authorized_keys": "its folders do not tell the host and the login",
        "users.json": "IAM is read whole",
        "given.json": "who holds what through Identity Center is read live",
        **dict.fromkeys(
            ("report.csv", "report.json"),
            "it goes with what `aws iam get-account-authorization-details` prints, which is not here",
        ),
    }


def test_logs_are_read_by_the_highest_folder_that_holds_nothing_else(tmp_path):
    trail = json.dumps({"Records": [EVENT]})
    written(tmp_path, **{"logs/trail/eu/1.json": trail, "logs/trail/us/2.json": trail, "logs/sshd/web-1.log": SSHD})
    sources, _ = found(tmp_path)
    assert {one["path"] for one in sources} == {"logs/trail/", "logs/sshd/"}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "lake.csv",
            "eventVersion,userIdentity,eventTime,eventSource,eventName\n1.11,{arn=a},x,ecs.amazonaws.com,Up\n",
        ),
        ("athena.csv", '"eventversion","useridentity","eventtime","eventsource","eventname"\n'),
        ("shipped.jsonl", json.dumps({"@timestamp": "x", "message": json.dumps(EVENT)})),
        ("history.csv", "Event name,Event time,User name,Event source,Resource type\n"),
        ("ocsf.json", json.dumps({"class_uid": 6003, "metadata": {"product": {"name": "CloudTrail"}}})),
        ("ecs.json", json.dumps({"event": {"action": "x"}, "aws": {"cloudtrail": {"user_identity": {}}}})),
    ],
)
def test_events_are_known_as_others_write_them_too(tmp_path, name, text):
    written(tmp_path, **{f"logs/{name}": text})
    assert found(tmp_path) == ([{"kind": "aws-cloudtrail", "path": "logs/"}], ())


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"insert_id": "1", "log_name": "projects/p/logs/cloudaudit.googleapis.com%2Factivity"}),
        "insertId,logName,timestamp,protoPayload.serviceName\n",
        json.dumps({"event": {"original": json.dumps({"insertId": "1", "logName": "projects/p/logs/a"})}}),
    ],
)
def test_entries_of_googles_logs_are_known_as_others_write_them_too(tmp_path, text):
    written(tmp_path, **{"logs/entries.json": text})
    assert found(tmp_path) == ([{"kind": "gcp-audit-logs", "path": "logs/"}], ())


@pytest.mark.parametrize("name", ["web-1.log", "secure", "auth.log.1", "2026-10-14.ndjson", "messages-20261014.gz"])
def test_logs_of_hosts_are_known_by_every_name_that_their_source_reads(tmp_path, name):
    text = gzip.compress(SSHD.encode()) if name.endswith(".gz") else SSHD
    written(tmp_path, **{f"logs/web-1/{name}": text})
    (source,) = found(tmp_path)[0]
    assert source["kind"] == "ssh-logins"


def test_identity_center_is_known_beside_the_accounts_of_its_organization(tmp_path):
    calls = [{"call": f"{name}", "asked": {}, "reply": {}} for name in ("organizations:ListAccounts", CALL["call"])]
    written(tmp_path, **{"sso.jsonl": "\n".join(map(json.dumps, calls))})
    assert found(tmp_path) == ([{"kind": "aws-identity-center", "file": "sso.jsonl"}], ())


def test_answers_with_groups_are_no_policy_of_a_network(tmp_path):
    written(tmp_path, **{"answers.json": json.dumps({"/api/v4/groups": [], "groups": [{"id": 1}]})})
    assert found(tmp_path) == ([], ("answers.json",))


def test_a_source_reads_no_folder_that_has_other_things_or_will_have_them(tmp_path):
    written(tmp_path, **{"logs/web-1.log": SSHD, "logs/README": "Copied by hand.", "notes/todo.md": "-"})
    assert found(tmp_path)[0] == [{"kind": "ssh-logins", "path": "logs/"}]


def test_keys_are_read_by_the_folder_of_hosts(tmp_path):
    written(tmp_path, **{f"keys/{host}/nina/authorized_keys": "ssh-ed25519 AAAA nina" for host in ("web-1", "web-2")})
    assert found(tmp_path) == ([{"kind": "ssh-keys", "path": "keys/"}], ())


def test_keys_in_copies_of_homes_are_seen_and_private_keys_beside_them_are_not(tmp_path):
    home = {name: f"keys/web-1/home/nina/.ssh/{name}" for name in ("authorized_keys", "id_ed25519")}
    written(tmp_path, **{home["authorized_keys"]: "ssh-ed25519 AAAA nina", home["id_ed25519"]: "secret"})
    assert found(tmp_path) == ([{"kind": "ssh-keys", "path": "keys/"}], ())


def test_what_goes_with_policies_stands_beside_them(tmp_path):
    written(tmp_path, **{"policies.json": json.dumps([BINDING]), "roles.json": json.dumps([ROLE])})
    assert found(tmp_path)[0] == [{"kind": "gcp-iam", "file": "policies.json", "beside": ["roles.json"]}]


def test_what_nothing_reads_is_told(tmp_path):
    users = json.dumps([{"id": 1, "user": "nina"}])
    written(tmp_path, **{"users.json": users, "broken.json.gz": b"\x1f\x8bno", "photo.bin": b"\xff\xd8", ".env": "X=1"})
    assert found(tmp_path) == ([], ("broken.json.gz", "photo.bin", "users.json"))


AUDITED = "type=USER_LOGIN msg=audit(1792058400.123:410): pid=1 uid=0 auid=1001 res=success\n"


def test_what_lies_beside_a_hosts_log_or_its_keys_is_read_with_them(tmp_path):
    logs = {"logs/web-1/auth.log": SSHD, "logs/web-1/audit.log": AUDITED, "logs/web-1/wtmp": b"\0" * 384}
    keys = {"hosts/web-1/nina/authorized_keys": "ssh-ed25519 AAAA", "hosts/web-1/etc/sudoers": "nina ALL=(ALL) ALL"}
    written(tmp_path, **logs, **keys, **{"tickets.csv": "ticket,kind\nOPS-1,access\n", "notes.xyz": "x"})
    sources, left = found(tmp_path)
    assert {"kind": "ssh-logins", "path": "logs/"} in sources
    assert {"kind": "ssh-keys", "path": "hosts/"} in sources
    assert left == ("notes.xyz",)


def test_the_journal_is_known_as_it_is_exported(tmp_path):
    exported = "__REALTIME_TIMESTAMP=1792058400000000\nSYSLOG_IDENTIFIER=sshd\nMESSAGE=Server listening\n\n"
    written(tmp_path, **{"web-1.export": exported})
    assert found(tmp_path) == ([{"kind": "ssh-logins", "path": "./"}], ())


def test_a_hostile_table_costs_no_time(tmp_path):
    written(tmp_path, **{"a.csv": "action " * 60_000, "b.csv": "action," * 60_000 + "{\n"})
    began = time.process_time()
    assert found(tmp_path) == ([], ("a.csv", "b.csv"))
    assert time.process_time() - began < 2
