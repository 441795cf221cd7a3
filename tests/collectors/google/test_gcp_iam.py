"""Bindings from a dump: what becomes of every sort of member, condition and odd record."""

import json

import pytest

from auditor.errors import SourceError
from auditor.model.tables import Account, Grant, Membership, Policy
from tests.collectors.google.conftest import bindings

NINA = "user:nina@quay.example"


def test_a_member_of_a_binding_is_an_account_with_a_grant(dump, collect):
    got = collect(dump([bindings(("roles/run.developer", ["user:Nina@Quay.example"], {}))]))
    (account,), (grant,) = got.rows(Account), got.rows(Grant)
    assert (account.account, account.kind, account.email) == (NINA, "person", "nina@quay.example")
    assert (grant.principal, grant.role, grant.resource) == (NINA, "roles/run.developer", "quay-shop")
    assert json.loads(grant.handle) == {
        "provider": "gcp",
        "type": "project-binding",
        "account": "quay-shop",
        "resource": "quay-shop",
        "member": NINA,
        "role": "roles/run.developer",
    }
    assert got.coverage[0].status == "ok"


def test_a_condition_is_kept_as_it_is_and_its_end_is_read(dump, collect):
    condition = {
        "expression": 'request.time < timestamp("2026-03-01T13:00:00Z")',
        "title": "JIT access",
        "description": "Approved by tom@quay.example, justification: PAY-7 «größer»",
    }
    (grant,) = collect(dump([bindings(("roles/owner", [NINA], {"condition": condition}))])).rows(Grant)
    assert json.loads(grant.condition) == condition
    assert (grant.expires_at.hour, grant.granted_by) == (13, "tom@quay.example")
    assert {key: json.loads(grant.handle)[key] for key in condition} == condition


def test_who_approved_themselves_gave_it_to_themselves(dump, collect):
    condition = {"expression": "true", "description": "Self-approved, justification: just looking"}
    (grant,) = collect(dump([bindings(("roles/owner", [NINA], {"condition": condition}))])).rows(Grant)
    assert grant.granted_by == "nina@quay.example"


def test_every_sort_of_member(dump, collect):
    members = [
        NINA,
        "serviceAccount:ci@quay-shop.iam.gserviceaccount.com",
        "group:devs@quay.example",
        "domain:quay.example",
        "allUsers",
        "allAuthenticatedUsers",
        "deleted:user:old@quay.example?uid=123",
        "deleted:serviceAccount:gone@quay-shop.iam.gserviceaccount.com?uid=7",
        "principal://iam.googleapis.com/projects/4242/locations/global/workloadIdentityPools/ci/subject/main",
        "principalSet://iam.googleapis.com/projects/4242/locations/global/workloadIdentityPools/ci/*",
        "projectViewer:quay-shop",
    ]
    got = collect(dump([bindings(("roles/viewer", members, {}))]))
    assert [grant.principal for grant in got.rows(Grant)] == members
    assert {account.account.split(":")[0]: account.kind for account in got.rows(Account)} == {
        "user": "person",
        "serviceAccount": "service",
        "group": "group",
        "domain": "group",
        "principal": "unknown",
        "principalSet": "unknown",
    }


def test_where_things_lie_is_told_once_for_each_resource(dump, collect):
    bucket = bindings(("roles/storage.admin", [NINA], {}), resource="//storage.googleapis.com/shop-media")
    got = collect(
        dump([bindings(), bucket, bindings(resource="//cloudresourcemanager.googleapis.com/folders/7", project=None)])
    )
    places = {row.policy: (row.attached_to, json.loads(row.document)) for row in got.rows(Policy)}
    above = ["folders/7", "organizations/9"]
    assert places["quay-shop"] == ("quay-shop", {"number": "4242", "ancestors": above})
    assert places["//storage.googleapis.com/shop-media"] == ("quay-shop", {"number": "4242", "ancestors": above})
    assert places["folders/7"][0] == "folders/7"
    (grant,) = got.rows(Grant)
    assert (grant.resource, json.loads(grant.handle)["type"]) == (
        "//storage.googleapis.com/shop-media",
        "resource-binding",
    )


@pytest.mark.parametrize(
    "written",
    [
        {
            "name": "//cloudresourcemanager.googleapis.com/projects/quay-shop",
            "asset_type": "x",
            "iam_policy": {"bindings": [{"role": "roles/viewer", "members": [NINA]}]},
        },
        {
            "name": "//cloudresourcemanager.googleapis.com/projects/quay-shop",
            "iamPolicy": {"bindings": [{"role": "roles/viewer", "members": [NINA]}]},
            "ancestors": ["projects/4242", "folders/7"],
        },
    ],
    ids=["export", "asset list"],
)
def test_other_tools_write_the_same_in_other_words(dump, collect, written):
    for content in (json.dumps([written]), json.dumps(written) + "\n" + json.dumps(written)):
        got = collect(dump(content.encode()))
        assert [(grant.principal, grant.resource) for grant in got.rows(Grant)] == [(NINA, "quay-shop")]


def test_a_page_that_came_twice_counts_once(dump, collect):
    page = {"results": [bindings(("roles/viewer", [NINA], {}))] * 2}
    assert len(collect(dump(page)).rows(Grant)) == 1


@pytest.mark.parametrize(
    "broken",
    [
        {"resource": "quay-shop"},
        bindings(policy=None),
        bindings(policy={"bindings": {}}),
        bindings(policy={"bindings": [{"members": [NINA]}]}),
        bindings(policy={"bindings": [{"role": "r", "members": NINA}]}),
        bindings(policy={"bindings": [{"role": "r", "members": [], "condition": "x"}]}),
        "text",
    ],
)
def test_a_broken_record_costs_only_itself(dump, collect, broken):
    got = collect(dump([broken, bindings(("roles/viewer", [NINA], {}))]))
    assert len(got.rows(Grant)) == 1
    (read,) = got.objects
    assert (read.rejected, read.status) == (1, "partial")
    assert "record 1" in got.coverage[0].reason


