"""One change by one person, in every form in which teams have their CloudTrail events, is one and the same row."""

import base64
import bz2
import csv
import gzip
import io
import json
import lzma
import re
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.model.tables import Activity

EVENT = {
    "eventVersion": "1.11",
    "userIdentity": {
        "type": "IAMUser",
        "principalId": "AIDANINA",
        "arn": "arn:aws:iam::111122223333:user/nina",
        "accountId": "111122223333",
        "accessKeyId": "AKIAEXAMPLE000000001",
        "userName": "nina",
    },
    "eventTime": "2026-02-14T09:10:00Z",
    "eventSource": "ecs.amazonaws.com",
    "eventName": "UpdateService",
    "awsRegion": "eu-central-1",
    "sourceIPAddress": "203.0.113.10",
    "userAgent": "aws-cli/2.15",
    "requestParameters": {"cluster": "prod", "service": "checkout", "desiredCount": 2},
    "responseElements": None,
    "eventID": "e-1",
    "readOnly": False,
    "recipientAccountId": "111122223333",
}
TEXT = json.dumps(EVENT)
SUBSCRIPTION = {"messageType": "DATA_MESSAGE", "logEvents": [{"id": "1", "timestamp": 1, "message": TEXT}]}
CONTROL = {"messageType": "CONTROL_MESSAGE", "logEvents": [{"id": "", "message": "CWL CONTROL MESSAGE: Checking"}]}
PACKED = base64.b64encode(gzip.compress(json.dumps(SUBSCRIPTION).encode())).decode()
LOOKED_UP = {
    "EventId": "e-1",
    "EventName": "UpdateService",
    "EventTime": "x",
    "Username": "nina",
    "CloudTrailEvent": TEXT,
}
BUS = {"version": "0", "detail-type": "AWS API Call via CloudTrail", "source": "aws.ecs", "detail": EVENT}
COLUMNS = ("eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "requestParameters", "eventID")


def as_map(value):
    """As Lake and Athena write structs: `{type=IAMUser, arn=…}`."""
    if not isinstance(value, dict):
        return str(value)
    return "{" + ", ".join(f"{name}={as_map(inner)}" for name, inner in value.items()) + "}"


def small(value):
    return {name.lower(): small(inner) for name, inner in value.items()} if isinstance(value, dict) else value


def table(names, *rows, separator=","):
    text = io.StringIO()
    csv.writer(text, delimiter=separator).writerows([names, *rows])
    return text.getvalue()


def parquet(*rows, compression="zstd"):
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(list(rows)), sink, compression=compression)
    return sink.getvalue()


def zstd(data):
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


LAKE = [as_map(EVENT[name]).replace("T09:10:00Z", " 09:10:00.000") for name in COLUMNS]
ATHENA = [as_map(small(EVENT["userIdentity"])) if n == "userIdentity" else json.dumps(EVENT[n]) for n in COLUMNS]
ATHENA = [cell.strip('"') for cell in ATHENA]
SMALL = [name.lower() for name in COLUMNS]
OCSF = {
    "metadata": {"product": {"name": "CloudTrail", "version": "1.11"}, "uid": "e-1", "version": "1.1.0"},
    "time": 1771060200000,
    "cloud": {"region": "eu-central-1", "provider": "AWS"},
    "api": {
        "operation": "UpdateService",
        "service": {"name": "ecs.amazonaws.com"},
        "request": {"data": json.dumps(EVENT["requestParameters"]), "uid": "r"},
        "response": {"error": None},
    },
    "actor": {
        "user": {
            "type": "IAMUser",
            "name": "nina",
            "uid_alt": "AIDANINA",
            "uid": "arn:aws:iam::111122223333:user/nina",
            "account": {"uid": "111122223333"},
            "credential_uid": "AKIAEXAMPLE000000001",
        },
        "session": {"issuer": None},
    },
    "src_endpoint": {"ip": "203.0.113.10"},
    "class_uid": 6003,
    "activity_id": 3,
    "unmapped": {"recipientAccountId": "111122223333", "readOnly": "false"},
}
ECS = {
    "@timestamp": "2026-02-14T09:10:00Z",
    "event": {"provider": "ecs.amazonaws.com", "action": "UpdateService", "id": "e-1"},
    "cloud": {"account": {"id": "111122223333"}, "region": "eu-central-1"},
    "user": {"name": "nina"},
    "aws": {
        "cloudtrail": {
            "user_identity": {"type": "IAMUser", "arn": "arn:aws:iam::111122223333:user/nina"},
            "request_parameters": "{cluster=prod, service=checkout}",
        }
    },
}
SENTINEL = {
    "TimeGenerated": EVENT["eventTime"],
    "EventVersion": "1.11",
    "EventSource": EVENT["eventSource"],
    "EventName": EVENT["eventName"],
    "AwsEventId": "e-1",
    "AWSRegion": "eu-central-1",
    "SourceIpAddress": "203.0.113.10",
    "UserAgent": "aws-cli/2.15",
    "ReadOnly": False,
    "RecipientAccountId": "111122223333",
    "RequestParameters": json.dumps(EVENT["requestParameters"]),
    "UserIdentityType": "IAMUser",
    "UserIdentityArn": EVENT["userIdentity"]["arn"],
    "UserIdentityAccessKeyId": EVENT["userIdentity"]["accessKeyId"],
    "SessionIssuerArn": "",
}


