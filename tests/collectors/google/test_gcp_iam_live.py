"""Google's own client libraries against the stand-in, over real HTTP."""

import json

import pytest

from auditor.config.sources.google import GoogleIam
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from collectors.google.client import credentials, service
from collectors.google.iam import GoogleIamCollector
from tests import stand_ins
from tests.collectors.google.cloud import DEPLOYER, found

WHOLE = ("organizations/9", "folders/7", "projects/quay-shop")


@pytest.fixture
def google():
    with stand_ins.google(found()) as served:
        yield served


@pytest.fixture
def read(google, context, collect, monkeypatch):
    monkeypatch.setenv("QUAY_TOKEN", "auditor-token")

    def run(scope="organizations/9"):
        source = GoogleIam(name="gcp", kind="gcp-iam", scope=scope, token_env="QUAY_TOKEN", endpoint_url=google.url)
        return collect(GoogleIamCollector(source, context))

    return run


def test_the_whole_organisation_is_read(read):
    got = read()
    (line,) = got.coverage
    assert (line.status, line.reason, line.scope) == ("ok", None, "organizations/9")
    assert {(row.principal, row.resource) for row in got.rows(Grant) if row.principal.startswith("user:")} == {
        ("user:nina@quay.example", "quay-shop"),
        ("user:sam@quay.example", "folders/7"),
        ("user:tom@quay.example", "organizations/9"),
    }


def test_conditions_come_whole_because_version_3_is_asked_for(read, google):
    owner = next(row for row in read().rows(Grant) if row.role == "roles/owner")
    assert json.loads(owner.condition)["title"] == "JIT"
    assert (owner.expires_at.hour, owner.granted_by) == (13, "tom@quay.example")
    asked = [request.body for request in google.requests if request.path.endswith(":getIamPolicy")]
    assert asked
    assert all(body == {"options": {"requestedPolicyVersion": 3}} for body in asked)


def test_nothing_is_written(read, google):
    read()
    assert {request.method for request in google.requests if not request.path.endswith(":getIamPolicy")} == {"GET"}
    assert {request.token for request in google.requests} == {"auditor-token"}


def test_members_of_groups_and_of_the_groups_in_them(read):
    pairs = {(row.group, row.member) for row in read().rows(Membership)}
    assert pairs == {
        ("group:devs@quay.example", "user:sam@quay.example"),
        ("group:devs@quay.example", "group:inner@quay.example"),
        ("group:inner@quay.example", "user:nina@quay.example"),
    }


def test_custom_roles_and_places(read):
    rows = {row.policy: row for row in read().rows(Policy)}
    assert "run.services.update" in rows["projects/quay-shop/roles/shipper"].document
    above = ["folders/7", "organizations/9"]
    assert json.loads(rows["quay-shop"].document) == {"number": "4242", "ancestors": above, "audit": []}
    assert rows["//storage.googleapis.com/shop-media"].attached_to == "quay-shop"


def test_keys_that_people_made_with_their_age_and_last_use(read):
    got = read()
    (key,) = got.rows(Credential)
    assert (key.credential, key.account) == ("service-account-key:aa11", f"serviceAccount:{DEPLOYER}")
    assert (key.created_at.year, key.expires_at, key.last_used_at.month, key.enabled) == (2025, None, 2, True)
    robot = next(row for row in got.rows(Account) if row.account == f"serviceAccount:{DEPLOYER}")
    assert (robot.enabled, robot.scope) == (True, "quay-shop")


def test_a_project_alone_also_hears_of_what_stands_above_it(read):
    got = read("projects/quay-shop")
    assert got.coverage[0].status == "ok"
    assert ("user:tom@quay.example", "organizations/9") in {(row.principal, row.resource) for row in got.rows(Grant)}


def test_many_pages_are_one_answer(read, google):
    for number in range(1100):
        name = f"//storage.googleapis.com/media-{number:04}"
        google.cloud.homes[name] = "quay-shop"
        google.cloud.bind(name, "roles/storage.objectViewer", "user:nina@quay.example")
    got = read()
    assert len([row for row in got.rows(Grant) if row.role == "roles/storage.objectViewer"]) == 1101
    assert len([raw for raw in got.batches[0] if raw.part == "policies"]) == 3


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("/v1/groups:lookup", "the members of group:devs@quay.example could not be read"),
        ("/roles/", "what a custom role gives is not known"),
        ("/serviceAccounts$", "listing the service accounts of quay-lab"),
        ("/keys$", "listing the keys of"),
        ("activities:query", "when the keys of quay-shop were last used"),
        ("v3/folders/7:getIamPolicy", "rights given on folders/7 could not be read"),
        ("v3/projects/4343$", "projects/4343"),
        (":searchAllIamPolicies", "bindings on single resources are missing"),
    ],
)
def test_what_alone_is_denied_costs_that_alone(read, google, pattern, said):
    google.fails(pattern)
    got = read()
    (line,) = got.coverage
    assert line.status == "partial"
    assert said in line.reason
    assert "403" in line.reason
    assert "user:tom@quay.example" in {row.principal for row in got.rows(Grant)}


def test_a_source_of_which_nothing_can_be_had_has_failed(read, google):
    google.fails("")
    with pytest.raises(SourceError, match="no bindings of organizations/9 could be read"):
        read()


def test_throttling_is_waited_out(read, google):
    google.fails(":searchAllIamPolicies", status=429, times=2, retry_after=0, message="Quota exceeded")
    google.fails("getIamPolicy", status=503, times=1)
    assert read().coverage[0].status == "ok"


def test_throttling_that_does_not_end_is_said(read, google):
    google.fails(":searchAllIamPolicies", status=429, retry_after=0, message="Quota exceeded for today")
    (line,) = read("projects/quay-shop").coverage
    assert (line.status, "Quota exceeded for today" in line.reason) == ("partial", True)


