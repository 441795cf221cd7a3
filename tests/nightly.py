"""A small company on disk, and runs of the real program over it. Everybody and everything in it is invented."""

from __future__ import annotations

import base64
import csv
import gzip
import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from auditor.evidence.store import Store
from auditor.model.vocabulary import Report
from tests.programs import called
from tests.waiting import LIMIT

ROOT = Path(__file__).parents[1]
AWS = "111122223333"
HOST = "web-1.harbour.example"
ALL_REPORTS = ("--reports", ",".join(Report))
PAGE = ("--reports", "page")  # a PDF takes three times as long as all the rest of a run
FIRST = datetime(2026, 10, 2, 3, 10, tzinfo=UTC)
SECOND = FIRST + timedelta(days=1)
SECRET = "correct-horse-battery"
TRAIL = f"logs/cloudtrail/AWSLogs/{AWS}/CloudTrail/eu-central-1"


@dataclass(frozen=True)
class Night:
    """What one call of the program came to."""

    status: int
    stdout: str
    stderr: str
    output: Path

    @property
    def said(self) -> dict[str, Any]:
        """The one JSON object on stdout."""
        return json.loads(self.stdout)

    @property
    def folder(self) -> Path:
        """The run's folder below the output."""
        return self.output / self.said["run"]

    @property
    def report(self) -> dict[str, Any]:
        """The run's findings.json."""
        return json.loads((self.folder / "findings.json").read_text())

    @property
    def findings(self) -> dict[str, dict[str, Any]]:
        """The run's findings by id."""
        return {finding["id"]: finding for finding in self.report["findings"]}

    def of(self, rule: str, **fields: str) -> dict[str, Any]:
        """The one finding of a rule that has these fields."""
        found = [
            f for f in self.findings.values() if f["rule"] == rule and all(f[name] == v for name, v in fields.items())
        ]
        assert len(found) == 1, [(f["rule"], f["person"], f["summary"]) for f in self.findings.values()]
        return found[0]

    def seen(self, source: str) -> tuple[str, str]:
        """The worst status in a source's coverage, and every reason."""
        lines = [line for line in self.report["coverage"] if line["source"] == source]
        assert lines, f"{source} is not in the coverage"
        status = max((line["status"] for line in lines), key=("ok", "partial", "failed").index)
        return status, " ".join(line["reason"] or "" for line in lines)


@dataclass(frozen=True)
class Company:
    """Harbour Shop in a folder: its configuration, its dumps and logs, and what audits of it left."""

    folder: Path

    @property
    def store(self) -> Store:
        return Store(str(self.folder / "evidence"))

    @property
    def output(self) -> Path:
        return self.folder / "output"

    def configure(self, **changes: Any) -> None:
        """Write auditor.yaml, with some of its entries changed."""
        self.write("auditor.yaml", yaml.safe_dump(CONFIG | changes, sort_keys=False))

    def with_sources(self, *more: Mapping[str, str]) -> None:
        """Let the audit read these sources too."""
        self.configure(sources=[*SOURCES, *more])

    def write(self, place: str, content: str | bytes) -> Path:
        """A file of the company, with its folders."""
        path = self.folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def trail_file(self, day: str, number: int, calls: Iterable[Mapping[str, Any]], *, level: int = 6) -> Path:
        """A CloudTrail file that was delivered on a day such as 2026/09/29."""
        name = f"{AWS}_CloudTrail_eu-central-1_{day.replace('/', '')}T{number:04}Z_abcdefgh.json.gz"
        return self.write(f"{TRAIL}/{day}/{name}", packed(calls, level))

    def tickets(self, *rows: Mapping[str, str], place: str = "tickets.csv") -> None:
        """Tickets as CSV."""
        path = self.write(place, "")
        with path.open("w", newline="") as file:
            writer = csv.DictWriter(file, list(dict.fromkeys(name for row in rows for name in row)))
            writer.writeheader()
            writer.writerows(rows)

    def iam(self, *, without: str = "") -> None:
        """The dumps of IAM, perhaps without somebody."""
        users = [user for user in USERS if user["UserName"] != without]
        dump = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [ROLE], "Policies": []}
        self.write("dumps/authorization-details.json", json.dumps(dump))
        lines = [CREDENTIALS_HEAD, *(_credentials(user["UserName"]) for user in users)]
        self.write("dumps/credential-report.csv", "\n".join(lines) + "\n")

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "auditor", *arguments]

    def auditor(self, *arguments: str, before: Sequence[str] = (), **environment: str) -> Night:
        """Run the program to its end: in this process, or behind a command in one of its own."""
        if not before:
            return Night(*called(*arguments, folder=self.folder, environment=surroundings(**environment)), self.output)
        done = subprocess.run(
            [*before, *self.command(*arguments)],
            cwd=self.folder,
            env=surroundings(**environment),
            capture_output=True,
            text=True,
            timeout=LIMIT,
            check=False,
        )
        return Night(done.returncode, done.stdout, done.stderr, self.output)

    def night(self, at: datetime = FIRST, *more: str, before: Sequence[str] = (), **environment: str) -> Night:
        """A whole nightly run."""
        return self.auditor("run", "--json", "--at", at.isoformat(), *more, before=before, **environment)

    @property
    def answer(self) -> Night:
        """The run that made this, as `keep` put it there."""
        return Night(**json.loads((self.folder / "answer.json").read_text()), output=self.output)

    def copy(self, folder: Path) -> Company:
        """The same company elsewhere, with files as old as they were, so that they count as read."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Company(folder)


def surroundings(**more: str) -> dict[str, str]:
    """An environment without this machine's AWS settings, terminals and proxies."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "http", "HTTP"))}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def made_once(factory, name: str, make) -> Path:
    """A folder that the first worker to need it makes, and the others find."""
    root = factory.getbasetemp()
    root = root.parent if "PYTEST_XDIST_WORKER" in os.environ else root
    folder = root / name
    with FileLock(root / f"{name}.lock"):
        if not folder.exists():
            place = root / f"{name}.making"
            make(place)
            place.rename(folder)
    return folder


