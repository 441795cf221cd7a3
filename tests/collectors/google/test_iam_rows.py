"""What Google's interfaces tell of IAM and of logins as whole rows, from answers by hand."""

import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.google import GoogleIam, GoogleSshKeys
from auditor.model.arrow import from_arrow
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from collectors.base import Raw, missing
from collectors.google.bindings import entries
from collectors.google.iam import GoogleIamCollector
from collectors.google.ssh_keys import GoogleSshKeysCollector
from tests.collectors.google.conftest import bindings
from tests.collectors.rows import columns
from tests.collectors.ssh.test_keys import NINA as KEY

NINA, CI = "user:nina@quay.example", "ci@quay-shop.iam.gserviceaccount.com"
MANAGER = "//cloudresourcemanager.googleapis.com/"
BOUND = ("policies", [bindings(("roles/viewer", [NINA], {}))])
TEN = datetime(2026, 2, 20, 10, tzinfo=UTC)


def told(collector, table, answers):
    """Rows of a table, whole, and the line of coverage; of answers by name, each a part and records."""
    batch = [
        Raw(name, lambda records=records: json.dumps(records).encode(), part=part)
        if records is not None
        else missing(name, part)
        for name, (part, records) in answers.items()
    ]
    got = collector.normalise(batch)
    rows = [columns(row) for row in from_arrow(table, got.tables[table])] if table in got.tables else []
    for row in rows:
        for name in {"handle", "document"} & row.keys():
            row[name] = json.loads(row[name])
    return rows, got.coverage[0]


@pytest.fixture
def iam(context):
    source = GoogleIam(name="gcp", kind="gcp-iam", scope="organizations/9")
    return lambda table, *answers: told(
        GoogleIamCollector(source, context), table, {f"a{number}": answer for number, answer in enumerate(answers)}
    )


GRANT = {"principal": NINA, "role": "roles/viewer", "resource": "quay-shop", "provider": "gcp"}
HANDLE = {"provider": "gcp", "type": "project-binding", "account": "quay-shop", "resource": "quay-shop"}
WHO = {"member": NINA, "role": "roles/viewer"}


def policy(resource, *members, **more):
    return {"resource": resource, "policy": {"bindings": [{"role": "roles/viewer", "members": list(members)}]}, **more}


@pytest.mark.parametrize(
    ("record", "place", "handle"),
    [
        (policy(f"{MANAGER}projects/quay-shop", NINA), {}, {}),
        # A project by its number, of which another answer says the id.
        (policy("//run.googleapis.com/projects/4242/services/a", NINA, project="projects/4242"),
            {"resource": "//run.googleapis.com/projects/4242/services/a"}, {"type": "resource-binding",
            "account": "quay-lab", "resource": "//run.googleapis.com/projects/4242/services/a"}),
        (policy("//storage.googleapis.com/media", NINA, project="projects/7"),
            {"resource": "//storage.googleapis.com/media"}, {"type": "resource-binding", "account": "7",
            "resource": "//storage.googleapis.com/media"}),
        (policy("//x.googleapis.com/things/a", NINA), {"resource": "//x.googleapis.com/things/a"},
            {"type": "resource-binding", "account": "//x.googleapis.com/things/a", "resource": "//x.googleapis.com/things/a"}),
        (policy(f"{MANAGER}folders/7", NINA), {"resource": "folders/7"},
            {"type": "folder-binding", "account": "folders/7", "resource": "folders/7"}),
        (policy(f"{MANAGER}projects/4242", NINA), {"resource": "quay-lab"},
            {"account": "quay-lab", "resource": "4242"}),
    ],
)  # fmt: skip
def test_a_binding_is_a_grant_on_its_resource(iam, record, place, handle):
    lab = {"projectId": "quay-lab", "name": "projects/4242", "ancestors": ["folders/7", 8]}
    rows, line = iam(Grant, ("policies", [record]), ("projects", [lab]))
    assert rows == [{**GRANT, **place, "handle": {**HANDLE, **WHO, **handle}}]
    assert (line.status, line.reason, line.scope) == ("ok", None, "organizations/9")


