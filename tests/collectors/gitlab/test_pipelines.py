"""What runs pipelines and what they are given: variables, triggers and runners."""

import json

import pytest

from auditor.model.tables import Account, Credential, Grant, Policy

SECRET = "hunter2-in-a-variable"


@pytest.fixture
def shop(company):
    shop = company.projects[0]
    shop.lists |= {
        "variables": [{"key": "DB_URL", "value": SECRET, "protected": True, "environment_scope": "production"}],
        "triggers": [
            {
                "id": 6,
                "description": "nightly",
                "token": "6d056f63e50fe6f8c5f8f4aa10edb7",
                "created_at": "2025-01-07T12:00:00Z",
                "last_used": "2026-02-01T12:00:00Z",
                "owner": {"id": 3, "username": "mia", "name": "Mia"},
            }
        ],
        "runners": [
            {"id": 8, "description": "builder", "runner_type": "project_type", "paused": False},
            {"id": 9, "description": "shared", "runner_type": "instance_type", "paused": False},
        ],
    }
    company.groups[0].lists["variables"] = [{"key": "TOKEN", "value": SECRET, "environment_scope": "*"}]
    return shop


@pytest.mark.usefixtures("shop")
def test_variables_are_kept_by_their_names_and_never_with_their_values(read):
    got = read()
    told = {row.attached_to: json.loads(row.document) for row in got.rows(Policy) if row.name == "variables"}
    assert told["quay/shop"]["variables"] == [{"name": "DB_URL", "for": "production"}]
    assert told["quay"]["variables"] == [{"name": "TOKEN", "for": "*"}]
    kept = b"".join(raw.load() for batch in got.batches for raw in batch)
    assert SECRET.encode() not in kept
    assert b"6d056f63" not in kept


@pytest.mark.usefixtures("shop")
def test_a_trigger_is_a_token_of_its_owner(read):
    (row,) = (row for row in read().rows(Credential) if row.credential == "gitlab-trigger:6")
    assert (row.account, row.resource, row.comment) == ("gitlab:mia", "quay/shop", "nightly")
    assert (row.created_at.year, row.last_used_at.year) == (2025, 2026)


@pytest.mark.usefixtures("shop")
def test_the_teams_runners_are_accounts_and_the_servers_own_are_not(read):
    got = read()
    assert [row.name for row in got.rows(Account) if row.account.startswith("gitlab-runner:")] == ["builder"]
    assert [row.role for row in got.rows(Grant) if row.principal == "gitlab-runner:8"] == ["project runner"]


def test_a_project_without_pipelines_is_not_asked_about_them(read, server, company):
    company.projects[0].document["builds_access_level"] = "disabled"
    read()
    assert not [call for call in server.calls if "quay%2Fshop/triggers" in call]


def test_variables_that_cannot_be_read_are_not_kept(read, shop):
    shop.lists["variables"] = {"value": SECRET}
    got = read()
    assert SECRET.encode() not in b"".join(raw.load() for batch in got.batches for raw in batch)
