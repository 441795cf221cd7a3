"""GitLab's protections, tokens and keys as whole rows, from answers by hand."""

import pytest

from auditor.model.tables import Account, Credential, Grant, Policy
from tests.collectors.gitlab.answers import GROUP, MAY, NINA, NOW, PROJECT, TEN, known, reader, shop
from tests.collectors.gitlab.conftest import DEPLOY, KEY


@pytest.fixture
def read(context):
    return reader(context)


ALLOWED = [
    ({"access_level": 40}, {"access_level": 40}), ({}, {"access_level": 0}),
    ({"user_id": 1, "access_level": 40}, {"account": "gitlab:nina"}), ({"user_id": 8}, {"user_id": 8}),
    ({"deploy_key_id": 12}, {"account": "gitlab-deploy-key:12"}), ({"group_id": 99}, {"group_id": 99}),
    ({"group_id": 70}, {"group": "gitlab-group:quay", "direct": False}),
    ({"group_id": 70, "group_inheritance_type": 0}, {"group": "gitlab-group:quay", "direct": True}),
    ({"group_id": 70, "group_inheritance_type": 1}, {"group": "gitlab-group:quay", "direct": False}),
    ({"group_id": 71}, {"group": "gitlab-group:ops", "direct": False}),
]  # fmt: skip


def test_protections_are_policies_that_name_whom_they_let_through(read):
    share = {"shared_with_groups": [{"group_id": 71, "group_full_path": "ops", "group_access_level": 30}]}
    entries, documents = [entry for entry, _ in ALLOWED], [document for _, document in ALLOWED]
    branch = {"name": "main", "push_access_levels": entries, "allow_force_push": True}
    rules = {"approval_rules": [{"required_approvals": 1}, {"required_approvals": 2}]}
    environment = {"name": "production", "deploy_access_levels": [{"user_id": 1}], "required_approval_count": 2}
    rows, line = read(Policy, {
        **shop(NINA),
        "quay/shop#project": ("project", {**PROJECT, **share, "archived": True}),
        "quay#group": ("group", GROUP),
        "quay/shop#protected_branches/page-1": ("protected-branches", [branch, branch, {"name": "old"}]),
        "quay/shop#protected_environments/page-1": ("protected-environments", [environment]),
        "quay#protected_environments/page-1": ("protected-environments", [{"name": "staging", **rules}]),
        "quay/shop#environments/page-1": ("environments", [{"name": "blue", "tier": "production"}, {"name": "x"}]),
    })  # fmt: skip
    role = {"kind": "role-definition"}
    assert rows == [
        {**role, "policy": "gitlab:quay#protected-environment:staging", "attached_to": "quay", "name": "staging",
            "document": {"type": "protected-environment", "deploy": [], "approvals": 3}},
        {**role, "policy": "gitlab:quay/shop#project", "attached_to": "quay/shop", "name": "project",
            "document": {"type": "project", "default_branch": "main", "archived": True, "protected_branches": True,
                "protected_environments": True, "tiers": {"blue": "production"}}},
        {**role, "policy": "gitlab:quay/shop#protected-branch:main", "attached_to": "quay/shop", "name": "main",
            "document": {"type": "protected-branch", "push": documents, "force_push": True}},
        {**role, "policy": "gitlab:quay/shop#protected-branch:old", "attached_to": "quay/shop", "name": "old",
            "document": {"type": "protected-branch", "push": [], "force_push": False}},
        {**role, "policy": "gitlab:quay/shop#protected-environment:production", "attached_to": "quay/shop",
            "name": "production", "document": {"type": "protected-environment", "deploy": [{"account": "gitlab:nina"}],
                "approvals": 2}},
    ]  # fmt: skip
    assert (line.status, line.reason) == ("ok", None)


@pytest.mark.parametrize(
    ("more", "tier", "branches", "environments"),
    [
        ({}, None, False, False),
        ({}, "free", False, True),
        ({"quay/shop#protected_branches/page-1": ("protected-branches", [])}, None, True, False),
        ({"quay/shop#protected_branches/page-2": ("cut", None)}, None, False, False),
        ({"quay/shop#protected_environments/page-1": ("not-in-plan", [{"status": 403}])}, None, False, True),
    ],
)
def test_a_project_says_which_of_its_protections_were_read_whole(read, more, tier, branches, environments):
    rows, line = read(Policy, {**shop(), **more}, **({"tier": tier} if tier else {}))
    document = rows[0]["document"]
    assert (document["protected_branches"], document["protected_environments"]) == (branches, environments)
    if "not-in-plan" in str(more):
        assert (line.status, line.reason) == ("ok", "not in this plan: protected environments")


TOKEN = {
    "id": 90,
    "user_id": 1,
    "name": "ci",
    "scopes": ["api", "read_user"],
    "created_at": NOW,
    "expires_at": "2026-05-01",
}
KEPT = {"credential": "gitlab-token:90", "kind": "token", "account": "gitlab:nina", "provider": "gitlab",
    "enabled": True, "created_at": TEN, "expires_at": MAY, "comment": "ci (api, read_user)"}  # fmt: skip