def test_a_broken_line_in_the_middle_costs_only_itself(dump, collect):
    line = json.dumps(bindings(("roles/viewer", [NINA], {})))
    got = collect(dump(f"{line}\n{{broken\n{line}".encode()))
    assert (len(got.rows(Grant)), got.coverage[0].rejected, got.coverage[0].status) == (1, 1, "partial")


@pytest.mark.parametrize("content", [b"", b'[{"resource": "//x', b'{"bindings": [], "etag": "a"}', b"[" * 100_000])
def test_a_dump_that_is_not_whole_is_not_used(dump, collect, content):
    with pytest.raises(SourceError, match="not the whole output") as told:
        collect(dump(content))
    assert "gcloud asset search-all-iam-policies" in told.value.do


BARE = {"bindings": [{"role": "roles/owner", "members": [NINA]}], "etag": "a", "version": 1}
IN_YAML = f"bindings:\n- members:\n  - {NINA}\n  role: roles/owner\netag: a\nversion: 1\n".encode()


@pytest.mark.parametrize("content", [BARE, IN_YAML])
@pytest.mark.parametrize(
    ("scope", "resource", "lacks"),
    [
        ("projects/quay-shop", "quay-shop", "what is given above quay-shop"),
        ("organizations/9", "organizations/9", "entitlements"),
    ],
)
def test_a_policy_alone_is_of_what_the_source_names(dump, collect, content, scope, resource, lacks):
    got = collect(dump(content, scope=scope))
    (grant,), (line,) = got.rows(Grant), got.coverage
    assert (grant.principal, grant.role, grant.resource) == (NINA, "roles/owner", resource)
    assert (line.status, lacks in line.reason) == ("ok", True)


def test_everybody_of_a_domain_may_be_in_a_group(dump, collect):
    told = [{"group": "ops@quay.example", "memberships": [{"preferredMemberKey": {"id": "C01"}, "type": "CUSTOMER"}]}]
    (row,) = collect(dump([bindings(), *told])).rows(Membership)
    assert (row.group, row.member) == ("group:ops@quay.example", "domain:C01")


def test_a_dump_without_any_binding_is_said_to_be_strange(dump, collect):
    (line,) = collect(dump([])).coverage
    assert (line.status, "no bindings at all" in line.reason) == ("partial", True)


def test_names_of_any_characters_are_kept(dump, collect):
    odd = "user:\u202e\x00ünï\ud800@quay.example"
    (grant,) = collect(dump([bindings(("roles/viewer", [odd], {}))])).rows(Grant)
    assert grant.principal.startswith("user:\u202e\x00ünï")


def test_the_record_of_a_row_can_be_shown(dump, collect):
    collector = dump(
        [bindings(), bindings(("roles/viewer", [NINA], {}), resource="//x.googleapis.com/projects/quay-shop/y/z")]
    )
    got = collect(collector)
    shown = collector.quote(got.batches[0][0].load(), got.rows(Grant)[0].record)
    assert "//x.googleapis.com" in shown


def test_what_google_published_passes_through(shared, dump, collect):
    for name in ("forseti-mock_cai_iam_policies.jsonl", "policy-library-iam_allowed_bindings.json"):
        got = collect(dump(shared(f"data/gcp/{name}").read_bytes()))
        assert got.rows(Grant)
        assert got.coverage[0].rejected == 0


@pytest.mark.golden
def test_what_a_dump_tells_is_told_whole(dump, collect, told_whole):
    until = {"expression": 'request.time < timestamp("2026-03-01T13:00:00Z")', "title": "JIT", "description": "ok"}
    robot, left = "serviceAccount:ci@quay-shop.iam.gserviceaccount.com", "deleted:user:old@quay.example?uid=123"
    members = [NINA, robot, "group:devs@quay.example", "domain:quay.example", "allUsers", left]
    bucket = bindings(("roles/storage.admin", [NINA], {}), resource="//storage.googleapis.com/shop-media")
    project = bindings(("roles/viewer", members, {}), ("roles/owner", [NINA], {"condition": until}))
    folder = bindings(
        ("roles/editor", [robot], {}), resource="//cloudresourcemanager.googleapis.com/folders/7", project=None
    )
    told_whole("gcp-iam", collect(dump([project, bucket, folder, {"resource": 7}])))


def test_what_an_analysis_found_is_read_like_a_search(dump, collect):
    project = "//cloudresourcemanager.googleapis.com/projects/quay-shop"
    given = [{"role": "roles/owner", "members": [NINA]}, {"role": "roles/viewer", "members": [NINA]}]
    found = [{"attachedResourceFullName": project, "iamBinding": one, "fullyExplored": True} for one in given]
    got = collect(dump({"mainAnalysis": {"analysisResults": found}, "fullyExplored": True}))
    assert {(grant.role, grant.resource) for grant in got.rows(Grant)} == {
        ("roles/owner", "quay-shop"),
        ("roles/viewer", "quay-shop"),
    }


def test_custom_roles_may_stand_beside_the_policies(dump, collect):
    role = {"name": "projects/quay-shop/roles/release", "includedPermissions": ["run.services.update"], "stage": "GA"}
    got = collect(dump([bindings((role["name"], [NINA], {})), role]))
    (row,) = [row for row in got.rows(Policy) if row.kind == "role-definition"]
    assert (row.policy, json.loads(row.document)["stage"]) == (role["name"], "GA")
    assert got.coverage[0].status == "ok"
