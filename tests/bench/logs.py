"""Collecting the logs that are no CloudTrail: a public host's, a database's, Google's and Vault's, made up."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tests.bench.events import kept
from tests.bench.measure import Line, at_most, task

RECORDS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000")) // 2
_BEGIN, _DAYS = datetime(2026, 10, 1, tzinfo=UTC), 30
_PEOPLE = ("ada", "bo", "cem", "dina", "eli", "fay", "gil", "hana", "ivo", "jun")
_CALLS = (
    ("storage.googleapis.com", "storage.objects.get"),
    ("compute.googleapis.com", "v1.compute.instances.list"),
    ("k8s.io", "io.k8s.core.v1.pods.list"),
    ("secretmanager.googleapis.com", "google.cloud.secretmanager.v1.SecretManagerService.AccessSecretVersion"),
)


def logs() -> list[Line]:
    """Each kind of log with one process: microseconds a record (of Vault's, two lines), and memory, which hardly grows."""
    lines = []
    for kind in LOGS:
        few, whole = (task("log", kind, _folder(kind, records)) for records in (RECORDS // 5, RECORDS))
        each = whole.cpu / RECORDS * 1e6
        lines += [
            at_most(f"{kind}: {RECORDS:,} records", whole, each, 110 if kind == "vault" else 75, "µs a record"),
            at_most("memory", whole, whole.peak_mb, 400, "MB"),
            at_most("memory, against a fifth of the records", few, whole.peak_mb / few.peak_mb, 2, "x as much"),
        ]
    return lines


def _folder(kind: str, records: int) -> Path:
    def write(folder: Path) -> None:
        chance, each = random.Random(f"{kind} {records}"), records // _DAYS
        for day in range(_DAYS):
            path = folder / LOGS[kind][1].format(day=_BEGIN + timedelta(days=day))
            path.parent.mkdir(parents=True, exist_ok=True)
            moments = (_BEGIN + timedelta(days=day, seconds=86_400 * number / each) for number in range(each))
            path.write_text("".join(f"{LOGS[kind][2](chance, moment)}\n" for moment in moments), "utf-8")

    return kept(f"log-{kind}-{records}", write)


def _host(chance: random.Random, moment: datetime) -> str:
    """Nine of ten lines are of strangers who try names, as where everybody may knock."""
    who, number = chance.choice(_PEOPLE), chance.randrange(60_000)
    said = chance.choices(
        (
            f"sshd[{number}]: Failed password for invalid user u{chance.randrange(10**6)} from {_address(chance)} port 40022 ssh2",
            f"sshd[{number}]: Connection closed by {_address(chance)} port {number} [preauth]",
            f"sshd[{number}]: Accepted publickey for {who} from 10.0.0.7 port {number} ssh2: ED25519 SHA256:{who:a<43}",
            f"sudo[{number}]:   {who} : TTY=pts/0 ; PWD=/home/{who} ; USER=root ; COMMAND=/usr/bin/systemctl restart app",
            f"sshd[{number}]: pam_unix(sshd:session): session closed for user {who}",
        ),
        (70, 20, 4, 2, 4),
    )[0]
    return f"{moment.isoformat(timespec='microseconds')} web-1 {said}"


def _postgres(chance: random.Random, moment: datetime) -> str:
    who, number = chance.choice((*_PEOPLE, *["app"] * 20)), chance.randrange(3000)
    said = chance.choices(
        (
            f"connection authorized: user={who} database=shop application_name=psql",
            f"disconnection: session time: 0:05:00.000 user={who} database=shop host=10.0.0.9 port=51234",
            f"statement: UPDATE orders SET paid = true,\n\tnote = 'n' WHERE id = {chance.randrange(10**6)};",
            f"statement: SELECT * FROM orders WHERE id = {chance.randrange(10**6)};",
        ),
        (10, 10, 30, 50),
    )[0]
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03} UTC [{number}] {who}@shop LOG:  {said}"


def _google(chance: random.Random, moment: datetime) -> str:
    service, call = chance.choice(_CALLS)
    who, thing, time = chance.choice(_PEOPLE), f"things/{chance.randrange(300)}", moment.isoformat()
    payload = {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "serviceName": service,
        "methodName": call,
        "resourceName": f"projects/_/{thing}/parts/{chance.randrange(10**6)}",
        "authenticationInfo": {"principalEmail": f"{who}@acme.example"},
        "requestMetadata": {"callerIp": _address(chance), "callerSuppliedUserAgent": "gcloud/489.0.0"},
        "authorizationInfo": [{"permission": "storage.objects.get", "granted": True, "resource": thing}],
    }
    entry = {
        "insertId": f"{chance.getrandbits(64):x}",
        "logName": "projects/acme/logs/cloudaudit.googleapis.com%2Fdata_access",
        "timestamp": time,
        "receiveTimestamp": time,
        "resource": {"type": "gcs_bucket", "labels": {"project_id": "acme", "location": "eu"}},
        "protoPayload": payload,
    }
    return json.dumps(entry)


def _vault(chance: random.Random, moment: datetime) -> str:
    """A request and its answer."""
    who = chance.choice(_PEOPLE)
    auth = {"accessor": f"hmac-sha256:{who}", "display_name": f"userpass-{who}", "metadata": {"username": who}}
    request = {
        "id": f"{chance.getrandbits(64):x}",
        "operation": "read",
        "path": f"secret/data/shop/k{chance.randrange(4000)}",
        "remote_address": _address(chance),
    }
    told = {"time": moment.isoformat(), "auth": auth, "request": request}
    return "\n".join(json.dumps({**told, "type": kind}) for kind in ("request", "response"))


def _address(chance: random.Random) -> str:
    return ".".join(str(chance.randrange(1, 250)) for _ in range(4))


LOGS: dict[str, tuple[dict[str, str], str, Callable[[random.Random, datetime], str]]] = {
    "host": ({"kind": "ssh-logins"}, "web-1/auth.log-{day:%Y%m%d}", _host),
    "postgres": (
        {"kind": "postgres-logs", "instance": "orders", "log_line_prefix": "%m [%p] %u@%d "},
        "postgresql-{day:%Y-%m-%d}.log",
        _postgres,
    ),
    "google": ({"kind": "gcp-audit-logs"}, "{day:%Y-%m-%d}.json", _google),
    "vault": ({"kind": "vault-audit", "instance": "main"}, "audit-{day:%Y-%m-%d}.log", _vault),
}
"""Of each kind: its source, the name of a day's file, and a record."""