def keep(night: Night, folder: Path) -> None:
    """Put the answer of a run beside what it made, for other test processes."""
    assert night.status in (0, 3), night.stderr
    answer = {"status": night.status, "stdout": night.stdout, "stderr": night.stderr}
    (folder / "answer.json").write_text(json.dumps(answer))


def call(user: str, action: str, time: str, **parameters: Any) -> dict[str, Any]:
    """A CloudTrail record of a call such as `ecs:UpdateService`."""
    service, _, name = action.partition(":")
    fingerprint = hashlib.sha256(f"{user} {action} {time} {parameters}".encode()).hexdigest()
    return {
        "eventVersion": "1.11",
        "userIdentity": {
            "type": "IAMUser",
            "principalId": f"AIDA{user.upper():0>17}",
            "arn": arn(user),
            "accountId": AWS,
            "userName": user,
            "accessKeyId": key_id(user),
        },
        "eventTime": time,
        "eventSource": f"{service}.amazonaws.com",
        "eventName": name,
        "awsRegion": "eu-central-1",
        "sourceIPAddress": "192.0.2.10",
        "userAgent": "aws-cli/2.30",
        "requestParameters": parameters,
        "responseElements": None,
        "requestID": fingerprint[32:],
        "eventID": f"{fingerprint[:8]}-{fingerprint[8:12]}-4{fingerprint[12:15]}-8{fingerprint[15:18]}-{fingerprint[18:30]}",
        "readOnly": name.startswith(("Get", "Describe", "List")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": AWS,
        "eventCategory": "Management",
    }


def packed(calls: Iterable[Mapping[str, Any]], level: int = 6) -> bytes:
    """Records as a CloudTrail file holds them."""
    return gzip.compress(json.dumps({"Records": list(calls)}).encode(), level, mtime=0)


def deploys(user: str, time: str) -> dict[str, Any]:
    """The user changes the checkout service."""
    return call(user, "ecs:UpdateService", time, cluster="checkout-prod", service="checkout", desiredCount=2)


def arn(user: str) -> str:
    return f"arn:aws:iam::{AWS}:user/{user}"


def key_id(user: str) -> str:
    return f"AKIA{user.upper():A>16}"


def ssh_key(user: str) -> tuple[str, str]:
    """A made-up ed25519 public key and its fingerprint."""
    kind = b"ssh-ed25519"
    blob = len(kind).to_bytes(4) + kind + (32).to_bytes(4) + hashlib.sha256(user.encode()).digest()
    fingerprint = base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")
    return f"ssh-ed25519 {base64.b64encode(blob).decode()} {user}@harbour", f"SHA256:{fingerprint}"


def sshd(time: str, *said: str) -> str:
    return "".join(f"{time}+00:00 web-1 {line}\n" for line in said)


def ssh_session(user: str, day: str, process: int) -> str:
    """A login of ten minutes in the morning, with one sudo command."""
    opened = (
        f"sshd[{process}]: Accepted publickey for {user} from 192.0.2.20 port 51000 ssh2: ED25519 {ssh_key(user)[1]}"
    )
    session = f"sshd[{process}]: pam_unix(sshd:session): session {{}} for user {user}"
    command = f"sudo:  {user} : TTY=pts/0 ; PWD=/home/{user} ; USER=root ; COMMAND=/usr/bin/systemctl restart checkout"
    return (
        sshd(f"{day}T09:00:00.000000", opened, session.format("opened") + "(uid=1001) by (uid=0)")
        + sshd(f"{day}T09:05:00.000000", command)
        + sshd(f"{day}T09:10:00.000000", session.format("closed"))
    )


def ticket(name: str, person: str, start: str, end: str, **more: str) -> dict[str, str]:
    """An access ticket that leaves nothing to wish for."""
    before = (datetime.fromisoformat(start) - timedelta(minutes=20)).isoformat()
    return {
        "ticket": name,
        "kind": "access",
        "work": "routine",
        "title": "Scale checkout",
        "reason": "Orders are waiting in the queue after the import",
        "requester": person,
        "person": person,
        "systems": "checkout",
        "level": "write",
        "opened_at": before,
        "starts_at": start,
        "ends_at": end,
        "approver": "tom",
        "approved_at": before,
        "approval": f"Approved {name} for {person}: write on checkout, until {end}",
        "closed_at": end,
        "closeout": "Two more tasks run, the queue is empty. Access removed.",
        "removal_confirmed": "true",
    } | more


WINDOW = ticket("PAY-1", "nina", "2026-09-28T10:00:00+00:00", "2026-09-28T10:40:00+00:00")
DRILL = ticket(
    "OPS-1",
    "mia",
    "2026-09-21T10:00:00+00:00",
    "2026-09-21T10:30:00+00:00",
    kind="drill",
    title="Rollback drill",
    note="Rollback of code: done in 6m (target 10m)\nRollback of config: done in 3m (target 5m)",
)
SOURCES = [
    {
        "name": "iam",
        "kind": "aws-iam",
        "account": AWS,
        "file": "dumps/authorization-details.json",
        "credential_report": "dumps/credential-report.csv",
    },
    {"name": "trail", "kind": "aws-cloudtrail", "path": "logs/cloudtrail"},
    {"name": "tickets", "kind": "tickets-file", "path": "tickets.csv"},
    {"name": "keys", "kind": "ssh-keys", "path": "dumps/ssh"},
    {"name": "logins", "kind": "ssh-logins", "path": "logs/sshd"},
]
CONFIG: dict[str, Any] = {
    "organisation": "Harbour Shop",
    "timezone": "Europe/Berlin",
    "people": [
        {"id": "mia", "name": "Mia Berg", "job": "owner", "accounts": [arn("mia"), "ssh:mia"]},
        {"id": "leon", "name": "Leon Roth", "job": "owner", "accounts": [arn("leon")]},
        {
            "id": "nina",
            "name": "Nina Alvarez",
            "job": "engineer",
            "accounts": [arn("nina"), "ssh:nina", f"ssh-key:{ssh_key('nina')[1]}"],
        },
        {"id": "tom", "name": "Tom Weiss", "job": "lead"},
        {"id": "piet", "name": "Piet Old", "job": "engineer", "left": "2026-08-31", "accounts": [arn("piet")]},
    ],
    "service_accounts": [
        {
            "id": "ci",
            "owner": "mia",
            "purpose": "deploys",
            "pipeline": "gitlab",
            "accounts": [f"arn:aws:iam::{AWS}:role/ci-deploy"],
        }
    ],
    "jobs": {"owner": ["read-logs", "deploy", "shell"], "engineer": ["read-logs", "deploy", "shell"], "lead": []},
    "systems": [
        {
            "id": "checkout",
            "name": "Checkout service",
            "primary": "mia",
            "backup": "leon",
            "resources": [
                {"provider": "aws", "account": AWS, "match": ["*checkout*"]},
                {"provider": "ssh", "host": "web-*.harbour.example"},
            ],
        }
    ],
    "policy": {"approvers": ["tom"], "max_log_silence": "60d", "max_credential_age": "1000d"},
    "reports": ["csv", "cleanup"],  # page and PDF are half of a night's work: tests that look at them ask for them
    "sources": SOURCES,
}
MADE = "2026-05-04T08:00:00+00:00"


def _user(name: str, *actions: str) -> dict[str, Any]:
    statement = {
        "Effect": "Allow",
        "Action": list(actions),
        "Resource": [f"arn:aws:ecs:eu-central-1:{AWS}:service/checkout-prod/checkout"],
    }
    return {
        "Path": "/",
        "UserName": name,
        "UserId": f"AIDA{name.upper():0>17}",
        "Arn": arn(name),
        "CreateDate": MADE,
        "UserPolicyList": [
            {"PolicyName": "checkout", "PolicyDocument": {"Version": "2012-10-17", "Statement": [statement]}}
        ],
        "GroupList": [],
        "AttachedManagedPolicies": [],
        "Tags": [],
    }


USERS = [_user(name, "ecs:UpdateService", "ecs:DescribeServices") for name in ("mia", "leon", "nina", "piet")]
ROLE = {
    "Path": "/",
    "RoleName": "ci-deploy",
    "RoleId": "AROAEXAMPLECIDEPLOYXX",
    "Arn": f"arn:aws:iam::{AWS}:role/ci-deploy",
    "CreateDate": MADE,
    "AssumeRolePolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Federated": f"arn:aws:iam::{AWS}:oidc-provider/gitlab.harbour.example"},
                "Action": "sts:AssumeRoleWithWebIdentity",
            }
        ],
    },
    "InstanceProfileList": [],
    "RolePolicyList": [],
    "AttachedManagedPolicies": [],
    "Tags": [],
}
CREDENTIALS_HEAD = (
    "user,arn,user_creation_time,password_enabled,password_last_used,password_last_changed,password_next_rotation,"
    "mfa_active,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,"
    "access_key_1_last_used_region,access_key_1_last_used_service,access_key_2_active,access_key_2_last_rotated,"
    "access_key_2_last_used_date,access_key_2_last_used_region,access_key_2_last_used_service,cert_1_active,"
    "cert_1_last_rotated,cert_2_active,cert_2_last_rotated"
)