def test_where_things_lie_is_told_of_projects_without_a_policy_too(iam):
    lab = {"projectId": "quay-lab", "name": "projects/4343", "ancestors": ["folders/7", 8, "organizations/9"]}
    shop = {"projectId": "quay-shop", "name": "projects/4242", "ancestors": []}
    rows, _ = iam(Policy, BOUND, ("projects", [lab, shop]), ("policies", [policy("//x/projects/77/a", NINA)]))
    above = ["folders/7", "organizations/9"]
    assert rows == [
        {"policy": "quay-shop", "kind": "ancestry", "attached_to": "quay-shop", "name": "quay-shop",
            "document": {"number": "4242", "ancestors": above}},
        {"policy": "//x/projects/77/a", "kind": "ancestry", "attached_to": "77", "name": "//x/projects/77/a",
            "document": {"number": "77", "ancestors": []}},
        {"policy": "quay-lab", "kind": "ancestry", "attached_to": "quay-lab", "name": "quay-lab",
            "document": {"number": "4343", "ancestors": above}},
    ]  # fmt: skip


ORGANIZATION = policy(f"{MANAGER}organizations/9", NINA, organization="organizations/9")
SHOP = policy(
    f"{MANAGER}projects/quay-shop", NINA, project="projects/4242", folders=["folders/8", "folders/7"],
    organization="organizations/9",
)  # fmt: skip
FOLDER = policy(f"{MANAGER}folders/7", NINA, folders=["folders/7", "folders/6"], organization="organizations/9")


@pytest.mark.parametrize(
    ("answers", "searched"),
    [
        ([("policies", [ORGANIZATION, SHOP])], {"folders/7", "folders/8"}),
        # A folder tells what lies below it, and not what it lies in.
        ([("policies", [FOLDER, {**SHOP, "folders": ["folders/8", "folders/7", "folders/6"]}])], {"folders/8"}),
        ([("policies", [SHOP])], set()),
        ([("policies", [{**FOLDER, "folders": [], "organization": None}, SHOP])], set()),
        # What was asked for alone tells nothing of the folders between.
        ([("policies", [SHOP]), ("exact", ORGANIZATION)], set()),
    ],
)
def test_a_folder_below_what_was_searched_has_no_policy_of_its_own(iam, answers, searched):
    rows, _ = iam(Policy, *answers)
    own = {row["policy"] for row in rows if row["policy"] in ("folders/7", "organizations/9", "quay-shop")}
    own -= searched
    assert {row["policy"] for row in rows} == own | searched


def test_the_exact_policy_holds_and_keeps_what_the_search_says_of_its_place(iam):
    exact = ("exact", policy(f"{MANAGER}projects/quay-shop", "user:leon@quay.example"))
    for answers in ((BOUND, exact), (BOUND, exact, BOUND)):
        rows, _ = iam(Grant, *answers)
        assert [row["principal"] for row in rows] == ["user:leon@quay.example"]
        ((place,), _) = iam(Policy, *answers)
        assert place["document"] == {"number": "4242", "ancestors": ["folders/7", "organizations/9"]}
    alone, _ = iam(Policy, ("exact", policy(f"{MANAGER}projects/quay-shop", NINA, project="projects/1")))
    assert alone[0]["document"] == {"number": "1", "ancestors": []}


@pytest.mark.parametrize(
    ("told", "audit"),
    [({"etag": "e"}, []), ({}, None), ({"auditConfigs": [{"service": "allServices"}]}, [{"service": "allServices"}])],
    ids=["a whole policy without", "no whole policy", "with them"],
)
def test_whole_policies_tell_what_data_access_logs_record(iam, told, audit):
    exact = policy(f"{MANAGER}projects/quay-shop", NINA)
    exact["policy"] |= told
    ((place,), _) = iam(Policy, ("exact", exact), BOUND)
    assert place["document"].get("audit") == audit


def test_bindings_of_one_resource_in_several_records_are_one_policy(iam):
    more = policy(f"{MANAGER}projects/quay-shop", NINA, "user:leon@quay.example")
    rows, _ = iam(Grant, BOUND, BOUND, ("policies", [more]))
    assert [row["principal"] for row in rows] == [NINA, NINA, "user:leon@quay.example"]