def with_lines(value):
    return {re.sub(r"(?<=[a-z])(ID|[A-Z])", r"_\1", name).lower(): one for name, one in value.items()}


def by_paths(value, above=""):
    """As Logs Insights and search engines answer: each part named by its path."""
    if not isinstance(value, dict):
        return {above: value}
    return {
        n: one for name, inner in value.items() for n, one in by_paths(inner, f"{above}{above and '.'}{name}").items()
    }


def ocsf_parquet():
    row = {name: value for name, value in OCSF.items() if name != "unmapped"}
    row["time_dt"] = datetime(2026, 2, 14, 9, 10, tzinfo=UTC).replace(tzinfo=None)
    unmapped = pa.array([list(OCSF["unmapped"].items())], pa.map_(pa.string(), pa.string()))
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]).append_column("unmapped", unmapped), sink, compression="gzip")
    return sink.getvalue()


def of_a_query(event, between="."):
    """The row of a query of Athena's table that has a column for each part of the caller."""
    parts = {name: one for name, one in by_paths({"userIdentity": event["userIdentity"]}).items() if one}
    plain = {name.lower(): event[name] for name in COLUMNS if name not in ("userIdentity", "requestParameters")}
    asked = {"requestparameters": json.dumps(event["requestParameters"])}
    return {name.lower().replace(".", between): one for name, one in parts.items()} | plain | asked


