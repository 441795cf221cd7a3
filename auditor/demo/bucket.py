"""The trail's bucket: gzip files under the keys that CloudTrail gives them."""

import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from auditor.demo.aws_calls import PUBLIC_KEYS
from auditor.demo.calendar import Calendar
from auditor.demo.data import shaped
from auditor.demo.digests import Delivered, Signer, digests
from auditor.demo.records import Record, stamp
from auditor.demo.stand_in import REGION, StandIn

BUCKET, TRAIL = "harbour-shop-trail", "harbour-shop"
_SLOT = timedelta(hours=12)
_DELIVERY = timedelta(minutes=5)
_WORKERS = 8


def create(aws: StandIn) -> None:
    """The bucket, and the trail that writes to it."""
    aws.s3().create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    _trail(aws)


def delivered(account: str, calendar: Calendar, records: Iterable[Record], signer: Signer) -> list[Delivered]:
    """What CloudTrail has delivered by this night's audit: files of the records, and digests of those."""
    files = list(_files(account, calendar, records))
    for region in {file.region for file in files}:
        PUBLIC_KEYS[region] = [signer.public()]
    return [*files, *digests(account, BUCKET, REGION, calendar, files, signer), *_insights(account, calendar)]


def put(aws: StandIn, files: Iterable[Delivered]) -> None:
    """Put files into the bucket."""
    s3 = aws.s3()
    with ThreadPoolExecutor(_WORKERS) as pool:
        puts = [
            pool.submit(s3.put_object, Bucket=BUCKET, Key=file.key, Body=file.body, Metadata=file.metadata)
            for file in files
        ]
        for done in puts:
            done.result()


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
    slots: dict[tuple[str, datetime], list[Record]] = defaultdict(list)
    for record in sorted(everything, key=lambda record: (record["eventTime"], record["eventID"])):
        # Counted from where the logs begin, so that the next night finds every file of this one unchanged.
        slot = (datetime.fromisoformat(record["eventTime"]) - calendar.begins) // _SLOT
        slots[record["awsRegion"], calendar.begins + (slot + 1) * _SLOT].append(record)
    for number, ((region, moment), content) in enumerate(sorted(slots.items(), key=lambda item: item[0])):
        body = _zipped({"Records": content})
        yield Delivered(region, moment, _key(account, region, moment, "CloudTrail"), body)
        if number == 0:
            # CloudTrail delivers at least once: now and then a file comes twice.
            again = moment + _DELIVERY
            yield Delivered(region, again, _key(account, region, again, "CloudTrail"), body)


def _insights(account: str, calendar: Calendar) -> Iterator[Delivered]:
    """A remark of CloudTrail's about unusual activity: nothing that anybody did."""
    moment = calendar.told - timedelta(days=3)
    remark = shaped("insight", at=stamp(moment), region=REGION, account=account)
    key = _key(account, REGION, moment, "CloudTrail-Insight")
    yield Delivered(REGION, moment, key, _zipped({"Records": [remark]}))


def _key(account: str, region: str, moment: datetime, kind: str) -> str:
    unique = hashlib.sha256(f"{account} {region} {moment} {kind}".encode()).hexdigest()[:16].upper()
    name = f"{account}_{kind}_{region}_{moment:%Y%m%dT%H%MZ}_{unique}.json.gz"
    return f"AWSLogs/{account}/{kind}/{region}/{moment:%Y/%m/%d}/{name}"


def _zipped(content: object) -> bytes:
    return gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0)