def test_a_custom_role_is_kept_with_what_it_gives(iam):
    role = {"name": "projects/quay-shop/roles/ship", "title": "Ship", "includedPermissions": ["run.x"], "stage": "GA",
        "deleted": True, "etag": "e"}  # fmt: skip
    (first, second), _ = iam(Policy, ("roles", [role, {"name": "organizations/9/roles/bare"}]))
    kept = {name: value for name, value in role.items() if name not in ("name", "etag")}
    place = {"policy": role["name"], "kind": "role-definition", "attached_to": role["name"]}
    assert first == {**place, "name": "Ship", "document": kept}
    assert (second["name"], second["document"]) == ("bare", {"includedPermissions": [], "title": ""})


def member(email, kind="USER", *ends, **more):
    roles = [{"name": "MEMBER", "expiryDetail": {"expireTime": end}} if end else {"name": "MEMBER"} for end in ends]
    return {"preferredMemberKey": {"id": email}, "type": kind, "roles": roles, **more}


@pytest.mark.parametrize(
    ("entry", "row"),
    [
        (member("Nina@quay.example", createTime="2026-02-20T10:00:00Z"), {"member": NINA, "since": TEN}),
        (member("inner@quay.example", "GROUP"), {"member": "group:inner@quay.example"}),
        (member(CI, "SERVICE_ACCOUNT"), {"member": f"serviceAccount:{CI}"}),
        (member("nina@quay.example", "OTHER"), {"member": NINA}),
        (member("nina@quay.example", "USER", "2026-02-20T10:00:00Z"), {"member": NINA, "expires_at": TEN}),
        (
            member("nina@quay.example", "USER", "2026-02-19T10:00:00Z", "2026-02-20T10:00:00Z"),
            {"member": NINA, "expires_at": TEN},
        ),
        (member("nina@quay.example", "USER", "2026-02-20T10:00:00Z", None), {"member": NINA}),
        (member("nobody"), None),
        ({"preferredMemberKey": "nina@quay.example"}, None),
        ("odd", None),
    ],
)
def test_a_member_of_a_group_is_a_membership(iam, entry, row):
    answers = BOUND, ("groups", [{"group": "group:Devs@quay.example", "memberships": [entry]}])
    rows, _ = iam(Membership, *answers)
    assert rows == ([{"group": "group:devs@quay.example", "via": "member", **row}] if row else [])
    accounts = {account["account"]: account for account in iam(Account, *answers)[0]}
    known = {"provider": "gcp", "scope": "organizations/9"}
    devs = {"account": "group:devs@quay.example", "kind": "group", "name": "devs", "email": "devs@quay.example"}
    told_of = {"enabled": True} if entry != "odd" else {}
    assert accounts["group:devs@quay.example"] == {**known, **devs, **told_of}
    assert row is None or row["member"] in accounts


def test_a_suspended_member_cannot_sign_in(collect, context, tmp_path):
    lines = ("group,type,status,email", "devs@x,USER,SUSPENDED,sam@x", "devs@x,USER,,nina@x")
    (tmp_path / "members.csv").write_text("\n".join(lines))
    (tmp_path / "found.json").write_text(json.dumps([policy(f"{MANAGER}projects/quay-shop", "group:devs@x")]))
    source = GoogleIam(name="gcp", kind="gcp-iam", file="found.json", beside=["members.csv"])
    enabled = {row.account: row.enabled for row in collect(GoogleIamCollector(source, context)).rows(Account)}
    assert (enabled["user:sam@x"], enabled["user:nina@x"]) == (False, None)


DEVS, INNER = "group:devs@quay.example", "group:web@quay.example"
EDGES = [{"sourceNode": DEVS, "targetNode": INNER}, {"sourceNode": INNER, "targetNode": NINA}]


def analysed(members, **told):
    binding = {"role": "roles/run.admin", "members": members}
    return {"attachedResourceFullName": f"{MANAGER}projects/quay-shop", "iamBinding": binding, "identityList": told}


@pytest.mark.parametrize(
    ("result", "found"),
    [
        (analysed([DEVS], groupEdges=EDGES), [(DEVS, INNER), (INNER, NINA)]),
        (analysed([DEVS], identities=[{"name": NINA}, {"name": DEVS}]), [(DEVS, NINA)]),
        (analysed([DEVS, INNER], identities=[{"name": NINA}]), []),
        (analysed([NINA], identities=[{"name": NINA}]), []),
        (analysed([DEVS]), []),
    ],
)
def test_an_analysis_tells_who_is_in_the_groups_of_a_binding(iam, result, found):
    answer = {"mainAnalysis": {"analysisResults": [result, result]}}
    rows, line = iam(Membership, ("policies", entries(json.dumps(answer).encode())))
    assert [(row["group"], row["member"]) for row in rows] == found
    assert line.status == "ok"


