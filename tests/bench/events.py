"""A CloudTrail archive for the benchmarks: made up, deterministic, in the proportions of real trails.

Measured on real ones: 0.8 to 1.5 KB a record, gzip 6 to 11, most events by AWS services and running instances, files out
of order, some errors.
"""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

from isal import igzip

EVENTS_PER_FILE = 1500
ACCOUNT = "111122223333"
REGION = "eu-central-1"
_BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
_SYSTEMS = ("checkout", "catalog", "courier", "ledger", "pricing", "search", "stock", "tickets", "tours", "wallet")
_PEOPLE = ("ada", "bo", "cem", "dina", "eli", "fay", "gil", "hana", "ivo", "jun")
_AGENT = "aws-cli/2.17.1 md/awscrt#0.20.11 ua/2.0 os/linux#6.1.79 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython"
_BOTO = "Boto3/1.34.2 md/Botocore#1.34.2 ua/2.0 os/linux#6.1.79 md/arch#x86_64 lang/python#3.11.8 md/pyimpl#CPython"

# Service, event name, read only, request, response; {s} is a system, {n} a number.
Call = tuple[str, str, bool, str, str]
_MACHINE: tuple[Call, ...] = (
    ("ssm", "GetParameters", True, '{{"names":["/{s}/limits","/{s}/flags"],"withDecryption":false}}', "null"),
    (
        "s3",
        "PutObject",
        False,
        '{{"bucketName":"{s}-prod-data","Host":"{s}-prod-data.s3.amazonaws.com","key":"o/{n}"}}',
        "null",
    ),
    (
        "sqs",
        "SendMessage",
        False,
        '{{"queueUrl":"https://sqs.eu-central-1.amazonaws.com/111122223333/{s}-jobs","messageBody":"HIDDEN_DUE_TO_SECURITY_REASONS"}}',
        '{{"messageId":"{n}"}}',
    ),
    ("ec2", "DescribeTags", True, '{{"maxResults":100,"filterSet":{{"items":[{{"name":"resource-id"}}]}}}}', "null"),
    ("dynamodb", "DescribeTable", True, '{{"tableName":"{s}-prod"}}', "null"),
    ("secretsmanager", "GetSecretValue", True, '{{"secretId":"{s}/database"}}', "null"),
)
_PERSON: tuple[Call, ...] = (
    ("ecs", "DescribeServices", True, '{{"cluster":"{s}-prod","services":["{s}-api"]}}', "null"),
    ("logs", "FilterLogEvents", True, '{{"logGroupName":"/prod/{s}","startTime":{n}}}', "null"),
    ("ecs", "UpdateService", False, '{{"cluster":"{s}-prod","service":"{s}-api","forceNewDeployment":true}}',
     '{{"service":{{"serviceArn":"arn:aws:ecs:eu-central-1:111122223333:service/{s}-prod/{s}-api","serviceName":"{s}-api","status":"ACTIVE","desiredCount":3}}}}'),
    ("rds", "ModifyDBInstance", False, '{{"dBInstanceIdentifier":"{s}-db","applyImmediately":true}}',
     '{{"dBInstanceIdentifier":"{s}-db","dBInstanceArn":"arn:aws:rds:eu-central-1:111122223333:db:{s}-db"}}'),
)  # fmt: skip
_SERVICE: tuple[Call, ...] = (
    ("kms", "GenerateDataKey", True, '{{"keySpec":"AES_256","encryptionContext":{{"aws:s3:arn":"arn:aws:s3:::{s}-prod-data"}}}}', "null"),
    ("s3", "GetBucketAcl", True, '{{"bucketName":"{s}-prod-data","Host":"{s}-prod-data.s3.amazonaws.com","acl":""}}', "null"),
    ("sts", "AssumeRole", True, '{{"roleArn":"arn:aws:iam::111122223333:role/{s}-runtime","roleSessionName":"i-{n}"}}',
     '{{"credentials":{{"accessKeyId":"ASIA{n}","expiration":"Sep 1, 2026, 1:00:00 AM"}},"assumedRoleUser":{{"arn":"arn:aws:sts::111122223333:assumed-role/{s}-runtime/i-{n}"}}}}'),
)  # fmt: skip


