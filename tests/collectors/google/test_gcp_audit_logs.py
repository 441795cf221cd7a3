"""Exported log entries: what is read, what is passed over, and what is said of the rest."""

import gzip
import json

import pytest

from auditor.config.sources.google import GoogleAuditLogs
from auditor.errors import SourceError
from auditor.model.tables import Activity
from collectors.google.audit_logs import GoogleAuditLogsCollector
from tests.collectors.google.conftest import entry


def lines(*entries):
    return "\n".join(json.dumps(one) for one in entries).encode()


@pytest.mark.parametrize(
    "content",
    [
        lines(entry(), entry(insertId="b")),
        gzip.compress(lines(entry(), entry(insertId="b"))),
        json.dumps([entry(), entry(insertId="b")]).encode(),
        json.dumps([entry(), entry(insertId="b")], indent=2).encode(),
        json.dumps({"entries": [entry(), entry(insertId="b")]}, indent=2).encode(),
        b"\xef\xbb\xbf" + lines(entry(), entry(insertId="b")) + b"\r\n\n",
        json.dumps(entry(), indent=2).encode() + b"\n" + json.dumps(entry(insertId="b"), indent=2).encode(),
    ],
    ids=["lines", "gzip", "array", "pretty array", "page", "mark and blank lines", "pretty objects"],
)
def test_every_shape_of_export_gives_the_same_entries(logs, collect, content):
    got = collect(logs(a__json=content))
    assert [row.event_id[:4] for row in got.rows(Activity)] == ["abc1", "b:20"]
    assert got.objects[0].status == "ok"


def test_a_broken_line_in_the_middle_costs_only_itself(logs, collect):
    got = collect(logs(a__jsonl=lines(entry()) + b'\n{"protoPayload": {"a\n' + lines(entry(insertId="b"))))
    assert len(got.rows(Activity)) == 2
    (read,) = got.objects
    assert (read.rows, read.rejected, read.status) == (2, 1, "partial")
    assert "entry 2" in read.reason
    assert {line.status for line in got.coverage} == {"ok", "partial"}


def test_a_broken_entry_in_an_array_costs_only_itself(logs, collect):
    text = "[" + ",\n".join([json.dumps(entry()), '{"insertId": "broken', json.dumps(entry(insertId="b"))]) + "]"
    got = collect(logs(a__json=text))
    assert len(got.rows(Activity)) == 2
    assert got.objects[0].rejected == 1


def test_an_export_of_the_ends_of_operations_alone_lacks_what_was_done(logs, collect):
    first, last = ({"operation": {"id": "o1", which: True}} for which in ("first", "last"))
    (line,) = (one for one in collect(logs(a__json=lines(entry(**last)))).coverage if one.status == "partial")
    assert "none begins there" in line.reason
    whole = collect(logs(b__json=lines(entry(**last), entry(insertId="b", **first), entry(insertId="c"))))
    assert {line.status for line in whole.coverage} == {"ok"}