def test_members_that_gcloud_lists_are_those_of_the_group_that_it_describes(iam):
    group = {"name": "groups/01", "groupKey": {"id": "devs@quay.example"}}
    inner = {"name": "groups/02", "groupKey": {"id": "web@quay.example"}}
    listed = [
        {"name": f"groups/01/memberships/{number}", "preferredMemberKey": {"id": address}}
        for number, address in enumerate(("nina@quay.example", "web@quay.example", CI))
    ]
    rows, line = iam(Membership, ("policies", [*listed, group, inner]))
    assert [row["member"] for row in rows] == [NINA, INNER, f"serviceAccount:{CI}"]
    assert {row["group"] for row in rows} == {DEVS}
    rows, line = iam(Membership, ("policies", listed))
    assert rows == []
    assert "groups/01" in line.reason


@pytest.mark.parametrize("part", ["service-accounts", "policies"])
def test_a_service_account_that_is_named_by_its_number_is_named_by_its_address(iam, part):
    resource = "//iam.googleapis.com/projects/quay-lab/serviceAccounts/113355779922446688000"
    robot = {"email": CI, "uniqueId": "113355779922446688000", "projectId": "quay-lab"}
    (row,) = iam(Grant, ("policies", [policy(resource, NINA)]), (part, [robot]))[0]
    assert (row["resource"], row["handle"]["resource"]) == (resource.replace("113355779922446688000", CI), resource)
    assert iam(Grant, ("policies", [policy(resource, NINA)]))[0][0]["resource"] == resource


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("serviceAccount:quay-dev.svc.id.goog[shop/api]", "quay-dev.svc.id.goog[shop/api]"),
        (f"serviceAccount:{CI}", "ci"),
        (
            "principal://iam.googleapis.com/projects/2/locations/global/workloadIdentityPools/p/subject/ns/shop/sa/api",
            "ns/shop/sa/api",
        ),
    ],
)
def test_a_member_is_called_by_what_tells_it_from_others(iam, member, name):
    rows, _ = iam(Account, ("policies", [policy(f"{MANAGER}projects/quay-shop", member)]))
    assert [row["name"] for row in rows] == [name]


def test_an_account_that_is_named_before_it_is_described_keeps_what_is_described(iam):
    robot = {"email": CI, "projectId": "quay-lab"}
    bound = (
        "policies",
        [policy(f"{MANAGER}projects/quay-shop", f"serviceAccount:{CI}", "deleted:user:x@y", "allUsers")],
    )
    row = {"account": f"serviceAccount:{CI}", "provider": "gcp", "scope": "quay-lab", "kind": "service", "name": "ci",
        "email": CI}  # fmt: skip
    for answers in ((bound, ("service-accounts", [robot])), (("service-accounts", [robot]), bound)):
        assert iam(Account, *answers)[0] == [{**row, "enabled": True}]
    assert iam(Account, bound, ("service-accounts", [{**robot, "disabled": True}]))[0] == [row]
    assert iam(Account, bound)[0] == [{**row, "scope": "quay-shop"}]
    (nameless,) = iam(Account, bound, ("service-accounts", [{"email": CI}]))[0]
    assert nameless["scope"] == "organizations/9"
    principal = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/a/subject/b"
    ((federated,), _) = iam(Account, ("policies", [policy(f"{MANAGER}projects/quay-shop", principal)]))
    assert (federated["name"], federated["kind"], federated.get("email")) == ("b", "unknown", None)


NAME = f"projects/quay-shop/serviceAccounts/{CI}/keys/"


