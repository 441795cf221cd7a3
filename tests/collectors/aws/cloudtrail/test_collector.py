"""CloudTrail from a folder: what is read, what is kept out, and what bad input gets."""

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from isal import isal_zlib

from auditor.config.sources.aws import AwsCloudTrail
from auditor.errors import SourceError
from auditor.model.tables import Activity, TrailDigest
from collectors.aws.cloudtrail.collector import BATCH_ROWS, CloudTrail

ACCOUNT = "111122223333"
FOLDER = f"AWSLogs/{ACCOUNT}/CloudTrail/eu-central-1/2026/02/27"


def record(number=0, **fields):
    return {
        "eventVersion": "1.10",
        "userIdentity": {"type": "IAMUser", "arn": f"arn:aws:iam::{ACCOUNT}:user/nina", "accountId": ACCOUNT},
        "eventTime": f"2026-02-27T09:30:{number % 60:02}Z",
        "eventSource": "ecs.amazonaws.com",
        "eventName": "UpdateService",
        "awsRegion": "eu-central-1",
        "requestParameters": {"cluster": "checkout-prod", "service": "api"},
        "eventID": f"event-{number}",
        "readOnly": False,
        "recipientAccountId": ACCOUNT,
    } | fields


def trail_file(*records):
    return gzip.compress(json.dumps({"Records": records}).encode(), mtime=0)


def of(got, name):
    """What was said of a file, by the end of its name."""
    (found,) = [one for one in got.objects if one.origin.endswith(name)]
    return found


def ids(got):
    return [row.event_id for row in got.rows(Activity)]


def test_gzip_plain_lines_and_arrays_are_read_alike(trail):
    lines = "\n".join(json.dumps(record(n)) for n in (4, 5)).encode()
    got = trail(
        {
            "a.json.gz": trail_file(record(0), record(1)),
            "b.json": json.dumps({"Records": [record(2)]}).encode(),
            "c.json": json.dumps([record(3)], indent=2).encode(),
            "d.jsonl": lines,
            "e.jsonl.gz": gzip.compress(json.dumps(record(6)).encode()),
        }
    )
    assert ids(got) == [f"event-{n}" for n in range(7)]
    assert {one.status for one in got.objects} == {"ok"}
    assert [row.record for row in got.rows(Activity)] == [0, 1, 0, 0, 0, 1, 0]


def test_a_path_may_be_a_single_file(trail):
    assert ids(trail({"a.json.gz": trail_file(record(8))}, path="trail/a.json.gz")) == ["event-8"]


def test_coverage_is_one_row_an_account_with_its_first_and_last_moment(trail):
    got = trail(
        {
            "a.json": json.dumps(
                {"Records": [record(9), record(3), record(1, recipientAccountId="444455556666")]}
            ).encode()
        }
    )
    assert [(c.scope, c.from_.second, c.to.second, c.rows, c.status) for c in got.coverage] == [
        (ACCOUNT, 3, 9, 2, "ok"),
        ("444455556666", 1, 1, 1, "ok"),
    ]


def test_only_new_and_changed_files_are_read_again(trail):
    first = trail({"a.json": json.dumps([record(0)]).encode(), "b.json": json.dumps([record(1)]).encode()})
    seen = {one.origin: one.version for one in first.objects}
    assert trail(seen=seen).batches == []
    again = trail(
        {"b.json": json.dumps([record(1), record(2)]).encode(), "c.json": json.dumps([record(3)]).encode()}, seen
    )
    assert ids(again) == ["event-1", "event-2", "event-3"]


def test_digest_and_insight_files_are_told_by_place_and_by_content(trail):
    key = f"AWSLogs/{ACCOUNT}/CloudTrail-Digest/eu-central-1/2026/02/27/{ACCOUNT}_CloudTrail-Digest_x.json.gz"
    said = {
        "awsAccountId": ACCOUNT,
        "digestStartTime": "2026-02-27T09:00:00Z",
        "digestEndTime": "2026-02-27T10:00:00Z",
        "digestS3Bucket": "trail",
        "digestS3Object": key,
        "logFiles": [],
    }
    digest = gzip.compress(json.dumps(said).encode())
    insight = trail_file(record(1, eventCategory="Insight", eventType="AwsCloudTrailInsight"))
    got = trail(
        {
            key: digest,
            f"AWSLogs/{ACCOUNT}/CloudTrail-Insight/eu-central-1/2026/02/27/i.json.gz": insight,
            "renamed-digest.json.gz": digest,
            "renamed-insight.json.gz": insight,
            "notes.txt": b"hello",
            "log.json.gz": trail_file(record(0)),
        }
    )
    assert ids(got) == ["event-0"]
    assert {row.origin.rsplit("/", 1)[-1] for row in got.rows(TrailDigest)} == {
        f"{ACCOUNT}_CloudTrail-Digest_x.json.gz",
        "renamed-digest.json.gz",
    }
    assert {one.origin.rsplit("/", 1)[-1] for one in got.objects if one.status == "skipped"} == {
        "i.json.gz",
        "renamed-insight.json.gz",
        "notes.txt",
    }
    assert [c.status for c in got.coverage if c.scope == ACCOUNT] == ["ok"]