def _credentials(user: str) -> str:
    key = f"true,{MADE},2026-09-30T08:00:00+00:00,eu-central-1,ecs"
    return f"{user},{arn(user)},{MADE},false,N/A,N/A,N/A,false,{key},false,N/A,N/A,N/A,N/A,false,N/A,false,N/A"


def harbour_shop(folder: Path) -> Company:
    """The company as it is before its first audit."""
    company = Company(folder)
    company.configure()
    company.iam()
    company.tickets(WINDOW, DRILL)
    for user in ("nina", "mia"):
        company.write(f"dumps/ssh/{HOST}/{user}/authorized_keys", ssh_key(user)[0] + "\n")
    company.write(f"logs/sshd/{HOST}.log", ssh_session("nina", "2026-09-29", 4100))
    for day in range(20, 32):
        date = datetime(2026, 9, 1, tzinfo=UTC) + timedelta(days=day - 1)
        for number in (5, 605, 1205):
            hour = f"{date:%Y-%m-%d}T{number // 100:02}"
            reads = [call("mia", "ecs:DescribeServices", f"{hour}:0{n}:00Z", cluster="checkout-prod") for n in range(6)]
            company.trail_file(f"{date:%Y/%m/%d}", number, reads)
    company.trail_file("2026/09/28", 1010, [deploys("nina", "2026-09-28T10:05:00Z")])
    rotation = {"dBInstanceIdentifier": "checkout-db", "masterUserPassword": SECRET}
    company.trail_file(
        "2026/09/29",
        1415,
        [
            call("mia", "ecs:DescribeServices", "2026-09-29T14:10:00Z", cluster="checkout-prod"),
            call("leon", "rds:ModifyDBInstance", "2026-09-29T14:11:00Z", **rotation),
        ],
    )
    return company
