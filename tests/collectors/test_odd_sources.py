"""Every kind of source over answers that nobody expects: none ends the run, and none passes for having been read."""

import gzip
import os
import re
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from pydantic import TypeAdapter

from auditor.config.signals import SavedSearch
from auditor.config.sources import AnySource
from auditor.evidence.store import Store
from collectors.base import Context
from collectors.pool import collect
from collectors.registry import COLLECTORS, collector_for

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)
ODD = {
    "an empty object": b"{}",
    "null": b"null",
    "a number": b"17",
    "text": b'"x"',
    "true": b"true",
    "a portal's page": b"<!DOCTYPE html><html><body>Sign in</body></html>",
    "nested lists": b"[" * 3000 + b"]" * 3000,
    "nested objects": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "a list of null": b"[null]",
    "a list of lists": b"[[]]",
    "cut short": b'{"a": [1, ',
    "every byte": bytes(range(256)),
    "zeros": b"\0" * 64,
    "a long number": b'{"a":' + b"9" * 5000 + b"}",
    "no number": b"NaN",
    "half a character": b'["\\ud800"]',
    "an error": b'{"error": {"code": 403, "message": "denied"}}',
    "UTF-16": '{"a": 1}'.encode("utf-16"),
    "damaged gzip": b"\x1f\x8b\x08\x00\x00",
    "another table": b"a,b\n1,2\n",
    "nothing": b"",
    "nothing, packed": gzip.compress(b""),
    "an error in XML": b'<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>',
    "a pointer to a large file": b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "a portal's page, packed": gzip.compress(b"<!DOCTYPE html><html><body>Sign in</body></html>"),
}
FILES = [
    {"kind": "aws-iam", "account": "111122223333", "file": "odd"},
    {"kind": "aws-cloudtrail", "path": "odd"},
    {"kind": "aws-identity-center", "file": "odd"},
    {"kind": "aws-organizations", "file": "odd"},
    {"kind": "aws-ec2-keys", "account": "111122223333", "file": "odd"},
    {"kind": "aws-resource-policies", "account": "111122223333", "file": "odd"},
    {"kind": "aws-resources", "account": "111122223333", "file": "odd"},
    {"kind": "gcp-iam", "file": "odd"},
    {"kind": "gcp-audit-logs", "path": "odd"},
    {"kind": "github-activity", "audit_log": "odd"},
    {"kind": "gitlab-activity", "audit_log": "odd"},
    {"kind": "postgres-access", "instance": "db", "path": "odd"},
    {"kind": "postgres-logs", "instance": "db", "path": "odd"},
    {"kind": "mysql-access", "instance": "db", "path": "odd"},
    {"kind": "ssh-logins", "path": "web-1.log"},
    {"kind": "ssh-keys", "path": "hosts"},
    {"kind": "tickets-file", "path": "tickets.jsonl"},
    {"kind": "vpn-groups", "network": "office", "path": "odd.hujson"},
    {"kind": "on-call", "path": "odd", "systems": ["checkout"]},
    *({"kind": kind, "path": "odd"} for kind in ("team-requests", "google-pam", "teleport-requests")),
    {"kind": "vault-events", "service": "1password", "path": "odd"},
    {"kind": "vault-audit", "instance": "main", "path": "odd"},
    {"kind": "slack-approvals", "path": "slack"},
    *({"kind": kind, "path": "saved"} for kind in ("prometheus", "loki", "grafana", "sentry")),
]
SERVERS = [
    {"kind": "gitlab-access", "groups": ["g"]},
    {"kind": "gitlab-activity", "projects": ["g/p"]},
    {"kind": "gitlab-tickets", "projects": ["g/p"]},
    {"kind": "jira-tickets", "projects": ["OPS"]},
    {"kind": "github-access", "organizations": ["o"], "repositories": ["o/r"]},
    {"kind": "github-activity", "organizations": ["o"], "repositories": ["o/r"]},
    {"kind": "github-tickets", "repositories": ["o/r"]},
    {"kind": "gcp-iam", "scope": "projects/p"},
    {"kind": "gcp-ssh-keys", "project": "p"},
    {"kind": "google-pam", "scopes": ["projects/p"]},
    {"kind": "on-call", "systems": ["checkout"]},
    {"kind": "prometheus"},
    {"kind": "loki"},
    {"kind": "grafana"},
    {"kind": "sentry", "organization": "harbour"},
    {"kind": "vpn-groups", "network": "office", "tailnet": "-"},
    {"kind": "vault-events", "service": "1password"},
    {"kind": "slack-approvals", "channels": ["C1"]},
]
PLACES = {
    "ssh-keys": "hosts/web-1/nina/authorized_keys",
    "slack-approvals": "slack/ops/2026-02-20.json",
    **dict.fromkeys(("prometheus", "loki", "grafana", "sentry"), "saved/checkout/errors.json"),
}
ASKED = SavedSearch(system="checkout", name="errors", source="odd", query="checkout", project="web", step="1h")
OF = TypeAdapter(AnySource)


