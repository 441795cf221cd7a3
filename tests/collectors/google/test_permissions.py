"""The role that is made from the collectors is enough, and none of it is too much."""

import pytest

from auditor.config.sources.google import GoogleAuditLogs, GoogleIam, GoogleSshKeys
from auditor.errors import SourceError
from collectors.google.permissions import google_role
from collectors.registry import COLLECTORS
from tests import stand_ins
from tests.collectors.google.cloud import AUDITOR, found
from tests.collectors.google.conftest import entry

SOURCES = {
    "gcp-iam": (GoogleIam, {"scope": "organizations/9"}),
    "gcp-audit-logs": (GoogleAuditLogs, {"project": "quay-shop"}),
    "gcp-ssh-keys": (GoogleSshKeys, {"project": "quay-shop"}),
}
NEEDED = [
    (kind, name) for kind in SOURCES for name in COLLECTORS[kind].PERMISSIONS if name != "logging.logEntries.list"
]


@pytest.fixture
def status(context, collect, monkeypatch):
    monkeypatch.setenv("QUAY_TOKEN", "auditor-token")

    def run(kind, allowed):
        model, where = SOURCES[kind]
        cloud = found()
        cloud.projects["quay-shop"].entries.append(entry())
        cloud.projects["quay-shop"].metadata = {"enable-oslogin": "TRUE"}
        cloud.allowed = {AUDITOR: frozenset(allowed)}
        cloud.profiles |= {name: {} for name in ("sam@quay.example", "tom@quay.example")}
        with stand_ins.google(cloud) as google:
            source = model(name="g", kind=kind, token_env="QUAY_TOKEN", endpoint_url=google.url, **where)
            try:
                got = collect(COLLECTORS[kind](source, context))
            except SourceError:
                return "failed"
            assert {r.method for r in google.requests if not r.path.endswith((":getIamPolicy", "entries:list"))} <= {
                "GET"
            }
            return got.coverage[0].status

    return run


@pytest.mark.parametrize("kind", SOURCES)
def test_the_role_is_enough(status, kind):
    assert status(kind, google_role([kind])["includedPermissions"]) == "ok"


@pytest.mark.parametrize(("kind", "permission"), NEEDED, ids=[f"{kind} {name}" for kind, name in NEEDED])
def test_without_one_of_its_permissions_something_is_missing_and_said(status, kind, permission):
    rest = set(google_role([kind])["includedPermissions"]) - {permission}
    assert status(kind, rest) in ("partial", "failed")


def test_nothing_in_the_role_changes_anything():
    verbs = {name.rpartition(".")[2] for name in google_role()["includedPermissions"]}
    assert verbs <= {"get", "getIamPolicy", "list", "query", "searchAllIamPolicies"}