def handle(kind, **what):
    return {"provider": "gitlab", "type": kind, "account": "https://g.example", **what}


@pytest.mark.parametrize(
    ("name", "part", "token", "differs"),
    [
        ("quay/shop#access_tokens/page-1", "tokens", {},
            {"resource": "quay/shop", "handle": handle("project-access-token", path="quay/shop", token="90")}),
        ("quay#access_tokens/page-1", "tokens", {"last_used_at": NOW},
            {"resource": "quay", "last_used_at": TEN, "handle": handle("group-access-token", path="quay", token="90")}),
        ("#personal_access_tokens/page-1", "personal-tokens", {"last_used_at": None, "user_id": 8},
            {"account": "gitlab-user:8", "never_used": True, "handle": handle("personal-access-token", token="90")}),
        ("#personal_access_tokens/page-1", "personal-tokens", {"revoked": True},
            {"enabled": None, "handle": handle("personal-access-token", token="90")}),
        ("#personal_access_tokens/page-1", "personal-tokens", {"active": False},
            {"enabled": None, "handle": handle("personal-access-token", token="90")}),
        ("quay/shop#deploy_tokens/page-1", "deploy-tokens", {"username": "d"}, {"credential": "gitlab-deploy-token:90",
            "account": "gitlab:d", "resource": "quay/shop", "created_at": None,
            "handle": handle("deploy-token", path="quay/shop", token="90")}),
        ("quay/shop#deploy_tokens/page-1", "deploy-tokens", {"username": "d", "expired": True},
            {"credential": "gitlab-deploy-token:90", "account": "gitlab:d", "resource": "quay/shop", "created_at": None,
            "enabled": None, "handle": handle("deploy-token", path="quay/shop", token="90")}),
    ],
)  # fmt: skip
def test_a_token_is_a_credential_without_its_value(read, name, part, token, differs):
    rows, _ = read(Credential, {**shop(NINA), name: (part, [{**TOKEN, **token}])})
    assert rows == [{column: value for column, value in {**KEPT, **differs}.items() if value is not None}]


def test_keys_are_credentials_and_a_deploy_key_is_an_account_with_a_grant_on_each_project(read):
    mine = {"id": 31, "title": "laptop", "key": f"{KEY} nina@laptop", "created_at": NOW, "expires_at": "2026-05-01"}
    runner = {"id": 12, "title": "runner", "key": DEPLOY, "created_at": NOW, "last_used_at": NOW}
    other = {"id": 13, "key": "no key", "last_used_at": None}
    answers = {
        **shop(NINA),
        **known(NINA, [mine]),
        "quay/shop#deploy_keys/page-1": (
            "deploy-keys",
            [{**runner, "can_push": True, "expires_at": "2026-05-01"}, other],
        ),
        "quay/lib#deploy_keys/page-1": ("deploy-keys", [runner]),
    }
    keys, line = read(Credential, answers)
    plain = {"kind": "ssh-key", "provider": "gitlab", "enabled": True}
    key = {**plain, "created_at": TEN}
    assert [row.pop("credential")[:15] for row in keys] == ["ssh-key:SHA256:"] * 2 + [
        "gitlab-key:13",
        "ssh-key:SHA256:",
    ]
    assert keys == [
        {**key, "account": "gitlab:nina", "expires_at": MAY, "comment": "laptop",
            "handle": handle("user-key", user="1", key="31")},
        {**key, "account": "gitlab-deploy-key:12", "resource": "quay/shop", "expires_at": MAY, "last_used_at": TEN,
            "comment": "runner", "handle": handle("project-key", path="quay/shop", key="12")},
        {**plain, "account": "gitlab-deploy-key:13", "resource": "quay/shop",
            "never_used": True, "handle": handle("project-key", path="quay/shop", key="13")},
        {**key, "account": "gitlab-deploy-key:12", "resource": "quay/lib", "last_used_at": TEN, "comment": "runner",
            "handle": handle("project-key", path="quay/lib", key="12")},
    ]  # fmt: skip
    assert (line.status, line.reason) == ("partial", "an SSH key has no fingerprint (key 13)")
    accounts, _ = read(Account, answers)
    service = {"provider": "gitlab", "scope": "quay/shop", "kind": "service", "enabled": True}
    assert accounts[1:] == [
        {**service, "account": "gitlab-deploy-key:12", "name": "runner", "created_at": TEN, "last_used_at": TEN},
        {**service, "account": "gitlab-deploy-key:13", "name": "gitlab-deploy-key:13"},
    ]
    grant = {"provider": "gitlab", "principal": "gitlab-deploy-key:12", "granted_at": TEN}
    assert [row for row in read(Grant, answers)[0] if row["principal"] == "gitlab-deploy-key:12"] == [
        {**grant, "role": "deploy key (write)", "resource": "quay/shop", "level": "write", "expires_at": MAY,
            "handle": handle("project-key", path="quay/shop", key="12")},
        {**grant, "role": "deploy key (read)", "resource": "quay/lib", "level": "read",
            "handle": handle("project-key", path="quay/lib", key="12")},
    ]  # fmt: skip
