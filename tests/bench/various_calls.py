"""What calls of many services say in a CloudTrail archive: asked, answered, done to what; little of it repeats."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

_CONSOLE = "https://console.aws.amazon.com/console/home?state=hashArgs&isauthcode=true"
_HIDDEN = "HIDDEN_DUE_TO_SECURITY_REASONS"
Json = dict[str, Any]


class Place(NamedTuple):
    """Whose file it is, and the chance by which its events come about."""

    chance: random.Random
    account: str
    region: str

    def hex(self, digits: int) -> str:
        """So many hexadecimal digits."""
        return f"{self.chance.getrandbits(4 * digits):0{digits}x}"

    def uuid(self) -> str:
        """An id of a request, an event, a key."""
        return str(UUID(int=self.chance.getrandbits(128), version=4))

    def one_of(self, name: str, most: int) -> str:
        """A name with one of so many numbers."""
        return f"{name}-{self.chance.randrange(most)}"

    def arn(self, service: str, what: str) -> str:
        """The ARN of a thing of this account and region."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{what}"

    def owned(self, kind: str, arn: str) -> Json:
        """An entry of `resources`."""
        return {"accountId": self.account, "type": f"AWS::{kind}", "ARN": arn}


class Said(NamedTuple):
    """What a call asked for and was answered, and what it was done to."""

    asked: Json | None = None
    answered: Json | None = None
    resources: list[Json] | None = None
    more: Json | None = None


def _object(place: Place, *, written: bool = False) -> Said:
    bucket = f"{place.account[-4:]}-{place.one_of('lake', 20)}"
    day, part = place.chance.randrange(1, 31), place.chance.randrange(100_000)
    key = f"events/dt=2026-06-{day:02}/part-{part:05}-{place.uuid()}.c000.zstd.parquet"
    encryption = {"x-amz-server-side-encryption": "aws:kms"} if written else {}
    own_key = {"x-amz-server-side-encryption-aws-kms-key-id": place.arn("kms", f"key/{place.uuid()}")}
    asked = {"bucketName": bucket, "Host": f"{bucket}.s3.{place.region}.amazonaws.com", "key": key, **encryption}
    arn = f"arn:aws:s3:::{bucket}"
    more = {
        "SignatureVersion": "SigV4",
        "CipherSuite": "TLS_AES_128_GCM_SHA256",
        "bytesTransferredIn": place.chance.randrange(10**6),
        "AuthenticationMethod": "AuthHeader",
        "x-amz-id-2": place.hex(76),
        "bytesTransferredOut": place.chance.randrange(10**7),
    }
    listed = [{"type": "AWS::S3::Object", "ARN": f"{arn}/{key}"}, place.owned("S3::Bucket", arn)]
    return Said(asked, {**encryption, **own_key} if written else None, listed, more)


def _instances(place: Place) -> Said:
    tag = {"name": "tag:environment", "valueSet": {"items": [{"value": "production"}]}}
    return Said({"maxResults": 1000, "instancesSet": {}, "filterSet": {"items": [tag]}})


def _decrypted(place: Place) -> Said:
    context = {"aws:s3:arn": f"arn:aws:s3:::{place.account[-4:]}-{place.one_of('lake', 20)}"}
    asked = {"encryptionAlgorithm": "SYMMETRIC_DEFAULT", "encryptionContext": context}
    key = place.owned("KMS::Key", place.arn("kms", f"key/{place.uuid()}"))
    return Said(asked, None, [key], {"keyMaterialId": place.hex(64)})


def _assumed(place: Place) -> Said:
    role, session = f"arn:aws:iam::{place.account}:role/Operator", place.one_of("session", 10**6)
    credentials = {
        "accessKeyId": f"ASIA{place.hex(16).upper()}",
        "sessionToken": f"IQoJb3JpZ2luX2Vj{place.hex(240)}",
        "expiration": "Jun 12, 2026, 1:11:11 PM",
    }
    user = {
        "assumedRoleId": f"AROA{place.hex(17).upper()}:{session}",
        "arn": f"arn:aws:sts::{place.account}:assumed-role/Operator/{session}",
    }
    asked = {"roleArn": role, "roleSessionName": session, "durationSeconds": 3600}
    return Said(asked, {"credentials": credentials, "assumedRoleUser": user}, [place.owned("IAM::Role", role)])


def _launched(place: Place) -> Said:
    image = {"imageId": f"ami-{place.hex(17)}", "minCount": 1, "maxCount": 1, "keyName": "ops"}
    placed = {"availabilityZone": f"{place.region}b", "tenancy": "default"}
    made = {
        "instanceId": f"i-{place.hex(17)}",
        "instanceState": {"code": 0, "name": "pending"},
        "privateDnsName": "ip-10-1-2-3.ec2.internal",
        "placement": placed,
        "subnetId": f"subnet-{place.hex(17)}",
        "vpcId": f"vpc-{place.hex(17)}",
    }
    asked = {"instancesSet": {"items": [image]}, "instanceType": "m8g.large", "monitoring": {"enabled": False}}
    ids = {"requestId": place.uuid(), "reservationId": f"r-{place.hex(17)}", "ownerId": place.account}
    return Said({**asked, "clientToken": place.uuid()}, {**ids, "instancesSet": {"items": [made]}})