@pytest.mark.parametrize(
    ("key", "differs"),
    [
        ({"keyType": "USER_MANAGED"}, {}),
        ({"keyType": "SYSTEM_MANAGED"}, None),
        ({"name": "odd"}, None),
        ({"disabled": True}, {"enabled": None}),
        ({"validAfterTime": "2026-02-20T10:00:00Z", "validBeforeTime": "9999-12-31T23:59:59Z"}, {"created_at": TEN}),
        ({"validBeforeTime": "2026-02-20T10:00:00Z"}, {"expires_at": TEN}),
        ({"validBeforeTime": "soon", "validAfterTime": 7}, {}),
        ({"name": f"{NAME}bb22"}, {"credential": "service-account-key:bb22", "last_used_at": TEN}),
    ],
)
def test_a_key_of_a_service_account_is_a_credential(iam, key, differs):
    used = [
        {"fullResourceName": f"//iam.googleapis.com/{NAME}bb22", "activity": {"lastAuthenticatedTime": "2026-02-20T10:00:00Z"}},
        {"fullResourceName": f"//iam.googleapis.com/{NAME}aa11", "activity": {"lastAuthenticatedTime": "soon"}},
        {"fullResourceName": f"//iam.googleapis.com/{NAME}aa11", "activity": "odd"},
        {"activity": {}},
    ]  # fmt: skip
    listed = {"serviceAccount": CI, "keys": [{"name": f"{NAME}aa11", **key}, "odd"]}
    rows, line = iam(Credential, BOUND, ("keys", [listed]), ("key-use", used))
    number = "bb22" if differs and "last_used_at" in differs else "aa11"
    handle = {
        "provider": "gcp",
        "type": "service-account-key",
        "account": "quay-shop",
        "service_account": CI,
        "key": number,
    }
    plain = {"credential": "service-account-key:aa11", "kind": "access-key", "account": f"serviceAccount:{CI}",
        "provider": "gcp", "resource": "quay-shop", "enabled": True, "handle": handle}  # fmt: skip
    whole = {name: value for name, value in {**plain, **(differs or {})}.items() if value is not None}
    assert rows == ([whole] if differs is not None else [])
    assert (line.status, line.rows) == ("ok", 3 + len(rows))


def test_what_could_not_be_read_is_said(iam):
    _, line = iam(Grant, BOUND, ("Google denied access", None), ("projects", [{"name": "projects/1"}, 7]))
    assert (line.status, line.rejected) == ("partial", 2)
    assert line.reason == "Google denied access; a project has no projectId (record 1); it is no JSON object (record 2)"
    _, line = iam(Grant, ("policies", []))
    assert (line.status, line.reason) == ("partial", "it holds no bindings at all, which no project in use does")


@pytest.fixture
def logins(context):
    source = GoogleSshKeys(name="keys", kind="gcp-ssh-keys", project="quay-shop")
    return lambda table, **answers: told(
        GoogleSshKeysCollector(source, context),
        table,
        {name: (name, [records] if isinstance(records, dict) else records) for name, records in answers.items()},
    )


def metadata(**items):
    return {"items": [{"key": name.replace("_", "-"), "value": value} for name, value in items.items()]}


COMPUTE = "//compute.googleapis.com/projects/quay-shop"
LINE = f"nina:{KEY.rpartition(' ')[0]} "
WEB = {"name": "web-1", "zone": "https://x/zones/eu-west1-b"}


def test_a_key_in_metadata_opens_the_instance_it_stands_on(logins):
    brief = LINE + 'google-ssh {"userName":"Nina@quay.example","expireOn":"2026-02-20T10:00:00+0000"}'
    answers = {"project": {}, "instances": {**WEB, "metadata": metadata(ssh_keys=f"{brief}\n{LINE}x\n")}}
    rows, line = logins(Credential, **answers)
    place = f"{COMPUTE}/zones/eu-west1-b/instances/web-1"
    fingerprint = rows[0]["credential"].removeprefix("ssh-key:")
    handle = {"provider": "gcp", "type": "metadata-ssh-key", "account": "quay-shop", "item": "ssh-keys",
        "zone": "eu-west1-b", "instance": "web-1", "user": "nina", "fingerprint": fingerprint}  # fmt: skip
    key = {"credential": f"ssh-key:{fingerprint}", "kind": "ssh-key", "account": "ssh:nina@web-1", "provider": "gcp",
        "resource": place, "enabled": True, "handle": handle}  # fmt: skip
    assert rows == [{**key, "expires_at": TEN, "comment": "Nina@quay.example"}, {**key, "comment": "x"}]
    grant = {"principal": "ssh:nina@web-1", "role": "authorized_keys", "resource": place, "provider": "gcp",
        "level": "write", "handle": handle}  # fmt: skip
    assert logins(Grant, **answers)[0] == [{**grant, "expires_at": TEN}, grant]
    assert logins(Account, **answers)[0] == [
        {"account": "ssh:nina@web-1", "provider": "gcp", "scope": "quay-shop", "kind": "unknown", "name": "nina",
            "email": "nina@quay.example"}
    ]  # fmt: skip
    assert (line.status, line.reason, line.scope) == ("ok", None, "quay-shop")


