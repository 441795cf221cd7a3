"""The script's GitLab steps, run by python-gitlab's command line against the stand-in."""

import copy
import os
from types import SimpleNamespace

import pytest

from auditor.demo.gitlab.state import Place, State, Token
from auditor.model.handles import write_handle
from reports.cleanup import write_cleanup
from tests import stand_ins
from tests.reports.cleanup.cases import CONFIG, audit, execute, finding, log


def user(id_, name):
    return {"id": id_, "username": name, "name": 'x", "access_level": 50, "y": "', "state": "active"}


@pytest.fixture
def forge(tmp_path, forked):
    """Harbour Shop's GitLab: Piet in a project and its group, keys and tokens; Mia cleans up with a token of her own."""
    shop = Place(
        {"id": 7, "path_with_namespace": "harbour/shop"},
        {
            "members": [{**user(4, "piet"), "access_level": 40, "expires_at": "2027-01-31"}],
            "deploy_keys": [
                {"id": 12, "title": "@/etc/hostname", "key": "ssh-ed25519 AAAA René (gitlab.example)", "can_push": True}
            ],
            "access_tokens": [{"id": 90, "user_id": 5, "name": "release", "revoked": False}],
        },
    )
    harbour = Place(
        {"id": 70, "full_path": "harbour"}, {"members": [{**user(4, "piet"), "access_level": 30, "expires_at": None}]}
    )
    state = State(
        tokens={"a-token": Token(3, ("api",), admin=True, number=55)},
        users=[user(3, "mia"), user(4, "piet")],
        keys={4: [{"id": 9, "title": "laptop", "key": "ssh-ed25519 BBBB piet"}]},
        projects=[shop],
        groups=[harbour],
        personal_tokens=[{"id": 55, "user_id": 3, "revoked": False}, {"id": 56, "user_id": 4, "revoked": True}],
    )
    with stand_ins.gitlab(state) as server:
        helper = tmp_path / "helper"
        helper.write_text("#!/bin/sh\necho a-token\n")
        helper.chmod(0o700)
        (tmp_path / "gitlab.cfg").write_text(
            f"[global]\ndefault = harbour\n[harbour]\nurl = {server.url}\nprivate_token = helper: {helper}\n"
        )
        environment = {
            "PATH": f"{forked('gitlab')}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PYTHON_GITLAB_CFG": str(tmp_path / "gitlab.cfg"),
        }
        yield SimpleNamespace(state=state, url=server.url, server=server, environment=environment)


@pytest.fixture
def handles(forge):
    """One of each kind that can be given back."""
    who = {"user": "4", "username": "piet"}
    return [
        write_handle("gitlab", "project-member", forge.url, project="7", path="harbour/shop", **who, level="40"),
        write_handle("gitlab", "group-member", forge.url, group="70", path="harbour", **who, level="30"),
        write_handle("gitlab", "project-key", forge.url, path="harbour/shop", key="12"),
        write_handle("gitlab", "user-key", forge.url, user="4", key="9"),
    ]


def run(script, forge, *options):
    return execute(script, forge.environment, *options)


def rights(forge):
    """Members, keys and tokens; keys without numbers and comments, which GitLab gives anew."""
    places = copy.deepcopy([place.lists for place in (*forge.state.projects, *forge.state.groups)])
    keys = [*places[0]["deploy_keys"], *(dict(key) for keys in forge.state.keys.values() for key in keys)]
    for key in keys:
        key.pop("id")
        key["key"] = key["key"].split()[:2]
    return [place["members"] for place in places], keys, places[0]["access_tokens"]


def members(forge):
    """Who is where, with level and end."""
    listed, _, _ = rights(forge)
    return [[(one["username"], one["access_level"], one["expires_at"]) for one in place] for place in listed]


def test_members_and_keys_go_and_come_back_with_their_level_end_and_title(forge, handles, tmp_path):
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path / "scripts")
    before, people = rights(forge), members(forge)

    dry = run(made.script, forge)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "4 would be done, 0 needed nothing, 0 need attention" in dry.stdout
    assert rights(forge) == before
    assert all(call.startswith("GET ") for call in forge.server.calls)

    done = run(made.script, forge, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert rights(forge) == ([[], []], [], before[2])
    assert {line["caller"] for line in log(tmp_path / "scripts")} == {"mia"}

    assert "0 done, 1 needed nothing" in run(made.script, forge, "--apply", "--yes", "--only", "1").stdout
    undone = run(made.undo, forge, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert members(forge) == people
    assert rights(forge)[1] == before[1]
    assert "0 done, 1 needed nothing" in run(made.undo, forge, "--apply", "--yes", "--only", "1").stdout


def test_tokens_go_last_but_not_the_one_in_use_and_undo_says_that_they_do_not_come_back(forge, handles, tmp_path):
    tokens = [
        write_handle("gitlab", "project-access-token", forge.url, path="harbour/shop", token="90"),
        write_handle("gitlab", "personal-access-token", forge.url, token="55"),
        write_handle("gitlab", "personal-access-token", forge.url, token="56"),
    ]
    found = finding(*tokens, handles[0])
    made = write_cleanup(audit(found), CONFIG, [found.id], tmp_path / "scripts")
    assert [step.right.kind for step in made.plan.steps][:2] == ["project-member", "project-access-token"]

    chosen = [option for n in "234" for option in ("--only", n, "--final", n)]
    result = run(made.script, forge, "--apply", "--yes", *chosen)
    assert result.returncode == 1
    assert rights(forge)[2] == []
    assert "LEFT OUT: you are using it to run this" in result.stdout
    assert "already gone" in result.stdout
    assert len(forge.state.personal_tokens) == 2
    assert "BY HAND: a token cannot be restored" in run(made.undo, forge, "--only", "2").stdout


def test_a_changed_level_one_s_own_and_what_cannot_be_seen_stop_their_step(forge, handles, tmp_path):
    who = {"user": "3", "username": "mia"}
    mine = write_handle("gitlab", "project-member", forge.url, project="7", path="harbour/shop", **who, level="50")
    unseen = write_handle("gitlab", "project-key", forge.url, path="harbour/secret", key="12")
    made = write_cleanup(audit(finding(handles[0], mine, unseen)), CONFIG, None, tmp_path / "scripts")
    shop = forge.state.projects[0].lists["members"]
    shop[0]["access_level"] = 30
    shop.append({**user(3, "mia"), "access_level": 50, "expires_at": None})
    before = rights(forge)

    result = run(made.script, forge, "--apply", "--yes")
    assert result.returncode == 1
    assert "STOPPED: its level is now 30" in result.stdout
    assert "LEFT OUT: it is your own: somebody else must take it away" in result.stdout
    assert "FAILED: Impossible to get object (404: 404 Project Not Found)" in result.stdout
    assert rights(forge) == before


def test_what_the_command_line_would_read_otherwise_is_work_by_hand(tmp_path):
    url = "https://gitlab.harbour.example"
    handles = (
        write_handle("gitlab", "project-key", url, path="@/etc/passwd", key="12"),
        write_handle("gitlab", "project-key", url, path="harbour/shop", key="@/etc/passwd"),
        write_handle("gitlab", "user-key", "--help", user="4", key="9"),
        write_handle("gitlab", "deploy-token", url, path="harbour/shop", token="3"),
    )
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path)
    assert made.plan.steps == ()
    assert len(made.plan.by_hand) == len(handles)
