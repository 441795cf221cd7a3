"""How GitHub writes its accounts, what its log says was set and given, and where people see it."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from auditor.case.people import People
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.tables import Grant, Membership
from auditor.model.vocabulary import ActorClass, Level
from auditor.providers.registry import account_name, provider
from tests.cases import AT, event

GITHUB = provider("github")
CONFIG = Config.model_validate(
    {
        "organisation": "Quay",
        "people": [{"id": "sam", "name": "Sam", "accounts": ["github:Sam"]}],
        "systems": [{"id": "shop", "name": "Shop", "resources": [{"provider": "github", "repository": "Quay/shop"}]}],
    }
)
READ = Grant(
    source="github", collected_at=AT, origin="x", principal="github:tom", role="write", resource="quay/shop",
    provider="github", condition="member of the team quay/ops",
)  # fmt: skip
INNER = Membership(
    source="github", collected_at=AT, origin="x", group="github-team:quay/ops", member="github-team:quay/night"
)
INMOST = replace(INNER, group="github-team:quay/night", member="github-team:quay/Weekend")


def test_of_names_that_differ_in_case_alone_github_has_one():
    assert People(CONFIG).who("github:sam").person == "sam"


@pytest.mark.parametrize(
    ("account", "actor_class"),
    [("github-app:github-actions", ActorClass.PROVIDER), ("github-app:shipper", None), ("github:dependabot", None)],
)
def test_some_apps_are_its_own(account, actor_class):
    assert account_name(account).actor_class == actor_class


CHOSEN = "installed on some repositories, and GitHub does not tell which"
APPS = [
    replace(READ, principal=f"github-app:{name}", role=role, condition=chosen)
    for name, role, chosen in (
        ("ship-it", "app (contents)", None),
        ("chat", "app (issues)", None),
        ("guest", "app (contents)", CHOSEN),
    )
]


@pytest.mark.parametrize(
    ("action", "resource", "name", "untold"),
    [
        ("create", "quay", "Ship It", [""]),
        ("create", "quay", "chat", []),
        ("create", "other", "ship-it", []),
        ("create", "quay", "Dependabot", []),
        ("create", "quay", "guest", [f"it is {CHOSEN}"]),
        ("repositories_added", "quay/shop", "guest", [""]),
        ("create", "quay", "new", ["no source reads what the app new may do"]),
    ],
)
def test_an_app_that_may_change_code_is_given_what_it_may_where_it_is_installed(action, resource, name, untold):
    action = f"github:integration_installation.{action}"
    told = event(provider="github", action=action, scope=resource, resource=resource, detail=json.dumps({"name": name}))
    found = list(GITHUB.grant_events(CONFIG, [told], Snapshots(grants=tuple(APPS)), People(CONFIG).who))
    assert [one.unplaced for one in found] == untold
    assert {one.recipient for one in found} <= {"github-app:ship-it", "github-app:guest", "github-app:new"}


def granted(action, resource="quay/shop", **detail):
    told = event(
        provider="github", action=f"github:{action}", scope=resource, resource=resource, detail=json.dumps(detail)
    )
    rows = Snapshots(grants=(READ,), memberships=(INNER, INMOST))
    found = list(GITHUB.grant_events(CONFIG, [told], rows, People(CONFIG).who))
    return [(one.recipient, one.level, one.what, one.systems) for one in found]


@pytest.mark.parametrize(
    ("action", "resource", "detail", "told"),
    [
        ("repo.add_member", "quay/shop", {"user": "sam", "permission": "write"}, ("github:sam", Level.WRITE, "write of quay/shop")),
        ("repo.add_member", "quay/shop", {"user": "sam"}, ("github:sam", Level.WRITE, "a role of quay/shop")),
        ("repo.update_member", "quay/shop", {"user": "sam", "permission": "admin", "old_permission": "read"},
            ("github:sam", Level.ADMIN, "admin of quay/shop")),
        ("repo.update_member", "quay/shop", {"user": "sam", "new_repo_permission": "admin", "old_repo_permission": "write"},
            ("github:sam", Level.ADMIN, "admin of quay/shop")),
        ("repo.update_member", "quay/shop",
            {"user": "sam", "new_repo_permission": "releaser", "new_repo_base_role": "write", "old_repo_permission": "read"},
            ("github:sam", Level.WRITE, "write of quay/shop")),
        ("org.update_member", "quay", {"user": "sam", "permission": "admin", "old_permission": "read"},
            ("github:sam", Level.ADMIN, "admin of quay")),
        ("org.update_default_repository_permission", "quay", {"permission": "write", "old_permission": "read"},
            ("github-members:quay", Level.WRITE, "write of quay")),
        ("organization_role.assign", "quay", {"user": "sam", "organization_role_name": "all_repo_admin"},
            ("github:sam", Level.ADMIN, "all_repo_admin of quay")),
        ("organization_role.assign", "quay", {"team": "quay/ops", "organization_role_name": "All-repository write"},
            ("github-team:quay/ops", Level.WRITE, "All-repository write of quay")),
        ("team.add_repository", "quay/shop", {"team": "quay/ops", "permission": "push"},
            ("github-team:quay/ops", Level.WRITE, "write of quay/shop")),
        ("team.add_member", "quay", {"user": "sam", "team": "quay/ops"},
            ("github:sam", Level.WRITE, "membership of the team quay/ops")),
        ("team.add_member", "quay", {"user": "sam", "team": "quay/weekend"},
            ("github:sam", Level.WRITE, "membership of the team quay/weekend")),
        ("team.change_parent_team", "quay", {"team": "quay/guests", "parent_team": "night"},
            ("github-team:quay/guests", Level.WRITE, "what the team quay/night has")),
        ("public_key.create", "quay/shop", {"title": "laptop", "read_only": "false"},
            ("github-deploy-key:laptop", Level.WRITE, "a deploy key of quay/shop")),
    ],
)  # fmt: skip
def test_what_gives_somebody_the_right_to_change_a_system(action, resource, detail, told):
    assert granted(action, resource, **detail) == [(*told, ("shop",))]


@pytest.mark.parametrize(
    ("action", "resource", "detail"),
    [
        ("repo.add_member", "quay/shop", {"user": "sam", "permission": "read"}),
        ("repo.add_member", "quay/other", {"user": "sam", "permission": "write"}),
        ("repo.update_member", "quay/shop", {"user": "sam", "permission": "write", "old_permission": "admin"}),
        (
            "repo.update_member",
            "quay/shop",
            {"user": "sam", "new_repo_permission": "read", "old_repo_permission": "admin"},
        ),
        ("org.add_member", "quay", {"user": "sam", "permission": "read"}),
        ("organization_role.assign", "quay", {"user": "sam", "organization_role_name": "all_repo_triage"}),
        ("organization_role.assign", "quay", {"user": "sam", "organization_role_name": "security_manager"}),
        ("organization_role.assign", "other", {"user": "sam", "organization_role_name": "all_repo_admin"}),
        ("organization_role.revoke", "quay", {"user": "sam", "organization_role_name": "all_repo_admin"}),
        ("org.update_default_repository_permission", "quay", {"permission": "none", "old_permission": "write"}),
        ("team.add_member", "quay", {"user": "sam", "team": "quay/readers"}),
        ("team.change_parent_team", "quay", {"team": "quay/guests", "parent_team": "quay/readers"}),
        ("team.change_parent_team", "quay", {"team": "quay/guests", "parent_team": None}),
        ("public_key.create", "quay/shop", {"title": "laptop", "read_only": "true"}),
        ("public_key.create", "quay", {"user": "sam", "title": "laptop"}),
        ("repo.remove_member", "quay/shop", {"user": "sam"}),
    ],
)
def test_what_gives_nobody_that_right(action, resource, detail):
    assert granted(action, resource, **detail) == []


def told(action, resource, minute, **detail):
    return event(
        provider="github", action=f"github:{action}", scope=resource, resource=resource, detail=json.dumps(detail),
        time=AT + timedelta(minutes=minute),
    )  # fmt: skip


def test_what_a_team_may_do_is_told_by_the_log_where_nothing_else_was_read():
    joins = told("team.add_member", "quay", 5, user="sam", team="quay/ops")
    given = told("team.add_repository", "quay/shop", 1, team="quay/ops", permission="push")
    taken = told("team.remove_repository", "quay/shop", 2, team="quay/ops")

    def found(*events, rows=()):
        grants = GITHUB.grant_events(CONFIG, events, Snapshots(grants=rows), People(CONFIG).who)
        return [(one.systems, one.unplaced) for one in grants if one.recipient == "github:sam"]

    unknown = "no source reads what membership of the team quay/ops gives"
    assert found(joins, given) == [(("shop",), "")]
    assert found(joins, given, taken) == found(joins) == [((), unknown)]
    assert found(joins, rows=(replace(READ, condition="member of the team quay/other"),)) == []


def test_what_a_role_of_the_companys_own_gives_could_not_be_judged():
    assigned = told("organization_role.assign", "quay", 1, user="sam", organization_role_name="Helper")
    [one] = GITHUB.grant_events(CONFIG, [assigned], Snapshots(), People(CONFIG).who)
    assert (one.recipient, one.unplaced) == (
        "github:sam",
        "no source reads what Helper of quay gives in its repositories",
    )


def test_what_an_entry_of_the_log_set():
    entry = {"action": "x", "@timestamp": 1, "actor": "nina", "org": "quay", "repo": "quay/shop", "user": "sam"}
    assert GITHUB.setting("github:repo.add_member", {**entry, "permission": "admin"}, None).gave == (
        ("member", "sam as admin"),
    )
    assert GITHUB.setting("github:team.remove_member", entry, None).took == (("member", "sam"),)
    changed = GITHUB.setting(
        "github:repo.update_member", {**entry, "permission": "admin", "old_permission": "read"}, None
    )
    assert (changed.values, changed.before) == ({"user": "sam", "permission": "admin"}, {"permission": "read"})
