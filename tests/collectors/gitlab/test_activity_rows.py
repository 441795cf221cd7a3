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
        ("project_group_link_created", {"add": "project_access"}, "project_group_link_created", "grant"),
        ("project_access_token_created", {}, "project_access_token_created", "grant"),
        ("project_access_token_creation_failed", {}, "project_access_token_creation_failed", "secret"),
        ("ci_variable_updated", {}, "ci_variable_updated", "secret"),
        ("personal_access_token_created", {}, "personal_access_token_created", "secret"),
        (None, {"add": "ssh_key"}, "add_ssh_key", "secret"),
        ("audit_events_streaming_headers_create", {}, "audit_events_streaming_headers_create", "audit-trail"),
        (None, {"failed_login": "STANDARD"}, "failed_login_STANDARD", "login"),
        ("login_failed_with_otp_authentication", {}, "login_failed_with_otp_authentication", "login"),
        (None, {"with": "saml"}, "with_saml", "login"),
        (None, {"custom_message": "Repository Download Started"}, "repository_download_started", "read"),
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
    level = {"change": "write", "login": "read", "read": "read"}.get(category, "admin")
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


@pytest.mark.parametrize(
    ("message", "account"),
    [
        ("Changed deploy access level from Maintainers to user with ID 9.", "gitlab:leon"),
        ("Changed deploy access level from user with ID 9 to Maintainers.", None),
        ("Deleted deploy access level user with ID 9.", None),
    ],
)
def test_whom_a_protected_environment_lets_deploy_is_known_by_name(rows, message, account):
    details = {"target_type": "ProtectedEnvironment", "target_id": 55, "custom_message": message}
    event = audited(event_type="protected_environment_deploy_access_level_updated", details=details)
    ((row,), _) = rows("audit_events", "audit-events", [event], authors=[{"id": 9, "username": "leon"}])
    assert (row["category"], json.loads(row["detail"]).get("target_account")) == ("grant", account)


def test_without_an_authors_name_the_number_is_the_account_and_of_a_group_there_is_no_project(rows):
    event = audited(entity_type="Group", details={"target_type": "Project", "target_id": 3, "add": "user_access"})
    ((row,), _) = rows("audit_events", "audit-events", [event], authors=[{"id": 4, "username": "mia"}])
    assert (row["account"], row["project"], row["resource"]) == ("gitlab-user:3", None, "quay/shop")
    assert "target_account" not in json.loads(row["detail"])


@pytest.mark.parametrize(
    ("path", "scope"),
    [("quay/shop/inner", "quay/shop/inner"), ("quay/shopping", "quay/shop"), (None, "quay/shop")],
)
def test_an_event_of_a_group_below_is_of_that_group(rows, path, scope):
    event = audited(entity_type="Group", event_type="member_created", details={"entity_path": path})
    ((row,), _) = rows("audit_events", "audit-events", [event])
    assert (row["scope"], row["project"]) == (scope, None)


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


@pytest.mark.parametrize(("told", "listed"), [("schedule", None), (None, "schedule"), (None, None)])
def test_what_began_a_deployment_s_pipeline_is_told_by_it_or_by_the_list_of_pipelines(rows, told, listed):
    run = {"id": 37, "created_at": "2026-02-21T09:59:00Z", "source": listed}
    made = deployed()
    made["deployable"]["pipeline"]["source"] = told
    ((row,), _) = rows("deployments", "deployments", [made], pipelines=[run])
    assert row["trigger"] == (told or listed)


@pytest.mark.parametrize(("ran_as", "trigger"), [("nina", "schedule"), ("leon", "web")])
def test_what_somebody_starts_in_a_schedules_pipeline_is_theirs(rows, ran_as, trigger):
    made = deployed()
    made["deployable"]["pipeline"]["source"] = "schedule"
    releases = [{"deployment": 41, "begun_as": {"id": 7, "username": ran_as}}]
    ((row,), _) = rows("deployments", "deployments", [made], releases=releases)
    assert (row["actor"], row["trigger"]) == ("gitlab:nina", trigger)


@pytest.mark.parametrize(
    ("sha", "before", "trigger"),
    [("ab", "schedule", "schedule"), ("ab", "web", "web"), ("cd", "schedule", "parent_pipeline")],
)
def test_a_child_s_pipeline_was_begun_by_what_began_the_one_above_it(rows, sha, before, trigger):
    made = deployed(created_at="2026-02-21T00:10:00Z")
    made["deployable"]["pipeline"]["source"] = "parent_pipeline"
    runs = [
        {"id": 35, "created_at": "2026-02-20T09:00:00Z", "source": "push", "sha": sha, "ref": "main"},
        {"id": 36, "created_at": "2026-02-20T23:00:00Z", "source": before, "sha": sha, "ref": "main"},
        {"id": 38, "created_at": "2026-02-28T09:00:00Z", "source": "push", "sha": sha, "ref": "main"},
    ]
    ((row,), _) = rows("deployments", "deployments", [made], pipelines=runs)
    assert row["trigger"] == trigger


