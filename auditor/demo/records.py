"""CloudTrail records as AWS writes them."""

import hashlib
import random
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from msgspec import Struct

from auditor.demo.data import shaped
from auditor.demo.iam import Directory
from auditor.demo.stand_in import REGION

Record = dict[str, Any]

OFFICE, VPN, RUNNER = "198.51.100.20", "198.51.100.87", "192.0.2.40"
ADDRESSES = {"office": OFFICE, "vpn": VPN}
CLI = "aws-cli/2.31.4 md/awscrt#0.27.6 ua/2.1 os/linux#6.12 md/arch#x86_64 lang/python#3.13.7"
CONSOLE = "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0"
TERRAFORM = "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) aws-sdk-go-v2/1.39.2"
BOTO = "Boto3/1.40.41 md/Botocore#1.40.41 ua/2.1 os/linux#5.10 exec-env/AWS_Lambda_python3.13"
GLOBAL = "us-east-1"
_GLOBAL_SERVICES = frozenset({"iam", "signin"})
_READS = ("Get", "List", "Describe", "Filter", "Batch", "Start", "Lookup")


class Caller(Struct, frozen=True):
    """Who calls: the record's userIdentity, and from where."""

    identity: Mapping[str, Any]
    address: str
    agent: str


def event_id(*parts: object) -> str:
    """An id that is the same each time the same event is told."""
    return str(uuid.UUID(hashlib.sha256(repr(parts).encode()).hexdigest()[:32], version=4))


def user(directory: Directory, name: str, address: str = OFFICE, agent: str = CLI) -> Caller:
    """An IAM user with an access key."""
    told = {"id": directory.users[name], "arn": directory.user_arn(name), "key": directory.keys.get(name, "")}
    identity = shaped("user", account=directory.account, name=name, **told)
    return Caller({key: value for key, value in identity.items() if value}, address, agent)


def session(
    directory: Directory, role: str, name: str, began: datetime, address: str = OFFICE, agent: str = CLI
) -> Caller:
    """A session of a role."""
    return Caller(shaped("session", began=stamp(began), **_opened(directory, role, name, began)), address, agent)


def _opened(directory: Directory, role: str, name: str, began: datetime) -> dict[str, str]:
    key = session_key(role, name, began)
    return {"account": directory.account, "id": directory.roles[role], "role": role, "name": name, "key": key}


def session_key(role: str, name: str, began: datetime) -> str:
    """The temporary key of a session."""
    letters = random.Random(f"{role} {name} {began}")
    return "ASIA" + "".join(letters.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", k=16))


def service(host: str) -> Caller:
    """One of AWS's own services."""
    return Caller(shaped("service", host=host), host, host)


def root(directory: Directory, address: str) -> Caller:
    """The root user, in a browser."""
    return Caller(shaped("root", account=directory.account), address, CONSOLE)


def federated(provider: str, subject: str) -> Caller:
    """A pipeline's token, before it becomes a role."""
    return Caller(shaped("federated", provider=provider, subject=subject), RUNNER, CLI)


def record(
    directory: Directory,
    caller: Caller,
    moment: datetime,
    action: str,
    request: Mapping[str, Any] | None = None,
    **more: Any,
) -> Record:
    """One record, of `service:EventName`; `region` and `readOnly` are worked out where they are left out."""
    source, name = action.split(":")
    region = more.pop("region", GLOBAL if source in _GLOBAL_SERVICES else REGION)
    kind = "AwsConsoleSignIn" if source == "signin" else "AwsServiceEvent" if "service" in more else "AwsApiCall"
    return {
        "eventVersion": "1.11",
        "userIdentity": dict(caller.identity),
        "eventTime": stamp(moment),
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "awsRegion": region,
        "sourceIPAddress": caller.address,
        "userAgent": caller.agent,
        "requestParameters": dict(request) if request else None,
        "responseElements": None,
        "requestID": event_id("request", caller.identity, moment, action, request),
        "eventID": event_id("event", caller.identity, moment, action, request),
        "readOnly": name.startswith(_READS),
        "eventType": kind,
        "managementEvent": True,
        "recipientAccountId": directory.account,
        "eventCategory": "Management",
        **more,
    }


def assume(directory: Directory, caller: Caller, moment: datetime, role: str, name: str) -> Record:
    """Somebody opens a session of a role."""
    return record(
        directory,
        caller,
        moment,
        "sts:AssumeRole",
        {"roleArn": directory.role_arn(role), "roleSessionName": name, "durationSeconds": 3600},
        readOnly=True,
        responseElements=shaped("opened", **_opened(directory, role, name, moment)),
    )


def sign_in(
    directory: Directory, caller: Caller, moment: datetime, *, succeeds: bool = True, mfa: bool = True
) -> Record:
    """Somebody signs in to the console, or tries to."""
    return record(
        directory,
        caller,
        moment,
        "signin:ConsoleLogin",
        readOnly=False,
        responseElements={"ConsoleLogin": "Success" if succeeds else "Failure"},
        additionalEventData={"LoginTo": "https://console.aws.amazon.com/", "MFAUsed": "Yes" if mfa else "No"},
        errorMessage=None if succeeds else "Failed authentication",
    )


def stamp(moment: datetime) -> str:
    """A time as CloudTrail writes it."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