LIVE = [
    {"kind": "aws-iam", "account": "111122223333"},
    {"kind": "aws-cloudtrail", "lookup": True},
    {"kind": "aws-organizations", "region": "eu-central-1"},
    {"kind": "aws-ec2-keys", "account": "111122223333", "region": "eu-central-1"},
    {"kind": "aws-identity-center", "region": "eu-central-1"},
    {"kind": "aws-resource-policies", "account": "111122223333", "region": "eu-central-1"},
    {"kind": "aws-resources", "account": "111122223333", "region": "eu-central-1"},
    {"kind": "team-requests", "table": "requests", "region": "eu-central-1"},
    {"kind": "gcp-audit-logs", "project": "p"},
    *SERVERS,
]
# Status and headers, or another body, of servers that are ill rather than wrong.
ILL = {
    "nothing": (204, {}, b""),
    "a circle": (302, {"Location": "/again"}, b""),
    "too many requests": (429, {"Retry-After": "3600"}, b"{}"),
    "out of order": (503, {"Retry-After": "3600"}, b"{}"),
    "cut short": (200, {"Content-Length": "5000"}, b'{"a": 1}'),
    "packed badly": (200, {"Content-Encoding": "gzip"}, b"no gzip"),
    "a drip": (200, {"Content-Length": "5000"}, None),
}
DEADLINE, GRACE = 1, 60
EVERY = os.environ.get("AUDITOR_POINTS") == "every"


def test_every_kind_of_source_is_tried():
    assert {setting["kind"] for setting in (*FILES, *LIVE)} == set(COLLECTORS)


class _Portal(BaseHTTPRequestHandler):
    """Answers everything with the same."""

    body: bytes | None = b""
    status = 200
    headers_too: ClassVar[dict[str, str]] = {}

    def do_GET(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = b"" if self.body is None else self.body
        self.send_response(self.status)
        for name, value in {
            "Content-Type": "application/json",
            "Content-Length": str(len(body)),
            **self.headers_too,
        }.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        for _ in range(100 * (self.body is None)):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.2)

    def do_POST(self):
        self.do_GET()

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def portal():
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Portal)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def collected(folder, **setting):
    source = OF.validate_python({"name": "odd", "timeout": "30s", **setting})
    store = Store(str(folder / "evidence"))
    with store.lock():
        collector = collector_for(source, Context(collected_at=AT, base=folder, signals=(ASKED,)))
        return collect(collector, staging=store.staging("r1", AT), seen={})


def test_a_host_where_nobody_has_a_key_is_in_order(tmp_path):
    place = tmp_path / PLACES["ssh-keys"]
    place.parent.mkdir(parents=True)
    place.write_bytes(b"")
    assert collected(tmp_path, kind="ssh-keys", path="hosts").status == "ok"


