"""Members, keys, tokens and protections, from GitLab's API to rows."""

import json
from datetime import UTC, datetime

import pytest
import requests

from auditor.config.sources.gitlab import GitlabAccess
from auditor.demo.gitlab.state import Place
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from collectors.base import Raw
from collectors.gitlab.access import GitlabAccessCollector
from collectors.gitlab.client import Gitlab, _within_reason
from tests.copies import replace


def by(rows, column):
    return {getattr(row, column): row for row in rows}


def test_members_are_accounts_with_what_the_token_may_see_of_them(read):
    accounts = by(read().rows(Account), "account")
    assert accounts["gitlab:nina"].kind == "person"
    assert accounts["gitlab:mia"].email == "mia@quay.example"
    assert accounts["gitlab:mia"].last_used_at == datetime(2026, 2, 27, tzinfo=UTC)
    assert (accounts["gitlab:leon"].email, accounts["gitlab:leon"].mfa) == ("leon@quay.example", None)
    assert accounts["gitlab:piet"].enabled is False
    assert accounts["gitlab:project_7_bot_ab12"].kind == "service"
    assert accounts["gitlab-group:quay"].kind == "group"


def test_direct_inherited_and_shared_membership_is_told_apart(read, server):
    got = read()
    grants = {(g.principal, g.resource): g for g in got.rows(Grant)}
    nina = grants["gitlab:nina", "quay/shop"]
    assert (nina.role, nina.level, nina.condition) == ("developer", "write", None)
    assert (nina.expires_at, nina.granted_by) == (datetime(2026, 4, 1, tzinfo=UTC), "gitlab:mia")
    assert json.loads(nina.handle) == {
        "provider": "gitlab",
        "type": "project-member",
        "account": server.url,
        "project": "7",
        "path": "quay/shop",
        "user": "1",
        "username": "nina",
        "level": "30",
    }
    mia = grants["gitlab:mia", "quay/shop"]
    assert (mia.role, mia.level, mia.condition) == ("owner", "admin", "inherited from quay")
    assert json.loads(mia.handle)["type"] == "group-member"
    leon = grants["gitlab:leon", "quay/shop"]
    assert (leon.role, leon.condition) == ("developer", "through the group quay-ops, with which quay/shop is shared")
    assert ("gitlab:leon", "quay-ops") in grants
    assert {(m.group, m.member) for m in got.rows(Membership)} == {
        ("gitlab-group:quay", "gitlab:mia"),
        ("gitlab-group:quay-ops", "gitlab:leon"),
    }
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", None)


def test_a_level_that_no_way_explains_is_kept_without_one(read, shop):
    shop.inherited[1]["access_level"] = 40
    ways = [g for g in read().rows(Grant) if (g.principal, g.resource) == ("gitlab:leon", "quay/shop")]
    assert [(g.role, g.condition, bool(g.handle)) for g in ways] == [
        ("developer", "through the group quay-ops, with which quay/shop is shared", True),
        ("maintainer", "inherited; from where is not visible", False),
    ]


def test_members_of_whom_a_cut_list_does_not_tell_keep_what_other_lists_say(read, server, shop):
    shop.lists["members"] = [{"id": n, "username": f"user{n}", "access_level": 10} for n in range(-120, 0)]
    shop.lists["members"].append({"id": 1, "username": "nina", "access_level": 30})
    server.fails("/members/all$", query="&page=2")
    got = read()
    assert got.coverage[0].status == "partial"
    assert ("gitlab:nina", "developer") in {(g.principal, g.role) for g in got.rows(Grant) if g.resource == "quay/shop"}