def test_a_truncated_gzip_gives_nothing_and_says_so(trail):
    got = trail({f"{FOLDER}/bad.json.gz": trail_file(record(0))[:-30], f"{FOLDER}/good.json.gz": trail_file(record(1))})
    assert ids(got) == ["event-1"]
    assert of(got, "bad.json.gz").status == "failed"
    assert "truncated" in of(got, "bad.json.gz").reason
    (coverage,) = got.coverage
    assert (coverage.scope, coverage.status) == (ACCOUNT, "partial")
    assert "bad.json.gz" in coverage.reason


def test_a_wrong_checksum_costs_the_file(trail):
    data = bytearray(trail_file(record(0)))
    data[-8] ^= 1
    got = trail({"bad.json.gz": bytes(data)})
    assert (of(got, "bad.json.gz").status, ids(got)) == ("failed", [])
    assert "corrupt" in of(got, "bad.json.gz").reason


def test_bytes_after_the_gzip_member_are_not_passed_over_in_silence(trail):
    got = trail({"bad.json.gz": trail_file(record(0)) + b"something else"})
    assert (ids(got), of(got, "bad.json.gz").status) == (["event-0"], "partial")
    assert "14 bytes" in of(got, "bad.json.gz").reason


def test_gzip_members_one_after_the_other_are_all_read(trail):
    assert ids(trail({"a.json.gz": trail_file(record(0)) + trail_file(record(1))})) == ["event-0", "event-1"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="the peak of a process is read from /proc")
def test_a_zip_bomb_is_stopped_early(tmp_path):
    squeeze = isal_zlib.compressobj(wbits=31)
    zeros = bytes(1 << 20)
    bomb = b"".join(squeeze.compress(zeros) for _ in range(500)) + squeeze.flush()
    (tmp_path / "bomb.json.gz").write_bytes(bomb)
    program = (
        "import sys; from pathlib import Path; from collectors.aws.cloudtrail.files import unpack\n"
        "try: unpack(Path(sys.argv[1]).read_bytes())\n"
        "except ValueError as error: print(error)\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(status.partition('VmHWM:')[2].split()[0])\n"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "bomb.json.gz"],
        check=True, capture_output=True, text=True, cwd=Path(__file__).parents[4],
    )  # fmt: skip
    said, peak = answer.stdout.splitlines()
    assert "zip bomb" in said
    assert int(peak) < 450 * 1024  # kilobytes; whole, it is 500 MiB beside what the imports take


def test_a_record_of_ten_megabytes_is_kept_in_little_room(trail):
    large = record(0, userAgent="x" * 5_000_000, requestParameters={"cluster": "c", "blob": "y" * 5_000_000})
    got = trail({"a.json.gz": trail_file(large, record(1))})
    assert ids(got) == ["event-0", "event-1"]
    assert len(got.rows(Activity)[0].user_agent) == 2048


def test_invalid_utf8_costs_no_record(trail):
    data = json.dumps({"Records": [record(0, userAgent="MARK"), record(1)]}).encode().replace(b"MARK", b"\xff\xfe")
    got = trail({"a.json": data})
    assert ids(got) == ["event-0", "event-1"]
    assert got.rows(Activity)[0].user_agent == "��"


def test_a_lone_surrogate_costs_no_record(trail):
    data = json.dumps({"Records": [record(0, userAgent="MARK"), record(1)]}).encode().replace(b"MARK", rb"\ud800x")
    got = trail({"a.json": data})
    assert ids(got) == ["event-0", "event-1"]
    assert got.rows(Activity)[0].user_agent == "?x"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"  \n ", "empty"),
        (b'{"records": []}', "no eventTime"),
        (b'{"Records": "none"}', "no eventTime"),
        (b"<html></html>", "not valid JSON"),
        (b"\x00\x01\x02", "not valid JSON"),
        (b'{"Records": [1, null]}', "not a JSON object"),
    ],
)
def test_a_file_without_records_fails_with_its_reason(trail, content, said):
    got = trail({"a.json": content})
    assert of(got, "a.json").status == "failed"
    assert said in of(got, "a.json").reason
    assert [(c.scope, c.status) for c in got.coverage] == [("trail", "failed")]