FORMS = {
    "a CloudTrail file": json.dumps({"Records": [EVENT]}),
    "zstd": zstd(json.dumps({"Records": [EVENT]}).encode()),
    "xz": lzma.compress(TEXT.encode()),
    "bzip2": bz2.compress(TEXT.encode()),
    "UTF-16": json.dumps({"Records": [EVENT]}).encode("utf-16"),
    "objects as text": json.dumps(
        {"Records": [EVENT | {name: json.dumps(EVENT[name]) for name in ("userIdentity", "requestParameters")}]}
    ),
    "a CloudWatch Logs export": f"2026-02-14T09:10:00.000Z {TEXT}\n",
    "an export in compact JSON": "2026-02-14T09:10:00.000Z " + json.dumps(EVENT, separators=(",", ":")) + "\n",
    "a subscription": json.dumps(SUBSCRIPTION),
    "a subscription through Firehose": gzip.compress(json.dumps(CONTROL).encode())
    + gzip.compress(json.dumps(SUBSCRIPTION).encode()),
    "a subscription through Lambda": json.dumps({"awslogs": {"data": PACKED}}),
    "a subscription through Kinesis": json.dumps(
        {"Records": [{"eventSource": "aws:kinesis", "eventName": "aws:kinesis:record", "kinesis": {"data": PACKED}}]}
    ),
    "a packed line": PACKED,
    "Logs Insights": json.dumps({"results": [[{"field": "@message", "value": TEXT}, {"field": "@ptr", "value": "x"}]]}),
    "Logs Insights as CSV": table(["@timestamp", "@message"], ["x", TEXT]),
    "an event bus": json.dumps(BUS),
    "an event bus as an array": json.dumps([BUS]),
    "a queue": json.dumps({"Messages": [{"Body": json.dumps({"Type": "Notification", "Message": json.dumps(BUS)})}]}),
    "lookup-events": json.dumps({"Events": [LOOKED_UP]}, indent=4),
    "lookup-events cut to an array": json.dumps([LOOKED_UP]),
    "lookup-events cut to texts": json.dumps([TEXT]),
    "Lake as JSON": json.dumps({"QueryResultRows": [[{n: c} for n, c in zip(COLUMNS, LAKE, strict=True)]]}),
    "Lake as CSV": table(COLUMNS, LAKE),
    "Athena as JSON": json.dumps(
        {"ResultSet": {"Rows": [{"Data": [{"VarCharValue": cell} for cell in row]} for row in (SMALL, ATHENA)]}}
    ),
    "Athena as CSV": table(SMALL, ATHENA),
    "CSV of a German office": table(SMALL, ATHENA, separator=";"),
    "Parquet in small letters": parquet(small(EVENT) | {"requestparameters": json.dumps(EVENT["requestParameters"])}),
    "OCSF": json.dumps(OCSF),
    "OCSF in Parquet": ocsf_parquet(),
    "Elastic's documents": json.dumps({"hits": {"hits": [{"_source": {"event": {"original": TEXT}}}]}}),
    "Elastic's bulk": json.dumps({"index": {"_index": "x"}}) + "\n" + TEXT,
    "Elastic's schema": json.dumps(ECS),
    "fluentd": json.dumps({"@timestamp": "x", "message": TEXT}),
    "fluentd's file": f"2026-02-14T09:10:00+00:00\tcloudtrail\t{TEXT}",
    "fluent-bit": json.dumps({"date": 1.5, "log": TEXT + "\n"}),
    "Sentinel": json.dumps([SENTINEL]),
    "Sentinel as CSV": table(list(SENTINEL), list(map(str, SENTINEL.values()))),
    "a database's JSON": json.dumps(with_lines(EVENT)),
    "a database's own column": table(["RAW", "FILE"], [TEXT, "x"]),
    "a table of Excel's": table(SMALL, ATHENA, separator="\t").encode("utf-16"),
    "parts by their paths": json.dumps([by_paths(EVENT)]),
    "lines of parts by their paths": json.dumps(by_paths(EVENT)) + "\n",
    "parts by their paths in small letters": json.dumps([of_a_query(EVENT)]),
    "parts in columns of a query": json.dumps([of_a_query(EVENT, between="_")]),
    "parts in columns of a query's CSV": table(list(of_a_query(EVENT)), list(of_a_query(EVENT).values())),
    "Steampipe": json.dumps(
        {"columns": [], "rows": [{"event_name": "UpdateService", "event_time": "x", "cloudtrail_event": EVENT}]}
    ),
    "CloudQuery": json.dumps({"_cq_id": "x", "event_name": "UpdateService", "cloud_trail_event": EVENT}),
    "Datadog": json.dumps([{"id": "x", "content": {"service": "cloudtrail", "attributes": EVENT}}]),
    "Splunk": json.dumps({"preview": False, "result": {"_raw": TEXT}}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_to_the_same_row(trail, form):
    content = FORMS[form] if isinstance(FORMS[form], bytes) else FORMS[form].encode()
    got = trail({"delivery-1-2026-02-14-09-10-00-5a0b": content})
    (row,) = got.rows(Activity)
    assert (row.actor, row.action, row.scope, f"{row.time:%F %T}") == (
        "arn:aws:iam::111122223333:user/nina",
        "ecs:UpdateService",
        "111122223333",
        "2026-02-14 09:10:00",
    )
    assert row.resource.endswith("service/prod/checkout")
    assert {line.status for line in got.coverage} == {"ok"}


@pytest.mark.parametrize(
    "content",
    [
        b"{}",
        b"null",
        b"<html><body>Sign in</body></html>",
        b"[" * 3000 + b"]" * 3000,
        b'{"Records": null}',
        json.dumps([{name: value for name, value in LOOKED_UP.items() if name != "CloudTrailEvent"}]).encode(),
        table(["a", "b"], [1, 2]).encode(),
        parquet({"a": 1}),
        ocsf_parquet()[:-30],
        zstd(TEXT.encode())[:-20],
        b"PK\x03\x04" + b"0" * 50,
        b"version https://git-lfs.github.com/spec/v1\noid sha256:abc\n",
    ],
)
def test_what_cannot_be_read_is_said(trail, content):
    got = trail({"events": content})
    assert got.rows(Activity) == []
    assert {line.status for line in got.coverage} == {"failed"}


def test_what_else_an_event_bus_tells_is_no_loss(trail):
    got = trail(
        {"bus.jsonl": "\n".join(map(json.dumps, [{**BUS, "detail-type": "EC2 Spot", "detail": {}}, BUS])).encode()}
    )
    assert len(got.rows(Activity)) == 1
    assert {line.status for line in got.coverage} == {"ok"}


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("AWSLogs/111122223333/Config/eu-central-1/2026/2/14/ConfigHistory/x.json.gz", "skipped"),
        ("AWSLogs/o-ab12/111122223333/vpcflowlogs/eu-central-1/2026/02/14/x.log.gz", "skipped"),
        ("AWSLogs/111122223333/ELBAccessLogTestFile", "skipped"),
        ("111122223333_elasticloadbalancing_eu-central-1_app.x_20260214T0000Z_x.log.gz", "skipped"),
        ("AWSLogs/111122223333/export.json", "failed"),
        ("111122223333_export_eu-central-1.json", "failed"),
    ],
)
def test_what_other_services_put_beside_a_trails_files_is_passed_over(trail, name, status):
    got = trail({name: b"2 111122223333 eni-1 10.0.0.1", "trail.json": json.dumps({"Records": [EVENT]}).encode()})
    assert sorted(one.status for one in got.objects) == sorted([status, "ok"])