def test_keys_and_tokens_are_credentials_without_their_values(read, company):
    got = read()
    credentials = by(got.rows(Credential), "credential")
    (nina,) = [c for c in credentials.values() if c.account == "gitlab:nina"]
    assert nina.credential.startswith("ssh-key:SHA256:")
    assert (nina.kind, nina.comment, nina.resource) == ("ssh-key", "laptop", None)
    token = credentials["gitlab-token:90"]
    assert (token.account, token.resource, token.comment) == (
        "gitlab:project_7_bot_ab12",
        "quay/shop",
        "release (api)",
    )
    assert token.expires_at == datetime(2026, 10, 31, tzinfo=UTC)
    assert json.loads(token.handle)["type"] == "project-access-token"
    assert json.loads(credentials["gitlab-token:55"].handle)["type"] == "personal-access-token"
    (deploy,) = [c for c in credentials.values() if c.account == "gitlab-deploy-key:12"]
    assert json.loads(deploy.handle)["key"] == "12"
    grant = by(got.rows(Grant), "principal")["gitlab-deploy-key:12"]
    assert (grant.role, grant.level) == ("deploy key (write)", "write")


def test_a_key_or_token_that_was_never_used_is_told_from_one_of_which_it_is_not_known(read, shop, company):
    shop.lists["access_tokens"][0]["last_used_at"] = None
    company.keys[1][0]["last_used_at"] = "2026-02-27T10:00:00Z"
    credentials = by(read().rows(Credential), "account")
    assert credentials["gitlab:project_7_bot_ab12"].never_used
    assert credentials["gitlab:nina"].last_used_at == datetime(2026, 2, 27, 10, tzinfo=UTC)
    assert not credentials["gitlab-deploy-key:12"].never_used


def test_what_is_kept_of_the_answers_holds_no_token(read):
    for raw in read().batches[0]:
        assert b"GR-secret" not in raw.load()
        assert raw.original or raw.missing


def test_protections_name_people_and_groups_instead_of_numbers(read):
    policies = {p.policy: json.loads(p.document) for p in read().rows(Policy)}
    assert policies["gitlab:quay/shop#protected-environment:production"] == {
        "type": "protected-environment",
        "deploy": [{"account": "gitlab:nina"}, {"group": "gitlab-group:quay-ops", "direct": False}],
        "approvals": 1,
    }
    assert policies["gitlab:quay/shop#protected-branch:main"]["push"] == [{"access_level": 40}]
    assert policies["gitlab:quay/shop#project"]["protected_environments"] is True


def test_a_paid_feature_that_is_not_there_is_not_in_this_plan_and_with_tier_free_not_asked_for(read, company, server):
    company.tier = "free"
    got = read()
    assert "not in this plan: protected environments" in got.coverage[0].reason
    (project,) = [json.loads(p.document) for p in got.rows(Policy) if p.policy.endswith("#project")]
    assert project["protected_environments"] is True
    server.requests.clear()
    assert read(tier="free").coverage[0].status == "ok"
    assert not [call for call in server.calls if "protected_environments" in call]


def test_tokens_that_the_plan_does_not_have_are_no_failure_and_no_token_expired(read, server):
    server.fails("/access_tokens$", 401)
    got = read()
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", "not in this plan: access tokens")


def test_tokens_refused_to_a_role_that_reads_nothing_else_are_missing(read, server):
    server.fails("/(?:access_tokens|deploy_tokens|deploy_keys)$", 401)
    got = read()
    assert got.coverage[0].status == "partial"
    assert "does not let the token read" in got.coverage[0].reason
    assert "it takes the Maintainer role" in got.coverage[0].reason
    assert "expired" not in got.coverage[0].reason


def test_environments_that_a_group_protects_are_read_with_the_tiers_of_its_projects(read, company, shop):
    allowed = [{"access_level": 40}, {"group_id": 71, "group_inheritance_type": 0}]
    company.groups[0].lists["protected_environments"] = [{"name": "production", "deploy_access_levels": allowed}]
    shop.lists["environments"] = [{"id": 1, "name": "blue", "tier": "production"}, {"id": 2, "name": "old"}]
    got = read()
    documents = {p.policy: json.loads(p.document) for p in got.rows(Policy)}
    assert documents["gitlab:quay#protected-environment:production"]["deploy"] == [
        {"access_level": 40},
        {"group": "gitlab-group:quay-ops", "direct": True},
    ]
    assert documents["gitlab:quay/shop#project"]["tiers"] == {"blue": "production"}
    assert got.coverage[0].status == "ok"