def _opened(place: Place) -> Said:
    block = f"{place.chance.randrange(1, 223)}.{place.chance.randrange(256)}.0.0/16"
    ranges = {"items": [{"cidrIp": block, "description": 'for a moment, "débogage"'}]}
    rule = {"ipProtocol": "tcp", "fromPort": 22, "toPort": 22, "groups": {}, "ipRanges": ranges}
    asked = {"groupId": f"sg-{place.hex(17)}", "ipPermissions": {"items": [rule]}}
    return Said(asked, {"requestId": place.uuid(), "_return": True})


def _attached(_: Place) -> Said:
    return Said({"roleName": "Operator", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"})


def _new_key(place: Place) -> Said:
    user = place.one_of("robot", 500)
    made = {"accessKeyId": f"AKIA{place.hex(16).upper()}", "status": "Active", "userName": user}
    return Said({"userName": user}, {"accessKey": made})


def _shell(place: Place) -> Said:
    number = place.chance.randrange(10**6)
    asked = {"target": f"i-{place.hex(17)}", "documentName": "SSM-SessionManagerRunShell", "reason": f"OPS-{number}"}
    stream = f"wss://ssmmessages.{place.region}.amazonaws.com/v1/data-channel/{place.hex(40)}"
    return Said(asked, {"sessionId": f"s-{place.hex(17)}", "streamUrl": stream, "tokenValue": _HIDDEN})


def _secret(place: Place) -> Said:
    return Said({"secretId": place.arn("secretsmanager", f"secret:production/{place.one_of('database', 100)}")})


def _database(place: Place) -> Said:
    name = place.one_of("orders", 200)
    return Said(
        {"dBInstanceIdentifier": name, "applyImmediately": True}, {"dBInstanceArn": place.arn("rds", f"db:{name}")}
    )


def _code(place: Place) -> Said:
    return Said({"functionName": place.one_of("worker", 500), "dryRun": False, "publish": True})


def _row(place: Place) -> Said:
    table = place.one_of("carts", 30)
    listed = [place.owned("DynamoDB::Table", place.arn("dynamodb", f"table/{table}"))]
    return Said({"tableName": table, "key": {"id": _HIDDEN}, "items": ["id"]}, None, listed)


def _stream(place: Place) -> Said:
    stream = f"2026/06/{place.chance.randrange(1, 31):02}/[$LATEST]{place.hex(32)}"
    return Said({"logGroupName": f"/aws/lambda/{place.one_of('worker', 500)}", "logStreamName": stream})


def _signed_in(place: Place) -> Said:
    more = {"LoginTo": _CONSOLE, "MobileVersion": "No", "MFAUsed": place.chance.choice(("Yes", "No"))}
    return Said(None, {"ConsoleLogin": "Success"}, None, more)


def _metrics(place: Place) -> Said:
    return Said(
        {"maxDatapoints": place.chance.randrange(10**5), "startTime": f"Jun {place.chance.randrange(1, 31)}, 2026"}
    )


# Service, event, whether it reads, whether it is an event of data, how often, and what it says.
Call = tuple[str, str, bool, bool, int, Callable[[Place], Said]]
CALLS: tuple[Call, ...] = (
    ("s3", "GetObject", True, True, 18, _object),
    ("s3", "PutObject", False, True, 9, partial(_object, written=True)),
    ("ec2", "DescribeInstances", True, False, 14, _instances),
    ("kms", "Decrypt", True, False, 12, _decrypted),
    ("sts", "AssumeRole", True, False, 10, _assumed),
    ("monitoring", "GetMetricData", True, False, 7, _metrics),
    ("secretsmanager", "GetSecretValue", True, False, 6, _secret),
    ("logs", "CreateLogStream", False, False, 5, _stream),
    ("dynamodb", "PutItem", False, True, 4, _row),
    ("ssm", "StartSession", False, False, 3, _shell),
    ("ec2", "RunInstances", False, False, 2, _launched),
    ("ec2", "AuthorizeSecurityGroupIngress", False, False, 2, _opened),
    ("iam", "AttachRolePolicy", False, False, 2, _attached),
    ("rds", "ModifyDBInstance", False, False, 2, _database),
    ("lambda", "UpdateFunctionCode20150331v2", False, False, 2, _code),
    ("iam", "CreateAccessKey", False, False, 1, _new_key),
    ("signin", "ConsoleLogin", False, False, 1, _signed_in),
)