def test_a_connection_cut_in_a_page_is_tried_again(read, google):
    google.fails(":searchAllIamPolicies", cut=True, times=2)
    assert read().coverage[0].status == "ok"


def test_pages_before_a_fault_are_kept(read, google):
    for number in range(600):
        google.cloud.homes[f"//storage.googleapis.com/m-{number}"] = "quay-shop"
        google.cloud.bind(
            f"//storage.googleapis.com/m-{number}", "roles/storage.objectViewer", "user:nina@quay.example"
        )
    google.fails(":searchAllIamPolicies", after=1)
    got = read()
    assert got.coverage[0].status == "partial"
    assert len([row for row in got.rows(Grant) if row.role == "roles/storage.objectViewer"]) > 400


def test_a_role_that_has_no_name_of_one_is_not_asked_for_and_said(read, google):
    odd = {"role": "projects/quay-shop/roles/a?b", "members": ["user:nina@quay.example"]}
    google.cloud.policies["folders/7"] = {"version": 1, "bindings": [odd]}
    assert f"{odd['role']} is no name of a role" in read().coverage[0].reason
    assert not [one for one in google.requests if "roles/a" in one.path]


def test_an_answer_that_is_no_json_is_said(read, google):
    google.fails(":searchAllIamPolicies", body=b"<html>proxy</html>")
    assert "is not what was asked for (it begins with '<html>proxy</html>')" in read().coverage[0].reason


def test_an_empty_project_is_said_to_be_strange(read, google):
    google.cloud.policies = {
        "organizations/9": {"version": 1, "bindings": []},
        "folders/7": {"version": 1, "bindings": []},
    }
    (line,) = read("projects/quay-lab").coverage
    assert line.rows == 3


@pytest.mark.parametrize("scope", ["projects/quay-shop", "folders/7", "organizations/9"])
def test_without_the_search_the_policies_of_a_scope_and_its_place_are_still_told(read, google, scope):
    google.fails(":searchAllIamPolicies")
    got = read(scope)
    places = {row.policy: json.loads(row.document)["ancestors"] for row in got.rows(Policy) if row.kind == "ancestry"}
    if scope == "projects/quay-shop":
        assert places == {"quay-shop": ["folders/7", "organizations/9"], "folders/7": [], "organizations/9": []}
    else:
        assert places == {scope: []}
    asked = [one.path.rpartition("v3/")[2] for one in google.requests if one.path.endswith(":getIamPolicy")]
    assert sorted(asked) == sorted(
        f"{'projects/' if name == 'quay-shop' else ''}{name}:getIamPolicy" for name in places
    )


def test_a_scope_of_which_only_some_can_be_read_says_what_was_refused(read, google):
    google.fails(":searchAllIamPolicies")
    google.fails("v3/folders/7$")
    got = read("projects/quay-shop")
    (line,) = got.coverage
    assert (line.status, "what lies above folders/7, and the rights given there, are not known" in line.reason) == (
        "partial",
        True,
    )
    places = {row.policy: json.loads(row.document)["ancestors"] for row in got.rows(Policy) if row.kind == "ancestry"}
    assert places == {"quay-shop": ["folders/7"], "folders/7": []}


@pytest.mark.parametrize("scope", WHOLE)
def test_the_same_scope_gives_the_same_rows_twice(read, scope):
    first, second = read(scope), read(scope)
    for table in (Grant, Account, Membership, Policy, Credential):
        assert first.rows(table) == second.rows(table)


def test_a_missing_token_is_a_sentence(context, collect, monkeypatch):
    monkeypatch.delenv("QUAY_TOKEN", raising=False)
    source = GoogleIam(name="gcp", kind="gcp-iam", scope="projects/x", token_env="QUAY_TOKEN")
    with pytest.raises(SourceError, match="QUAY_TOKEN holds no access token"):
        collect(GoogleIamCollector(source, context))


def test_a_credentials_file_that_is_none_is_a_sentence(context, collect):
    (context.base / "key.json").write_text("{}")
    source = GoogleIam(name="gcp", kind="gcp-iam", scope="projects/x", credentials="key.json")
    with pytest.raises(SourceError, match="No Google credentials could be used"):
        collect(GoogleIamCollector(source, context))


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, google, told_whole):
    # A group that is in one that is in it is asked for once.
    google.cloud.groups["inner@quay.example"].append(
        google.cloud.groups["devs@quay.example"][1] | {"preferredMemberKey": {"id": "devs@quay.example"}}
    )
    told_whole("gcp-iam-live", read(), google.calls, server=google.url)


@pytest.mark.parametrize(("token", "said"), [("abc", "abc"), ("", None)])
def test_a_token_comes_from_the_environment(context, monkeypatch, token, said):
    monkeypatch.setenv("QUAY_TOKEN", token)
    source = GoogleIam(name="gcp", kind="gcp-iam", scope="projects/x", token_env="QUAY_TOKEN")
    if said:
        assert credentials(source, context).token == said
    else:
        with pytest.raises(SourceError, match="QUAY_TOKEN"):
            credentials(source, context)


def test_an_endpoint_without_credentials_is_asked_without_any(context):
    source = GoogleIam(name="gcp", kind="gcp-iam", scope="projects/x", endpoint_url="http://127.0.0.1:1/")
    assert credentials(source, context).token is None
    compute = service(source, context, "compute", "v1")
    assert compute.projects().get(project="p").uri.startswith("http://127.0.0.1:1/compute/v1/projects/p?")
    manager = service(source, context, "cloudresourcemanager", "v3")
    assert manager.projects().get(name="projects/p").uri.startswith("http://127.0.0.1:1/v3/projects/p?")
