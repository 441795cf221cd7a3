"""GitHub's deployments, runs and audit log, read from a server on loopback and from exports."""

import gzip
import json
from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.sources.github import GithubActivity
from auditor.model.tables import Activity, Deployment, Pipeline
from auditor.providers.registry import begun_by
from collectors.github.activity import GithubActivityCollector
from collectors.github.audit_log import category_of
from tests.github_company import SHOP, releases
from tests.github_server import MISSING, user

ENTRY = {
    "@timestamp": 1770717600000,
    "_document_id": "abc",
    "action": "repo.add_member",
    "actor": "nina",
    "actor_ip": "192.0.2.7",
    "created_at": 1770717600000,
    "org": "quay",
    "permission": "admin",
    "repo": "quay/shop",
    "user": "sam",
    "hashed_token": "c2VjcmV0",
}


@pytest.fixture
def read(github, context, collect):
    def run(seen=None, **named):
        known = named or {"repositories": ["quay/shop"]}
        source = GithubActivity(name="activity", kind="github-activity", url=github.url, **known)
        return collect(GithubActivityCollector(source=source, context=context), seen)

    return run


def test_a_release_has_its_run_s_starter_approvers_and_pull_request(read, github):
    releases(github)
    got = read()
    [row] = got.rows(Deployment)
    assert row.time == datetime(2026, 2, 10, 10, 15, tzinfo=UTC)
    assert row.finished_at == datetime(2026, 2, 10, 10, 19, tzinfo=UTC)
    assert (row.actor, row.approvers) == ("github:tom", ("github:nina", "github:mia"))
    assert (row.environment, row.commit, row.status) == ("production", "c0ffee", "success")
    assert row.merge_request == "https://github.com/quay/shop/pull/12"
    assert row.pipeline == "https://github.com/quay/shop/actions/runs/70"
    assert [line.status for line in got.coverage] == ["ok", "ok"]


def test_runs_have_the_words_that_other_forges_use(read, github):
    releases(github)
    rows = {row.pipeline: (row.trigger, row.status, row.project) for row in read().rows(Pipeline)}
    assert rows == {"70": ("web", "success", "quay/shop"), "71": ("push", "failed", "quay/shop")}


def test_what_did_not_change_since_the_last_night_is_not_asked_for_again(read, github):
    releases(github)
    seen = {one.origin: one.version for one in read().objects}
    github.calls.clear()
    got = read(seen)
    assert not got.rows(Deployment)
    assert not any("/statuses" in call or "/pulls" in call for call in github.calls)
    assert [line.from_ for line in got.coverage] == [datetime(2026, 3, 1, 2, tzinfo=UTC)] * 2


def test_a_page_that_is_older_than_anything_open_is_the_last(read, github):
    releases(github)
    runs = github.answers[f"{SHOP}/actions/runs"]["workflow_runs"]
    runs += [{**runs[-1], "id": n} for n in range(10)]
    github.page = 2
    read()
    assert sum(call.startswith(f"GET /{SHOP}/actions/runs?") for call in github.calls) == 2


def test_what_an_app_deploys_is_its_own(read, github):
    releases(github)
    del github.answers[f"{SHOP}/actions/runs/70"]
    github.answers[f"{SHOP}/deployments"][0]["creator"]["login"] = "shipper[bot]"
    [row] = read().rows(Deployment)
    assert row.actor == "github-app:shipper"


@pytest.mark.parametrize(
    ("attempt", "began", "told", "actor"),
    [
        (2, "09:50", None, "github:tom"),  # the latest had begun
        (2, "11:00", None, "github:mia"),  # the first
        (3, "11:00", "09:30", "github:sam"),  # the one in between
        (3, "11:00", "10:30", "github:mia"),
    ],
)
def test_a_release_is_of_the_attempt_that_made_it(read, github, attempt, began, told, actor):
    releases(github)
    run = github.answers[f"{SHOP}/actions/runs/70"]
    run |= {"run_attempt": attempt, "run_started_at": f"2026-02-10T{began}:00Z"}
    between = {**run, "run_attempt": 2, "run_started_at": f"2026-02-10T{told}:00Z", "triggering_actor": user("sam", 4)}
    github.answers[f"{SHOP}/actions/runs/70/attempts/2"] = between
    [row] = read().rows(Deployment)
    assert row.actor == actor


