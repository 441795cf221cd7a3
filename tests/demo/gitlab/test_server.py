"""The stand-in as python-gitlab and its command line see it."""

import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import gitlab as library
import pytest
from gitlab.exceptions import GitlabAuthenticationError, GitlabDeleteError, GitlabHttpError

from auditor.demo.gitlab.state import Place, State, Token
from tests import stand_ins, waiting

SHARED = Path(__file__).parents[4] / "shared/data/gitlab4j"


def person(id_, name, **known):
    return {"id": id_, "username": name, "name": name.title(), "state": "active", **known}


@pytest.fixture
def state():
    shop = Place(
        {"id": 7, "path_with_namespace": "quay/shop", "default_branch": "main", "shared_with_groups": []},
        {
            "members": [{**person(n, f"user{n}"), "access_level": 30, "expires_at": None} for n in range(1, 46)],
            "deploy_keys": [{"id": 12, "title": "runner", "key": "ssh-ed25519 AAAA", "can_push": True}],
            "access_tokens": [{"id": 90, "user_id": 5, "name": "release", "scopes": ["api"], "revoked": False}],
            "issues": [
                {"id": n, "iid": n, "title": f"Issue {n}", "created_at": f"2026-02-{n:02}T09:00:00Z"}
                for n in range(1, 8)
            ],
            "audit_events": [],
            "protected_environments": [{"name": "production", "deploy_access_levels": [{"access_level": 40}]}],
        },
        inherited=[{**person(1, "user1"), "access_level": 50, "expires_at": None}],
        former=("quay/store",),
    )
    return State(
        tokens={"reader": Token(1), "writer": Token(1, ("api",), admin=True)},
        users=[person(n, f"user{n}", email=f"user{n}@quay.example") for n in range(1, 60)],
        keys={2: [{"id": 31, "title": "laptop", "key": "ssh-ed25519 AAAA"}]},
        projects=[shop],
        personal_tokens=[{"id": 55, "user_id": 2, "name": "cli", "scopes": ["api"], "active": True}],
        tier="premium",
    )


