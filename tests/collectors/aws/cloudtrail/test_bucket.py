"""CloudTrail from a bucket: real boto3 against a server of moto's."""

import gzip
import json
import urllib.request
from functools import partial

import boto3
import pytest

from auditor.config.sources.aws import AwsCloudTrail
from auditor.errors import SourceError
from auditor.model.tables import Activity
from collectors.aws.cloudtrail.collector import CloudTrail
from tests import stand_ins

ACCOUNT, REGION = "111122223333", "eu-central-1"


def body(*names):
    records = [
        {
            "eventTime": "2026-02-27T09:30:00Z",
            "eventSource": "ecs.amazonaws.com",
            "eventName": "UpdateService",
            "userIdentity": {"type": "IAMUser"},
            "eventID": name,
            "recipientAccountId": ACCOUNT,
        }
        for name in names
    ]
    return gzip.compress(json.dumps({"Records": records}).encode())


def key(day, name, *, account=ACCOUNT, region=REGION, kind="CloudTrail", before=""):
    return f"{before}AWSLogs/{account}/{kind}/{region}/{day}/{name}.json.gz"


@pytest.fixture(scope="module")
def endpoint():
    with stand_ins.moto() as url:
        yield url


@pytest.fixture
def s3(endpoint, monkeypatch):
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test", "AWS_SESSION_TOKEN": ""}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return boto3.client("s3", endpoint_url=endpoint)


@pytest.fixture
def bucket(s3):
    s3.create_bucket(Bucket="trail")
    yield "trail"
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="trail")
    for one in [one for page in pages for one in page.get("Contents", ())]:
        s3.delete_object(Bucket="trail", Key=one["Key"])
    s3.delete_bucket(Bucket="trail")


@pytest.fixture
def collect(collect):
    """The log files alone; the trails themselves are in tests of their own."""
    return partial(collect, but="trails")


@pytest.fixture
def collector(endpoint, s3, context):
    def make(**fields):
        source = AwsCloudTrail(
            name="trail", kind="aws-cloudtrail", endpoint_url=endpoint, **({"bucket": "trail"} | fields)
        )
        return CloudTrail(source=source, context=context)

    return make


def ids(got):
    return sorted(row.event_id for row in got.rows(Activity))


def test_every_account_and_region_is_read_and_insights_are_kept_out(s3, bucket, collector, collect):
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a"), Body=body("one"))
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a", account="444455556666"), Body=body("two"))
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a", region="us-east-1"), Body=body("three"))
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "i", kind="CloudTrail-Insight"), Body=b"{}")
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "flow", kind="vpcflowlogs"), Body=b"not ours")
    got = collect(collector())
    assert ids(got) == ["one", "three", "two"]
    assert {one.status for one in got.objects} == {"ok", "skipped"}
    assert not any("vpcflowlogs" in one.origin for one in got.objects)
    assert got.rows(Activity)[0].origin == f"s3://trail/{key('2026/02/27', 'a')}"


@pytest.mark.parametrize("prefix", ["", "audit/", "audit/AWSLogs/", f"audit/AWSLogs/{ACCOUNT}/CloudTrail/{REGION}/"])
def test_a_prefix_may_end_anywhere(s3, bucket, collector, collect, prefix):
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a", before="audit/"), Body=body("one"))
    assert ids(collect(collector(prefix=prefix))) == ["one"]


def test_objects_outside_cloudtrails_layout_are_read_too(s3, bucket, collector, collect):
    s3.put_object(Bucket=bucket, Key="export/trail.json.gz", Body=body("one"))
    s3.put_object(Bucket=bucket, Key="top.json.gz", Body=body("two"))
    assert ids(collect(collector())) == ["one", "two"]


def test_a_second_run_lists_and_reads_only_what_is_new_and_finds_late_files(s3, bucket, collector, collect):
    days = [f"2026/01/{day:02}" for day in range(1, 29)]
    for day in days:
        s3.put_object(Bucket=bucket, Key=key(day, "a"), Body=body(day))
    first = collect(collector())
    assert len(ids(first)) == 28
    seen = {one.origin: one.version for one in first.objects}
    assert collect(collector(), seen).batches == []

    s3.put_object(Bucket=bucket, Key=key("2026/01/29", "a"), Body=body("new"))
    s3.put_object(Bucket=bucket, Key=key("2026/01/26", "late"), Body=body("late"))
    s3.put_object(Bucket=bucket, Key=key("2026/01/02", "never listed again"), Body=body("much too late"))
    s3.put_object(Bucket=bucket, Key=key("2025/12/31", "a", region="us-east-1"), Body=body("another region"))
    assert ids(collect(collector(), seen)) == ["another region", "late", "new"]


