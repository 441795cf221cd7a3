"""GitLab's deployments, pipelines and audit events as rows, from answers by hand."""

import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.gitlab import GitlabActivity
from auditor.model.tables import Activity, Deployment, Pipeline
from collectors.base import Raw
from collectors.gitlab.activity import GitlabActivityCollector

MARK = b'{"since": "2026-02-01T00:00:00Z", "until": "2026-03-01T00:00:00Z", "before": "2026-01-31T00:00:00Z"}'


@pytest.fixture
def rows(context):
    """The rows and the coverage of one list of a project, from records, and from others that belong to it."""
    source = GitlabActivity(
        name="code", kind="gitlab-activity", url="https://g.example", token_env="T", projects=["quay/shop"]
    )

    def run(what, part, records, **others):
        parts = {part: records, **{name.replace("_", "-"): more for name, more in others.items()}}
        batch = [Raw(f"gitlab:quay/shop#{what}", lambda: MARK, version="v", part="checkpoint")]
        for name, some in parts.items():
            place = f"gitlab:quay/shop#{what if name == part else name}/page-0001"
            batch.append(Raw(place, lambda some=some: json.dumps(some).encode(), part=name))
        got = GitlabActivityCollector(source, context).normalise(batch)
        table = {"deployments": Deployment, "pipelines": Pipeline, "audit_events": Activity}[what]
        return (got.tables[table].to_pylist() if table in got.tables else []), got.coverage[0]

    return run


def audited(**known):
    details = known.pop("details", {})
    base = {"id": 5, "author_id": 3, "entity_id": 7, "entity_type": "Project", "created_at": "2026-02-20T10:00:00Z"}
    return {**base, "details": {"author_name": "Mia", **details}, **known}


@pytest.mark.parametrize(
    ("event_type", "details", "action", "category"),
    [
        ("member_created", {}, "member_created", "grant"),
        (None, {"add": "user_access"}, "add_user_access", "grant"),
        (None, {"change": "access level", "from": "a"}, "change_access_level", "grant"),
        (None, {"remove": "deploy_key"}, "remove_deploy_key", "grant"),
        ("protected_branch_created", {}, "protected_branch_created", "grant"),
        ("project_group_link_created_share", {}, "project_group_link_created_share", "grant"),
        ("ci_variable_updated", {}, "ci_variable_updated", "secret"),
        ("personal_access_token_created", {}, "personal_access_token_created", "secret"),
        (None, {"add": "ssh_key"}, "add_ssh_key", "secret"),
        ("audit_events_streaming_headers_create", {}, "audit_events_streaming_headers_create", "audit-trail"),
        (None, {"failed_login": "STANDARD"}, "failed_login_STANDARD", "login"),
        (None, {"with": "saml"}, "with_saml", "login"),
        (None, {"event_name": "repository_download"}, "repository_download", "change"),
        (
            None,
            {"custom_message": "Project was moved to another group by"},
            "project_was_moved_to_another_group",
            "change",
        ),
        (None, {}, "event", "change"),
    ],
)
def test_an_audit_event_is_called_and_sorted_by_its_type_or_its_words(rows, event_type, details, action, category):
    ((row,), _) = rows("audit_events", "audit-events", [audited(event_type=event_type, details=details)])
    assert (row["action"], row["category"]) == (f"gitlab:{action}", category)
    # What gives rights or secrets keeps its words, and is an administrator's work.
    level = {"change": "write", "login": "read"}.get(category, "admin")
    assert (row["level"], row["detail"] is None) == (level, level != "admin")


