"""Two nights over Google Cloud: the program asks the stand-in, stores, judges, and goes on where it ended."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests import stand_ins
from tests.collectors.google.cloud import found
from tests.collectors.google.conftest import entry
from tests.collectors.google.test_gcp_ssh_keys import SAM
from tests.programs import called

ROOT = Path(__file__).parents[3]
CONFIG = """
organisation: Quay
people:
  - {{id: nina, name: Nina, email: nina@quay.example, job: engineer}}
  - {{id: sam, name: Sam, email: sam@quay.example}}
  - {{id: tom, name: Tom, email: tom@quay.example}}
service_accounts:
  - {{id: deployer, owner: sam, purpose: releases, pipeline: gitlab,
      accounts: ["serviceAccount:deployer@quay-shop.iam.gserviceaccount.com"]}}
jobs: {{engineer: [read-logs, deploy, restart, change-config]}}
systems:
  - {{id: shop, name: Shop, primary: sam, resources: [{{provider: gcp, project: "4242"}}]}}
sources:
  - {{name: iam, kind: gcp-iam, scope: organizations/9, token_env: QUAY_TOKEN, endpoint_url: "{url}"}}
  - {{name: logs, kind: gcp-audit-logs, project: quay-shop, token_env: QUAY_TOKEN, endpoint_url: "{url}"}}
  - {{name: keys, kind: gcp-ssh-keys, project: quay-shop, token_env: QUAY_TOKEN, endpoint_url: "{url}"}}
  - {{name: tickets, kind: tickets-file, path: tickets.csv}}
"""


@pytest.fixture
def google():
    with stand_ins.google(found()) as served:
        shop = served.cloud.projects["quay-shop"]
        shop.metadata = {"ssh-keys": f"tmp:{SAM[0]} somebody"}
        shop.instances = {"europe-west3-a": [{"name": "web-1", "id": "1", "status": "RUNNING"}]}
        shop.entries.append(entry(insertId="release", timestamp="2026-02-27T10:00:00Z"))
        yield served


@pytest.fixture
def night(google, tmp_path):
    (tmp_path / "auditor.yaml").write_text(CONFIG.format(url=google.url))
    (tmp_path / "tickets.csv").write_text("ticket,kind,title\nPAY-1,change,Something else\n")

    def run(at):
        environment = {**os.environ, "QUAY_TOKEN": "auditor-token", "NO_PROXY": "127.0.0.1"}
        status, out, errors = called("run", "--at", at, "--reports", "none", folder=tmp_path, environment=environment)
        assert status in (0, 1, 3), errors
        assert "auditor-token" not in out + errors
        return json.loads((tmp_path / "output/latest/findings.json").read_text())

    return run


def rules(report, **fields):
    return {f["rule"] for f in report["findings"] if all(f[name] == value for name, value in fields.items())}


@pytest.mark.slow
def test_what_is_there_is_found_and_the_next_night_knows_what_changed(night, google):
    first = night("2026-02-28T03:00:00Z")
    assert {line["status"] for line in first["coverage"]} == {"ok"}
    assert "changes/no-window" in rules(first, person="nina", system="shop")
    assert "standing/write-access" in rules(first, person="nina", system="shop")
    assert "standing/unknown-person" in rules(first, credential=SAM[1], system="shop")
    assert "standing/old-credential" in rules(first, credential="service-account-key:aa11")
    assert "standing/unknown-person" in rules(first, resource="allUsers")

    google.cloud.now = datetime(2026, 2, 28, 12, tzinfo=UTC)
    shop = "/v3/projects/quay-shop"
    ask = {"options": {"requestedPolicyVersion": 3}}
    _, policy = google.ask("POST", f"{shop}:getIamPolicy", body=ask)
    added = {"role": "roles/secretmanager.admin", "members": ["user:tom@quay.example"]}
    kept = [binding for binding in policy["bindings"] if "user:nina@quay.example" not in binding["members"]]
    google.cloud.groups["inner@quay.example"] = []
    wanted = {**policy, "version": 3, "bindings": [*kept, added]}
    assert google.ask("POST", f"{shop}:setIamPolicy", body={"policy": wanted})[0] == 200

    second = night("2026-03-01T03:00:00Z")
    assert "standing/write-access" not in {
        f["rule"] for f in second["findings"] if f["person"] == "nina" and f["status"] != "closed"
    }
    assert "tasks/none" in rules(second, person="tom", system="shop")
    listings = [request.body["filter"] for request in google.requests if request.path == "/v2/entries:list"]
    assert 'receiveTimestamp>="2026-02-28T02:50:00.000000Z"' in listings[1]
