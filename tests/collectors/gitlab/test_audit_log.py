"""GitLab's audit events from files: a server's log, streams as collectors pass them on, and the audit page's CSV."""

import csv
import gzip
import io
import json
from datetime import UTC, datetime

import pytest

from auditor.config.sources.gitlab import GitlabActivity
from auditor.model.tables import Activity
from collectors.gitlab.activity import GitlabActivityCollector

LINE = {
    "severity": "INFO",
    "time": "2026-02-20T10:00:00.123Z",
    "correlation_id": "01HX",
    "meta.caller_id": "Projects::ProjectMembersController#create",
    "meta.remote_ip": "192.0.2.7",
    "meta.user": "mia",
    "meta.user_id": 3,
    "author_id": 3,
    "author_name": "Mia",
    "entity_id": 29,
    "entity_type": "Project",
    "created_at": "2026-02-20T10:00:00.100Z",
    "add": "user_access",
    "as": "Maintainer",
    "target_id": 9,
    "target_type": "User",
    "target_details": "Leon Brandt",
    "entity_path": "quay/shop",
}
SIGN_IN = {
    "time": "2026-02-20T09:00:00Z",
    "meta.user": "leon",
    "meta.user_id": 9,
    "author_id": 9,
    "author_name": "Leon Brandt",
    "entity_id": 9,
    "entity_type": "User",
    "created_at": "2026-02-20T09:00:00Z",
    "with": "standard",
}
STREAMED = {
    "id": "1041",
    "author_id": 3,
    "author_name": "Mia",
    "entity_id": 29,
    "entity_type": "Project",
    "entity_path": "quay/shop",
    "details": {"add": "user_access", "as": "Default role: Maintainer", "event_name": "member_created"},
    "ip_address": "192.0.2.7",
    "target_id": 9,
    "target_type": "User",
    "target_details": "Leon Brandt",
    "created_at": "2026-02-20T10:00:00.100Z",
    "event_type": "member_created",
}
ROW = {
    "ID": "1041",
    "Author ID": "3",
    "Author Name": "Mia",
    "Entity ID": "29",
    "Entity Type": "Project",
    "Entity Path": "quay/shop",
    "Target ID": "9",
    "Target Type": "User",
    "Target Details": "Leon Brandt",
    "Action": "Added user access as Maintainer",
    "IP Address": "192.0.2.7",
    "Created At (UTC)": "2026-02-20T10:00:00Z",
}


@pytest.fixture
def read(collect, context):
    def run(data, name="log/audit_json.log", seen=None, **settings):
        path = context.base / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(data)
        source = GitlabActivity(
            name="code", kind="gitlab-activity", url="https://g.example", audit_log="log", **settings
        )
        return collect(GitlabActivityCollector(source, context), seen)

    return run


def lines(*records):
    return "\n".join(json.dumps(one) for one in records).encode()


def table(*rows):
    out = io.StringIO()
    written = csv.DictWriter(out, list(ROW))
    written.writeheader()
    written.writerows(rows)
    return out.getvalue().encode()