def test_a_record_without_a_time_is_counted(rows):
    (found, line) = rows("deployments", "deployments", [deployed(created_at="soon", deployable=None), deployed(id=42)])
    assert ([row["deployment_id"] for row in found], line.rejected, line.rows) == (["42"], 1, 1)
    assert (line.status, "created_at is no time" in line.reason) == ("partial", True)


EVENT = {
    "event_id": "gitlab-audit:5",
    "time": datetime(2026, 2, 20, 10, tzinfo=UTC),
    "provider": "gitlab",
    "scope": "quay/shop",
    "account": "gitlab-user:3",
    "actor": "Mia",
    "action": "gitlab:project_archived",
    "category": "change",
    "level": "write",
    "outcome": "ok",
    "resource": "quay/shop",
    "project": "quay/shop",
}


def told(row):
    return {name: value for name, value in row.items() if value is not None and name not in STAMP}


STAMP = ("source", "collected_at", "origin", "record", "sha256")


@pytest.mark.parametrize(
    ("event", "details", "differs"),
    [
        ({}, {}, {}),
        ({}, {"author_class": "User", "author_email": "mia@quay.example"},
            {"actor_kind": "User", "on_behalf_of": "mia@quay.example"}),
        ({}, {"author_name": None, "author_email": 7, "ip_address": "", "entity_path": 7}, {"actor": None}),
        ({}, {"human_author_username": "leon", "author_email": "bot@x", "author_name": "Duo on behalf of @leon"},
            {"account": "gitlab:leon", "actor": "Duo on behalf of @leon", "invoked_by": "agent:Duo"}),
        ({}, {"human_author_username": "leon", "author_name": None},
            {"account": "gitlab:leon", "actor": None, "invoked_by": "agent:service account"}),
        ({}, {"author_name": "Duo on behalf of leon"},
            {"account": "gitlab:leon", "actor": "Duo on behalf of leon", "invoked_by": "agent:Duo"}),
        ({"author_id": -1}, {"author_name": "(System)", "author_class": "User"},
            {"account": "gitlab-user:-1", "actor": "(System)", "actor_kind": "(System)"}),
        ({"author_id": 3}, {"author_name": "(System)", "author_class": "User"},
            {"actor": "(System)", "actor_kind": "User"}),
        ({"entity_type": "Group"}, {"entity_path": "quay"}, {"project": None, "resource": "quay"}),
        ({"event_type": None}, {"failed_login": "STANDARD"}, {"action": "gitlab:failed_login_STANDARD",
            "category": "login", "level": "read", "outcome": "failed"}),
        ({"event_type": "User_Failed_Login"}, {}, {"action": "gitlab:User_Failed_Login", "category": "login",
            "level": "read", "outcome": "failed"}),
        ({"event_type": None}, {"custom_message": "One two three four five six seven"},
            {"action": "gitlab:one_two_three_four_five_six"}),
        ({"event_type": None}, {"event_name": "x" * 90, "custom_message": "y"}, {"action": f"gitlab:{'x' * 80}"}),
        ({"event_type": None}, {"add": ["odd"], "change": "the level"}, {"action": "gitlab:change_the_level"}),
    ],
)  # fmt: skip
def test_an_audit_event_whole(rows, event, details, differs):
    ((row,), line) = rows(
        "audit_events", "audit-events", [audited(**{"event_type": "project_archived", **event}, details=details)]
    )
    assert told(row) == {name: value for name, value in {**EVENT, **differs}.items() if value is not None}
    assert (line.status, line.reason, line.scope) == ("ok", None, "quay/shop audit events")


@pytest.mark.parametrize(
    ("details", "target"),
    [
        ({"target_type": "User", "target_id": 9}, "gitlab:leon"),
        ({"target_type": "Group", "target_id": 9}, None),
        ({"target_type": "User", "target_id": 8}, None),
        ({"target_type": "User", "target_id": "9"}, None),
    ],
)
def test_whom_a_grant_is_for_stands_in_its_detail(rows, details, target):
    event = audited(event_type="member_created", details={**details, "note": "token=abc"})
    ((row,), _) = rows("audit_events", "audit-events", [event], authors=[{"id": 9, "username": "leon"}])
    kept = json.loads(row["detail"])
    assert (kept.get("target_account"), kept["author_name"]) == (target, "Mia")
    assert "abc" not in row["detail"]
    long = audited(event_type="member_created", details={"note": "x" * 5000})
    ((row,), _) = rows("audit_events", "audit-events", [long])
    assert 1900 < len(row["detail"]) <= 2001


