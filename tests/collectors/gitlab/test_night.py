"""A whole night over GitLab: the program asks the stand-in, stores, judges and reports."""

import json
import os

import pytest

from auditor.demo.gitlab.state import Place
from tests.programs import called

RUN = ("run", "--at", "2026-03-01T03:00:00Z")
CONFIG = """
organisation: Quay
people:
  - {{id: nina, name: Nina, job: engineer, accounts: ["gitlab:nina"]}}
  - {{id: leon, name: Leon, email: leon@quay.example}}
  - {{id: mia, name: Mia, accounts: ["gitlab:mia"]}}
  - {{id: piet, name: Piet, left: 2026-01-31, accounts: ["gitlab:piet"]}}
  - {{id: tom, name: Tom, accounts: ["gitlab:tom"]}}
service_accounts:
  - {{id: release, owner: mia, purpose: releases, pipeline: gitlab, accounts: ["gitlab:project_7_bot_ab12"]}}
jobs: {{engineer: [deploy, change-config]}}
systems:
  - {{id: shop, name: Shop, primary: mia, backup: leon,
      resources: [{{provider: gitlab, project: quay/shop, environment: production}}]}}
policy: {{approvers: [tom]}}
sources:
  - {{name: access, kind: gitlab-access, url: "{url}", token_env: GITLAB_TOKEN, groups: [quay]}}
  - {{name: activity, kind: gitlab-activity, url: "{url}", token_env: GITLAB_TOKEN, projects: [quay/shop]}}
  - {{name: tickets, kind: gitlab-tickets, url: "{url}", token_env: GITLAB_TOKEN, projects: [quay/ops], prefix: OPS}}
"""
BODY = """**Person:** @nina
**System:** shop
**Level:** write
**Reason:** Correct the price of one article.
**Starts at:** 2026-02-20 10:00 +00:00
**Ends at:** 2026-02-20 11:00 +00:00
"""


def who(name):
    return {"username": name, "id": 1}


def said(name, clock, body):
    return {"body": body, "author": who(name), "created_at": f"2026-02-20T{clock}:00Z", "system": False}


def issue(iid, approval, **known):
    labels = [
        {
            "action": "add",
            "label": {"name": "access::approved"},
            "user": who("tom"),
            "created_at": "2026-02-20T09:50:00Z",
        }
    ]
    document = {
        "iid": iid,
        "title": f"Price <script>{iid}</script>",
        "description": BODY,
        "state": "closed",
        "labels": ["access::approved"],
        "author": who("nina"),
        "created_at": "2026-02-20T09:40:00Z",
        "updated_at": "2026-02-20T11:00:00Z",
        "closed_at": "2026-02-20T10:58:00Z",
        "web_url": f"https://g.example/quay/ops/-/issues/{iid}",
        **known,
    }
    notes = [said("tom", "09:51", approval), said("nina", "10:57", "Closeout: one price.\nAccess removed: yes")]
    return document, {("issues", iid, "resource_label_events"): labels, ("issues", iid, "notes"): notes}


@pytest.fixture
def night(server, company, shop, tmp_path):
    """Nina deploys for ever, Piet left and is still a maintainer; two requests, one with an approval that says little."""
    shop.lists["members"][0]["expires_at"] = None
    shop.lists["members"][1]["state"] = company.users[3]["state"] = "active"
    shop.lists["protected_environments"][0]["deploy_access_levels"].append({"access_level": 40})
    shop.lists["audit_events"] = [
        {
            "id": 5,
            "author_id": 3,
            "entity_type": "Project",
            "created_at": "2026-02-25T22:00:00Z",
            "details": {
                "change": "access_level",
                "from": "Developer",
                "to": "Maintainer",
                "target_type": "User",
                "target_id": 2,
                "entity_path": "quay/shop",
            },
        }
    ]
    ops = Place({"id": 8, "path_with_namespace": "quay/ops"})
    for iid, words in ((1, "Approved: Nina on shop, until 11:00"), (2, "Approved, go")):
        document, below = issue(iid, words)
        ops.lists.setdefault("issues", []).append(document)
        ops.below |= below
    company.projects.append(ops)
    (tmp_path / "auditor.yaml").write_text(CONFIG.format(url=server.url))

    def run(*arguments):
        return called(*arguments, folder=tmp_path, environment=os.environ)

    return run


def test_a_night_over_gitlab_finds_what_is_wrong(night, tmp_path):
    status, _, errors = night(*RUN)
    assert (status, errors) == (0, "")
    report = json.loads((tmp_path / "output/latest/findings.json").read_text())
    found = {(f["rule"], f["person"] or f["account"], f["ticket"]) for f in report["findings"]}
    assert ("standing/write-access", "nina", None) in found
    assert ("standing/departed", "piet", None) in found
    assert ("changes/no-window", "mia", None) in found
    assert ("tasks/unapproved", "nina", "OPS-2") in found
    assert ("tasks/none", "leon", None) in found
    assert not [f for f in found if f[2] == "OPS-1"]
    assert "standing/admin-access" not in {rule for rule, _, _ in found}
    (nina,) = [f for f in report["findings"] if f["rule"] == "standing/write-access" and f["person"] == "nina"]
    assert nina["facts"]["capabilities"] == ["deploy"]
    assert nina["handles"][0]["type"] == "project-member"
    _, shown, _ = night("explain", nina["id"])
    assert '"username": "nina"' in shown


def test_a_night_on_which_gitlab_says_no_says_so_and_ends_with_3(night, company, tmp_path):
    company.tokens.clear()
    assert night(*RUN)[0] == 3
    report = json.loads((tmp_path / "output/latest/findings.json").read_text())
    assert {line["status"] for line in report["coverage"]} == {"failed"}
    assert "does not accept the token" in json.dumps(report["coverage"])
    assert "not-a-real-token" not in json.dumps(report)