def test_a_call_that_is_refused_costs_its_part_only(read, server):
    server.fails("/deploy_keys$")
    got = read()
    assert got.coverage[0].status == "partial"
    assert "deploy_keys (403: 403 Forbidden)" in got.coverage[0].reason
    assert "gitlab:nina" in by(got.rows(Account), "account")
    assert [entry.status for entry in got.objects if "deploy_keys" in entry.origin] == ["failed"]


def test_a_token_that_is_refused_or_not_set_fails_the_source(read, monkeypatch):
    monkeypatch.setenv("GITLAB_TOKEN", "expired")
    with pytest.raises(SourceError, match="does not accept the token") as caught:
        read()
    assert "expired" not in caught.value.what.replace("has expired", "")
    monkeypatch.delenv("GITLAB_TOKEN")
    with pytest.raises(SourceError, match="GITLAB_TOKEN is not set"):
        read()


def test_a_group_that_is_not_there_is_said_and_the_project_read(read):
    got = read(groups=["nothing"], projects=["quay/shop"])
    assert got.coverage[0].status == "partial"
    assert "nothing" in got.coverage[0].reason
    assert ("gitlab:nina", "quay/shop") in {(g.principal, g.resource) for g in got.rows(Grant)}
    with pytest.raises(SourceError, match="knows nothing of it"):
        read(groups=["nothing"])


