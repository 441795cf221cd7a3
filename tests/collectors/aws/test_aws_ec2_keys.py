"""EC2's key pairs as boto3 sees them, on moto's server, and from a dump."""

import json

import pytest

from auditor.config.sources.aws import AwsEc2Keys
from auditor.errors import SourceError
from auditor.model.tables import Credential, Grant
from collectors.aws.ec2_keys import Ec2KeysCollector
from collectors.aws.permissions import aws_policy

IMAGE = "ami-12345678"
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOM5XnShGtBbGGpl6KqdOZ/pzwn0kMq95E57X09yLUxn nina@laptop"


@pytest.fixture
def read(aws, context, collect):
    def run(**known):
        source = AwsEc2Keys(
            name="keys",
            kind="aws-ec2-keys",
            **{"account": aws.account, "region": "eu-central-1", "endpoint_url": aws.endpoint, **known},
        )
        return collect(Ec2KeysCollector(source, context))

    return run


def start(aws, key, name, region="eu-central-1"):
    ec2 = aws.client("ec2", region)
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": name}]}]
    (made,) = ec2.run_instances(ImageId=IMAGE, KeyName=key, MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"]
    return made["InstanceId"]


def test_key_pairs_are_credentials_and_instances_what_they_open(aws, read):
    aws.client("ec2").import_key_pair(KeyName="nina", PublicKeyMaterial=PUBLIC_KEY.encode())
    instance = start(aws, "nina", "checkout-web-1")
    got = read()
    (key,) = got.rows(Credential)
    assert (key.kind, key.comment, key.resource) == ("ssh-key", "nina", aws.account)
    assert key.created_at is not None
    pair = {"region": "eu-central-1", "key": key.account.rpartition("/")[2], "name": "nina"}
    assert json.loads(key.handle) == {"provider": "aws", "type": "ec2-key-pair", "account": aws.account, **pair}
    (grant,) = got.rows(Grant)
    assert (grant.principal, grant.role) == (key.account, "key pair nina")
    assert grant.resource == f"arn:aws:ec2:eu-central-1:{aws.account}:instance/{instance} (checkout-web-1)"
    assert [(row.scope, row.status) for row in got.coverage] == [(aws.account, "ok")]


def test_a_deleted_key_pair_still_opens_what_was_started_with_it(aws, read):
    ec2 = aws.client("ec2")
    ec2.create_key_pair(KeyName="old")
    start(aws, "old", "búho")
    ec2.delete_key_pair(KeyName="old")
    got = read()
    (key,) = got.rows(Credential)
    assert (key.credential, key.created_at, key.handle) == (
        f"ec2-key-pair:{aws.account}:eu-central-1:old",
        None,
        None,
    )
    assert got.rows(Grant)[0].resource.endswith("(búho)")


def test_terminated_instances_are_left_out_and_an_empty_account_is_whole(aws, read):
    ec2 = aws.client("ec2")
    ec2.create_key_pair(KeyName="old")
    ec2.terminate_instances(InstanceIds=[start(aws, "old", "gone")])
    assert read().rows(Grant) == []
    assert read(regions=("ap-south-1",)).coverage[0].status == "ok"


def test_every_region_that_is_named_is_read_and_a_denied_one_costs_itself(aws, read, failing):
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.responses import EC2Response

    for region in ("eu-central-1", "us-east-1"):
        aws.client("ec2", region).create_key_pair(KeyName=f"key-{region}")
    both = ("eu-central-1", "us-east-1")
    assert {row.comment for row in read(regions=both).rows(Credential)} == {"key-eu-central-1", "key-us-east-1"}
    failing(EC2Response, "describe_key_pairs", "UnauthorizedOperation", times=1, error=EC2ClientError)
    got = read(regions=both)
    assert {row.comment for row in got.rows(Credential)} == {"key-us-east-1"}
    assert got.coverage[0].status == "partial"
    assert "ec2:DescribeKeyPairs in eu-central-1" in got.coverage[0].reason


def test_answers_and_their_dump_come_to_the_same_rows(aws, read, tmp_path):
    aws.client("ec2").import_key_pair(KeyName="nina", PublicKeyMaterial=PUBLIC_KEY.encode())
    start(aws, "nina", "checkout-web-1")
    live = read()
    (tmp_path / "keys.jsonl").write_bytes(b"not json\n" + live.batches[0][0].load())
    dumped = read(file="keys.jsonl")
    for table, column in ((Credential, "credential"), (Grant, "resource")):
        assert [getattr(row, column) for row in live.rows(table)] == [
            getattr(row, column) for row in dumped.rows(table)
        ]
    assert (dumped.coverage[0].status, dumped.coverage[0].rejected) == ("partial", 1)


def test_the_public_half_gives_the_fingerprint_that_logs_have(read, tmp_path):
    pair = {"KeyName": "nina", "KeyPairId": "key-1", "PublicKey": PUBLIC_KEY, "CreateTime": "2026-01-01T00:00:00+00:00"}
    line = {
        "call": "ec2:DescribeKeyPairs",
        "reply": {"KeyPairs": [pair, pair, {"KeyPairId": "key-2"}]},
        "region": "eu-west-1",
    }
    (tmp_path / "keys.jsonl").write_text(json.dumps(line))
    got = read(file="keys.jsonl")
    (key,) = got.rows(Credential)
    assert key.credential.startswith("ssh-key:SHA256:")
    assert got.coverage[0].rejected == 1


def test_another_account_than_the_configured_one_fails_the_source(read, aws):
    with pytest.raises(SourceError, match=aws.account):
        read(account="444455556666")


def test_the_generated_policy_is_enough(aws, read, sign_in_with):
    aws.client("ec2").create_key_pair(KeyName="nina")
    sign_in_with(aws_policy(["aws-ec2-keys"]))
    assert len(read().rows(Credential)) == 1
