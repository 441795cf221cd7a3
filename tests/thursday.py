"""One Thursday at Harbour Shop: Leon raises the number of workers, jobs pile up, Mia reverts it. All invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from auditor import run as line
from auditor.config import load
from auditor.model.tables import Deployment
from auditor.options import RunOptions, Silence
from tests.nightly import AWS, CONFIG, HOST, SOURCES, USERS, Company, arn, call, harbour_shop, sshd, ticket
from tests.nightly import ssh_key as key_of
from tests.stored import store_run

NIGHT = datetime(2026, 10, 1, 3, 10, tzinfo=UTC)
NEXT_NIGHT = NIGHT + timedelta(days=1)
SERVICE = {"cluster": "checkout-prod", "service": "checkout-worker"}
WORKERS = [f"arn:aws:ecs:eu-central-1:{AWS}:service/checkout-prod/checkout-worker"]
FLOOD = 4000
GITLAB = {
    "name": "releases",
    "kind": "gitlab-activity",
    "url": "https://gitlab.harbour.example",
    "token_env": "GITLAB_TOKEN",
    "projects": ["harbour/checkout"],
}


def at(clock: str, day: int = 1) -> datetime:
    """A time of that Thursday, UTC."""
    return datetime.fromisoformat(f"2026-10-{day:02}T{clock}+00:00")


def options(company: Company, moment: datetime = NEXT_NIGHT) -> RunOptions:
    """What the command line would make of the company's folder."""
    return RunOptions(
        config=load(company.folder / "auditor.yaml"),
        at=moment,
        period=timedelta(days=30),
        evidence=str(company.folder / "evidence"),
        output=company.output,
        workers=1,
    )


def make(folder: Path) -> None:
    """The company with the evidence of two nights and the day between them."""
    company = harbour_shop(folder)
    configure(company)
    line.collect(options(company, NIGHT), Silence())
    the_day(company)
    line.collect(options(company, NEXT_NIGHT), Silence())
    configure(company, GITLAB)
    _deployments(company)


def configure(company: Company, *more: dict[str, Any]) -> None:
    system = CONFIG["systems"][0]
    places = [*system["resources"], {"provider": "gitlab", "project": "harbour/checkout"}]
    people = [{**one, "accounts": [arn("tom")]} if one["id"] == "tom" else one for one in CONFIG["people"]]
    sam = {"id": "sam", "name": "Sam Lind", "job": "support", "accounts": [arn("sam")]}
    company.configure(
        people=[*people, sam],
        jobs={**CONFIG["jobs"], "support": ["read-logs"]},
        systems=[{**system, "aliases": ["shop checkout"], "resources": places}],
        policy={**CONFIG["policy"], "max_log_silence": "2h"},
        sources=[*SOURCES, *more],
    )


def the_day(company: Company) -> None:
    """What happened between the two nights."""
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:*", "Resource": WORKERS}]}
    jit = {"userName": "sam", "policyName": "jit-PAY-310", "policyDocument": json.dumps(document)}
    denied = {"errorCode": "AccessDenied", "errorMessage": "User is not authorized to perform: ecs:UpdateService"}
    calls = [
        call("tom", "iam:PutUserPolicy", "2026-10-01T10:50:00Z", **jit),
        call("leon", "ecs:UpdateService", "2026-10-01T11:04:12Z", **SERVICE, desiredCount=40),
        call("nina", "ecs:UpdateService", "2026-10-01T11:07:30Z", **SERVICE, forceNewDeployment=True) | denied,
        call("mia", "ecs:UpdateService", "2026-10-01T11:12:40Z", **SERVICE, desiredCount=4),
        call("tom", "iam:DeleteUserPolicy", "2026-10-01T11:40:00Z", userName="leon", policyName="checkout"),
        *(_failing(number) for number in range(FLOOD)),
    ]
    company.trail_file(
        "2026/09/28", 900, [call("mia", "ecs:UpdateService", "2026-09-28T08:00:00Z", **SERVICE, desiredCount=4)]
    )
    company.trail_file("2026/10/01", 1115, calls)
    login = f"sshd[77]: Accepted publickey for mia from 192.0.2.20 port 51000 ssh2: ED25519 {key_of('mia')[1]}"
    session = "sshd[77]: pam_unix(sshd:session): session {} for user mia"
    command = "sudo:  mia : TTY=pts/0 ; PWD=/home/mia ; USER=root ; COMMAND=/usr/bin/systemctl restart checkout-worker"
    stranger = "sshd[78]: Failed password for invalid user admin from 203.0.113.9 port 40000 ssh2"
    with (company.folder / f"logs/sshd/{HOST}.log").open("a") as log:
        log.write(sshd("2026-10-01T11:09:00.000000", login, session.format("opened") + "(uid=1001) by (uid=0)"))
        log.write(sshd("2026-10-01T11:10:30.000000", command))
        log.write(sshd("2026-10-01T11:11:00.000000", stranger))
        log.write(sshd("2026-10-01T11:20:00.000000", session.format("closed")))
    company.tickets(
        ticket("PAY-310", "leon", "2026-10-01T11:00:00+00:00", "2026-10-01T12:00:00+00:00", title="More workers"),
    )
    users = [user for user in USERS if user["UserName"] != "leon"]
    dump = {"UserDetailList": users, "GroupDetailList": [], "RoleDetailList": [], "Policies": []}
    company.write("dumps/authorization-details.json", json.dumps(dump))


def _failing(number: int) -> dict[str, Any]:
    """A worker's call that is throttled."""
    time = at("11:05:00") + timedelta(seconds=number * 0.2)
    name = f"worker-{number}"
    throttled = {"errorCode": "ThrottlingException", "errorMessage": "Rate exceeded"}
    return call("ci", "ecs:RunTask", f"{time:%Y-%m-%dT%H:%M:%SZ}", cluster="checkout-prod", startedBy=name) | throttled


def _deployments(company: Company) -> None:
    row = Deployment(
        source="releases",
        collected_at=NEXT_NIGHT,
        origin="gitlab:harbour/checkout#deployments",
        deployment_id="4711",
        time=at("10:55:00"),
        finished_at=at("10:58:00"),
        system_hint="harbour/checkout",
        environment="production",
        ref="main",
        commit="4f2c9e1d",
        actor="leon",
        merge_request="harbour/checkout!88",
        approvers=("mia",),
        status="success",
    )
    store_run(company.store, "releases", NEXT_NIGHT + timedelta(minutes=1), row)
