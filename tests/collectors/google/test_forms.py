"""One change by one person, in every form in which teams have Google's audit logs, is one and the same row."""

import base64
import io
import json
import lzma

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml

from auditor.model.tables import Activity
from tests.collectors.google.conftest import entry

ENTRY = entry()
TEXT = json.dumps(ENTRY)
PAYLOAD = {name: value for name, value in ENTRY["protoPayload"].items() if name not in ("@type", "status")}
ROW = {
    "logName": ENTRY["logName"],
    "insertId": ENTRY["insertId"],
    "resource": ENTRY["resource"],
    "timestamp": ENTRY["timestamp"][:19].replace("T", " ") + ".123456 UTC",
    "protopayload_auditlog": PAYLOAD | {"requestJson": json.dumps({"service": "x"})},
}
FLAT = {
    "logName": ROW["logName"],
    "insertId": ROW["insertId"],
    "timestamp": ROW["timestamp"],
    "resource_labels_project_id": "quay-shop",
    "protopayload_auditlog_serviceName": PAYLOAD["serviceName"],
    "protopayload_auditlog_methodName": PAYLOAD["methodName"],
    "protopayload_auditlog_resourceName": PAYLOAD["resourceName"],
    "protopayload_auditlog_authenticationInfo_principalEmail": "nina@quay.example",
}
ECS = {
    "@timestamp": ENTRY["timestamp"],
    "cloud": {"project": {"id": "quay-shop"}},
    "event": {"action": PAYLOAD["methodName"], "id": ENTRY["insertId"]},
    "log": {"logger": ENTRY["logName"]},
    "gcp": {
        "audit": {
            "authentication_info": {"principal_email": "nina@quay.example"},
            "service_name": PAYLOAD["serviceName"],
            "method_name": PAYLOAD["methodName"],
            "resource_name": PAYLOAD["resourceName"],
        }
    },
}


def parquet(row):
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([row]), sink)
    return sink.getvalue()


FORMS = {
    "xz": lzma.compress(TEXT.encode()),
    "UTF-16": TEXT.encode("utf-16"),
    "gcloud's YAML": "---\n" + yaml.safe_dump(ENTRY),
    "a list in YAML": yaml.safe_dump([ENTRY]),
    "BigQuery as JSON": json.dumps(ROW),
    "BigQuery as Parquet": parquet(ROW),
    "BigQuery as flat CSV": ",".join(FLAT) + "\n" + ",".join(FLAT.values()) + "\n",
    "columns named by paths": "insertId,protoPayload.serviceName,protoPayload.methodName,protoPayload.resourceName,"
    "protoPayload.authenticationInfo.principalEmail,timestamp,logName\n"
    f"abc1,{PAYLOAD['serviceName']},{PAYLOAD['methodName']},{PAYLOAD['resourceName']},nina@quay.example,"
    f"{ENTRY['timestamp']},{ENTRY['logName']}\n",
    "a push subscription": json.dumps({"message": {"data": base64.b64encode(TEXT.encode()).decode()}}),
    "messages pulled": json.dumps(
        {"receivedMessages": [{"message": {"data": base64.b64encode(TEXT.encode()).decode()}}]}
    ),
    "another log's text": json.dumps({"logName": "projects/quay-shop/logs/x", "textPayload": TEXT}),
    "Elastic's documents": json.dumps({"_source": {"event": {"original": TEXT}, "gcp": {"audit": {}}}}),
    "Elastic's schema": json.dumps(ECS),
    "fluentd": json.dumps({"@timestamp": "x", "message": TEXT}),
    "fluentd's file": f"2026-02-14T09:10:00+00:00\tgcp.audit\t{TEXT}",
    "fluent-bit": json.dumps({"date": 1.5, "log": TEXT + "\n"}),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_comes_to_the_same_row(logs, collect, form):
    got = collect(logs(export=FORMS[form]))
    (row,) = got.rows(Activity)
    assert (row.account, row.action, row.scope) == ("user:nina@quay.example", "run:ReplaceService", "quay-shop")
    assert row.resource.endswith("services/shop-api")
    assert {line.status for line in got.coverage} == {"ok"}


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "null",
        "<html><body>Sign in</body></html>",
        '{"error": {"code": 403, "message": "denied"}}',
        '{"entries": null}',
        "a,b\n1,2\n",
        "[" * 3000,
        "---\ninsertId: [\n",
    ],
)
def test_what_cannot_be_read_is_said(logs, collect, content):
    got = collect(logs(export=content.encode()))
    assert got.rows(Activity) == []
    assert {line.status for line in got.coverage} == {"failed"}
