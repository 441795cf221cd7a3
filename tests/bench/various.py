"""A CloudTrail archive in which little repeats: many principals, sessions, keys, objects and ids, as in a large company.

A file is one account, one region and one stretch of time, as CloudTrail delivers them. Beside it, the archive of
`events` is calm: few callers make the same calls again and again.
"""

from __future__ import annotations

import gzip
import itertools
import random
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import msgspec

from tests.bench.events import EVENTS_PER_FILE, kept
from tests.bench.various_calls import CALLS, Call, Json, Place

PRINCIPALS = 500
_FILES_OF_AN_ACCOUNT = 30
_SPAN = timedelta(days=30)
_BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
END = _BEGIN + _SPAN
_REGIONS = ("eu-central-1", "eu-west-1", "us-east-1", "us-west-2", "ap-southeast-2")
_ROLES = (
    "Operator",
    "ReadOnly",
    "Deployer",
    "BreakGlass",
    "AWSReservedSSO_PowerUserAccess_4f1de20c9ab7e635",
    "Pipeline",
)
_PROGRAMS = (
    (
        "aws-cli/2.31.9 md/awscrt#0.28.2 ua/2.1 os/linux#6.8.0-1031-aws md/arch#x86_64 lang/python#3.13.8 "
        "md/pyimpl#CPython m/Z,b,E,n cfg/retry-mode#standard md/installer#exe md/prompt#off md/command#ecs.update-service"
    ),
    (
        "Boto3/1.40.20 md/Botocore#1.40.20 ua/2.1 os/linux#6.1.150-174.273.amzn2023.x86_64 md/arch#x86_64 "
        "lang/python#3.12.11 md/pyimpl#CPython m/b,Z,n cfg/retry-mode#legacy Botocore/1.40.20"
    ),
    (
        "APN/1.0 HashiCorp/1.0 Terraform/1.13.3 (+https://www.terraform.io) terraform-provider-aws/6.15.0 "
        "(+https://registry.terraform.io/providers/hashicorp/aws) aws-sdk-go-v2/1.39.1 ua/2.1 os/linux lang/go#1.24.7 m/g,n"
    ),
    "Mozilla/5.0 (X11; Linux x86_64; rv:143.0) Gecko/20100101 Firefox/143.0",
    "aws-sdk-java/2.33.4 md/io#sync md/http#Apache ua/2.1 os/Linux#5.10.242 lang/java#21.0.8 m/D,N,n",
    "AWS Internal",
)
_encode = msgspec.json.Encoder().encode
_OFTEN = [call[4] for call in CALLS]
_ACTIVE = [1 / (number + 5) ** 0.7 for number in range(PRINCIPALS)]


def archive(events: int, seed: int = 11) -> Path:
    """A folder with so many events in files of `EVENTS_PER_FILE`, made once and kept for later runs."""
    return kept(f"various-{events}-{seed}", partial(_write, events=events, seed=seed))