@pytest.mark.parametrize("kind", range(len(FILES)), ids=lambda kind: FILES[kind]["kind"])
def test_an_odd_file_is_told(tmp_path, kind):
    """A third of the files a kind here; `make campaign` tries all of them with each."""
    setting = FILES[kind]
    usual = str(setting.get("file") or setting.get("audit_log") or setting["path"])
    for number, odd in enumerate(ODD):
        if setting["kind"] in ("ssh-keys", "gcp-audit-logs") and odd.startswith("nothing"):
            continue  # that says that nobody has a key, and that nothing happened
        if not EVERY and number % 3 != kind % 3:
            continue
        folder = tmp_path / str(number)
        place = folder / PLACES.get(setting["kind"], usual)
        place.parent.mkdir(parents=True)
        place.write_bytes(ODD[odd])
        got = collected(folder, **setting)
        assert got.status in ("partial", "failed"), odd
        assert got.reason, odd


@pytest.mark.parametrize("kind", range(len(SERVERS)), ids=lambda kind: SERVERS[kind]["kind"])
def test_a_server_that_answers_oddly_is_told(tmp_path, monkeypatch, portal, kind):
    """A third of the answers a kind here; `make campaign` tries all of them with each."""
    monkeypatch.setenv("TOKEN", "t")
    setting = SERVERS[kind]
    for number, odd in enumerate(ODD):
        if setting["kind"] == "google-pam" and odd == "an empty object":
            continue  # Google writes no empty list: there is no entitlement
        if not EVERY and number % 3 != kind % 3:
            continue
        _Portal.body = ODD[odd]
        folder = tmp_path / str(number)
        folder.mkdir()
        got = collected(folder, **at_portal(setting, portal))
        assert got.status in ("partial", "failed"), odd
        assert got.reason, odd


def live(monkeypatch, portal, setting):
    for name in ("TOKEN", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "t")
    if setting["kind"].startswith(("aws", "team")):
        return {**setting, "endpoint_url": portal}
    return at_portal(setting, portal)


def at_portal(setting, portal):
    if setting["kind"] == "on-call":
        return {**setting, "url": portal}
    place = "endpoint_url" if setting["kind"].startswith(("gcp", "google")) else "url"
    return {**setting, place: portal, "token_env": "TOKEN"}


# Each asks through another library.
@pytest.mark.parametrize("kind", ["aws-ec2-keys", "gitlab-tickets", "jira-tickets", "gcp-ssh-keys", "loki"])
def test_an_answer_that_drips_is_told_with_its_speed_long_before_the_deadline(tmp_path, monkeypatch, portal, kind):
    monkeypatch.setattr(_Portal, "headers_too", {"Content-Length": "5000"})
    monkeypatch.setattr(_Portal, "body", None)
    setting = next(setting for setting in LIVE if setting["kind"] == kind)
    got = collected(tmp_path, **live(monkeypatch, portal, setting), timeout="10s")
    assert got.status in ("partial", "failed")
    assert re.search(r"The server sent \d+ bytes in [1-9] s while", got.reason)


@pytest.mark.parametrize("number", range(len(LIVE)), ids=lambda number: LIVE[number]["kind"])
def test_a_server_that_is_ill_costs_its_source_and_no_more_than_its_deadline(tmp_path, monkeypatch, portal, number):
    """One illness a kind here; `make campaign` tries all of them with each."""
    setting = live(monkeypatch, portal, LIVE[number])
    for ill in ILL if EVERY else [list(ILL)[number % len(ILL)]]:
        status, headers, body = ILL[ill]
        monkeypatch.setattr(_Portal, "status", status)
        monkeypatch.setattr(_Portal, "headers_too", headers)
        monkeypatch.setattr(_Portal, "body", body)
        began = time.monotonic()
        folder = tmp_path / ill.replace(" ", "-")
        folder.mkdir()
        got = collected(folder, **setting, timeout=f"{DEADLINE}s")
        assert got.status in ("partial", "failed"), ill
        assert got.reason, ill
        assert time.monotonic() - began < DEADLINE + GRACE, ill