def test_an_attempt_that_is_not_told_is_nobody_s(read, github):
    releases(github)
    github.answers[f"{SHOP}/actions/runs/70"] |= {"run_attempt": 3, "run_started_at": "2026-02-10T11:00:00Z"}
    got = read()
    assert [row.actor for row in got.rows(Deployment)] == ["github-app:github-actions"]
    assert "partial" in {line.status for line in got.coverage}


@pytest.mark.parametrize(
    ("attempt", "actor", "trigger"), [(1, "github-app:github-actions", "schedule"), (2, "github:tom", "web")]
)
def test_nobody_starts_a_schedule(read, github, attempt, actor, trigger):
    releases(github)
    github.answers[f"{SHOP}/actions/runs/70"] |= {"event": "schedule", "run_attempt": attempt}
    [row] = read().rows(Deployment)
    assert (row.actor, row.trigger, begun_by(row)) == (actor, trigger, "a schedule" if attempt == 1 else "")


@pytest.mark.parametrize(("actor", "trigger"), [("mia", "schedule"), ("sam", "push")])
def test_what_the_end_of_a_run_begins_was_begun_by_what_began_that(read, github, actor, trigger):
    releases(github)
    run = github.answers[f"{SHOP}/actions/runs/70"] | {
        "event": "workflow_run",
        "head_sha": "ab",
        "actor": user("mia", 3),
    }
    before = [
        {**run, "id": 68, "event": "push", "created_at": "2026-02-09T14:00:00Z"},
        {**run, "id": 69, "event": "schedule", "created_at": "2026-02-10T01:00:00Z", "actor": user(actor, 3)},
    ]
    github.answers[f"{SHOP}/actions/runs/70"] = run
    github.answers[f"{SHOP}/actions/runs"]["workflow_runs"] = [run, *before]
    [row] = read().rows(Deployment)
    assert row.trigger == trigger


def test_a_release_that_was_turned_down_never_ran(read, github):
    releases(github)
    states = github.answers[f"{SHOP}/deployments/500/statuses"]
    del states[2]
    states[1]["state"] = "failure"
    [row] = read().rows(Deployment)
    assert row.status == "canceled"


@pytest.mark.parametrize(
    ("reviews", "agreed"),
    [
        ([("APPROVED", 50), ("COMMENTED", 55)], True),
        ([("APPROVED", 50), ("CHANGES_REQUESTED", 55)], False),
        ([("CHANGES_REQUESTED", 50), ("APPROVED", 55)], True),
        ([("DISMISSED", 50)], False),
        ([("APPROVED", 61)], False),  # after it began
    ],
)
def test_a_review_counts_as_it_stood_when_the_release_began(read, github, reviews, agreed):
    releases(github)
    began = datetime(2026, 2, 10, 9, 15, tzinfo=UTC)
    github.answers[f"{SHOP}/actions/runs/70/approvals"] = []
    github.answers[f"{SHOP}/pulls/12/reviews"] = [
        {"state": state, "user": user("mia"), "submitted_at": (began + timedelta(minutes=at)).isoformat()}
        for state, at in reviews
    ]
    (row,) = read().rows(Deployment)
    assert row.approvers == (("github:mia",) if agreed else ())


def test_what_is_missing_of_a_release_is_said_and_asked_for_again(read, github):
    releases(github)
    del github.answers[f"{SHOP}/actions/runs/70/approvals"]
    got = read()
    [row] = got.rows(Deployment)
    assert (row.actor, row.approvers) == ("github:tom", ())
    line = next(line for line in got.coverage if "deployments" in line.scope)
    assert line.status == "partial"
    assert "not all about a deployment could be read" in line.reason
    checkpoint = next(one for one in got.objects if one.origin == "github:quay/shop#deployments")
    assert checkpoint.version == ""


def test_a_repository_that_is_not_there_fails_its_lists_and_not_the_night(read, github):
    github.answers[f"{SHOP}/actions/runs"] = MISSING
    got = read()
    assert {line.status for line in got.coverage} == {"partial"}