def archive(events: int, seed: int = 7, copies: int = 1) -> Path:
    """A folder with about so many events in files of `EVENTS_PER_FILE`, made once and kept for later runs.

    Args:
        events: how many, in each copy.
        seed: another seed gives other events.
        copies: so many stretches of time, one after the other.
    """

    def write(folder: Path) -> None:
        for copy in range(copies):
            for number in range(max(1, events // EVENTS_PER_FILE)):
                write_file(folder, copy * (events // EVENTS_PER_FILE) + number, seed)

    return kept(f"cloudtrail-{events}-{seed}-{copies}", write)


def kept(name: str, write: Callable[[Path], None]) -> Path:
    """A folder of that name, written once and kept for later runs in AUDITOR_BENCH_DIR."""
    folder = Path(os.environ.get("AUDITOR_BENCH_DIR", Path(tempfile.gettempdir()) / "auditor-bench")) / name
    whole = folder / ".whole"
    if not whole.exists():
        write(folder)
        whole.touch()
    return folder


def write_file(folder: Path, number: int, seed: int = 7) -> Path:
    """Write file `number` of an archive: five minutes of one account and region."""
    chance = random.Random(seed * 1_000_003 + number)
    begin = _BEGIN + timedelta(minutes=5 * number)
    name = f"{ACCOUNT}_CloudTrail_{REGION}_{begin:%Y%m%dT%H%MZ}_{chance.getrandbits(64):016x}.json.gz"
    path = folder / f"AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/{begin:%Y/%m/%d}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = '{"Records":[' + ",".join(_records(chance, begin)) + "]}"
    path.write_bytes(igzip.compress(content.encode(), compresslevel=2, mtime=0))
    return path


def _records(chance: random.Random, begin: datetime) -> Iterator[str]:
    """Bursts: one caller makes some calls, then the next."""
    left = EVENTS_PER_FILE
    while left > 0:
        who, calls = _caller(chance, begin)
        for _ in range(min(left, chance.randint(1, 12))):
            yield _record(chance, begin, who, chance.choice(calls))
            left -= 1


def _record(chance: random.Random, begin: datetime, who: str, call: Call) -> str:
    service, name, reads, request, response = call
    system, number = chance.choice(_SYSTEMS), chance.randrange(10**12)
    moment = begin + timedelta(seconds=chance.randrange(300))
    resources = ""
    if service in ("kms", "s3"):
        arn = (
            f"arn:aws:s3:::{system}-prod-data"
            if service == "s3"
            else f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{UUID(int=number)}"
        )
        resources = f'"resources":[{{"accountId":"{ACCOUNT}","type":"AWS::Thing","ARN":"{arn}"}}],'
    error = '"errorCode":"AccessDenied","errorMessage":"User is not authorized to perform this action",'
    return (
        f'{{"eventVersion":"1.{chance.choice(("08", "09", "10", "11"))}",{who},'
        f'"eventTime":"{moment:%Y-%m-%dT%H:%M:%SZ}","eventSource":"{service}.amazonaws.com","eventName":"{name}",'
        f'"awsRegion":"{REGION}",{error if chance.random() < 0.03 else ""}'
        f'"requestParameters":{request.format(s=system, n=number)},"responseElements":{response.format(s=system, n=number)},'
        f'"additionalEventData":{{"SignatureVersion":"SigV4","CipherSuite":"ECDHE-RSA-AES128-GCM-SHA256","bytesTransferredIn":0,'
        f'"AuthenticationMethod":"AuthHeader","x-amz-id-2":"{chance.getrandbits(256):064x}","bytesTransferredOut":{number % 4096}}},'
        f'"requestID":"{UUID(int=chance.getrandbits(128))}","eventID":"{UUID(int=chance.getrandbits(128))}",'
        f'"readOnly":{"true" if reads else "false"},{resources}"eventType":"AwsApiCall","managementEvent":true,'
        f'"recipientAccountId":"{ACCOUNT}","eventCategory":"Management","tlsDetails":{{"tlsVersion":"TLSv1.3",'
        f'"cipherSuite":"TLS_AES_128_GCM_SHA256","clientProvidedHostHeader":"{service}.{REGION}.amazonaws.com"}}}}'
    )


def _caller(chance: random.Random, begin: datetime) -> tuple[str, tuple[Call, ...]]:
    """`userIdentity` and what goes with it, and the calls that such a caller makes."""
    kinds: tuple[Callable[[random.Random, datetime], tuple[str, tuple[Call, ...]]], ...] = (_service, _machine, _person)
    return chance.choices(kinds, (45, 45, 10))[0](chance, begin)


def _service(chance: random.Random, begin: datetime) -> tuple[str, tuple[Call, ...]]:
    host = chance.choice(("rds", "autoscaling", "cloudtrail", "config", "delivery.logs")) + ".amazonaws.com"
    who = f'"userIdentity":{{"type":"AWSService","invokedBy":"{host}"}},"sourceIPAddress":"{host}","userAgent":"{host}"'
    return who, _SERVICE


def _machine(chance: random.Random, begin: datetime) -> tuple[str, tuple[Call, ...]]:
    role, instance = f"{chance.choice(_SYSTEMS)}-runtime", f"i-{chance.randrange(400):017x}"
    return _session(
        chance, begin, role, instance, f"10.20.{chance.randrange(8)}.{chance.randrange(250)}", _BOTO
    ), _MACHINE


def _person(chance: random.Random, begin: datetime) -> tuple[str, tuple[Call, ...]]:
    name = chance.choice(_PEOPLE)
    role, address = (
        "aws-reserved/sso.amazonaws.com/AWSReservedSSO_Operator_0a1b2c3d4e5f6071",
        f"203.0.113.{ord(name[0])}",
    )
    return _session(chance, begin, role, f"{name}@harbour.example", address, _AGENT), _PERSON


def _session(chance: random.Random, begin: datetime, role: str, session: str, address: str, agent: str) -> str:
    name = role.rsplit("/", 1)[-1]
    key = f"ASIA{hash_of(session, begin):016X}"
    return (
        f'"userIdentity":{{"type":"AssumedRole","principalId":"AROA4CZAS4BVLP3DPZENN:{session}",'
        f'"arn":"arn:aws:sts::{ACCOUNT}:assumed-role/{name}/{session}","accountId":"{ACCOUNT}","accessKeyId":"{key}",'
        f'"sessionContext":{{"sessionIssuer":{{"type":"Role","principalId":"AROA4CZAS4BVLP3DPZENN",'
        f'"arn":"arn:aws:iam::{ACCOUNT}:role/{role}","accountId":"{ACCOUNT}","userName":"{name}"}},"webIdFederationData":{{}},'
        f'"attributes":{{"creationDate":"{begin:%Y-%m-%dT%H:00:00Z}","mfaAuthenticated":"false"}}}}}},'
        f'"sourceIPAddress":"{address}","userAgent":"{agent}"'
    )


def hash_of(session: str, begin: datetime) -> int:
    """A key that stays with a session for an hour, the same on every machine."""
    return random.Random(f"{session} {begin:%Y%m%d%H}").getrandbits(64)