def test_an_audit_event_tells_who_did_it_where_and_to_whom(rows):
    details = {
        "target_type": "User",
        "target_id": 9,
        "ip_address": "192.0.2.7",
        "entity_path": "quay/shop",
        "add": "user_access",
    }
    authors = [{"id": 3, "username": "mia"}, {"id": 9, "username": "leon"}]
    ((row,), _) = rows("audit_events", "audit-events", [audited(details=details)], authors=authors)
    assert (row["account"], row["actor"], row["source_ip"]) == ("gitlab:mia", "Mia", "192.0.2.7")
    assert (row["scope"], row["resource"], row["project"], row["event_id"]) == (
        "quay/shop",
        "quay/shop",
        "quay/shop",
        "gitlab-audit:5",
    )
    assert json.loads(row["detail"])["target_account"] == "gitlab:leon"
    assert (row["time"], row["outcome"]) == (datetime(2026, 2, 20, 10, tzinfo=UTC), "ok")


def test_without_an_authors_name_the_number_is_the_account_and_of_a_group_there_is_no_project(rows):
    event = audited(entity_type="Group", details={"target_type": "Project", "target_id": 3, "add": "user_access"})
    ((row,), _) = rows("audit_events", "audit-events", [event], authors=[{"id": 4, "username": "mia"}])
    assert (row["account"], row["project"], row["resource"]) == ("gitlab-user:3", None, "quay/shop")
    assert "target_account" not in json.loads(row["detail"])


def deployed(**known):
    job = {
        "id": 1,
        "status": "failed",
        "started_at": "2026-02-21T10:00:00Z",
        "finished_at": "2026-02-21T10:04:00Z",
        "user": {"id": 1, "username": "nina"},
        "pipeline": {"id": 37, "web_url": "https://g.example/p/37"},
    }
    base = {
        "id": 41,
        "ref": "main",
        "sha": "ab",
        "status": "success",
        "created_at": "2026-02-20T10:00:00Z",
        "user": {"id": 2, "username": "leon"},
        "environment": {"id": 9, "name": "production"},
        "deployable": job,
    }
    changed = known.pop("job", {})
    return {**base, "deployable": {**job, **changed}, **known}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, {"actor": "gitlab:nina", "status": "success", "environment": "production", "ref": "main", "commit": "ab"}),
        ({}, {"time": datetime(2026, 2, 21, 10, tzinfo=UTC), "finished_at": datetime(2026, 2, 21, 10, 4, tzinfo=UTC)}),
        ({"job": {"started_at": None}}, {"time": datetime(2026, 2, 20, 10, tzinfo=UTC)}),
        ({"job": {"user": None}}, {"actor": "gitlab:leon"}),
        ({"job": {"user": None}, "user": None}, {"actor": None}),
        ({"status": None}, {"status": "failed"}),
        ({"environment": None}, {"environment": None}),
        ({}, {"pipeline": "https://g.example/p/37"}),
        ({"job": {"pipeline": {"id": 37}}}, {"pipeline": "37"}),
        ({"job": {"pipeline": None}}, {"pipeline": None}),
        ({"deployable": None}, {"actor": "gitlab:leon", "finished_at": None, "pipeline": None}),
        (
            {"approvals": [{"user": {"id": 3, "username": "mia"}, "status": "approved"}]},
            {"approvers": ["gitlab:mia"], "deployment_id": "41"},
        ),
        ({"approvals": [{"user": {"id": 3, "username": "mia"}, "status": "rejected"}]}, {"approvers": []}),
    ],
)
def test_a_deployment_is_told_by_its_job_where_it_has_one(rows, changes, told):
    ((row,), line) = rows("deployments", "deployments", [deployed(**changes)])
    assert {name: row[name] for name in told} == told
    assert (line.status, line.rows, line.scope) == ("ok", 1, "quay/shop deployments")
    assert (line.from_, line.to) == (datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC))


def test_a_record_without_a_time_is_counted(rows):
    (found, line) = rows("deployments", "deployments", [deployed(created_at="soon", deployable=None), deployed(id=42)])
    assert ([row["deployment_id"] for row in found], line.rejected, line.rows) == (["42"], 1, 1)
    assert (line.status, "created_at is no time" in line.reason) == ("partial", True)
