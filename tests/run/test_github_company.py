"""A team on GitHub alone, from `auditor init` to findings, over a server that answers as GitHub does."""

import json

import pytest
import yaml

from tests import github_server
from tests.github_company import company, releases
from tests.programs import called

AT = "2026-03-01T03:00:00Z"


@pytest.fixture
def team(tmp_path):
    with github_server.running(releases(company())) as server:
        environment = {"GITHUB_TOKEN": github_server.TOKEN, "NO_PROXY": "127.0.0.1"}

        def run(*words):
            return called(*words, folder=tmp_path, environment=environment)

        yield server, run


def test_from_nothing_to_findings_on_members_keys_and_protection(team, tmp_path):
    server, run = team
    status, printed, errors = run("init", "--github", f"{server.url}/quay")
    assert (status, errors) == (0, ""), printed
    path = tmp_path / "auditor.yaml"
    config = yaml.safe_load(path.read_text("utf-8"))
    assert [one["kind"] for one in config["sources"]] == ["github-access", "github-activity"]
    assert [one["id"] for one in config["people"]] == ["mia", "nina", "sam", "tom"]
    assert config["systems"][0]["resources"] == [{"provider": "github", "repository": "quay/shop"}]

    status, printed, errors = run("check")
    assert (status, errors) == (0, ""), printed
    assert "Every source answers" in printed

    config["systems"][0]["resources"][0]["environment"] = "production"
    config["systems"][0] |= {"primary": "nina", "backup": "tom"}
    path.write_text(yaml.safe_dump(config), "utf-8")
    status, printed, errors = run("run", "--at", AT, "--reports", "none")
    assert status == 0, errors
    latest = tmp_path / "output" / "latest"
    found = json.loads((latest / "findings.json").read_text("utf-8"))["findings"]
    told = {(one["rule"], one["person"] or one["account"]) for one in found}
    assert ("standing/write-access", "sam") in told
    assert ("standing/write-access", "mia") in told
    assert ("standing/old-credential", "github-deploy-key:12") in {(one["rule"], one["account"]) for one in found}
    # A key that its owner published has no end that anybody could give it.
    assert not [one for one in found if one["rule"] == "standing/old-credential" and one["person"] == "nina"]
    access = json.loads((latest / "access.json").read_text("utf-8"))
    mia = next(one for one in access if one["account"] == "github:mia")
    assert "a deployment waits 30 minutes" in mia["conditions"]


def test_a_release_by_somebody_without_a_ticket_is_told_with_its_pull_request(team, tmp_path):
    server, run = team
    run("init", "--github", f"{server.url}/quay")
    path = tmp_path / "auditor.yaml"
    config = yaml.safe_load(path.read_text("utf-8"))
    config["policy"] = {"release_hours": {"days": ["mon"], "from": "08:00", "to": "09:00"}, "approvers": ["nina"]}
    path.write_text(yaml.safe_dump(config), "utf-8")
    run("run", "--at", AT, "--reports", "none")
    found = json.loads((tmp_path / "output" / "latest" / "findings.json").read_text("utf-8"))
    released = [one for one in found["findings"] if one["rule"] == "changes/release-hours"]
    assert released
    assert released[0]["person"] == "tom"