def test_an_audit_log_that_programs_may_see_is_read_from_the_last_time_on(read, github):
    github.answers["orgs/quay/audit-log"] = [
        ENTRY,
        {**ENTRY, "action": "git.clone", "_document_id": "d", "external_identity_nameid": "nina@quay.example"},
        {"x": 1},
    ]
    got = read(organizations=["quay"])
    rows = got.rows(Activity)
    assert [(row.action, row.category, row.level, row.account) for row in rows] == [
        ("github:repo.add_member", "grant", "admin", "github:nina"),
        ("github:git.clone", "read", "read", "github:nina"),
    ]
    first = rows[0]
    assert [row.on_behalf_of for row in rows] == [None, "nina@quay.example"]
    assert (first.time, first.source_ip) == (datetime(2026, 2, 10, 10, tzinfo=UTC), "192.0.2.7")
    assert json.loads(first.detail) == {"org": "quay", "permission": "admin", "repo": "quay/shop", "user": "sam"}
    assert (first.scope, first.resource, first.event_id) == ("quay/shop", "quay/shop", "github-audit:abc")
    [line] = got.coverage
    assert (line.status, line.rejected) == ("partial", 1)
    assert any("phrase=created" in call and "order=asc" in call for call in github.calls)


def test_a_plan_without_that_is_quiet_and_says_what_to_do(read):
    [line] = read(organizations=["quay"]).coverage
    assert line.status == "ok"
    assert "export it" in line.reason


def _table(entries):
    names = sorted({name for one in entries for name in one})
    lines = [",".join(names), *(",".join(str(one.get(name, "")) for name in names) for one in entries)]
    return "\n".join(lines).encode()


FORMS = {
    "array.json": lambda entries: json.dumps(entries).encode(),
    "lines.json": lambda entries: "\n".join(json.dumps(one) for one in entries).encode(),
    "packed.json.gz": lambda entries: gzip.compress(json.dumps(entries).encode()),
    "shipped.json": lambda entries: "\n".join(json.dumps({"message": json.dumps(one)}) for one in entries).encode(),
    "table.csv": _table,
}


@pytest.mark.parametrize("name", FORMS)
def test_exports_are_read_in_every_form(read, context, name):
    entries = [ENTRY, {**ENTRY, "_document_id": "two", "action": "protected_branch.policy_override"}]
    (context.base / "exports").mkdir()
    (context.base / "exports" / name).write_bytes(FORMS[name](entries))
    got = read(audit_log="exports")
    assert [(row.action, row.category) for row in got.rows(Activity)] == [
        ("github:repo.add_member", "grant"),
        ("github:protected_branch.policy_override", "change"),
    ]
    [line] = got.coverage
    assert (line.scope, line.status, line.rows) == ("quay audit log", "ok", 2)
    seen = {one.origin: one.version for one in got.objects}
    assert not read(seen, audit_log="exports").batches


def test_a_time_of_a_table_may_be_written_out(read, context):
    (context.base / "log.csv").write_bytes(
        _table([{**ENTRY, "@timestamp": "", "created_at": "2026-02-10 10:00:00 UTC"}])
    )
    [row] = read(audit_log="log.csv").rows(Activity)
    assert row.time == datetime(2026, 2, 10, 10, tzinfo=UTC)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_answers_behind_each_other_are_read_as_shells_write_them(read, context, encoding):
    pages = [[{**ENTRY, "_document_id": name}] for name in ("a", "b")]
    (context.base / "log.json").write_text("".join(map(json.dumps, pages)), encoding)
    assert len(read(audit_log="log.json").rows(Activity)) == 2


@pytest.mark.parametrize("entry", [{"data": {"team": "quay/deployers"}}, {"data.team": "quay/deployers"}])
def test_what_stands_under_data_counts_as_the_rest(read, context, entry):
    (context.base / "log.json").write_text(json.dumps([{**ENTRY, "action": "team.add_member", **entry}]))
    [row] = read(audit_log="log.json").rows(Activity)
    assert json.loads(row.detail)["team"] == "quay/deployers"


@pytest.mark.parametrize(
    "action", ["protected_branch.rejected_ref_update", "user.failed_login", "user.two_factor_challenge_failure"]
)
def test_what_github_did_not_let_through_was_only_tried(read, context, action):
    (context.base / "log.json").write_text(json.dumps([{**ENTRY, "action": action}]))
    [row] = read(audit_log="log.json").rows(Activity)
    assert row.outcome == "failed"


