"""Cloud Logging's own client library against the stand-in, over HTTP and once over gRPC."""

from concurrent import futures
from datetime import UTC, datetime, timedelta

import pytest

from auditor.config.sources.google import GoogleAuditLogs
from auditor.errors import SourceError
from auditor.model.tables import Activity
from collectors.google.audit_logs import GoogleAuditLogsCollector
from collectors.google.log_pages import filter_for, list_entries
from tests import stand_ins
from tests.collectors.google.cloud import found
from tests.collectors.google.conftest import entry
from tests.copies import replace

BEGIN = datetime(2026, 2, 20, 10, tzinfo=UTC)


def numbered(number, log="activity", **changes):
    when = (BEGIN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return entry(log=log, insertId=f"n{number:05}", timestamp=when, receiveTimestamp=when, **changes)


@pytest.fixture
def google():
    with stand_ins.google(found()) as served:
        yield served


@pytest.fixture
def log(google):
    return google.cloud.projects["quay-shop"].entries


@pytest.fixture
def read(google, context, collect):
    def run(seen=None, days=0, project="quay-shop"):
        source = GoogleAuditLogs(name="gcp-logs", kind="gcp-audit-logs", project=project, endpoint_url=google.url)
        later = replace(context, collected_at=context.collected_at + timedelta(days=days))
        return collect(GoogleAuditLogsCollector(source, later), seen)

    return run


def checkpoint(got):
    return {one.origin: one.version for one in got.objects}


def test_all_four_audit_logs_are_read_and_no_other(read, log):
    log += [numbered(n, kind) for n, kind in enumerate(("activity", "data_access", "system_event", "policy"))]
    log.append({**numbered(9), "logName": "projects/quay-shop/logs/requests"})
    got = read()
    assert [row.event_id[:6] for row in got.rows(Activity)] == ["n00000", "n00001", "n00002", "n00003"]
    assert {one.status for one in got.objects} == {"ok"}


def test_the_same_entry_has_the_same_id_live_and_from_a_file(read, log, logs, collect):
    log.append(entry())
    (live,), (filed,) = read().rows(Activity), collect(logs(a__jsonl=[entry()])).rows(Activity)
    assert live.event_id == filed.event_id
    assert replace(live, origin="", sha256="") == replace(filed, origin="", sha256="")


def test_a_time_is_always_asked_for(read, google):
    read()
    (asked,) = [request.body["filter"] for request in google.requests]
    assert 'timestamp>="2025-12-01T03:00:00.000000Z"' in asked
    assert 'timestamp<="2026-03-01T03:00:00.000000Z"' in asked


def test_a_quiet_project_was_looked_at_all_the_same(read):
    got = read()
    (line,) = got.coverage
    assert (line.scope, line.rows, line.status) == ("quay-shop", 0, "ok")
    assert [one.reason for one in got.objects] == [None]
    assert line.to == datetime(2026, 3, 1, 3, tzinfo=UTC)


def test_many_pages_come_in_order_and_once(read, log, google):
    log += [numbered(n) for n in range(2500)]
    got = read()
    ids = [row.event_id for row in got.rows(Activity)]
    assert len(ids) == len(set(ids)) == 2500
    assert len(got.batches) == 3
    assert len(google.requests) == 3


def test_the_next_night_goes_on_where_the_last_one_ended(read, log):
    log.append(numbered(1))
    first = read()
    late = numbered(2) | {"timestamp": "2026-02-28T10:00:00Z", "receiveTimestamp": "2026-03-01T02:55:00Z"}
    new = numbered(3) | {"timestamp": "2026-03-01T12:00:00Z", "receiveTimestamp": "2026-03-01T12:00:01Z"}
    log += [late, new]
    got = read(checkpoint(first), days=1)
    assert [row.event_id[:6] for row in got.rows(Activity)] == ["n00002", "n00003"]


def test_what_came_before_a_break_is_kept_and_the_checkpoint_stays(google, log, context, collect, read):
    log += [numbered(n) for n in range(2500)]
    google.fails("entries:list", after=2, status=403)
    source = GoogleAuditLogs(name="gcp-logs", kind="gcp-audit-logs", project="quay-shop", endpoint_url=google.url)
    fetching, kept = GoogleAuditLogsCollector(source, context).fetch({}), []
    with pytest.raises(SourceError, match="denied access while reading the audit logs of quay-shop"):
        kept.extend(fetching)
    assert [raw.version for (raw,) in kept] == ["page"]
    google.faults.clear()
    again = read({raw.origin: raw.version for (raw,) in kept})
    assert len(again.rows(Activity)) == 2500


def test_throttling_is_waited_out_as_long_as_the_server_asks(read, log, google):
    log.append(numbered(1))
    google.fails("entries:list", status=429, times=2, retry_after=0, message="Quota exceeded")
    assert len(read().rows(Activity)) == 1


def test_a_connection_cut_in_a_page_is_taken_up_again(read, log, google):
    log += [numbered(n) for n in range(1500)]
    google.fails("entries:list", after=1, times=1, cut=True)
    ids = {row.event_id for row in read().rows(Activity)}
    assert len(ids) == 1500


def test_no_json_is_a_sentence(read, google):
    google.fails("entries:list", body=b"<html>")
    with pytest.raises(SourceError, match=r"is no JSON|could not be reached"):
        read()


def test_a_project_that_does_not_exist_is_a_sentence(read, google):
    with pytest.raises(SourceError, match="denied access"):
        read(project="quay-nowhere")
    assert len([call for call in google.calls if "entries:list" in call]) == 1


def test_over_grpc_the_entries_are_the_same(log):
    import grpc
    from google.auth.credentials import AnonymousCredentials
    from google.cloud.logging import Client
    from google.cloud.logging_v2.services.logging_service_v2 import LoggingServiceV2Client
    from google.cloud.logging_v2.services.logging_service_v2.transports import LoggingServiceV2GrpcTransport
    from google.cloud.logging_v2.types import ListLogEntriesRequest, ListLogEntriesResponse
    from google.protobuf.json_format import ParseDict

    asked = []

    def answer(request, _):
        asked.append(request)
        return ParseDict({"entries": [entry()]}, ListLogEntriesResponse.pb(ListLogEntriesResponse()))

    handler = grpc.unary_unary_rpc_method_handler(
        answer,
        request_deserializer=ListLogEntriesRequest.deserialize,
        response_serializer=lambda message: message.SerializeToString(),
    )
    server = grpc.server(futures.ThreadPoolExecutor(1))
    service = "google.logging.v2.LoggingServiceV2"
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(service, {"ListLogEntries": handler}),))
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        client = Client(project="quay-shop", credentials=AnonymousCredentials(), _use_grpc=True)
        channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        wire = LoggingServiceV2Client(transport=LoggingServiceV2GrpcTransport(channel=channel))
        from google.cloud.logging_v2._gapic import _LoggingAPI

        client._logging_api = _LoggingAPI(wire, client)
        wanted = filter_for("quay-shop", BEGIN, BEGIN + timedelta(days=1), None)
        (got,) = list_entries(client, "quay-shop", wanted)
        channel.close()
    finally:
        server.stop(None)
    assert asked[0].filter == wanted
    assert got["protoPayload"]["authenticationInfo"]["principalEmail"] == "nina@quay.example"
    assert got["protoPayload"]["methodName"] == entry()["protoPayload"]["methodName"]
    assert got["insertId"] == "abc1"


@pytest.mark.golden
def test_what_the_api_tells_is_told_whole(read, log, google, told_whole):
    log += [numbered(n, kind) for n, kind in enumerate(("activity", "data_access", "system_event", "policy"))]
    told_whole("gcp-audit-logs-live", read(), google.calls, server=google.url)