def test_a_later_run_asks_once_for_each_region_and_twice_above_them(s3, bucket, collector, collect, caplog):
    caplog.set_level("DEBUG", "collectors")
    regions = [f"eu-west-{number}" for number in range(1, 18)]
    for account in (ACCOUNT, "444455556666"):
        for region in regions:
            s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a", account=account, region=region), Body=body(region))
    seen = {one.origin: one.version for one in collect(collector()).objects}
    new = [key("2026/02/28", "b", region=regions[3]), key("2026/02/28", "b", region="ap-south-2")]
    for name, object_key in zip(("known", "new region"), new, strict=True):
        s3.put_object(Bucket=bucket, Key=object_key, Body=body(name))
    assert ids(collect(collector(), seen)) == ["known", "new region"]
    # Above the accounts two; of each account two and its regions; the days of the region that is new.
    (*_, told) = (message for message in caplog.messages if "listed" in message)
    assert told == f"trail: s3://trail/ was listed in {2 + 2 * (2 + 17) + 2} requests."


def test_what_lies_beside_the_days_of_a_folder_that_is_not_cloudtrails_is_found(s3, bucket, collector, collect):
    s3.put_object(Bucket=bucket, Key="exports/2026/02/27/a.json.gz", Body=body("dated"))
    seen = {one.origin: one.version for one in collect(collector()).objects}
    s3.put_object(Bucket=bucket, Key="exports/1.json.gz", Body=body("beside"))
    assert ids(collect(collector(), seen)) == ["beside"]


def test_an_object_that_could_not_be_read_is_tried_again_however_old_it_is(s3, bucket, collector, collect):
    for day in ("2026/01/01", "2026/01/28"):
        s3.put_object(Bucket=bucket, Key=key(day, "a"), Body=body(day))
    trail = collector()
    batch, _trails = trail.fetch({})
    s3.delete_object(Bucket=bucket, Key=key("2026/01/01", "a"))
    failed, read = trail.normalise(batch).objects
    assert (failed.status, failed.version, read.status) == ("failed", "", "ok")
    assert "NoSuchKey" in failed.reason
    s3.put_object(Bucket=bucket, Key=key("2026/01/01", "a"), Body=body("back again"))
    assert ids(collect(trail, {one.origin: one.version for one in (failed, read)})) == ["back again"]


def test_a_changed_object_is_read_again(s3, bucket, collector, collect):
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a"), Body=body("one"))
    seen = {one.origin: one.version for one in collect(collector()).objects}
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a"), Body=body("one", "two"))
    assert ids(collect(collector(), seen)) == ["one", "two"]


def test_an_empty_bucket_is_no_clean_evidence(bucket, collector, collect):
    (coverage,) = collect(collector()).coverage
    assert (coverage.scope, coverage.status) == ("s3://trail/", "partial")


def test_a_bucket_that_does_not_exist_is_a_source_error(collector, collect):
    with pytest.raises(SourceError, match="bucket does not exist") as caught:
        collect(collector(bucket="nowhere"))
    assert "s3://nowhere" in caught.value.what
    assert not caught.value.transient


def test_a_denied_listing_is_a_source_error_that_says_what_to_do(s3, bucket, endpoint, collector, collect, monkeypatch):
    iam = boto3.client("iam", endpoint_url=endpoint)
    iam.create_user(UserName="powerless")
    pair = iam.create_access_key(UserName="powerless")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", pair["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", pair["SecretAccessKey"])
    with enforced(endpoint), pytest.raises(SourceError, match="AWS denied access while listing s3://trail/") as caught:
        collect(collector(region="eu-west-1"))
    assert "permissions" in caught.value.do


def test_the_permissions_that_it_declares_suffice(s3, bucket, endpoint, collector, collect, monkeypatch):
    s3.put_object(Bucket=bucket, Key=key("2026/02/27", "a"), Body=body("one"))
    iam = boto3.client("iam", endpoint_url=endpoint)
    iam.create_user(UserName="reader")
    document = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": CloudTrail.PERMISSIONS, "Resource": "*"}],
    }
    iam.put_user_policy(UserName="reader", PolicyName="read", PolicyDocument=json.dumps(document))
    pair = iam.create_access_key(UserName="reader")["AccessKey"]
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", pair["AccessKeyId"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", pair["SecretAccessKey"])
    with enforced(endpoint):
        assert ids(collect(collector(region="eu-west-2"))) == ["one"]


class enforced:  # noqa: N801 - reads as a word
    """IAM is enforced by the server inside it."""

    def __init__(self, endpoint):
        self.endpoint = endpoint

    def __enter__(self):
        self._reset(b"0")

    def __exit__(self, *_):
        self._reset(b"inf")

    def _reset(self, count):
        plain = {"Content-Type": "text/plain"}
        urllib.request.urlopen(urllib.request.Request(f"{self.endpoint}/moto-api/reset-auth", count, plain)).read()