def test_a_table_of_the_consoles_that_leaves_out_who_acted_is_told_with_what_to_do(trail):
    names = ["User name", "AWS access key", "Event time", "Event source", "Event name", "Source IP address"]
    cells = ["nina", "AKIAEXAMPLE", "2026-02-14T09:10:00Z", "ecs.amazonaws.com", "UpdateService", "203.0.113.10"]
    got = trail({"event_history.csv": table(names, cells).encode()})
    assert got.rows(Activity) == []
    assert "download it as JSON" in " ".join(line.reason or "" for line in got.coverage)


@pytest.mark.parametrize(
    "content",
    [
        {"Events": [LOOKED_UP], "NextToken": "kbOt5LlZe=="},
        {
            "ResultSet": {"Rows": [{"Data": [{"VarCharValue": c} for c in row]} for row in (SMALL, ATHENA)]},
            "NextToken": "x",
        },
        {"hits": {"total": {"value": 812, "relation": "eq"}, "hits": [{"_source": {"event": {"original": TEXT}}}]}},
    ],
)
def test_an_answer_that_is_one_page_of_several_is_not_all_of_it(trail, content):
    got = trail({"page.json": json.dumps(content).encode()})
    assert len(got.rows(Activity)) == 1
    assert "the first page of several" in " ".join(line.reason or "" for line in got.coverage)
    assert "partial" in {line.status for line in got.coverage}


@pytest.mark.parametrize(
    "content",
    [
        json.dumps({"Records": [{**EVENT, "userIdentity": None}]}).encode(),
        json.dumps([{**EVENT, "userIdentity": "@{type=IAMUser; userName=nina}"}]).encode(),
        json.dumps({name: value for name, value in EVENT.items() if name != "userIdentity"}).encode(),
        table(*(cells[:1] + cells[2:] for cells in (SMALL, ATHENA))).encode(),
    ],
)
def test_a_query_that_left_out_who_made_the_calls_is_not_all_of_them(trail, content):
    got = trail({"events": content})
    assert len(got.rows(Activity)) == 1
    assert "who made the call is not told" in " ".join(line.reason or "" for line in got.coverage)
    assert "partial" in {line.status for line in got.coverage}


def test_without_its_columns_a_callers_name_tells_the_account(trail):
    identity = {"type": "IAMUser", "arn": EVENT["userIdentity"]["arn"]}
    got = trail({"events": json.dumps({**EVENT, "userIdentity": identity, "recipientAccountId": None}).encode()})
    assert [row.scope for row in got.rows(Activity)] == ["111122223333"]


def test_a_bad_row_of_a_table_costs_itself_only(trail):
    got = trail({"rows.csv": (table(SMALL, ATHENA) + "1.11,x\n").encode()})
    assert len(got.rows(Activity)) == 1
    assert "another number of columns" in " ".join(line.reason or "" for line in got.coverage)


def test_aggregated_events_are_no_events_of_their_own(trail):
    window = {"windowStart": "2026-02-14T09:00:00Z", "windowEnd": "2026-02-14T09:05:00Z"}
    other = {"eventCategory": "Aggregated", "eventSource": "s3.amazonaws.com", "timeWindow": window}
    got = trail({"a.json": json.dumps({"Records": [other, EVENT]}).encode()})
    assert len(got.rows(Activity)) == 1
    assert {line.status for line in got.coverage} == {"ok"}


def test_files_that_tools_leave_beside_logs_are_passed_over(trail):
    got = trail(
        {
            "a.json": TEXT.encode(),
            "_SUCCESS": b"",
            "aws-logs-write-test": b"Permission Check Successful",
            "README.md": b"x",
        }
    )
    assert {line.status for line in got.coverage} == {"ok"}
