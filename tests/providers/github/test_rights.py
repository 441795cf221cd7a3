"""Who can deploy, push and give access on GitHub."""

import json
from datetime import UTC, datetime

import pytest

from auditor.case.people import People
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import Capability, Level
from auditor.providers.github.rights import github_access

AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
PLACE = {"source": "code", "collected_at": AT, "origin": "github:quay/shop#repository"}
DEPLOY, CONFIG = Capability.DEPLOY, Capability.CHANGE_CONFIG
ACCESS, SECRETS = Capability.MANAGE_ACCESS, Capability.MANAGE_SECRETS
CONFIGURED = Config.model_validate(
    {
        "organisation": "Quay",
        "people": [{"id": "nina", "name": "Nina", "accounts": ["github:nina"]}],
        "service_accounts": [{"id": "cd", "owner": "nina", "purpose": "releases", "accounts": ["ssh-key:SHA256:k"]}],
        "systems": [
            {
                "id": "shop",
                "name": "Shop",
                "resources": [{"provider": "github", "repository": "Quay/Shop", "environment": "production"}],
            }
        ],
    }
)


def holds(who, role, **known):
    return Grant(**PLACE, principal=who, role=role, resource="quay/shop", provider="github", **known)


def policy(type_, name, **document):
    text = json.dumps({"type": type_, **document})
    return Policy(
        **PLACE, policy=f"github:quay/shop#{name}", kind="x", attached_to="quay/shop", name=name, document=text
    )


def repository(*rules, **known):
    known = {"environments": True, "branch": True, "archived": False, **known}
    return policy("repository", "repository", rules=[{"passes": passes} for passes in rules], **known)


def environment(**known):
    return policy("environment", "production", **known)


def access(*rows, config=CONFIGURED):
    tables = {"accounts": Account, "memberships": Membership, "grants": Grant, "policies": Policy}
    kinds = {**tables, "credentials": Credential}
    sorted_ = {name: tuple(row for row in rows if isinstance(row, kind)) for name, kind in kinds.items()}
    snapshots = Snapshots(**sorted_)
    return github_access(config, snapshots, People(config, snapshots.accounts, snapshots.credentials).who, AT)


def only(*rows):
    [path] = access(*rows).access
    return path


@pytest.mark.parametrize(
    ("role", "capabilities", "level"),
    [
        ("write", {DEPLOY, CONFIG}, Level.WRITE),
        ("write (releaser)", {DEPLOY, CONFIG}, Level.WRITE),
        ("maintain", {DEPLOY, CONFIG}, Level.WRITE),
        ("admin", {DEPLOY, CONFIG, ACCESS}, Level.ADMIN),
        ("owner", {DEPLOY, CONFIG, ACCESS}, Level.ADMIN),
        ("deploy key (write)", {CONFIG}, Level.WRITE),
        ("app (actions, contents)", {DEPLOY, CONFIG}, Level.WRITE),
        ("app (administration)", {ACCESS}, Level.ADMIN),
        ("app (secrets)", {SECRETS}, Level.WRITE),
    ],
)
def test_what_a_role_allows_where_nothing_is_protected(role, capabilities, level):
    path = only(holds("github:nina", role), repository())
    assert (path.capabilities, path.level, path.conditions) == (frozenset(capabilities), level, ())
    assert (path.system, path.scope, path.identity.person) == ("shop", "quay/shop", "nina")


@pytest.mark.parametrize("role", ["read", "triage", "deploy key (read)", "app (reads)", "app (issues)", "no role"])
def test_reading_and_talking_change_nothing(role):
    assert access(holds("github:nina", role), repository()).access == ()


def test_an_archived_repository_changes_nothing():
    assert access(holds("github:nina", "admin"), repository(archived=True)).access == ()


TEAM = Membership(**PLACE, group="github-team:quay/ops", member="github:tom")
REVIEWED = {"reviewed": True, "reviewers": ["github-team:quay/ops", "github:nina"], "admins_bypass": False}
APPROVAL = "a deployment takes the approval of one of github-team:quay/ops, github:nina"


@pytest.mark.parametrize(
    ("who", "role", "known", "conditions"),
    [
        ("github:mia", "write", REVIEWED, (APPROVAL,)),
        ("github:nina", "write", REVIEWED, ()),
        ("github:tom", "write", REVIEWED, ()),
        ("github:tom", "write", {**REVIEWED, "by_another": True}, (APPROVAL,)),
        ("github:mia", "admin", REVIEWED, (APPROVAL,)),
        ("github:mia", "admin", {**REVIEWED, "admins_bypass": True}, ()),
        ("github:mia", "maintain", {**REVIEWED, "admins_bypass": True}, (APPROVAL,)),
        ("github:mia", "write", {"wait_minutes": 30}, ("a deployment waits 30 minutes",)),
        ("github:mia", "write", {"reviewed": True, "reviewers": list("abcde")},
            ("a deployment takes the approval of one of a, b, c and 2 more",)),
    ],
)  # fmt: skip
def test_what_a_deployment_waits_for(who, role, known, conditions):
    path = only(holds(who, role), repository(), environment(**known), TEAM)
    assert DEPLOY in path.capabilities
    assert path.conditions == conditions