@pytest.fixture
def server(state, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with stand_ins.gitlab(state) as running:
        yield running


@pytest.fixture
def client(server):
    return lambda token="writer": library.Gitlab(server.url, private_token=token)


def call(server, path, token="reader"):
    request = urllib.request.Request(f"{server.url}/api/v4{path}", headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=waiting.LIMIT) as answer:
        return json.load(answer), answer.headers


def test_a_project_is_found_by_number_and_by_its_encoded_path(client):
    assert client().projects.get("quay/shop").id == client().projects.get(7).id == 7


def test_a_former_path_leads_to_the_project(client):
    assert client().projects.get("quay/store").path_with_namespace == "quay/shop"


def test_lists_come_in_pages_with_their_headers(server, client):
    content, headers = call(server, "/projects/quay%2Fshop/members?per_page=20&page=2")
    assert [member["id"] for member in content] == list(range(21, 41))
    assert {name: headers[name] for name in headers if name.startswith("X-")} == {
        "X-Page": "2",
        "X-Per-Page": "20",
        "X-Total": "45",
        "X-Total-Pages": "3",
        "X-Prev-Page": "1",
        "X-Next-Page": "3",
    }
    assert f'<{server.url}/api/v4/projects/quay%2Fshop/members?per_page=20&page=3>; rel="next"' in headers["Link"]
    assert len(client().projects.get(7).members.list(get_all=True)) == 45


def test_keyset_pages_tell_only_the_way_on(server, client):
    query = "pagination=keyset&order_by=created_at&sort=asc&per_page=5"
    content, headers = call(server, f"/projects/7/issues?{query}")
    assert [issue["iid"] for issue in content] == [1, 2, 3, 4, 5]
    assert "X-Total" not in headers
    assert headers["Link"].endswith('rel="next"')
    found = (
        client()
        .projects.get(7)
        .issues.list(iterator=True, pagination="keyset", order_by="created_at", sort="asc", per_page=3)
    )
    assert [issue.iid for issue in found] == [1, 2, 3, 4, 5, 6, 7]
    with pytest.raises(urllib.error.HTTPError, match="405"):
        call(server, "/projects/7/members?pagination=keyset&order_by=id&sort=asc")


def test_all_members_have_their_highest_level_once(client):
    members = client().projects.get(7).members_all.list(get_all=True)
    assert len(members) == 45
    assert members[0].access_level == 50


def test_a_token_that_only_reads_changes_nothing(client, state):
    project = client("reader").projects.get(7)
    with pytest.raises(GitlabDeleteError, match="403") as caught:
        project.members.delete(3)
    assert caught.value.response_code == 403
    assert len(state.projects[0].lists["members"]) == 45
    with pytest.raises(GitlabAuthenticationError, match="401"):
        client("nobody's").http_get("/version")


def test_paid_features_are_refused_below_their_tier(client, state):
    assert client().http_get("/projects/7/protected_environments/production")["name"] == "production"
    state.tier = "free"
    for end in ("audit_events", "protected_environments"):
        with pytest.raises(GitlabHttpError, match="403"):
            client().http_get(f"/projects/7/{end}")


def test_members_come_and_go_and_a_second_delete_finds_nothing(client):
    project = client().projects.get(7)
    project.members.create({"user_id": 50, "access_level": 40, "expires_at": "2026-04-01"})
    added = project.members.get(50)
    assert (added.access_level, added.expires_at, added.username) == (40, "2026-04-01", "user50")
    with pytest.raises(library.GitlabCreateError, match="409"):
        project.members.create({"user_id": 50, "access_level": 40})
    added.access_level = 30
    added.save()
    assert project.members.get(50).access_level == 30
    project.members.delete(50)
    with pytest.raises(GitlabDeleteError, match="404"):
        project.members.delete(50)


def test_what_others_may_not_see_of_a_user_is_hidden(client, state):
    assert not hasattr(client("reader").users.get(2), "email")
    assert client("reader").users.get(1).email == "user1@quay.example"
    assert client("writer").users.get(2).email == "user2@quay.example"
    client("writer").users.get(2).block()
    assert state.users[1]["state"] == "blocked"


def test_what_is_not_there_is_not_found(client):
    for path in ("/projects/nothing", "/users/999", "/projects/7/nothing", "/groups/x", "/projects/7/issues/99/notes"):
        with pytest.raises(GitlabHttpError, match="404"):
            client().http_get(path)


@pytest.fixture
def command(server, tmp_path, forked):
    """python-gitlab's own command line; the token stands in a file that a helper prints."""
    config = tmp_path / "python-gitlab.cfg"
    (tmp_path / "token").write_text("writer")
    config.write_text(
        f"[global]\ndefault = quay\n[quay]\nurl = {server.url}\nprivate_token = helper: cat {tmp_path}/token\n"
    )

    def run(*arguments):
        program = [forked("gitlab") / "gitlab", "--config-file", str(config), *arguments]
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("CI", "GITLAB"))}
        return subprocess.run(program, capture_output=True, text=True, timeout=waiting.LIMIT, check=False, env=plain)

    return run


@pytest.mark.parametrize(
    "words",
    [
        ("project-member", "delete", "--project-id", "quay/shop", "--id", "3"),
        ("project-key", "delete", "--project-id", "7", "--id", "12"),
        ("project-access-token", "delete", "--project-id", "7", "--id", "90"),
        ("personal-access-token", "delete", "--id", "55"),
        ("user-key", "delete", "--user-id", "2", "--id", "31"),
    ],
    ids=lambda words: words[0],
)
def test_the_command_line_takes_a_right_away_once(command, words):
    first = command(*words)
    assert (first.returncode, first.stderr) == (0, "")
    second = command(*words)
    assert second.returncode == 1
    assert "404" in second.stderr


# Keys that newer versions answer beside those of the recorded examples.
NEWER = {"created_by", "membership_state", "created_at", "email", "public_email"}


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("members.json", "/projects/7/members?per_page=1"),
        ("deploy-keys.json", "/projects/7/deploy_keys"),
        ("project-access-token.json", "/projects/7/access_tokens"),
        ("issue.json", "/projects/7/issues?per_page=1"),
        ("project.json", "/projects/7"),
        ("user.json", "/users/1"),
        ("sshkey.json", "/users/2/keys"),
    ],
)
def test_answers_have_the_names_of_gitlabs_own_examples(server, name, path):
    if not SHARED.exists():
        pytest.skip("GitLab's examples are not beside this checkout")
    real = json.loads((SHARED / name).read_bytes())
    known = set(real[0] if isinstance(real, list) else real) | NEWER
    content, _ = call(server, path)
    mine = set(content[0] if isinstance(content, list) else content)
    assert mine <= known
