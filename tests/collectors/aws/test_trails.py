"""The trails of a live account, on moto's server."""

import pytest
from moto.cloudtrail.responses import CloudTrailResponse

from auditor.config.sources.aws import AwsCloudTrail
from auditor.model.tables import Trail
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.aws.permissions import aws_policy
from tests.collectors.aws.conftest import REGION

WHOLE = {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}


@pytest.fixture
def bucket(aws):
    name = f"trail-{aws.account}"
    aws.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    return name


@pytest.fixture
def make(aws, bucket):
    def run(name, region=REGION, *, on=True, **settings):
        cloudtrail = aws.client("cloudtrail", region)
        cloudtrail.create_trail(Name=name, S3BucketName=bucket, **settings)
        cloudtrail.put_event_selectors(TrailName=name, EventSelectors=[WHOLE])
        if on:
            cloudtrail.start_logging(Name=name)

    return run


@pytest.fixture
def read(aws, endpoint, bucket, context, collect):
    def run(region="eu-west-2"):
        source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", bucket=bucket, region=region, endpoint_url=endpoint)
        return collect(CloudTrail(source, context))

    return run


def line(got):
    (found,) = [line for line in got.coverage if line.scope.endswith(" trails")]
    return found


def test_trails_of_every_region_are_found(make, read, aws):
    make("everywhere", IsMultiRegionTrail=True)
    make("ireland", "eu-west-1", on=False)
    got = read()
    rows = {row.name: row for row in got.rows(Trail)}
    assert sorted(rows) == ["everywhere", "ireland"]
    assert (rows["everywhere"].multi_region, rows["everywhere"].logging) == (True, True)
    assert (rows["ireland"].multi_region, rows["ireland"].logging) == (False, False)
    assert rows["ireland"].home_region == "eu-west-1"
    assert {row.management for row in rows.values()} == {("read", "write")}
    assert (line(got).scope, line(got).status, line(got).rows) == (f"{aws.account} trails", "ok", 2)
    (raw,) = got.batches[-1]
    assert (raw.origin, raw.original) == (f"cloudtrail:trails/{aws.account}", True)


def test_the_generated_policy_is_enough(make, read, bucket, sign_in_with):
    make("everywhere", IsMultiRegionTrail=True)
    sign_in_with(aws_policy(["aws-cloudtrail"], buckets=[bucket]))
    # A region of its own: a login keeps its client of S3, and others sign in with other credentials.
    assert line(read(region="eu-west-3")).status == "ok"


@pytest.mark.parametrize(
    ("call", "kept"),
    [
        ("describe_trails", 1),
        ("list_trails", 1),
        ("get_event_selectors", 1),
        ("get_trail_status", 1),
    ],
)
def test_a_refused_call_costs_its_answer_only(make, read, failing, call, kept):
    make("everywhere", IsMultiRegionTrail=True)
    failing(CloudTrailResponse, call, "AccessDeniedException")
    got = read()
    assert len(got.rows(Trail)) == kept
    assert (line(got).status, "denied access" in line(got).reason) == ("partial", True)


def test_a_refused_listing_hides_the_trails(make, read, failing):
    make("everywhere", IsMultiRegionTrail=True)
    failing(CloudTrailResponse, "describe_trails", "AccessDeniedException")
    failing(CloudTrailResponse, "list_trails", "AccessDeniedException")
    got = read()
    assert got.rows(Trail) == []
    assert line(got).status == "failed"
