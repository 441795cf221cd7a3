"""Google's records of a made-up company, Quay, as its tools write them."""

import json

import pytest

from auditor.config.sources.google import GoogleAuditLogs, GoogleIam
from collectors.google.audit_logs import GoogleAuditLogsCollector
from collectors.google.iam import GoogleIamCollector


def entry(
    method="google.cloud.run.v1.Services.ReplaceService", service="run.googleapis.com", log="activity", **changes
):
    """An audit log entry: Nina replaces a service of quay-shop."""
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "status": {},
        "authenticationInfo": {"principalEmail": "nina@quay.example", "principalSubject": "user:nina@quay.example"},
        "requestMetadata": {"callerIp": "192.0.2.7", "callerSuppliedUserAgent": "gcloud/500"},
        "serviceName": service,
        "methodName": method,
        "resourceName": "namespaces/quay-shop/services/shop-api",
        **changes.pop("payload", {}),
    }
    return {
        "protoPayload": payload,
        "insertId": "abc1",
        "resource": {"type": "cloud_run_revision", "labels": {"project_id": "quay-shop"}},
        "timestamp": "2026-02-20T10:00:00.123456789Z",
        "receiveTimestamp": "2026-02-20T10:00:01Z",
        "severity": "NOTICE",
        "logName": f"projects/quay-shop/logs/cloudaudit.googleapis.com%2F{log}",
        **changes,
    }


def bindings(*listed, resource="//cloudresourcemanager.googleapis.com/projects/quay-shop", **changes):
    """A record of search-all-iam-policies."""
    return {
        "resource": resource,
        "assetType": "cloudresourcemanager.googleapis.com/Project",
        "project": "projects/4242",
        "folders": ["folders/7"],
        "organization": "organizations/9",
        "policy": {"bindings": [{"role": role, "members": list(members), **more} for role, members, more in listed]},
        **changes,
    }


@pytest.fixture
def logs(context):
    """A collector of the log files in the folder `logs`; give it names and contents."""

    def make(**files):
        for name, content in files.items():
            path = context.base / "logs" / name.replace("__", ".")
            path.parent.mkdir(exist_ok=True)
            text = "\n".join(json.dumps(one) for one in content) if isinstance(content, list) else content
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        source = GoogleAuditLogs(name="gcp-logs", kind="gcp-audit-logs", path="logs")
        return GoogleAuditLogsCollector(source, context)

    return make


@pytest.fixture
def dump(context):
    """A collector of a dump with this content."""

    def make(content, **settings):
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (context.base / "bindings.json").write_bytes(data)
        return GoogleIamCollector(GoogleIam(name="gcp", kind="gcp-iam", file="bindings.json", **settings), context)

    return make