WORDS = {
    "login": "user_authenticated_with_otp user_failed_login signed_in_x login_with_saml with_x",
    "read": "export_downloaded repository_download_operation merge_request_viewed repository_git_operation "
    "merge_request_merged merge_request_approval_operation issue_closed_by_project_bot epic_closed_by_project_bot "
    "delete_issue delete_merge_request project_topic_changed compliance_control_status_fail ip_restricted_group_accessed",
    "audit-trail": "audit_events_streaming streaming_filter destroy_event_streaming_destination event_type_filters_created "
    "amazon_s3_configuration_deleted instance_google_cloud_logging_configuration_updated",
    "secret": "access_token_created ci_variable_x secret_x ssh_key_added gpg_key_added",
    "grant": "member_x user_access_x access_level_x group_access_x protected_x deploy_key_x share_x",
    "change": "withx push create_event_streaming_destination created_group_audit_event_streaming_destination "
    "instance_amazon_s3_configuration_created merge_request_approval_rules_changed",
}


@pytest.mark.parametrize(
    ("word", "outcome"),
    [
        ("project_access_token_creation_failed", "failed"),
        ("group_access_token_deletion_failed", "failed"),
        ("user_failed_login", "failed"),
        ("project_access_token_created", "ok"),
    ],
)
def test_what_only_failed_was_not_done(rows, word, outcome):
    ((row,), _) = rows("audit_events", "audit-events", [audited(event_type=word)])
    assert row["outcome"] == outcome


@pytest.mark.parametrize("category", WORDS)
def test_what_an_events_words_come_to(rows, category):
    for word in WORDS[category].split():
        ((row,), _) = rows("audit_events", "audit-events", [audited(event_type=word)])
        assert (word, row["category"]) == (word, category)


@pytest.mark.parametrize(
    ("said", "resource"),
    [
        ({"target_type": "Ci::Variable", "target_details": "DB_URL"}, "quay/shop/variables/DB_URL"),
        ({"target_type": "Project", "target_details": "shop"}, "quay/shop/variables"),
    ],
)
def test_a_variable_that_was_shown_is_a_secret_read(rows, said, resource):
    details = {**said, "entity_path": "quay/shop", "custom_message": "CI/CD variable accessed with the API"}
    for event in (audited(event_type="variable_viewed_api", details=details), audited(details=details)):
        ((row,), _) = rows("audit_events", "audit-events", [event])
        assert (row["category"], row["level"], row["resource"]) == ("secret", "read", resource)


def test_a_pipeline_whole(rows):
    run = {"id": 37, "status": "success", "source": "push", "ref": "main", "sha": "ab", "web_url": "u",
        "created_at": "2026-02-20T10:00:00Z", "updated_at": "2026-02-20T10:05:00Z"}  # fmt: skip
    ((row,), line) = rows("pipelines", "pipelines", [run])
    when = {"time": EVENT["time"], "updated_at": datetime(2026, 2, 20, 10, 5, tzinfo=UTC)}
    assert told(row) == {**when, "pipeline": "37", "project": "quay/shop", "ref": "main", "commit": "ab", "trigger": "push",
        "status": "success", "url": "u"}  # fmt: skip
    (_, line) = rows("pipelines", "pipelines", [{**run, "id": 38, "created_at": "soon"}, run])
    assert (line.rejected, line.reason) == (1, "created_at is no time and was left out (pipeline 38)")


@pytest.mark.parametrize(
    ("release", "requests", "approvers", "reason"),
    [
        ({}, None, [], None),
        ({"merge_requests": [{"iid": 3, "web_url": "u3"}, {"iid": 4}]}, "u3, !4", [], None),
        ({"merge_requests": [{"iid": n} for n in range(25)]}, ", ".join(f"!{n}" for n in range(20)), [], None),
        (
            {"approved_by": [{"user": {"id": 1, "username": name}} for name in ("tom", "mia", "tom")]},
            None,
            ["gitlab:tom", "gitlab:mia"],
            None,
        ),
        (
            {
                "approved_by": [
                    {"user": {"id": 1, "username": "tom"}, "approved_at": "2026-01-01T00:00:00Z"},
                    {"user": {"id": 2, "username": "mia"}, "approved_at": "2026-12-31T00:00:00Z"},
                ]
            },
            None,
            ["gitlab:tom"],
            None,
        ),
        ({"missing": "no rights"}, None, [], "not all about it could be read: no rights (41)"),
    ],
)
def test_what_a_deployment_brought_out(rows, release, requests, approvers, reason):
    answers = {"releases": [{"deployment": 41, **release}]}
    ((row,), line) = rows("deployments", "deployments", [deployed()], **answers)
    assert (row["merge_request"], row["approvers"]) == (requests, approvers)
    assert (line.status, line.reason) == ("partial" if reason else "ok", reason)
