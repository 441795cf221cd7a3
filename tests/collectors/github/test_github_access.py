"""Who may do what on GitHub, read by PyGithub from a server on loopback."""

import json

import pytest

from auditor.config.sources.github import GithubAccess
from auditor.errors import SourceError
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from collectors.github.access import GithubAccessCollector
from tests.github_company import SHOP
from tests.github_server import MISSING, collaborator, member, user

REFUSED = {"message": "Resource not accessible by personal access token"}, 403


@pytest.fixture
def read(github, context, collect):
    def run(**named):
        known = named or {"organizations": ["quay"]}
        source = GithubAccess(name="github", kind="github-access", url=github.url, **known)
        return collect(GithubAccessCollector(source=source, context=context))

    return run


def held(got):
    return sorted((row.principal, row.role, row.condition) for row in got.rows(Grant))


def test_each_way_into_a_repository_is_a_grant_of_its_own(read):
    got = read()
    everybody = "what every member of quay may do"
    assert held(got) == [
        ("github-app:linter", "app (contents)", "installed on some repositories, and GitHub does not tell which"),
        ("github-app:shipper", "app (actions, contents)", None),
        ("github-deploy-key:12", "deploy key (write)", None),
        ("github:mia", "maintain", "in a way that GitHub does not tell, such as a role of the organisation"),
        ("github:mia", "read", everybody),
        ("github:nina", "owner", None),
        ("github:sam", "admin", None),
        ("github:tom", "read", everybody),
        ("github:tom", "write", "member of the team quay/ops"),
    ]
    assert [(row.group, row.member) for row in got.rows(Membership)] == [("github-team:quay/ops", "github:tom")]
    [line] = got.coverage
    assert (line.status, line.scope, line.reason) == ("ok", "quay", "not for this token or plan: fine-grained tokens")


def test_people_have_name_address_second_factor_and_their_published_keys(read):
    got = read()
    accounts = {row.account: row for row in got.rows(Account)}
    nina, tom, sam = (accounts[f"github:{name}"] for name in ("nina", "tom", "sam"))
    assert (nina.name, nina.email, nina.mfa, nina.unique_id, nina.scope) == (
        "Nina",
        "nina@quay.example",
        True,
        "1",
        "quay",
    )
    assert (tom.mfa, sam.mfa, sam.kind) == (False, None, "person")
    keys = {row.account: row for row in got.rows(Credential)}
    assert keys["github:nina"].credential.startswith("ssh-key:SHA256:")
    deploy = keys["github-deploy-key:12"]
    assert (deploy.comment, deploy.never_used, deploy.resource) == ("old laptop", True, "quay/shop")


def test_what_is_protected_names_whom_it_lets_through(read):
    documents = {row.policy: json.loads(row.document) for row in read().rows(Policy)}
    assert documents == {
        "github:quay/shop#repository": {
            "type": "repository",
            "default_branch": "main",
            "archived": False,
            "environments": True,
            "branch": True,
            "rules": [{"passes": ["github:tom"]}, {"passes": ["github-team:quay/ops"]}],
        },
        "github:quay/shop#environment:production": {
            "type": "environment",
            "reviewers": ["github-team:quay/ops", "github:nina"],
            "reviewed": True,
            "by_another": True,
            "wait_minutes": 30,
            "admins_bypass": False,
            "branches": ["main"],
        },
        "github:quay/shop#secrets": {
            "type": "secrets",
            "secrets": [{"name": "SENTRY", "for": "*"}, {"name": "DEPLOY_ROLE", "for": "production"}],
        },
    }


def test_a_branch_without_protection_is_open_and_one_that_cannot_be_read_is_not(read, github):
    github.answers[f"{SHOP}/branches/main/protection"] = {"message": "Branch not protected"}, 404
    github.answers[f"{SHOP}/rules/branches/main"] = []
    [own] = [json.loads(row.document) for row in read().rows(Policy) if row.name == "repository"]
    assert (own["branch"], own["rules"]) == (True, [])
    github.answers[f"{SHOP}/branches/main/protection"] = REFUSED
    got = read()
    [own] = [json.loads(row.document) for row in got.rows(Policy) if row.name == "repository"]
    assert (own["branch"], own["rules"]) == (False, [])
    assert "Administration (read)" in got.coverage[0].reason
    assert got.coverage[0].status == "partial"