def test_other_logs_are_passed_over_and_counted_without_alarm(logs, collect):
    other = {"logName": "projects/quay-shop/logs/requests", "jsonPayload": {}, "timestamp": "2026-02-20T10:00:00Z"}
    got = collect(logs(a__jsonl=[entry(), other]))
    (read,) = got.objects
    assert (read.rows, read.rejected, read.status) == (1, 1, "ok")
    assert "requests" in read.reason


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"no json at all", "nothing in it"),
        (b"\x1f\x8b" + b"damaged" * 9, "damaged"),
        (b"[" * 100_000, "nothing in it"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_and_the_others_go_on(logs, collect, content, said):
    got = collect(logs(a__json=content, b__jsonl=[entry()]))
    assert len(got.rows(Activity)) == 1
    failed = next(one for one in got.objects if one.status == "failed")
    assert said in failed.reason


def test_of_a_file_cut_short_what_came_whole_is_kept_and_the_rest_is_said(logs, collect):
    whole = lines(*(entry(insertId=f"n{number}", payload={"x": f"{number * 7919:x}"}) for number in range(200)))
    got = collect(logs(a__json=gzip.compress(whole)[:-500]))
    assert 0 < len(got.rows(Activity)) < 200
    assert got.objects[0].status == "partial"
    assert "cut short" in got.objects[0].reason


def test_an_empty_file_is_no_fault_and_an_empty_folder_is_one(logs, collect, context):
    empty = collect(logs(a__jsonl=b""))
    assert (empty.objects[0].status, empty.objects[0].reason) == ("ok", "it holds no log entries")
    (context.base / "logs" / "a.jsonl").unlink()
    (line,) = collect(logs()).coverage
    assert (line.status, "nothing can be said" in line.reason) == ("partial", True)


def test_a_missing_folder_is_a_failed_source(context, collect):
    source = GoogleAuditLogs(name="gcp-logs", kind="gcp-audit-logs", path="nowhere")
    with pytest.raises(SourceError, match="does not exist"):
        collect(GoogleAuditLogsCollector(source, context))


def test_only_new_files_are_read(logs, collect):
    collector = logs(a__jsonl=[entry()])
    first = collect(collector)
    seen = {one.origin: one.version for one in first.objects}
    assert collect(collector, seen).rows(Activity) == []
    again = collect(logs(b__jsonl=[entry(insertId="b")]), seen)
    assert [one.origin for one in again.objects] == ["logs/b.jsonl"]


def test_links_out_of_the_folder_are_not_followed_and_other_files_left_alone(logs, collect, context, tmp_path_factory):
    secret = tmp_path_factory.mktemp("elsewhere") / "c.jsonl"
    secret.write_bytes(lines(entry()))
    collector = logs(a__jsonl=[entry()], notes__txt=b"hello")
    (context.base / "logs" / "link.jsonl").symlink_to(secret)
    got = collect(collector)
    assert len(got.rows(Activity)) == 1
    assert sorted(one.status for one in got.objects) == ["failed", "ok", "skipped"]


def test_coverage_says_each_project_and_its_times(logs, collect):
    later = entry(insertId="b", timestamp="2026-02-21T10:00:00Z")
    elsewhere = entry(logName="projects/quay-lab/logs/cloudaudit.googleapis.com%2Factivity", resource={})
    got = collect(logs(a__jsonl=[entry(), later, elsewhere]))
    assert [(line.scope, line.rows, line.from_.day, line.to.day) for line in got.coverage] == [
        ("quay-lab", 1, 20, 20),
        ("quay-shop", 2, 20, 21),
    ]


def test_a_record_of_ten_megabytes_and_odd_characters_are_read(logs, collect):
    big = entry("SetIamPolicy", "cloudresourcemanager.googleapis.com", payload={"request": {"x": "y" * 10_000_000}})
    odd = entry(
        insertId="\u202e\x00\ud800", payload={"authenticationInfo": {"principalEmail": "ünï\u0000@quay.example"}}
    )
    got = collect(logs(a__jsonl=[big, odd]))
    large, strange = got.rows(Activity)
    assert len(large.detail) < 20_000
    assert strange.account.startswith("user:ünï")


def test_the_original_of_a_row_can_be_shown_without_secrets(logs, collect):
    collector = logs(a__jsonl=[entry(), entry(insertId="b", payload={"request": {"password": "hunter2"}})])
    got = collect(collector)
    data = got.batches[0][0].load()
    shown = collector.quote(data, got.rows(Activity)[1].record)
    assert '"insertId": "b"' in shown
    assert "hunter2" not in shown


def test_what_google_published_passes_through(shared, context, collect):
    folder = shared("data/gcp")
    source = GoogleAuditLogs(name="gcp-logs", kind="gcp-audit-logs", path=str(folder))
    got = collect(GoogleAuditLogsCollector(source, context))
    assert len(got.rows(Activity)) > 20
    assert all("names no log" in one.reason for one in got.objects if one.status in ("failed", "partial"))
    assert all(one.reason for one in got.objects if one.rejected)


@pytest.mark.golden
def test_what_log_files_tell_is_told_whole(logs, collect, told_whole):
    delta = {"action": "ADD", "role": "roles/owner", "member": "user:leon@quay.example"}
    given = {"serviceData": {"policyDelta": {"bindingDeltas": [delta]}}}
    refused = {"status": {"code": 7, "message": "PERMISSION_DENIED"}}
    robot = "ci@quay-shop.iam.gserviceaccount.com"
    by_robot = {
        "authenticationInfo": {
            "principalEmail": robot,
            "principalSubject": f"serviceAccount:{robot}",
            "serviceAccountKeyName": f"//iam.googleapis.com/projects/quay-shop/serviceAccounts/{robot}/keys/ab12",
        }
    }
    sink = "google.logging.v2.ConfigServiceV2.DeleteSink"
    other = {"logName": "projects/quay-shop/logs/requests", "jsonPayload": {}, "timestamp": "2026-02-20T10:00:00Z"}
    entries = [
        entry(),
        entry("SetIamPolicy", "cloudresourcemanager.googleapis.com", payload=given, insertId="b"),
        entry("storage.objects.get", "storage.googleapis.com", "data_access", payload=refused, insertId="c"),
        entry(sink, "logging.googleapis.com", payload=by_robot, insertId="d"),
        entry("google.login.LoginService.loginSuccess", "login.googleapis.com", insertId="e"),
        other,
        entry(timestamp="yesterday"),
    ]
    broken = lines(entry(insertId="f")) + b'\n{"a": [1, }\n'
    told_whole("gcp-audit-logs", collect(logs(a__json=entries, b__json=b'{"a": [1, }\n', c__jsonl=broken)))