@pytest.mark.parametrize(
    ("who", "role", "rules", "pushes"),
    [
        ("github:nina", "write", [[]], False),
        ("github:nina", "write", [["github:nina"]], True),
        ("github:nina", "write", [["github:nina"], []], False),
        ("github:tom", "write", [["github-team:quay/ops"]], True),
        ("github:nina", "write", [["github-team:quay/ops"]], False),
        ("github:nina", "admin", [["role:admin"]], True),
        ("github:nina", "owner", [["role:admin"]], True),
        ("github:nina", "maintain", [["role:admin"]], False),
        ("github:nina", "admin", [["role:owner"]], False),
        ("github:nina", "owner", [["role:owner"]], True),
        ("github:nina", "maintain", [["role:write"]], True),
        ("github:nina", "write", [None], False),
        ("github-deploy-key:1", "deploy key (write)", [["role:admin"]], True),
        ("github-deploy-key:1", "deploy key (write)", [["deploy-keys"]], True),
        ("github-deploy-key:1", "deploy key (write)", [["github:nina"]], False),
        ("github-app:x", "app (contents)", [["github-app:x"]], True),
        ("github-app:x", "app (contents)", [[]], False),
    ],
)
def test_who_pushes_past_the_rules_of_the_default_branch(who, role, rules, pushes):
    found = access(holds(who, role), repository(*rules), TEAM).access
    assert any(CONFIG in path.capabilities for path in found) == pushes


def test_what_could_not_be_read_counts_as_open_and_says_so():
    untold = "as far as can be told: "
    path = only(holds("github:nina", "write"), repository(environments=False, branch=False))
    assert path.capabilities == {DEPLOY, CONFIG}
    assert path.conditions == (
        f"{untold}environments could not be read",
        f"{untold}what protects the default branch could not be read",
    )
    path = only(holds("github:nina", "write"), repository(None))
    assert path.conditions == (f"{untold}who may bypass a ruleset could not be read",)
    path = only(holds("github:nina", "write"), repository(["untold:RepositoryRole 9"]))
    assert path.conditions == (f"{untold}who may bypass a ruleset could not be read",)
    assert not only(holds("github:nina", "write"), repository(["untold:User 9", "role:write"])).conditions


def test_administrators_manage_the_secrets_of_the_environment_and_of_every_job():
    given = [{"name": "A", "for": "*"}, {"name": "B", "for": "production"}, {"name": "C", "for": "staging"}]
    path = only(holds("github:nina", "admin"), repository(), policy("secrets", "secrets", secrets=given))
    assert SECRETS in path.capabilities
    assert path.path == ("admin of quay/shop", "the Actions secrets A, B")


def test_an_app_of_which_github_does_not_tell_where_it_is_installed_could_not_be_judged():
    selected = "installed on some repositories, and GitHub does not tell which"
    found = access(holds("github-app:x", "app (contents)", condition=selected), repository())
    assert found.access == ()
    [unresolved] = found.unresolved
    assert "whether it reaches quay/shop is not known" in unresolved.reason


def test_a_deploy_key_is_whose_fingerprint_is_declared():
    key = Credential(
        **PLACE,
        credential="ssh-key:SHA256:k",
        kind="ssh-key",
        account="github-deploy-key:1",
        provider="github",
        resource="quay/shop",
        last_used_at=AT,
        comment="cd OPS-7",
    )
    path = only(holds("github-deploy-key:1", "deploy key (write)"), key, repository())
    assert (path.identity.account, path.identity.owner) == ("ssh-key:SHA256:k", "cd")
    assert (path.credential, path.last_used_at) == ("ssh-key:SHA256:k", AT)
    assert "cd OPS-7" in path.written


def test_an_account_that_is_switched_off_and_a_role_that_is_over_open_nothing():
    off = Account(
        **PLACE, account="github-deploy-key:1", provider="github", scope="quay/shop", kind="service", enabled=False
    )
    assert access(holds("github-deploy-key:1", "deploy key (write)"), off, repository()).access == ()
    assert access(holds("github:nina", "admin", expires_at=AT), repository()).access == ()
