"""Deny policies, access boundaries and entitlements: live, and as gcloud prints them."""

import json

import pytest

from auditor.config.sources.google import GoogleIam
from auditor.model.tables import Account, Grant, Policy
from collectors.google.iam import GoogleIamCollector
from tests import stand_ins
from tests.collectors.google.cloud import AUDITOR, DENIAL, found
from tests.collectors.google.conftest import bindings

BOUNDARY = {
    "name": "organizations/9/locations/global/principalAccessBoundaryPolicies/ours",
    "details": {"rules": [{"resources": ["//cloudresourcemanager.googleapis.com/projects/4242"], "effect": "ALLOW"}]},
}
BINDING = {
    "name": "organizations/9/locations/global/policyBindings/all",
    "policyKind": "PRINCIPAL_ACCESS_BOUNDARY",
    "policy": BOUNDARY["name"],
    "target": {"principalSet": "//cloudresourcemanager.googleapis.com/organizations/9"},
}
ENTITLEMENT = {
    "name": "projects/quay-shop/locations/global/entitlements/ship",
    "state": "AVAILABLE",
    "eligibleUsers": [{"principals": ["user:Nina@quay.example"]}],
    "approvalWorkflow": {"manualApprovals": {}},
    "maxRequestDuration": "14400s",
    "privilegedAccess": {
        "gcpIamAccess": {
            "resourceType": "cloudresourcemanager.googleapis.com/Project",
            "resource": "//cloudresourcemanager.googleapis.com/projects/quay-shop",
            "roleBindings": [{"role": "roles/run.admin", "conditionExpression": "true"}],
        }
    },
}


@pytest.fixture
def cloud():
    cloud = found()
    cloud.lists |= {
        "organizations/9/principalAccessBoundaryPolicies": [BOUNDARY],
        "organizations/9/policyBindings": [BINDING],
        "projects/quay-shop/entitlements": [ENTITLEMENT],
    }
    return cloud


@pytest.fixture
def read(cloud, context, collect, monkeypatch):
    monkeypatch.setenv("QUAY_TOKEN", "auditor-token")

    def run():
        with stand_ins.google(cloud) as google:
            source = GoogleIam(
                name="gcp", kind="gcp-iam", scope="organizations/9", token_env="QUAY_TOKEN", endpoint_url=google.url
            )
            return collect(GoogleIamCollector(source, context))

    return run


@pytest.fixture
def from_files(context, collect, tmp_path):
    def run(*records):
        (tmp_path / "bindings.json").write_text(json.dumps([bindings(("roles/viewer", ["user:a@b.example"], {}))]))
        for number, record in enumerate(records):
            (tmp_path / f"{number}.json").write_text(json.dumps(record))
        beside = [f"{number}.json" for number in range(len(records))]
        source = GoogleIam(name="gcp", kind="gcp-iam", file="bindings.json", beside=beside)
        return collect(GoogleIamCollector(source, context))

    return run


def told(got):
    kinds = ("deny", "access-boundary", "policy-binding")
    return {(row.kind, row.attached_to, row.name) for row in got.rows(Policy) if row.kind in kinds}


WHOLE = {
    ("deny", "4242", "no-keys"),
    ("access-boundary", "", "ours"),
    ("policy-binding", "//cloudresourcemanager.googleapis.com/organizations/9", "all"),
}


def test_they_are_read_live_with_their_rules(read):
    got = read()
    assert told(got) == WHOLE
    (denial,) = (row for row in got.rows(Policy) if row.kind == "deny")
    assert json.loads(denial.document)["rules"] == DENIAL["rules"]
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", None)


def test_they_are_read_from_what_gcloud_prints(from_files):
    got = from_files(DENIAL, [BOUNDARY], [BINDING], [ENTITLEMENT])
    assert told(got) == WHOLE
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", None)


def test_what_may_be_asked_for_is_a_grant_that_waits(from_files):
    got = from_files([ENTITLEMENT])
    (grant,) = (row for row in got.rows(Grant) if row.role == "roles/run.admin")
    assert (grant.principal, grant.resource) == ("user:nina@quay.example", "quay-shop")
    condition = json.loads(grant.condition)
    assert (condition["description"], condition["expression"]) == ("for at most 14400s, with approval", "true")
    assert "user:nina@quay.example" in {row.account for row in got.rows(Account)}


def test_where_something_is_denied_what_is_in_the_roles_is_read(read):
    roles = {row.policy: json.loads(row.document) for row in read().rows(Policy) if row.kind == "role-definition"}
    assert "roles/owner" in roles


def test_what_is_not_in_the_files_is_said_once(from_files):
    (line,) = from_files(DENIAL).coverage
    assert line.status == "ok"
    assert line.reason == (
        "rights are told without what is not in the file: principal access boundaries, entitlements of "
        "Privileged Access Manager"
    )


def test_what_is_refused_is_said_once(read, cloud):
    cloud.callers = {"auditor-token": AUDITOR}
    cloud.allowed = {AUDITOR: frozenset(GoogleIamCollector.PERMISSIONS) - {"iam.denypolicies.list"}}
    (line,) = read().coverage
    assert line.status == "partial"
    assert line.reason.count("rights are told without deny policies") == 1
    assert "entitlements" not in line.reason


def test_a_list_of_deny_policies_has_no_rules_and_says_so(from_files):
    (line,) = from_files([{key: value for key, value in DENIAL.items() if key != "rules"}]).coverage
    assert line.status == "partial"
    assert "gcloud iam policies get" in line.reason