def test_a_file_with_an_empty_list_is_in_order(trail):
    got = trail({"a.json": b'{"Records": []}'})
    assert (of(got, "a.json").status, got.coverage) == ("ok", [])


def test_an_unknown_event_version_is_kept_and_noted(trail):
    got = trail({"a.json": json.dumps([record(0, eventVersion="3.00")]).encode()})
    assert ids(got) == ["event-0"]
    assert of(got, "a.json").status == "ok"
    assert "3.00" in of(got, "a.json").reason


@pytest.mark.parametrize(
    "moment",
    ["2026-02-27T09:30:00", "yesterday", "2026-02-30T09:30:00Z", "0001-01-01T00:00:00+14:00", "0000-12-31T23:59:59Z"],
)
def test_a_time_that_cannot_be_relied_on_costs_its_record(trail, moment):
    got = trail({"a.json": json.dumps([record(0), record(1, eventTime=moment), record(2)]).encode()})
    assert ids(got) == ["event-0", "event-2"]
    said = of(got, "a.json")
    assert (said.status, said.rows, said.rejected) == ("partial", 2, 1)
    assert "record 1" in said.reason
    assert moment in said.reason
    assert [(c.rejected, c.status) for c in got.coverage if c.scope == "trail"] == [(1, "partial")]


def test_times_with_another_offset_are_turned_into_utc(trail):
    got = trail({"a.json": json.dumps([record(0, eventTime="2026-02-27T10:30:00+01:00")]).encode()})
    assert got.rows(Activity)[0].time.isoformat() == "2026-02-27T09:30:00+00:00"


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (b'{"eventTime": "2026-02-27T09:30:00Z", "eventName": }', "not valid JSON"),
        (b'{"eventTime": "2026-02-27T09:30:00Z", "eventName": "unfinished', "not valid JSON"),
        (b'{"eventTime": 5, "eventName": "X", "eventSource": "s"}', "no eventTime"),
        (b'{"eventTime": "2026-02-27T09:30:00Z"}', "no eventSource"),
        (b'"text"', "not a JSON object"),
        # Not valid JSON, or without eventTime: from 3.13 on, Python goes deeper before it gives up.
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "(record 1)"),
        (b'{"eventTime": "2026-02-27T09:30:00Z", "n": ' + b"9" * 6000 + b"}", "not valid JSON"),
    ],
)
@pytest.mark.parametrize("style", ["records", "lines"])
def test_one_broken_record_in_the_middle_costs_one_record(trail, broken, said, style):
    before, after = (json.dumps(record(n)).encode() for n in (0, 2))
    if style == "records":
        data = b'{"Records": [' + b", ".join((before, broken, after)) + b"]}"
    else:
        data = b"\n".join((before, broken, after))
    got = trail({"a.json": data})
    assert ids(got) == ["event-0", "event-2"]
    assert (of(got, "a.json").status, of(got, "a.json").rejected) == ("partial", 1)
    assert said in of(got, "a.json").reason
    assert [row.record for row in got.rows(Activity)] == [0, 2]


def test_wrong_types_in_a_record_are_put_right(trail):
    odd = record(0, readOnly="true", userAgent={"a": 1}, errorCode=5, eventVersion=1.1, awsRegion=None)
    got = trail({"a.json": json.dumps([odd, record(1)]).encode()})
    assert ids(got) == ["event-0", "event-1"]
    assert got.rows(Activity)[0].user_agent == '{"a": 1}'
    assert got.rows(Activity)[0].level == "read"


def test_a_file_cut_off_in_a_record_keeps_the_records_before(trail):
    data = json.dumps({"Records": [record(0), record(1)]}).encode()[:-60]
    got = trail({"a.json": data})
    assert ids(got) == ["event-0"]
    assert "up to the end of the file" in of(got, "a.json").reason


def test_the_original_of_a_row_can_be_quoted_without_its_secrets(tmp_path, trail):
    data = b'{"Records": [' + json.dumps(record(0)).encode() + b', {"broken}, '
    data += json.dumps(record(1, requestParameters={"password": "hunter2"})).encode() + b"]}"
    row = trail({"a.json": data}).rows(Activity)[-1]
    quoted = CloudTrail.quote((tmp_path / "trail/a.json").read_bytes(), row.record)
    assert '"eventID": "event-1"' in quoted
    assert "hunter2" not in quoted


def test_an_empty_folder_is_no_clean_evidence(tmp_path, trail):
    (tmp_path / "trail").mkdir()
    (coverage,) = trail().coverage
    assert coverage.status == "partial"
    assert "no CloudTrail files in trail" in coverage.reason


