"""Digest files as rows, and their signatures: a trail that the tests sign, with the AWS CLI's validator as oracle."""

import base64
import gzip
import json
from functools import partial

import boto3
import pytest
from awscli.customizations.cloudtrail.validation import DigestError, Sha256RSADigestValidator
from moto.cloudtrail.responses import CloudTrailResponse

from auditor.config.sources.aws import AwsCloudTrail
from auditor.demo.aws_calls import PUBLIC_KEYS, add_missing_calls
from auditor.model.tables import Activity, TrailDigest
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.base import sha256
from tests import stand_ins
from tests.trail import ACCOUNT, BEGINS, BUCKET, HOUR, REGION, Trail, fingerprint, private_key, public_key


@pytest.fixture
def collect(collect):
    """The log files alone; the trails themselves are in tests of their own."""
    return partial(collect, but="trails")


@pytest.fixture(scope="module")
def endpoint():
    add_missing_calls()
    with stand_ins.moto() as url:
        yield url


@pytest.fixture
def bucket(endpoint, monkeypatch, context, collect):
    """Reads a trail from a bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    PUBLIC_KEYS.clear()
    PUBLIC_KEYS[REGION] = [{"Fingerprint": fingerprint(), "Value": public_key()}]
    s3 = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    s3.create_bucket(Bucket=BUCKET)

    def read(trail, seen=None):
        for key, stored in trail.objects.items():
            s3.put_object(Bucket=BUCKET, Key=key, Body=stored.body, Metadata=stored.metadata)
        source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", bucket=BUCKET, endpoint_url=endpoint)
        return collect(CloudTrail(source, context), seen)

    yield read
    for one in s3.list_objects_v2(Bucket=BUCKET).get("Contents", ()):
        s3.delete_object(Bucket=BUCKET, Key=one["Key"])
    s3.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def folder(tmp_path, context, collect):
    """Reads a trail from a folder."""

    def read(trail):
        for key, stored in trail.objects.items():
            place = tmp_path / "trail" / key
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(stored.body)
        return collect(CloudTrail(AwsCloudTrail(name="trail", kind="aws-cloudtrail", path="trail"), context))

    return read


def judged(got):
    """What was said of each signature, in order of the hours."""
    rows = sorted(got.rows(TrailDigest), key=lambda row: row.ends_at)
    return [(row.signature_holds, row.signature_note) for row in rows]


def of(got, key):
    (found,) = [one for one in got.objects if one.origin.endswith(key)]
    return found


def test_a_digest_is_a_row_with_what_it_lists_and_what_it_states_of_the_one_before(folder):
    trail = Trail().hours(2)
    got = folder(trail)
    first, second = sorted(got.rows(TrailDigest), key=lambda row: row.ends_at)
    content = gzip.decompress(trail.objects[trail.digests[0]].body)
    assert (second.account, second.region, second.trail) == (ACCOUNT, REGION, f"{REGION}_all_{REGION}")
    assert (second.bucket, second.object_key, second.origin) == (BUCKET, trail.digests[1], f"trail/{trail.digests[1]}")
    assert (second.starts_at, second.ends_at) == (BEGINS + HOUR, BEGINS + 2 * HOUR)
    assert (first.content_sha256, first.previous_key) == (sha256(content), None)
    assert (second.previous_key, second.previous_sha256) == (first.object_key, first.content_sha256)
    assert second.fingerprint == fingerprint()
    (listed,) = json.loads(second.files)
    assert (listed["key"], listed["sha256"]) == (trail.logs[1], of(got, trail.logs[1]).content_sha256)
    assert len(got.rows(Activity)) == 2
    assert {one.status for one in got.objects} == {"ok"}


def test_files_on_disk_have_no_signatures_and_that_is_said(folder):
    got = folder(Trail().hours(2))
    assert judged(got) == [(None, "files on disk do not carry their signatures")] * 2
    (coverage,) = got.coverage
    assert (coverage.scope, coverage.status) == (ACCOUNT, "ok")
    assert "signatures of digests were not checked" in coverage.reason


def test_signatures_in_a_bucket_are_checked_with_the_keys_that_aws_tells(bucket):
    got = bucket(Trail().hours(3))
    assert judged(got) == [(True, None)] * 3
    assert [c.reason for c in got.coverage] == [None]
    keys = [raw for batch in got.batches for raw in batch if raw.origin.startswith("cloudtrail:ListPublicKeys")]
    assert [(raw.original, raw.origin) for raw in keys] == [
        (True, f"cloudtrail:ListPublicKeys {REGION} 2026-02-27 2026-02-27")
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"oldestEventTime": null', b'"oldestEventTime": ""'),
        (b"T08:14:31Z", b"T08:14:32Z"),
        (BUCKET.encode(), b"harbour-trial"),
    ],
)
def test_what_the_cli_holds_for_forged_is_forged(bucket, old, new):
    trail = Trail().hours(3)
    trail.rewrite(trail.digests[1], old, new)
    for key, valid in zip(trail.digests, (True, False, True), strict=True):
        stored = trail.objects[key]
        assert by_the_cli(gzip.decompress(stored.body), stored.metadata["signature"]) is valid
    assert sorted(judged(bucket(trail)), key=str) == [
        (False, "its signature does not fit it"),
        (True, None),
        (True, None),
    ]


def by_the_cli(content, signature):
    data = json.loads(content) | {"_signature": signature}
    try:
        Sha256RSADigestValidator().validate(BUCKET, "key", base64.b64encode(public_key()), data, content)
    except DigestError:
        return False
    return True


@pytest.mark.parametrize("signature", ["00" * 256, "not hexadecimal", "0", "ff"])
def test_a_signature_that_is_none_does_not_hold(bucket, signature):
    trail = Trail().hours(1)
    trail.objects[trail.digests[0]].metadata["signature"] = signature
    assert judged(bucket(trail)) == [(False, "its signature does not fit it")]


def test_a_key_that_aws_does_not_know_is_no_signature_of_aws(bucket):
    assert fingerprint(1) != fingerprint()
    assert private_key(1) is not private_key()
    got = bucket(Trail(signing=1).hours(1))
    assert judged(got) == [(False, "it is signed for a key that AWS does not know")]


def test_an_object_without_a_signature_could_not_be_checked(bucket):
    trail = Trail().hours(1)
    trail.objects[trail.digests[0]].metadata.clear()
    assert judged(bucket(trail)) == [(None, "the object carries no signature")]


def test_a_region_of_which_aws_tells_no_key_could_not_be_checked(bucket):
    PUBLIC_KEYS.clear()
    assert judged(bucket(Trail().hours(1))) == [(None, f"AWS told no public key of {REGION}")]


def test_a_refused_call_for_keys_is_said_and_costs_no_event(bucket, monkeypatch):
    from moto.core.exceptions import JsonRESTError

    def refuse(handler):
        raise JsonRESTError("AccessDeniedException", "not allowed")

    monkeypatch.setattr(CloudTrailResponse, "list_public_keys", refuse)
    got = bucket(Trail().hours(2))
    assert judged(got) == [(None, f"AWS told no public key of {REGION}")] * 2
    assert len(got.rows(Activity)) == 2
    (refused,) = [one for one in got.objects if one.status != "ok"]
    assert refused.version == ""
    assert "AWS denied access while asking for CloudTrail's public keys" in refused.reason
    assert {(c.scope, c.status) for c in got.coverage} == {(ACCOUNT, "ok"), (f"s3://{BUCKET}/", "partial")}


def test_a_second_run_asks_for_no_keys_where_there_is_no_new_digest(bucket):
    first = bucket(Trail().hours(2))
    seen = {one.origin: one.version for one in first.objects}
    assert bucket(Trail().hours(2), seen).batches == []


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "no CloudTrail digest"),
        (b"{}", "no CloudTrail digest"),
        (b"[]", "no CloudTrail digest"),
        (b"<html>", "no CloudTrail digest"),
        (gzip.compress(b"{}", mtime=0)[:-4], "truncated"),
        (gzip.compress(b"{}", mtime=0) + b"more", "4 bytes"),
        (gzip.compress(b"{", mtime=0) + gzip.compress(b"}", mtime=0), "more follows"),
        (gzip.compress(b" " * (33 << 20), mtime=0), "more than a digest can hold"),
        (b'{"a":' * 100_000, "no CloudTrail digest"),
    ],
)
def test_a_digest_that_cannot_be_read_fails_with_its_reason(folder, body, said):
    trail = Trail().hours(1)
    trail.objects[trail.digests[0]].body = body
    got = folder(trail)
    found = of(got, trail.digests[0])
    assert (found.status, found.rows) == ("failed", 0)
    assert said in found.reason
    assert len(got.rows(Activity)) == 1
    assert [(c.scope, c.status) for c in got.coverage] == [(ACCOUNT, "partial")]


@pytest.mark.parametrize(
    "changes",
    [
        {"awsAccountId": "../../etc"},
        {"awsAccountId": 111122223333},
        {"digestEndTime": "yesterday"},
        {"digestEndTime": "2026-02-27T07:14:31"},
        {"digestEndTime": "9999-12-31T23:59:59-10:00"},
        {"logFiles": None},
        {"logFiles": [{"s3Object": "a"}]},
        {"digestS3Object": ["a"]},
    ],
)
def test_odd_values_in_a_digest_fail_it(folder, changes):
    trail = Trail()
    key = trail.digest([], **changes)
    found = of(folder(trail), key)
    assert found.status == "failed"
    assert "no CloudTrail digest" in found.reason


def test_hostile_keys_are_kept_as_text_and_lead_nowhere(folder):
    trail = Trail()
    nasty = "../../../etc/passwd\x00\x1b[31m' ; DROP"
    listed = {"s3Bucket": nasty, "s3Object": nasty, "hashValue": nasty}
    trail.digest([], digestS3Object=nasty, previousDigestS3Object=nasty, logFiles=[listed])
    (row,) = folder(trail).rows(TrailDigest)
    assert (row.object_key, row.region, row.trail, row.previous_key) == (nasty, None, None, nasty)
    assert json.loads(row.files)[0]["key"] == nasty


def test_the_digest_of_a_finding_can_be_quoted(folder, tmp_path):
    trail = Trail().hours(1)
    (row,) = folder(trail).rows(TrailDigest)
    assert '"digestS3Bucket": "harbour-trail"' in CloudTrail.quote((tmp_path / row.origin).read_bytes(), row.record)