def test_who_bypasses_a_ruleset_is_unknown_where_github_does_not_say(read, github):
    del github.answers[f"{SHOP}/rulesets/44"]["bypass_actors"]
    [own] = [json.loads(row.document) for row in read().rows(Policy) if row.name == "repository"]
    assert own["rules"] == [{"passes": ["github:tom"]}, {"passes": None}]


@pytest.mark.parametrize(
    ("actor", "passes"),
    [
        ({"actor_type": "OrganizationAdmin", "actor_id": 1, "bypass_mode": "always"}, ["role:owner"]),
        ({"actor_type": "RepositoryRole", "actor_id": 5, "bypass_mode": "exempt"}, ["role:admin"]),
        ({"actor_type": "RepositoryRole", "actor_id": 99, "bypass_mode": "always"}, ["untold:RepositoryRole 99"]),
        ({"actor_type": "Integration", "actor_id": 301, "bypass_mode": "always"}, ["github-app:shipper"]),
        ({"actor_type": "DeployKey", "actor_id": None, "bypass_mode": "always"}, ["deploy-keys"]),
        ({"actor_type": "Team", "actor_id": 98, "bypass_mode": "always"}, ["untold:Team 98"]),
        ({"actor_type": "EnterpriseOwner", "actor_id": None, "bypass_mode": "always"}, ["untold:EnterpriseOwner 0"]),
        ({"actor_type": "User", "actor_id": 2, "bypass_mode": "always"}, ["github:tom"]),
        ({"actor_type": "Team", "actor_id": 7, "bypass_mode": "pull_request"}, []),
    ],
)
def test_who_bypasses_a_ruleset_is_named_as_accounts_are(read, github, actor, passes):
    github.answers[f"{SHOP}/rulesets/44"]["bypass_actors"] = [actor]
    [own] = [json.loads(row.document) for row in read().rows(Policy) if row.name == "repository"]
    assert own["rules"][1] == {"passes": passes}


def test_lists_are_read_page_by_page(read, github):
    github.page = 2
    github.members["quay"] += [member(f"m{n}", 10 + n) for n in range(5)]
    github.answers[f"{SHOP}/collaborators"] += [collaborator(f"c{n}", "pull") for n in range(5)]
    got = read()
    assert len({row.account for row in got.rows(Account) if row.kind == "person"}) == 4 + 5 + 5
    assert sum(role == "read" and condition is None for _, role, condition in held(got)) == 5


def test_a_custom_role_is_told_by_what_it_allows_and_its_name(read, github):
    github.answers[f"{SHOP}/collaborators"] = [collaborator("sam", "push", "releaser")]
    [row] = [row for row in read().rows(Grant) if row.principal == "github:sam" and row.condition is None]
    assert (row.role, row.level, json.loads(row.handle)["permission"]) == ("write (releaser)", "write", "releaser")


def test_repositories_alone_are_read_without_their_organisation(read, github):
    got = read(repositories=["quay/shop"])
    assert not any(call.startswith(("GET /orgs", "POST /graphql")) for call in github.calls)
    # Owners and teams are seen by what they may do.
    assert ("github:nina", "admin", "in a way that GitHub does not tell, such as a role of the organisation") in held(
        got
    )
    assert got.coverage[0].status == "ok"


def test_a_token_that_may_not_see_the_organisation_costs_that_part_and_says_what_it_takes(read, github):
    del github.members["quay"]
    github.answers["orgs/quay/teams"] = REFUSED
    got = read()
    [line] = got.coverage
    assert line.status == "partial"
    assert "as an owner" in line.reason
    assert ("github:sam", "admin", None) in held(got)


def test_a_bad_token_and_nothing_to_be_read_fail_the_source(read, github, monkeypatch):
    github.answers["orgs/quay"] = MISSING
    with pytest.raises(SourceError):
        read()
    monkeypatch.setenv("GITHUB_TOKEN", "another")
    with pytest.raises(SourceError, match="GitHub does not accept"):
        read()


def test_a_repository_of_another_name_and_records_of_another_shape_are_told(read, github):
    github.answers[SHOP]["full_name"] = "quay/till"
    github.answers[f"{SHOP}/keys"] = [{"id": "x"}, {"id": 3, "key": "no key", "title": "t"}]
    github.answers["orgs/quay/outside_collaborators"] = [user("sam", 4), {"name": "no login"}]
    [line] = read().coverage
    assert "quay/shop is called quay/till now" in line.reason
    assert "an SSH key has no fingerprint" in line.reason
    assert (line.status, line.rejected) == ("partial", 2)