@pytest.mark.parametrize(
    ("shared", "own", "shared_opens", "own_opens"),
    [
        ({}, {}, True, True),
        ({"enable_oslogin": "TRUE"}, {}, False, False),
        ({"enable_oslogin": "TRUE"}, {"enable_oslogin": "false"}, True, True),
        ({}, {"enable_oslogin": "TRUE"}, False, False),
        ({}, {"block_project_ssh_keys": "true"}, False, True),
        ({}, {"block_project_ssh_keys": "false"}, True, True),
        ({}, {"sshKeys": f"old:{LINE[5:]}"}, False, True),
    ],
)
def test_which_keys_open_anything(logins, shared, own, shared_opens, own_opens):
    instance = {**WEB, "metadata": metadata(ssh_keys=LINE, **own)}
    rows, _ = logins(
        Credential, project={"commonInstanceMetadata": metadata(ssh_keys=LINE, **shared)}, instances=instance
    )
    assert [row.get("enabled", False) for row in rows if row["account"].startswith("ssh:nina")] == [
        shared_opens,
        own_opens,
    ]
    assert rows[0]["resource"] == COMPUTE
    assert "zone" not in rows[0]["handle"]
    policies, _ = logins(Policy, project={"commonInstanceMetadata": metadata(**shared)}, instances=instance)
    switches = {name.replace("_", "-"): value.lower() == "true" for name, value in own.items() if name != "sshKeys"}
    assert [(row["policy"], row["kind"], row["attached_to"], row["name"]) for row in policies] == [
        (f"{COMPUTE}#metadata", "sshd", COMPUTE, "quay-shop"),
        (f"{rows[1]['resource']}#metadata", "sshd", rows[1]["resource"], "web-1"),
    ]
    assert policies[1]["document"] == switches


def test_a_key_in_a_profile_is_its_users(logins):
    keys = {"k1": {"key": KEY, "expirationTimeUsec": "1771581600000000"}, "k2": {"key": KEY.rpartition(" ")[0]},
        "k3": {"key": "odd"}, "k4": {"key": KEY, "expirationTimeUsec": "soon"}}  # fmt: skip
    rows, line = logins(Credential, profiles={"user": "nina@quay.example", "profile": {"sshPublicKeys": keys}})
    fingerprint = rows[0]["credential"].removeprefix("ssh-key:")
    handle = {"provider": "gcp", "type": "os-login-key", "account": "quay-shop", "user": "nina@quay.example",
        "fingerprint": fingerprint}  # fmt: skip
    key = {"credential": f"ssh-key:{fingerprint}", "kind": "ssh-key", "account": NINA, "provider": "gcp",
        "resource": COMPUTE, "enabled": True}  # fmt: skip
    assert rows == [
        {**key, "expires_at": TEN, "comment": "nina@laptop", "handle": {**handle, "key": "k1"}},
        {**key, "handle": {**handle, "key": "k2"}},
        {**key, "comment": "nina@laptop", "handle": {**handle, "key": "k4"}},
    ]
    assert (line.status, line.rejected) == ("partial", 1)
    assert line.reason == "a key in the OS Login profile of nina@quay.example cannot be read: there is no key"
    assert logins(Credential, profiles=[{"user": "x"}, {"user": "y", "profile": 7}])[0] == []


def test_a_line_of_metadata_that_is_no_key_is_counted(logins):
    _, line = logins(Credential, project={"commonInstanceMetadata": metadata(ssh_keys="oops")})
    assert (line.status, line.rejected, line.reason) == ("partial", 1, "quay-shop: a line names no login ('oops')")
