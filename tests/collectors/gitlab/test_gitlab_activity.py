"""Deployments and audit events on the stand-in."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.sources.gitlab import GitlabActivity
from auditor.model.tables import Activity, Deployment, Pipeline
from collectors.base import Raw
from collectors.gitlab.activity import GitlabActivityCollector
from tests.copies import replace


def who(name):
    return {"id": 1, "username": name, "name": name.title(), "state": "active"}


def deployed(id_, updated="2026-02-20T10:05:00Z", **known):
    return {
        "id": id_,
        "iid": id_,
        "ref": "main",
        "sha": "a91957a8",
        "status": "success",
        "created_at": "2026-02-20T10:00:00Z",
        "updated_at": updated,
        "user": who("nina"),
        "environment": {"id": 9, "name": "production"},
        "deployable": {
            "id": 664,
            "status": "success",
            "finished_at": "2026-02-20T10:04:00Z",
            "user": who("nina"),
            "pipeline": {"id": 37, "web_url": "https://g.example/quay/shop/-/pipelines/37"},
        },
        **known,
    }


def audited(id_, created="2026-02-20T10:00:00Z", event_type=None, **details):
    return {
        "id": id_,
        "author_id": 3,
        "entity_id": 7,
        "entity_type": "Project",
        "details": {"author_name": "Mia", "ip_address": "192.0.2.7", "entity_path": "quay/shop", **details},
        "created_at": created,
        **({"event_type": event_type} if event_type else {}),
    }


@pytest.fixture
def active(shop):
    shop.document["permissions"] = {"project_access": None, "group_access": {"access_level": 50}}
    shop.lists["deployments"] = [deployed(41), deployed(42, user=who("leon"), deployable=None, status="running")]
    shop.lists["merge_requests"] = [{"iid": 3}]
    shop.below = {
        ("deployments", 41, "merge_requests"): [
            {"iid": 3, "web_url": "https://g.example/quay/shop/-/merge_requests/3"}
        ],
        ("merge_requests", 3, "approvals"): {"iid": 3, "approved_by": [{"user": who("tom")}, {"user": who("mia")}]},
    }
    shop.lists["audit_events"] = [
        audited(5, add="user_access", **{"as": "Maintainer"}, target_type="User", target_id=2, target_details="Leon"),
        audited(6, event_type="ci_variable_updated", custom_message="Changed variable DEPLOY_TOKEN"),
        audited(7, custom_message="Project archived", target_type="Project", target_id=77),
    ]
    return shop


@pytest.fixture
def read(server, active, context, collect):
    def run(seen=None, later=timedelta(), **known):
        source = GitlabActivity(
            name="code",
            kind="gitlab-activity",
            url=server.url,
            token_env="GITLAB_TOKEN",
            **{"projects": ["quay/shop"], **known},
        )
        moved = replace(context, collected_at=context.collected_at + later)
        return collect(GitlabActivityCollector(source, moved), seen)

    return run


def seen_after(got, before=None):
    return {**(before or {}), **{row.origin: row.version for row in got.objects}}


def test_a_deployment_comes_with_its_merge_request_and_who_approved_it(read):
    rows = {row.deployment_id: row for row in read().rows(Deployment)}
    row = rows["41"]
    assert (row.actor, row.environment, row.status, row.ref) == ("gitlab:nina", "production", "success", "main")
    assert (row.pipeline[-12:], row.merge_request[-16:]) == ("pipelines/37", "merge_requests/3")
    assert row.approvers == ("gitlab:tom", "gitlab:mia")
    assert (row.time, row.finished_at) == (
        datetime(2026, 2, 20, 10, 0, tzinfo=UTC),
        datetime(2026, 2, 20, 10, 4, tzinfo=UTC),
    )
    assert row.system_hint == "quay/shop"
    assert (rows["42"].actor, rows["42"].approvers, rows["42"].finished_at) == ("gitlab:leon", (), None)


def test_a_deployment_without_a_word_of_its_own_is_as_its_job(read, active):
    active.lists["deployments"] = [deployed(41, status=None), deployed(42, status=None, deployable=None)]
    assert {row.deployment_id: row.status for row in read().rows(Deployment)} == {"41": "success", "42": None}


def test_pipelines_are_read_whatever_began_them(read, active):
    when = {"created_at": "2026-02-20T09:50:00.000Z", "updated_at": "2026-02-20T10:04:00.000Z"}
    active.lists["pipelines"] = [
        {"id": 37, "status": "success", "source": "schedule", "ref": "main", "sha": "ab", "web_url": "u", **when},
        {"id": 38, "status": "running", **when},
        {"id": 39, "created_at": "yesterday", "updated_at": "2026-02-20T10:04:00.000Z"},
    ]
    got = read()
    rows = {row.pipeline: row for row in got.rows(Pipeline)}
    assert sorted(rows) == ["37", "38"]
    assert (rows["37"].project, rows["37"].trigger, rows["37"].status) == ("quay/shop", "schedule", "success")
    assert rows["37"].time == datetime(2026, 2, 20, 9, 50, tzinfo=UTC)
    assert rows["37"].updated_at == datetime(2026, 2, 20, 10, 4, tzinfo=UTC)
    (line,) = [line for line in got.coverage if line.scope == "quay/shop pipelines"]
    assert (line.status, line.rows, line.rejected) == ("partial", 2, 1)
    active.lists["pipelines"][1] |= {"status": "success", "updated_at": "2026-03-02T10:04:00.000Z"}
    again = read(seen_after(got), later=timedelta(days=2)).rows(Pipeline)
    assert [(row.pipeline, row.status) for row in again if row.pipeline == "38"] == [("38", "success")]


def test_a_deployment_that_waited_for_somebody_begins_when_its_job_does(read, active):
    first = active.lists["deployments"][0]
    first["deployable"]["started_at"] = "2026-02-20T21:30:00.000Z"
    row = {row.deployment_id: row for row in read().rows(Deployment)}[str(first["id"])]
    assert row.time == datetime(2026, 2, 20, 21, 30, tzinfo=UTC)


def test_approvals_of_the_deployment_itself_count_too(read, active):
    said = [{"user": who("mia"), "status": "approved"}, {"user": who("tom"), "status": "rejected"}]
    active.lists["deployments"][1]["approvals"] = said
    assert {row.deployment_id: row for row in read().rows(Deployment)}["42"].approvers == ("gitlab:mia",)


def test_audit_events_are_activity_and_grants_keep_their_detail(read, server):
    rows = {row.event_id: row for row in read().rows(Activity)}
    grant = rows["gitlab-audit:5"]
    assert (grant.account, grant.action, grant.category) == ("gitlab:mia", "gitlab:add_user_access", "grant")
    assert (grant.scope, grant.project, grant.source_ip) == ("quay/shop", "quay/shop", "192.0.2.7")
    assert json.loads(grant.detail)["as"] == "Maintainer"
    assert json.loads(grant.detail)["target_account"] == "gitlab:leon"
    assert rows["gitlab-audit:6"].category == "secret"
    assert {one.path for one in server.requests if "/users/" in one.path} == {"/api/v4/users/3", "/api/v4/users/2"}
    assert (rows["gitlab-audit:7"].category, rows["gitlab-audit:7"].detail) == ("change", None)


def test_a_service_account_on_behalf_of_a_human_is_an_agent_of_theirs(read, active):
    said = {"author_name": "Duo Developer on behalf of @leon", "custom_message": "Merge request approved"}
    active.lists["audit_events"] = [
        audited(1, **said, human_author_username="leon", human_author_name="Leon"),
        audited(2, **said),
        audited(3, author_name="Duo Developer", custom_message="Merge request approved"),
    ]
    rows = sorted(read().rows(Activity), key=lambda row: row.event_id)
    assert [(row.account, row.invoked_by) for row in rows] == [
        ("gitlab:leon", "agent:Duo Developer"),
        ("gitlab:leon", "agent:Duo Developer"),
        ("gitlab:mia", None),
    ]


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        ({"event_type": "authenticated_with_two_factor"}, ("login", "read", "ok")),
        ({"with": "saml"}, ("login", "read", "ok")),
        ({"failed_login": "STANDARD"}, ("login", "read", "failed")),
        ({"event_type": "project_export_file_downloaded"}, ("read", "read", "ok")),
        ({"event_type": "group_share_with_group_link_created"}, ("grant", "admin", "ok")),
        ({"event_type": "project_archived"}, ("change", "write", "ok")),
    ],
)
def test_signing_in_and_reading_are_no_changes(read, active, told, expected):
    active.lists["audit_events"] = [audited(1, **told)]
    (row,) = read().rows(Activity)
    assert (row.category, row.level, row.outcome) == expected


def test_each_list_has_its_coverage(read, context):
    lines = {line.scope: line for line in read().coverage}
    assert {scope: line.status for scope, line in lines.items()} == {
        "quay/shop pipelines": "ok",
        "quay/shop deployments": "ok",
        "quay/shop audit events": "ok",
    }
    assert lines["quay/shop deployments"].from_ == context.collected_at - timedelta(days=90)
    assert lines["quay/shop deployments"].to == context.collected_at


def test_without_the_paid_tier_audit_events_are_said_to_be_missing_and_why(read, company, server):
    company.tier = "free"
    got = read()
    (line,) = [line for line in got.coverage if line.scope == "quay/shop audit events"]
    assert line.status == "partial"
    assert "403" in line.reason
    assert "GitLab Premium" in line.reason
    assert len(got.rows(Deployment)) == 2
    server.requests.clear()
    assert sorted(line.scope for line in read(tier="free").coverage) == ["quay/shop deployments", "quay/shop pipelines"]
    assert not [call for call in server.calls if "audit_events" in call]


def test_the_next_run_reads_what_is_new(read, active, server):
    first = read()
    active.lists["deployments"].append(deployed(43, updated="2026-03-01T12:00:00Z"))
    active.lists["audit_events"].append(audited(9, created="2026-03-01T13:00:00Z"))
    server.requests.clear()
    second = read(seen_after(first), later=timedelta(days=1))
    assert [row.deployment_id for row in second.rows(Deployment)] == ["43"]
    assert [row.event_id for row in second.rows(Activity)] == ["gitlab-audit:9"]
    asked = [call for call in server.calls if "/audit_events?" in call]
    assert any("created_after=2026-03-01T02%3A00%3A00Z" in call for call in asked)


def test_what_could_not_be_read_is_read_by_the_next_run(read, server):
    first = read()
    server.fails("/deployments$")
    second = read(seen_after(first), later=timedelta(days=1))
    assert [line.status for line in second.coverage if "deployments" in line.scope] == ["partial"]
    server.faults.clear()
    third = read(seen_after(second, seen_after(first)), later=timedelta(days=2))
    (line,) = [line for line in third.coverage if "deployments" in line.scope]
    assert line.from_ == first.coverage[0].to - timedelta(hours=1)


def test_long_stretches_are_asked_for_in_pieces_of_thirty_days(read, active, server):
    active.lists["audit_events"] += [audited(n, created="2026-01-10T10:00:00Z") for n in range(100, 210)]
    assert len(read().rows(Activity)) == 113
    starts = {call.partition("created_after=")[2][:10] for call in server.calls if "created_after=" in call}
    assert starts == {"2025-12-01", "2025-12-31", "2026-01-30"}
    assert any("cursor=" in call for call in server.calls)


def test_a_lesser_role_that_sees_only_its_own_events_is_said(read, active):
    active.document["permissions"] = {"project_access": {"access_level": 30}, "group_access": None}
    (line,) = [line for line in read().coverage if "audit" in line.scope]
    assert (line.status, "their own audit events only" in line.reason) == ("partial", True)


def test_merge_requests_that_are_refused_cost_the_approvers_only(read, server):
    server.fails("/approvals$")
    got = read()
    assert {row.deployment_id: row.approvers for row in got.rows(Deployment)} == {"41": (), "42": ()}
    (line,) = [line for line in got.coverage if line.scope == "quay/shop deployments"]
    assert "not all about it could be read" in line.reason


@pytest.mark.parametrize("end", ["/merge_requests", "/approvals", "/users/3", "/projects/quay/shop"])
@pytest.mark.parametrize("content", [[], [7, None], {"approved_by": 5, "permissions": {"a": 7}}, "x"])
def test_odd_answers_stop_nothing_that_is_asked_for_after_them(read, server, end, content):
    server.fails(f"{end}$", body=json.dumps(content))
    got = read()
    assert len(got.rows(Deployment)) == 2
    assert len(got.rows(Activity)) == 3


def test_groups_have_audit_events_of_their_own(read, company):
    company.groups[0].lists["audit_events"] = [audited(8, add="user_access", entity_path="quay")]
    got = read(groups=["quay"])
    (row,) = [row for row in got.rows(Activity) if row.scope == "quay"]
    assert (row.event_id, row.category) == ("gitlab-audit:8", "grant")


def test_an_empty_project_and_odd_records_stop_nothing(read, active):
    active.lists["deployments"] = []
    active.lists["audit_events"].append(audited(9, add=["x"], target_type="User", target_id=[7], ip_address={}))
    active.lists["audit_events"].append({"id": 8, "author_id": None, "created_at": "2026-02-20", "details": []})
    got = read()
    assert got.rows(Deployment) == []
    (line,) = [line for line in got.coverage if "audit" in line.scope]
    assert (line.status, line.rejected, line.rows) == ("partial", 1, 4)


def test_real_answers_come_to_rows_or_to_explained_rejects(shared, context):
    folder = shared("data/gitlab4j")
    source = GitlabActivity(
        name="code", kind="gitlab-activity", url="https://g.example", token_env="T", projects=["a/b"]
    )
    collector = GitlabActivityCollector(source, context)
    checkpoint = b'{"since": "2010-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z"}'

    def normalised(path, what, part):
        marks = Raw(f"gitlab:a/b#{what}", lambda: checkpoint, version="v", part="checkpoint")
        return collector.normalise([marks, Raw(f"gitlab:a/b#{what}/page-0001", path.read_bytes, part=part)])

    one = normalised(folder / "deployment.json", "deployments", "deployments")
    assert one.tables[Deployment].to_pylist()[0]["status"] == "success"
    (run,) = normalised(folder / "pipeline.json", "pipelines", "pipelines").tables[Pipeline].to_pylist()
    assert run["time"]
    for name, rows in (("audit-events.json", 3), ("project-audit-events.json", 2)):
        got = normalised(folder / name, "audit_events", "audit-events")
        assert (got.tables[Activity].num_rows, got.coverage[0].reason) == (rows, None)
    for path in sorted(folder.glob("*.json")):
        for what, part in (
            ("deployments", "deployments"),
            ("pipelines", "pipelines"),
            ("audit_events", "audit-events"),
        ):
            got = normalised(path, what, part)
            rejected = sum(entry.rejected for entry in got.objects if entry.origin.endswith("0001"))
            kept = sum(table.num_rows for table in got.tables.values())
            failed = any(entry.status == "failed" for entry in got.objects)
            assert failed or rejected or kept or json.loads(path.read_bytes()) == []


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, active, server, told_whole):
    when = {"created_at": "2026-02-20T09:50:00.000Z", "updated_at": "2026-02-20T10:04:00.000Z"}
    active.lists["pipelines"] = [
        {"id": 37, "status": "success", "source": "schedule", "ref": "main", "sha": "ab", "web_url": "u", **when}
    ]
    told_whole("gitlab-activity", read(groups=["quay"]), server.calls, server=server.url)