@pytest.mark.parametrize("wait", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_throttling_is_waited_out(read, server, wait):
    server.fails("/members$", 429, retry_after=wait, times=1)
    assert read().coverage[0].status == "ok"
    assert [fault.times for fault in server.faults] == [0]


def test_a_wait_without_reason_is_cut_short():
    response = requests.Response()
    for asked, granted in (("7", "7"), ("86400", "120"), ("9" * 400, "120"), ("²", "1"), ("", "1")):
        response.headers["Retry-After"] = asked
        _within_reason(response)
        assert response.headers["Retry-After"] == granted


def test_a_page_that_was_cut_is_asked_for_again(read, server):
    server.fails("/members/all$", cut=True, times=2)
    assert read().coverage[0].status == "ok"


def test_what_stays_cut_is_said_and_the_pages_before_it_are_kept(server, shop):
    shop.lists["members"] += [{"id": n, "username": f"user{n}", "access_level": 10} for n in range(1000, 1110)]
    server.fails("/members$", query="&page=2", cut=True)
    source = GitlabAccess(name="c", kind="gitlab-access", url=server.url, token_env="GITLAB_TOKEN", groups=["quay"])
    impatient = replace(Gitlab.of(source), retries=0)
    first, second = impatient.pages("/projects/7/members", "gitlab:quay/shop#members", "members")
    assert len(json.loads(first.load())) == 100
    assert second.origin == "gitlab:quay/shop#members/page-0002"
    assert "cut in the middle of an answer" in second.missing


@pytest.mark.parametrize(
    "content", [b'[{"id": 1, "userna', b"<html>maintenance</html>", b'"text"', b"[[[[", b"\xff", b"[" * 100_000]
)
def test_a_page_that_is_no_list_is_said(read, server, content):
    server.fails("/protected_branches$", body=content)
    got = read()
    assert "quay/shop#protected_branches/page-0001 cannot be read" in got.coverage[0].reason
    (project,) = [json.loads(p.document) for p in got.rows(Policy) if p.policy.endswith("#project")]
    assert project["protected_branches"] is False


@pytest.mark.parametrize("end", ["/projects/quay/shop", "/groups/quay", "/users/1", "/users/1/keys", "/members/all"])
@pytest.mark.parametrize("content", [b"[]", b"{}", b'[7, null, "x"]', b'{"shared_with_groups": 5, "id": []}'])
def test_odd_answers_stop_nothing_that_is_asked_for_after_them(read, server, end, content):
    server.fails(f"{end}$", body=content)
    got = read()
    assert got.coverage[0].scope
    assert len(got.rows(Account)) > 2


def test_records_of_another_shape_are_counted_and_the_others_kept(read, shop):
    shop.lists["deploy_keys"] += [{"id": "x"}, {"id": 13, "title": "odd", "key": "no key", "can_push": False}]
    got = read()
    assert got.coverage[0].rejected == 1
    assert "deploy_keys/page-0001 is not as it should be" in got.coverage[0].reason
    assert "gitlab-key:13" in by(got.rows(Credential), "credential")


def test_long_lists_are_read_to_their_end_and_once(read, shop, company):
    many = [{"id": n, "username": f"user{n}", "access_level": 10, "state": "active"} for n in range(1000, 1110)]
    shop.lists["members"] += [*many, *many[:60]]
    got = read()
    principals = [g.principal for g in got.rows(Grant) if g.resource == "quay/shop" and g.role == "guest"]
    assert len(principals) == len(set(principals)) == 110


def test_a_server_that_sends_the_same_page_for_ever_is_left(read, server):
    link = {"Link": f'<{server.url}/api/v4/projects/7/deploy_keys?page=1>; rel="next"'}
    server.fails("/deploy_keys$", body=b"[]", headers=link)
    assert "again and again" in read().coverage[0].reason


def test_a_renamed_project_is_followed_and_said(read):
    got = read(groups=[], projects=["quay/store"])
    assert "quay/store is called quay/shop now" in got.coverage[0].reason
    assert ("gitlab:nina", "quay/store") in {(g.principal, g.resource) for g in got.rows(Grant)}


def test_names_may_hold_anything(read, shop, company):
    shop.lists["members"][0]["name"] = company.users[0]["name"] = "Nína \u202e<b>\x00\ud800\n"
    account = by(read().rows(Account), "account")["gitlab:nina"]
    assert account.name.startswith("Nína")


def test_an_empty_project_is_no_fault(read, company, shop):
    shop.lists = {}
    shop.inherited = []
    got = read()
    assert got.coverage[0].status == "ok"


def test_a_row_points_at_its_record(read):
    got = read()
    raws = {raw.origin: raw for raw in got.batches[0]}
    grant = by(got.rows(Grant), "principal")["gitlab:nina"]
    quote = GitlabAccessCollector.quote(raws[grant.origin].load(), grant.record)
    assert json.loads(quote)["username"] == "nina"


PARTS = {
    "members.json": "members",
    "project.json": "project",
    "group.json": "group",
    "deploy-keys.json": "deploy-keys",
    "deploy-tokens.json": "deploy-tokens",
    "project-access-token.json": "tokens",
    "group-access-token.json": "tokens",
    "personal-access-token.json": "personal-tokens",
    "protected-branch.json": "protected-branches",
}


def test_real_answers_come_to_rows_or_to_explained_rejects(shared, context):
    folder = shared("data/gitlab4j")
    source = GitlabAccess(name="code", kind="gitlab-access", url="https://g.example", token_env="T", groups=["a"])
    collector = GitlabAccessCollector(source, context)
    raws = [
        Raw(f"gitlab:a/b#{part}/page-{n:04}", (folder / name).read_bytes, part=part)
        for n, (name, part) in enumerate(PARTS.items())
    ]
    got = collector.normalise(raws)
    assert sum(entry.rejected for entry in got.objects) == 0
    assert got.tables[Credential].num_rows == 6
    for path in sorted(folder.glob("*.json")):
        for part in (*PARTS.values(), "users", "protected-environments"):
            got = collector.normalise([Raw(f"gitlab:a/b#{part}/page-0001", path.read_bytes, part=part)])
            assert len(got.objects) == 1


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, server, told_whole):
    got, host = read(), server.url.removeprefix("http://")
    told_whole("gitlab-access", got, server.calls, server=server.url, host=host)


