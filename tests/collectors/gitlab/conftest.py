"""A made-up company on a GitLab stand-in, asked over real HTTP by python-gitlab."""

import pytest

from auditor.config.sources.gitlab import GitlabAccess
from auditor.demo.gitlab.state import Place, State, Token
from collectors.gitlab.access import GitlabAccessCollector
from tests import stand_ins

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn"
DEPLOY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIF1xc0VuV2J1Q2tZc2l4dGVlbmJ5dGVzISEhISEhISE= runner"
TOKEN = "not-a-real-token"
PEOPLE = {1: "nina", 2: "leon", 3: "mia", 4: "piet", 5: "project_7_bot_ab12"}


def user(id_, **known):
    name = PEOPLE[id_]
    return {"id": id_, "username": name, "name": name.title(), "state": "active", **known}


def member(id_, level, **known):
    return {**user(id_), "access_level": level, "expires_at": None, "created_at": "2026-01-05T09:00:00Z", **known}


@pytest.fixture
def company():
    """Quay: a group with a project in it, another group that the project is shared with, and a bot."""
    quay = Place(
        {"id": 70, "full_path": "quay", "name": "Quay", "shared_with_groups": [], "runners_token": "GR-secret"},
        {"members": [member(3, 50)], "access_tokens": [], "deploy_tokens": []},
    )
    ops = Place(
        {"id": 71, "full_path": "quay-ops", "name": "Ops", "shared_with_groups": []}, {"members": [member(2, 40)]}
    )
    shop = Place(
        {
            "id": 7,
            "path_with_namespace": "quay/shop",
            "default_branch": "main",
            "runners_token": "GR-secret",
            "shared_with_groups": [
                {"group_id": 71, "group_name": "Ops", "group_full_path": "quay-ops", "group_access_level": 30}
            ],
        },
        {
            "members": [
                member(1, 30, expires_at="2026-04-01", created_by=user(3)),
                member(4, 40, state="blocked"),
                member(5, 40),
            ],
            "deploy_keys": [
                {"id": 12, "title": "runner", "key": DEPLOY, "can_push": True, "created_at": "2024-05-01T00:00:00Z"}
            ],
            "access_tokens": [
                {
                    "id": 90,
                    "user_id": 5,
                    "name": "release",
                    "scopes": ["api"],
                    "active": True,
                    "revoked": False,
                    "created_at": "2025-11-01T00:00:00Z",
                    "expires_at": "2026-10-31",
                    "access_level": 40,
                }
            ],
            "protected_branches": [
                {
                    "id": 1,
                    "name": "main",
                    "push_access_levels": [{"access_level": 40, "user_id": None, "group_id": None}],
                    "merge_access_levels": [{"access_level": 30}],
                    "allow_force_push": False,
                }
            ],
            "protected_environments": [
                {
                    "name": "production",
                    "deploy_access_levels": [
                        {"access_level": None, "user_id": 1, "group_id": None},
                        {"access_level": None, "user_id": None, "group_id": 71},
                    ],
                    "required_approval_count": 1,
                }
            ],
        },
        inherited=[member(3, 50), member(2, 30)],
        former=("quay/store",),
    )
    quay.lists["projects"] = [shop.document]
    return State(
        tokens={TOKEN: Token(3), "writer": Token(3, ("api",), admin=True)},
        users=[
            user(1, email="nina@quay.example", public_email="", two_factor_enabled=True, bot=False),
            user(2, public_email="leon@quay.example", bot=False),
            user(3, email="mia@quay.example", last_activity_on="2026-02-27", two_factor_enabled=False, bot=False),
            user(4, state="blocked", bot=False),
            user(5, bot=True),
        ],
        keys={1: [{"id": 31, "title": "laptop", "key": f"{KEY} nina@laptop", "created_at": "2025-01-01T00:00:00Z"}]},
        groups=[quay, ops],
        projects=[shop],
        personal_tokens=[
            {"id": 55, "user_id": 3, "name": "cli", "scopes": ["read_api"], "active": True, "revoked": False}
        ],
        tier="premium",
    )


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    monkeypatch.setenv("GITLAB_TOKEN", TOKEN)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def server(company):
    with stand_ins.gitlab(company) as running:
        yield running


@pytest.fixture
def shop(company):
    return company.projects[0]


@pytest.fixture
def read(server, context, collect):
    """Read a source of the stand-in from call to rows."""

    def run(**known):
        known = {"groups": ["quay"], **known}
        source = GitlabAccess(name="code", kind="gitlab-access", url=server.url, token_env="GITLAB_TOKEN", **known)
        return collect(GitlabAccessCollector(source, context))

    return run
