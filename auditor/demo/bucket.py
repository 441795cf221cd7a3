"""The trail's bucket: gzip files under the keys that CloudTrail gives them."""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from auditor.demo.aws_calls import PUBLIC_KEYS
from auditor.demo.calendar import Calendar
from auditor.demo.digests import Delivered, Signer, digests
from auditor.demo.records import Record, stamp
from auditor.demo.stand_in import REGION, StandIn

BUCKET, TRAIL = "harbour-shop-trail", "harbour-shop"
_SLOT = timedelta(hours=2)
_DELIVERY = timedelta(minutes=5)
_WORKERS = 8


def fill(aws: StandIn, calendar: Calendar, found: Iterable[Record], signer: Signer) -> int:
    """Deliver the records, and digests of what was delivered; returns how many records there are."""
    s3 = aws.s3()
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    _trail(aws)
    everything = sorted(found, key=lambda record: (record["eventTime"], record["eventID"]))
    files = list(_files(aws.account, calendar, everything))
    for region in {file.region for file in files}:
        PUBLIC_KEYS[region] = [signer.public()]
    objects: list[tuple[str, bytes, Mapping[str, str]]] = [(file.key, file.body, {}) for file in files]
    objects += digests(aws.account, BUCKET, REGION, calendar, files, signer)
    objects.append((*_insight(aws.account, calendar), {}))
    with ThreadPoolExecutor(_WORKERS) as pool:
        puts = [
            pool.submit(s3.put_object, Bucket=BUCKET, Key=key, Body=body, Metadata=metadata)
            for key, body, metadata in objects
        ]
        for done in puts:
            done.result()
    return len(everything)


def _trail(aws: StandIn) -> None:
    """One trail for all regions, without data events."""
    cloudtrail = aws.cloudtrail()
    cloudtrail.create_trail(
        Name=TRAIL,
        S3BucketName=BUCKET,
        IsMultiRegionTrail=True,
        IncludeGlobalServiceEvents=True,
        EnableLogFileValidation=True,
    )
    whole = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}
    cloudtrail.put_event_selectors(TrailName=TRAIL, EventSelectors=[whole])
    cloudtrail.start_logging(Name=TRAIL)


def _files(account: str, calendar: Calendar, everything: Iterable[Record]) -> Iterator[Delivered]:
    delivered: dict[tuple[str, datetime], list[Record]] = defaultdict(list)
    for record in everything:
        # Counted from the night's audit, so that the next night finds every file of this one unchanged.
        slot = (datetime.fromisoformat(record["eventTime"]) - calendar.begins) // _SLOT
        delivered[record["awsRegion"], calendar.begins + (slot + 1) * _SLOT].append(record)
    for number, ((region, moment), content) in enumerate(sorted(delivered.items(), key=lambda item: item[0])):
        body = _zipped({"Records": content})
        yield Delivered(region, moment, _key(account, region, moment, "CloudTrail"), body)
        if number == 0:
            # CloudTrail delivers at least once: now and then a file comes twice.
            again = moment + _DELIVERY
            yield Delivered(region, again, _key(account, region, again, "CloudTrail"), body)


def _insight(account: str, calendar: Calendar) -> tuple[str, bytes]:
    """A remark of CloudTrail's about unusual activity: nothing that anybody did."""
    moment = calendar.first - timedelta(days=3)
    remark = {
        "eventVersion": "1.09",
        "eventTime": stamp(moment),
        "awsRegion": REGION,
        "eventID": "c2d1b6f0-3a55-4b1f-9a0e-6a7d7c1e2f31",
        "eventType": "AwsCloudTrailInsight",
        "recipientAccountId": account,
        "sharedEventID": "f1c3a2d4-0b1e-4a66-8f5d-2b7a9c0d1e42",
        "insightDetails": {"state": "Start", "eventSource": "ssm.amazonaws.com", "eventName": "GetParameter"},
        "eventCategory": "Insight",
    }
    return _key(account, REGION, moment, "CloudTrail-Insight"), _zipped({"Records": [remark]})


def _key(account: str, region: str, moment: datetime, kind: str) -> str:
    unique = hashlib.sha256(f"{account} {region} {moment} {kind}".encode()).hexdigest()[:16].upper()
    name = f"{account}_{kind}_{region}_{moment:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"AWSLogs/{account}/{kind}/{region}/{moment:%Y/%m/%d}/{name}"


def _zipped(content: object) -> bytes:
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)