META = {"user": "mia", "user_id": 3, "remote_ip": "192.0.2.7"}
FORMS = {
    "a server's log": lines(LINE),
    "with details beside": lines({**LINE, "id": 1041, "details": STREAMED["details"]}),
    "packed": gzip.compress(lines(LINE)),
    "a container's": lines({**LINE, "component": "gitlab", "subcomponent": "audit_json", "level": "info"}),
    "Filebeat's": lines({"message": json.dumps(LINE), "host": {"name": "git-1"}}),
    "taken apart": lines({**{k: v for k, v in LINE.items() if "meta" not in k}, "meta": META}),
    "streamed": lines(STREAMED),
    "streamed together": json.dumps([STREAMED]).encode(),
    "Vector's": lines({"message": json.dumps(STREAMED), "path": "/logs", "source_type": "http_server"}),
    "Fluentd's": b"2026-02-20T10:00:01+00:00\tgitlab.audit\t" + lines(STREAMED),
    "in Cloud Logging": lines({"insertId": "a", "jsonPayload": STREAMED, "logName": "projects/p/logs/gitlab"}),
    "the page's table": table(ROW),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_tells_who_gave_whom_what_where_and_when(read, form):
    got = read(FORMS[form])
    (row,), (line,) = got.rows(Activity), got.coverage
    assert (row.scope, row.project, row.resource, row.category) == ("quay/shop", "quay/shop", "quay/shop", "grant")
    assert row.action.removeprefix("gitlab:") in ("add_user_access", "member_created")
    assert row.account in ("gitlab:mia", "gitlab-user:3")
    assert (row.actor, row.source_ip, row.time.replace(microsecond=0)) == (
        "Mia",
        "192.0.2.7",
        datetime(2026, 2, 20, 10, tzinfo=UTC),
    )
    detail = json.loads(row.detail)
    assert (detail["target_id"], detail["as"].endswith("Maintainer"), "untold" in detail) == (9, True, False)
    assert (line.scope, line.status, line.rows, line.reason) == ("quay audit log", "ok", 1, None)
    assert json.loads(GitlabActivityCollector.quote(FORMS[form], 0)).keys() & {"author_id", "Author ID"}


def test_what_one_event_tells_of_a_number_holds_for_the_others(read):
    unplaced = {key: value for key, value in LINE.items() if key != "entity_path"} | {
        "created_at": "2026-02-20T10:00:00Z"
    }
    user = {**ROW, "ID": "7", "Author ID": "4", "Entity ID": "4", "Entity Type": "User", "Entity Path": "nina"}
    user |= {"Action": "Signed in with STANDARD authentication", "Target ID": "4"}
    got = {row.event_id: row for row in read(lines(LINE, {**unplaced, "id": 2}, SIGN_IN)).rows(Activity)}
    assert got["gitlab-audit:2"].scope == "quay/shop"
    assert json.loads(got["gitlab-audit:2"].detail)["target_account"] == "gitlab:leon"
    rows = read(table(user, {**ROW, "Author ID": "4"}), name="log/page.csv", seen={}).rows(Activity)
    assert {row.account for row in rows if row.event_id.endswith((":7", ":1041"))} == {"gitlab:nina"}


def test_a_sign_in_is_of_the_server_and_a_failed_one_is_told(read):
    failed = {**SIGN_IN, "id": 5, "author_id": -1, "with": None, "failed_login": "STANDARD", "entity_id": -1}
    signed_in, tried = read(lines(SIGN_IN, failed)).rows(Activity)
    assert (signed_in.scope, signed_in.account, signed_in.action) == (
        "g.example",
        "gitlab:leon",
        "gitlab:with_standard",
    )
    assert (tried.category, tried.outcome, signed_in.project) == ("login", "failed", None)


def test_where_a_place_has_a_number_alone_it_is_said(read):
    unplaced = {key: value for key, value in LINE.items() if key != "entity_path"}
    got = read(lines(unplaced, SIGN_IN))
    row = next(row for row in got.rows(Activity) if row.category == "grant")
    assert (row.scope, json.loads(row.detail)["untold"]) == (
        "project 29",
        "GitLab's log names the project by its number alone (29)",
    )
    assert any(line.status == "partial" and "of project 29 only its number" in line.reason for line in got.coverage)


@pytest.mark.parametrize(
    ("said", "action", "told"),
    [
        ("Added user access as Default role: Developer", "add_user_access", {"as": "Default role: Developer"}),
        ("Removed user access via system job. Reason: access expired on 2026-02-19", "remove_user_access", {}),
        (
            "Changed access level from Default role: A to Default role: Owner with expiry changing from x y to 2026-03-01",
            "change_access_level",
            {"from": "Default role: A", "to": "Default role: Owner", "expiry_to": "2026-03-01"},
        ),
        (
            "Changed access level from Guest to Developer with expiry remaining unchanged at never expires",
            "change_access_level",
            {"from": "Guest", "to": "Developer"},
        ),
        ("Added deploy key", "add_deploy_key", {}),
        ("Changed admin status from false to true", "change_admin_status", {"to": "true"}),
        ("Created project access token with token_id: 5 with scopes: [:api]", "project_access_token_created", {}),
        (
            "Changed deploy access level from Maintainers to user with ID 9.",
            "changed_deploy_access_level_from_maintainers",
            {},
        ),
    ],
)
def test_what_the_table_puts_into_words_is_told_as_elsewhere(read, said, action, told):
    (row,) = read(table({**ROW, "Action": said})).rows(Activity)
    detail = json.loads(row.detail)
    assert (row.action, row.category, "untold" in detail) == (f"gitlab:{action}", "grant", False)
    assert {name: detail.get(name) for name in told} == told


def test_other_words_of_the_table_are_said_not_to_be_known(read):
    (row,) = read(table({**ROW, "Action": "Shared with a neighbour"})).rows(Activity)
    assert json.loads(row.detail)["untold"].endswith("which are not known: Shared with a neighbour")


@pytest.mark.parametrize(
    ("author", "account"),
    [
        ({"author_id": -3, "author_name": "laptop"}, "gitlab-deploy-key:laptop"),
        ({"author_id": -1, "author_name": "laptop", "author_class": "DeployKey"}, "gitlab-deploy-key:laptop"),
        ({"author_id": -2, "author_name": "pull"}, "gitlab-deploy-token:pull"),
        ({"impersonated_by": "Root User"}, "gitlab-name:Root User"),
    ],
)
def test_a_key_a_token_and_whoever_acts_as_a_user_are_told_from_the_user(read, author, account):
    (row,) = read(lines({**LINE, **author})).rows(Activity)
    assert row.account == account


def test_lines_of_other_logs_are_passed_over_and_what_is_broken_costs_itself_only(read):
    other = {"severity": "INFO", "time": "2026-02-20T10:00:00Z", "path": "/quay", "subcomponent": "production_json"}
    got = read(lines(other, LINE))
    assert (len(got.rows(Activity)), got.coverage[0].status) == (1, "ok")
    assert "passed over" in got.objects[0].reason
    got = read(lines({**LINE, "created_at": "soon"}, {**LINE, "author_id": "?"}, LINE) + b'\n{"author_id": 3, "ent')
    assert len(got.rows(Activity)) == 1
    assert [(one.status, one.rejected) for one in got.objects] == [("partial", 3)]


def test_a_log_that_was_turned_over_has_the_same_events(read):
    first = read(lines(LINE, SIGN_IN))
    seen = {one.origin: one.version for one in first.objects}
    again = read(lines(LINE, SIGN_IN), name="log/audit_json.log.1", seen=seen)
    assert [one.origin for one in again.objects] == ["log/audit_json.log.1"]
    assert {row.event_id for row in again.rows(Activity)} == {row.event_id for row in first.rows(Activity)}


def test_what_a_log_and_a_stream_tell_is_the_same_event(read):
    named = {**LINE, "created_at": "2026-02-20T10:00:00.101Z", "event_name": "protected_branch_updated", "add": None}
    streamed = {**STREAMED, "id": "1042", "created_at": named["created_at"], "event_type": named["event_name"]}
    streamed["details"] = {"event_name": named["event_name"], "from": "a"}
    first = read(lines(LINE, named), seen={}).rows(Activity)
    second = read(lines(STREAMED, streamed), name="log/stream.json", seen={}).rows(Activity)
    assert len({row.event_id for row in first}) == 2
    assert {row.event_id for row in second} == {row.event_id for row in first}


def test_a_folder_without_a_log_is_no_clean_one(read):
    got = read(b"copied on Monday", name="log/README.md")
    assert [(line.status, "holds no audit log" in line.reason) for line in got.coverage] == [("partial", True)]