def _write(folder: Path, events: int, seed: int) -> None:
    files = -(-events // EVENTS_PER_FILE)
    with ProcessPoolExecutor(2) as pool:
        list(pool.map(partial(write_file, folder, files, seed=seed), range(files), chunksize=4))


def write_file(folder: Path, files: int, number: int, seed: int = 11) -> Path:
    """Write file `number` of so many `files`: a stretch of one account in one region."""
    accounts = max(1, files // _FILES_OF_AN_ACCOUNT)
    each = -(-files // accounts)
    account, stretch = number // each, _SPAN / each
    begin = _BEGIN + number % each * stretch
    chance = random.Random(f"{seed} {number}")
    place = Place(chance, account_id(account, seed), _REGIONS[account % 5])
    content = _encode({"Records": list(itertools.islice(_records(place, begin, stretch), EVENTS_PER_FILE))})
    name = f"{place.account}_CloudTrail_{place.region}_{begin:%Y%m%dT%H%MZ}_{place.hex(16)}.json.gz"
    path = folder / f"AWSLogs/{place.account}/CloudTrail/{place.region}/{begin:%Y/%m/%d}" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(content, 6, mtime=0))
    return path


def account_id(number: int, seed: int = 11) -> str:
    """The id of the archive's account of a number."""
    return str(random.Random(f"{seed} {number}").randrange(10**11, 10**12))


def _records(place: Place, begin: datetime, stretch: timedelta) -> Iterator[Json]:
    chance = place.chance
    while True:
        moment = begin + stretch * chance.random()
        principal = chance.choices(range(PRINCIPALS), _ACTIVE)[0]
        call = chance.choices(CALLS, _OFTEN)[0]
        yield _record(place, moment, principal, call)


def _record(place: Place, moment: datetime, principal: int, call: Call) -> Json:
    service, name, reads, of_data, _, said_by = call
    chance, host = place.chance, f"{service}.amazonaws.com"
    by_service = chance.random() < 0.04
    said = said_by(place)
    category = "Data" if of_data else "Management"
    program = chance.randrange(len(_PROGRAMS)) if chance.random() < 0.1 else principal % len(_PROGRAMS)
    record: Json = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "AWSService", "invokedBy": host} if by_service else _caller(place, moment, principal),
        "eventTime": f"{moment:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": host,
        "eventName": name,
        "awsRegion": place.region,
        "sourceIPAddress": host if by_service else _address(chance, principal),
        "userAgent": host if by_service else _PROGRAMS[program],
    }
    if chance.random() < 0.03:
        who = record["userIdentity"].get("arn")
        why = f"User: {who} is not authorized to perform: {service}:{name} because no policy allows it"
        record |= {"errorCode": "AccessDenied", "errorMessage": why}
    record |= {"requestParameters": said.asked, "responseElements": said.answered}
    record |= {"additionalEventData": said.more} if said.more else {}
    record |= {"requestID": place.uuid(), "eventID": place.uuid(), "readOnly": reads}
    record |= {"resources": said.resources} if said.resources else {}
    kind = "AwsConsoleSignIn" if service == "signin" else "AwsApiCall"
    record |= {"eventType": kind, "managementEvent": not of_data, "recipientAccountId": place.account}
    record |= {"eventCategory": category}
    if not by_service and chance.random() < 0.7:
        asked = f"{service}.{place.region}.amazonaws.com"
        record["tlsDetails"] = {
            "tlsVersion": "TLSv1.3",
            "cipherSuite": "TLS_AES_128_GCM_SHA256",
            "clientProvidedHostHeader": asked,
        }
    return record


def _address(chance: random.Random, principal: int) -> str:
    """One of the few addresses that a principal comes from."""
    return f"{11 + principal % 200}.{principal // 200}.{7 * principal % 256}.{chance.randrange(1 + principal % 4)}"


def _caller(place: Place, moment: datetime, principal: int) -> Json:
    """A fifth are users with a lasting key; the others open a session of their role each day."""
    account, unique = place.account, f"{principal:017X}"
    if principal % 5 == 0:
        name = f"robot-{principal}"
        return {
            "type": "IAMUser",
            "principalId": f"AIDA{unique}",
            "arn": f"arn:aws:iam::{account}:user/{name}",
            "accountId": account,
            "accessKeyId": f"AKIA{unique[1:]}",
            "userName": name,
        }
    name, role = f"person.{principal}@harbour.example", _ROLES[principal % len(_ROLES)]
    day = random.Random(f"{account} {principal} {moment:%j}")
    attributes = {
        "creationDate": f"{moment:%Y-%m-%d}T{day.randrange(24):02}:{day.randrange(60):02}:00Z",
        "mfaAuthenticated": place.chance.choice(("true", "false")),
    }
    issuer = {
        "type": "Role",
        "principalId": f"AROA{unique}",
        "arn": f"arn:aws:iam::{account}:role/{role}",
        "accountId": account,
        "userName": role,
    }
    return {
        "type": "AssumedRole",
        "principalId": f"AROA{unique}:{name}",
        "arn": f"arn:aws:sts::{account}:assumed-role/{role}/{name}",
        "accountId": account,
        "accessKeyId": f"ASIA{day.getrandbits(64):016X}",
        "sessionContext": {"sessionIssuer": issuer, "webIdFederationData": {}, "attributes": attributes},
    }