@pytest.mark.parametrize(
    ("told", "scope"), [({}, "quay/shop"), ({"repo": None}, "quay"), ({"repo": None, "org": None}, "github")]
)
def test_an_entry_belongs_to_the_smallest_place_that_it_names(read, context, told, scope):
    (context.base / "log.json").write_text(json.dumps([{**ENTRY, **told}]))
    assert [(row.provider, row.scope) for row in read(audit_log="log.json").rows(Activity)] == [("github", scope)]


def test_entries_without_a_number_are_the_same_in_the_next_export(read, context):
    entry = {key: value for key, value in ENTRY.items() if key != "_document_id"}
    (context.base / "log.json").write_text(json.dumps([entry]))
    [before] = read(audit_log="log.json").rows(Activity)
    (context.base / "log.json").write_text(json.dumps([{**entry, "action": "team.add_member"}, entry]))
    assert before.event_id in {row.event_id for row in read(audit_log="log.json").rows(Activity)}


def test_a_folder_without_a_log_is_no_clean_one(read, context):
    (context.base / "exports").mkdir()
    for _ in range(2):
        [line] = read(audit_log="exports").coverage
        assert (line.status, "holds no audit log" in line.reason) == ("failed", True)
        (context.base / "exports/README.md").write_text("copied on Monday")


def test_an_entry_that_is_nested_too_deeply_costs_itself_only(read, context):
    deep = '{"action": "x.y", "@timestamp": 1, "data": ' + '{"in":' * 3_000 + "1" + "}" * 3_001
    (context.base / "log.json").write_text(
        f"[{json.dumps(ENTRY)}, {deep}, {json.dumps({**ENTRY, '_document_id': 'b'})}]"
    )
    got = read(audit_log="log.json")
    assert len(got.rows(Activity)) == 2
    [line] = got.coverage
    assert (line.status, line.rejected, "nested too deeply" in line.reason) == ("partial", 1, True)


def test_what_is_broken_in_an_export_costs_itself_only(read, context):
    lines = [json.dumps(ENTRY), '{"action": "repo.', json.dumps({**ENTRY, "created_at": "soon", "@timestamp": "soon"})]
    (context.base / "log.json").write_text("\n".join(lines))
    got = read(audit_log="log.json")
    assert len(got.rows(Activity)) == 1
    [line] = got.coverage
    assert (line.status, line.rejected) == ("partial", 2)
    (context.base / "log.json").write_text("no JSON at all")
    [line] = read(audit_log="log.json").coverage
    assert line.status == "failed"


ACTIONS = {
    "grant": ["team.add_member", "org.update_member", "public_key.create", "environment.remove_protection_rule",
              "protected_branch.destroy", "repository_ruleset.update", "repo.add_member", "org.add_outside_collaborator",
              "repo.register_self_hosted_runner"],
    "secret": ["org.create_actions_secret", "environment.update_actions_secret", "repo.remove_actions_secret"],
    "read": ["git.fetch", "pull_request.merge", "workflows.completed_workflow_run", "secret_scanning_alert.create",
             "repository_secret_scanning.enable", "repository_security_configuration.applied",
             "repository_dependency_graph.enable", "dependabot_alerts.disable", "repo.add_topic", "copilot.cfb_seat_added",
             "org.audit_log_export", "business.audit_log_export", "audit_log_streaming.check",
             "repo.self_hosted_runner_offline", "merge_queue.pull_request_dequeued",
             "protected_branch.rejected_ref_update"],
    "change": ["repo.archived", "hook.create", "environment.delete", "protected_branch.policy_override",
               "environment.update_actions_variable", "workflows.approve_workflow_job", "something.new",
               "workflows.bypass_protection_rules", "workflows.disable_workflow", "workflows.delete_workflow_run",
               "audit_log_streaming.create"],
    "audit-trail": ["audit_log_streaming.destroy", "business.disable_source_ip_disclosure"],
    "login": ["org.sso_response", "user.failed_login", "user.two_factor_challenge_success"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("action", "category"), [(one, category) for category, some in ACTIONS.items() for one in some]
)
def test_what_an_action_is_about(action, category):
    assert category_of(action) == category
