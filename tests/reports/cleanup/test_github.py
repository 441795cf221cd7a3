"""The script's GitHub steps, run by gh against a server on loopback."""

import copy
import json
import os
from types import SimpleNamespace

import pytest

from auditor.model.handles import write_handle
from reports.cleanup import write_cleanup
from tests import github_server
from tests.github_company import SHOP, company
from tests.reports.cleanup.cases import CONFIG, audit, execute, finding, log


@pytest.fixture
def forge(tmp_path):
    with github_server.running(company()) as server:
        server.answers[f"{SHOP}/collaborators"].append(github_server.collaborator("rené[bot]", "pull"))
        # For a server that is not github.com gh has a variable of its own; it wants to be signed in there too.
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "GH_ENTERPRISE_TOKEN": github_server.TOKEN,
            "GH_TOKEN": github_server.TOKEN,
        }
        yield SimpleNamespace(server=server, url=server.url, environment=environment, answers=server.answers)


@pytest.fixture
def handles(forge):
    """One of each kind."""
    return [
        write_handle(
            "github", "collaborator", forge.url, path="quay/shop", user="sam", role="admin", permission="admin"
        ),
        write_handle("github", "team-member", forge.url, path="quay/ops", user="tom"),
        write_handle("github", "owner", forge.url, path="quay", user="nina"),
        write_handle("github", "deploy-key", forge.url, path="quay/shop", key="12"),
    ]


def rights(forge):
    answers = forge.answers
    keys = [{"key": key["key"], "title": key["title"]} for key in answers[f"{SHOP}/keys"]]
    people = {one["login"]: one["role_name"] for one in answers[f"{SHOP}/collaborators"]}
    team, owner = answers.get("orgs/quay/teams/ops/memberships/tom"), answers["orgs/quay/memberships/nina"]
    return copy.deepcopy((keys, people, team and team["role"], owner["role"]))


def test_everything_goes_and_comes_back_as_it_was(forge, handles, tmp_path):
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path / "scripts")
    before = rights(forge)

    dry = execute(made.script, forge.environment)
    assert (dry.returncode, dry.stderr) == (0, "")
    assert "4 would be done, 0 needed nothing, 0 need attention" in dry.stdout, dry.stdout
    assert all(call.startswith("GET ") for call in forge.server.calls)
    assert rights(forge) == before

    done = execute(made.script, forge.environment, "--apply", "--yes")
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert rights(forge) == ([], {"rené[bot]": "read"}, None, "member")
    assert {line["caller"] for line in log(tmp_path / "scripts")} == {"mia"}
    assert "0 done, 4 needed nothing" in execute(made.script, forge.environment, "--apply", "--yes").stdout

    undone = execute(made.undo, forge.environment, "--apply", "--yes")
    assert (undone.returncode, undone.stderr) == (0, ""), undone.stdout
    assert rights(forge) == (before[0], {**before[1]}, *before[2:])
    assert "0 done, 4 needed nothing" in execute(made.undo, forge.environment, "--apply", "--yes").stdout


def test_a_changed_role_one_s_own_and_what_cannot_be_seen_stop_their_step(forge, handles, tmp_path):
    forge.answers[f"{SHOP}/collaborators"][0] |= {"role_name": "maintain"}
    forge.answers["orgs/quay/memberships/mia"] = {"role": "admin"}
    mine = write_handle("github", "owner", forge.url, path="quay", user="mia")
    unseen = write_handle("github", "deploy-key", forge.url, path="quay/secret", key="12")
    made = write_cleanup(audit(finding(handles[0], mine, unseen)), CONFIG, None, tmp_path / "scripts")
    before = rights(forge)

    result = execute(made.script, forge.environment, "--apply", "--yes")
    assert result.returncode == 1
    assert "STOPPED: the role is now maintain" in result.stdout
    assert "LEFT OUT: it is your own: somebody else must take it away" in result.stdout
    assert "FAILED: repos/quay/secret cannot be seen" in result.stdout
    assert rights(forge) == before


def test_a_team_that_cannot_be_seen_is_no_proof_that_somebody_left_it(forge, handles, tmp_path):
    del forge.answers["orgs/quay/teams/ops"]
    made = write_cleanup(audit(finding(handles[1])), CONFIG, None, tmp_path / "scripts")
    result = execute(made.script, forge.environment, "--apply", "--yes")
    assert "FAILED: orgs/quay/teams/ops cannot be seen" in result.stdout


def test_undo_gives_back_the_role_in_a_team_and_a_key_that_may_only_read(forge, handles, tmp_path):
    forge.answers[f"{SHOP}/keys"][0]["read_only"] = True
    made = write_cleanup(audit(finding(handles[1], handles[3])), CONFIG, None, tmp_path / "scripts")
    execute(made.script, forge.environment, "--apply", "--yes")
    execute(made.undo, forge.environment, "--apply", "--yes")
    assert forge.answers["orgs/quay/teams/ops/memberships/tom"]["role"] == "maintainer"
    assert forge.answers[f"{SHOP}/keys"][0]["read_only"] is True


def test_what_gh_would_read_otherwise_is_work_by_hand(tmp_path):
    url = "https://api.github.com"
    person = {"role": "admin", "permission": "admin"}
    handles = (
        write_handle("github", "collaborator", url, path="quay/shop", user="../x", **person),
        write_handle("github", "collaborator", url, path="--input", user="sam", **person),
        write_handle("github", "collaborator", url, path="quay/..", user="sam", **person),
        write_handle("github", "owner", url, path="quay/shop", user="sam"),
        write_handle("github", "team-member", url, path="quay", user="sam"),
        write_handle("github", "deploy-key", "--help", path="quay/shop", key="9"),
        write_handle("github", "deploy-key", url, path="quay/shop", key="9/../8"),
        write_handle("github", "gist", url, path="quay/shop", key="9"),
    )
    made = write_cleanup(audit(finding(*handles)), CONFIG, None, tmp_path)
    assert made.plan.steps == ()
    assert len(made.plan.by_hand) == len(handles)
    assert json.loads(handles[0])["user"] == "../x"