def test_what_a_custom_role_adds_is_told_beside_its_level(read, shop):
    role = {"id": 4, "name": "Helper", "base_access_level": 20, "admin_cicd_variables": True, "read_code": True}
    shop.lists["members"][0] |= {"access_level": 20, "member_role": role}
    shop.inherited[1]["access_level"] = 20
    (nina,) = [g for g in read().rows(Grant) if (g.principal, g.resource) == ("gitlab:nina", "quay/shop")]
    assert (nina.role, nina.capabilities) == ("reporter (Helper)", ("manage-secrets",))


def test_a_project_alone_is_asked_for_with_the_groups_above_and_beside_it(read, company, server):
    """Those above once each, the ones it is shared with, and its environments where one above protects some."""
    share = {"group_id": 71, "group_name": "Ops", "group_full_path": "quay-ops", "group_access_level": 30}
    web = Place({"id": 72, "full_path": "quay/web", "name": "Web", "shared_with_groups": [share]})
    web.lists["protected_environments"] = [{"name": "production", "deploy_access_levels": []}]
    app = Place({"id": 8, "path_with_namespace": "quay/web/app", "default_branch": "main"})
    other = Place(
        {"id": 9, "path_with_namespace": "quay/web/lib", "default_branch": "main", "shared_with_groups": [share]}
    )
    for place in (app, other):
        place.lists["environments"] = [{"id": 1, "name": "blue", "tier": "production"}]
    company.groups.append(web)
    company.projects += [app, other]
    got = read(groups=[], projects=["quay/web/app", "quay/web/lib", "quay/web/app"])
    asked = [call.removeprefix("GET /api/v4/").partition("?")[0] for call in server.calls]
    assert len(asked) == len(set(asked))
    of_group, of_project = ["", "/members", "/members/all", "/protected_environments"], ["", "/members", "/members/all"]
    of_project += [f"/{end}" for end in ("access_tokens", "deploy_keys", "deploy_tokens", "environments")]
    of_project += ["/protected_branches", "/protected_environments", "/runners", "/triggers", "/variables"]
    expected = [f"groups/{name}{end}" for name in ("quay", "quay%2Fweb") for end in of_group]
    expected += [f"groups/quay-ops{end}" for end in of_group[:3]]
    expected += [f"projects/quay%2Fweb%2F{name}{end}" for name in ("app", "lib") for end in of_project]
    people = sorted({call for call in asked if call.startswith("users/")})
    assert sorted(asked) == sorted([*expected, *people, "version", "personal_access_tokens"])
    documents = {policy.policy: json.loads(policy.document) for policy in got.rows(Policy)}
    assert documents["gitlab:quay/web/app#project"]["tiers"] == {"blue": "production"}
    assert (got.coverage[0].status, got.coverage[0].reason) == ("ok", None)
    server.requests.clear()
    read(groups=[], projects=["quay/web/app"], tier="free")
    assert not [call for call in server.calls if "environments" in call]


def test_a_file_of_members_tells_who_they_are_and_says_that_their_rights_are_not_in_it(context):
    nina = {"id": 7, "username": "nina", "name": "Nina Alvarez", "state": "active", "access_level": 40}
    (context.base / "members.json").write_text(json.dumps([nina]))
    source = GitlabAccess(name="code", kind="gitlab-access", url="https://g.example", file="members.json")
    collector = GitlabAccessCollector(source=source, context=context)
    (batch,) = collector.fetch({})
    got = collector.normalise(batch)
    assert [(row["account"], row["name"]) for row in got.tables[Account].to_pylist()] == [
        ("gitlab:nina", "Nina Alvarez")
    ]
    assert Grant not in got.tables
    (line,) = got.coverage
    assert (line.status, line.reason.partition(",")[0]) == ("partial", "the file tells who the members are")