def test_a_folder_that_does_not_exist_is_a_source_error(trail):
    with pytest.raises(SourceError, match="nowhere"):
        trail(path="nowhere")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_that_may_not_be_read_is_a_source_error(tmp_path, trail):
    (tmp_path / "trail").mkdir(mode=0)
    with pytest.raises(SourceError, match="cannot be read"):
        trail()


def test_a_link_out_of_the_folder_is_not_followed(tmp_path, trail):
    (tmp_path / "outside.json").write_text(json.dumps([record(0)]))
    (tmp_path / "trail").mkdir()
    (tmp_path / "trail/link.json").symlink_to(tmp_path / "outside.json")
    (tmp_path / "trail/loop").symlink_to(tmp_path / "trail")
    got = trail()
    assert (ids(got), of(got, "link.json").status) == ([], "failed")


def test_a_file_that_is_gone_when_it_is_read_costs_that_file_and_is_tried_again(tmp_path, context):
    folder = tmp_path / "trail"
    folder.mkdir()
    for number in (0, 1):
        (folder / f"{number}.json").write_text(json.dumps([record(number)]))
    collector = CloudTrail(AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="trail"), context)
    (batch,) = collector.fetch({})
    (folder / "0.json").unlink()
    gone, there = collector.normalise(batch).objects
    assert (gone.status, gone.version, there.status) == ("failed", "", "ok")
    assert "No such file" in gone.reason


def test_rows_beyond_one_batch_are_not_lost(trail):
    got = trail({"a.jsonl": b"\n".join(json.dumps(record(n)).encode() for n in range(31_000))})
    assert len(set(ids(got))) == 31_000
    assert got.rows(Activity)[30_500].record == 30_500


def test_many_files_come_in_several_batches(trail):
    got = trail({f"{number:04}.json": json.dumps([record(number)]).encode() for number in range(2_100)})
    assert [len(batch) for batch in got.batches] == [2_000, 100]
    assert len(ids(got)) == 2_100


def test_a_cloudwatch_export_is_read_past_the_times_before_its_records(trail):
    lines = "".join(f"2026-02-27T09:30:0{n}.000Z {json.dumps(record(n))}\n" for n in range(3))
    got = trail({"export/000000.gz": gzip.compress(lines.encode())})
    assert [row.event_id for row in got.rows(Activity)] == ["event-0", "event-1", "event-2"]
    assert [seen.status for seen in got.coverage if seen.scope == ACCOUNT] == ["ok"]


def test_an_object_of_firehose_has_no_ending_and_is_read(trail):
    got = trail({"shop-1-2026-02-27-09-00-00-5a0b3c1e": (json.dumps(record(1)) + json.dumps(record(2))).encode()})
    assert [row.event_id for row in got.rows(Activity)] == ["event-1", "event-2"]


@pytest.mark.parametrize("name", ["result.csv", "events.json.zst"])
def test_a_form_that_is_not_read_is_told(trail, name):
    got = trail({f"{FOLDER}/whole.json.gz": trail_file(record()), name: b"\x28\xb5\x2f\xfd eventVersion,userIdentity"})
    assert any(seen.status != "ok" and seen.reason for seen in got.coverage)


def test_an_insight_among_events_is_no_loss(trail):
    insight = {
        "eventVersion": "1.09", "eventTime": "2026-02-27T09:00:00Z", "eventCategory": "Insight", "awsRegion": "eu-central-1",
        "recipientAccountId": ACCOUNT, "eventID": "insight-1",
        "insightDetails": {"eventSource": "ecs.amazonaws.com", "eventName": "UpdateService", "state": "Start"},
    }  # fmt: skip
    got = trail({f"{FOLDER}/a.json.gz": trail_file(insight, record())})
    assert [row.event_id for row in got.rows(Activity)] == ["event-0"]
    assert {seen.status for seen in got.coverage} == {"ok"}


def test_more_records_than_are_held_at_once_keep_their_places(tmp_path, context):
    plain = json.dumps(record()).replace('"event-0"', "null")
    (tmp_path / "a.json").write_text(f'{{"Records": [{",".join([plain] * (BATCH_ROWS + 2))}]}}')
    (tmp_path / "b.json").write_text(json.dumps({"Records": [record(7)]}))
    collector = CloudTrail(AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="."), context)
    (batch,) = list(collector.fetch({}))[:1]
    got = collector.normalise(batch)
    table, many = got.tables[Activity], BATCH_ROWS + 2
    assert [(one.origin, one.rows, one.status) for one in got.objects] == [
        ("./a.json", many, "ok"),
        ("./b.json", 1, "ok"),
    ]
    assert table.column("record").to_pylist() == [*range(many), 0]
    assert table.column("origin").unique().to_pylist() == ["./a.json", "./b.json"]
    assert table.column("sha256").combine_chunks().dictionary_encode().value_counts().field(1).to_pylist() == [many, 1]
