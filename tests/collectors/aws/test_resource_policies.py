"""Policies of single resources on moto's server, and the same answers from a dump."""

import json
import re

import pytest

from auditor.config.sources.aws import AwsResourcePolicies
from auditor.errors import SourceError
from auditor.model.tables import Policy
from collectors.aws.permissions import aws_policy
from collectors.aws.resource_policies import ResourcePoliciesCollector
from tests.collectors.rows import columns

REGION = "eu-central-1"


def text(arn, action="*"):
    statement = {"Effect": "Allow", "Principal": {"AWS": "444455556666"}, "Action": action, "Resource": arn}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def source(account, **known):
    return AwsResourcePolicies(name="shared", kind="aws-resource-policies", account=account, **known)


@pytest.fixture(autouse=True)
def names_of_accounts(aws, monkeypatch):
    """S3 Control writes the account before the endpoint's name, which no resolver knows here: the server is its proxy."""
    monkeypatch.setenv("HTTP_PROXY", aws.endpoint)


@pytest.fixture
def filled(aws):
    """One resource of each kind with a policy, and some without."""
    s3 = aws.client("s3")
    orders, plain = (f"{name}-{aws.account}" for name in ("shop-orders", "plain"))  # a bucket's name is the world's
    for name in (orders, plain):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
    s3.put_bucket_policy(Bucket=orders, Policy=text(f"arn:aws:s3:::{orders}/*", "s3:GetObject"))
    block = {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }
    s3.put_public_access_block(Bucket=plain, PublicAccessBlockConfiguration=block)
    kms = aws.client("kms")
    key = kms.create_key(Policy=text("*", "kms:*"))["KeyMetadata"]
    kms.create_alias(AliasName="alias/shop-orders", TargetKeyId=key["KeyId"])
    kms.create_grant(KeyId=key["KeyId"], GranteePrincipal="arn:aws:iam::444455556666:root", Operations=["Decrypt"])
    secrets = aws.client("secretsmanager")
    secret = secrets.create_secret(Name="shop-database", SecretString="-")["ARN"]
    secrets.put_resource_policy(SecretId=secret, ResourcePolicy=text("*", "secretsmanager:GetSecretValue"))
    sqs = aws.client("sqs")
    queue = sqs.create_queue(QueueName="shop-orders")["QueueUrl"]
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": text("*", "sqs:SendMessage")})
    sns = aws.client("sns")
    topic = sns.create_topic(Name="shop-orders")["TopicArn"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=text(topic, "sns:Publish"))
    ecr = aws.client("ecr")
    ecr.create_repository(repositoryName="shop")
    ecr.set_repository_policy(repositoryName="shop", policyText=text("*", "ecr:PutImage"))
    buckets = {"orders": f"arn:aws:s3:::{orders}", "plain": f"arn:aws:s3:::{plain}"}
    return {**buckets, "key": key["Arn"], "secret": secret, "topic": topic}


def test_every_kind_is_read_live(aws, filled, context, collect):
    known = {"region": REGION, "endpoint_url": aws.endpoint}
    got = collect(ResourcePoliciesCollector(source(aws.account, **known), context))
    found = {row.attached_to: row for row in got.rows(Policy) if row.kind == "resource" and "#grant" not in row.policy}
    arns = (f"arn:aws:sqs:{REGION}:{aws.account}:shop-orders", f"arn:aws:ecr:{REGION}:{aws.account}:repository/shop")
    assert {filled["orders"], filled["key"], filled["secret"], filled["topic"], *arns} == found.keys()
    assert found[filled["key"]].name == "alias/shop-orders"
    assert [(row.status, row.reason) for row in got.coverage] == [("ok", None)]
    assert all("444455556666" in row.document for row in found.values())
    assert all(row.policy.startswith(f"{aws.account}#") for row in found.values())
    blocks = {
        row.attached_to: json.loads(row.document) for row in got.rows(Policy) if row.kind == "public-access-block"
    }
    assert blocks[filled["plain"]]["RestrictPublicBuckets"] is True
    (grant,) = [row for row in got.rows(Policy) if "#grant" in row.policy]
    assert json.loads(grant.document)["Statement"][0]["Action"] == ["kms:Decrypt"]


# The server knows these by an action's name, or a signature, that AWS does not know.
REFUSED_BY_THE_SERVER = {
    "efs:DescribeFileSystems",
    "s3control:GetPublicAccessBlock",
    "s3:GetPublicAccessBlock",
    "lambda:ListFunctions",
    "eks:ListClusters",
}


def test_the_generated_policy_is_enough(aws, filled, context, collect, sign_in_with):
    sign_in_with(aws_policy(["aws-resource-policies"]))
    known = {"region": REGION, "endpoint_url": aws.endpoint}
    got = collect(ResourcePoliciesCollector(source(aws.account, **known), context))
    (told,) = got.coverage
    assert set(re.findall(r"while calling (\w+:\w+)", told.reason)) == REFUSED_BY_THE_SERVER
    assert filled.keys() - {"plain"} == {
        name for name, arn in filled.items() if arn in {row.attached_to for row in got.rows(Policy)}
    }


def test_another_accounts_login_is_refused(aws, context, collect):
    known = {"region": REGION, "endpoint_url": aws.endpoint}
    with pytest.raises(SourceError, match="999900001111"):
        collect(ResourcePoliciesCollector(source("999900001111", **known), context))


def test_a_dump_tells_the_same(tmp_path, context, collect):
    arn = "arn:aws:lambda:eu-west-1:111122223333:function:shop"
    lines = [
        {"call": "s3:GetBucketPolicy", "asked": {"Bucket": "shop-orders"}, "reply": {"Policy": text("*")}},
        {"call": "s3:GetBucketPolicy", "asked": {"Bucket": "plain"}, "reply": {}},
        {"call": "lambda:GetPolicy", "asked": {"FunctionName": arn}, "reply": {"Policy": text(arn)}},
        {"call": "kms:GetKeyPolicy", "asked": {"KeyId": "key"}, "error": "AWS denied access to kms:GetKeyPolicy"},
    ]
    (tmp_path / "shared.jsonl").write_text("\n".join(map(json.dumps, lines)))
    got = collect(ResourcePoliciesCollector(source("111122223333", file=str(tmp_path / "shared.jsonl")), context))
    assert {row.attached_to for row in got.rows(Policy)} == {"arn:aws:s3:::shop-orders", arn}
    (coverage,) = got.coverage
    assert (coverage.scope, coverage.status) == ("111122223333", "partial")
    assert "AWS denied access" in coverage.reason


A = "111122223333"
KEY = f"arn:aws:kms:eu-west-1:{A}:key/k-1"
NAMED = [
    ("s3:GetBucketPolicy", {"Bucket": "shop"}, {"Policy": "P"}, "arn:aws:s3:::shop"),
    ("secretsmanager:GetResourcePolicy", {"SecretId": "arn:s"}, {"ResourcePolicy": "P"}, "arn:s"),
    ("lambda:GetPolicy", {"FunctionName": "arn:f"}, {"Policy": "P"}, "arn:f"),
    ("sqs:GetQueueAttributes", {"QueueUrl": "u"}, {"Attributes": {"QueueArn": "arn:q", "Policy": "P"}}, "arn:q"),
    ("sns:GetTopicAttributes", {"TopicArn": "arn:t"}, {"Attributes": {"Policy": "P"}}, "arn:t"),
    (
        "ecr:GetRepositoryPolicy",
        {"repositoryName": "r"},
        {"policyText": "P"},
        f"arn:aws:ecr:eu-west-1:{A}:repository/r",
    ),
    ("kms:GetKeyPolicy", {"KeyId": "arn:k"}, {"Policy": "P"}, "arn:k"),
]


@pytest.fixture
def rows(tmp_path, context, collect):
    def run(*lines):
        told = [{"call": call, "asked": asked, "reply": reply, "region": "eu-west-1"} for call, asked, reply in lines]
        (tmp_path / "shared.jsonl").write_text("\n".join(map(json.dumps, told)))
        got = collect(ResourcePoliciesCollector(source(A, file=str(tmp_path / "shared.jsonl")), context))
        return [columns(row) for row in got.rows(Policy)], got.coverage[0]

    return run


@pytest.mark.parametrize(("call", "asked", "reply", "arn"), NAMED)
def test_every_policy_whole(rows, call, asked, reply, arn):
    found, line = rows((call, asked, reply), (call, {**asked}, {}))
    policy = {"policy": f"{A}#{arn}#policy", "kind": "resource", "attached_to": arn, "name": "policy", "document": "P"}
    assert found == [policy]
    assert (line.scope, line.status, line.reason, line.rows) == (A, "ok", None, 1)


def test_a_key_has_its_names_and_its_grants(rows):
    aliases = [
        {"AliasName": "alias/a", "AliasArn": f"arn:aws:kms:eu-west-1:{A}:alias/a", "TargetKeyId": "k-1"},
        {"AliasName": "alias/b", "AliasArn": f"arn:aws:kms:eu-west-1:{A}:alias/b", "TargetKeyId": "k-1"},
        {"AliasName": "alias/aws/s3", "AliasArn": f"arn:aws:kms:eu-west-1:{A}:alias/aws/s3"},
    ]
    grants = [{"GrantId": "g1", "GranteePrincipal": "arn:p", "Operations": ["Decrypt", "Encrypt"]}, {}]
    found, _ = rows(
        ("kms:ListAliases", {}, {"Aliases": aliases}),
        ("kms:GetKeyPolicy", {"KeyId": KEY}, {"Policy": "P"}),
        ("kms:ListGrants", {"KeyId": KEY}, {"Grants": grants}),
    )
    named = {"kind": "resource", "attached_to": KEY, "name": "alias/a alias/b"}

    def given(principal, *actions):
        statement = {"Effect": "Allow", "Principal": {"AWS": principal}, "Action": [*actions], "Resource": "*"}
        return json.dumps({"Statement": [statement]})

    assert found == [
        {**named, "policy": f"{A}#{KEY}#policy", "document": "P"},
        {**named, "policy": f"{A}#{KEY}#grant g1", "document": given("arn:p", "kms:Decrypt", "kms:Encrypt")},
        {**named, "policy": f"{A}#{KEY}#grant 1", "document": given("")},
    ]


def test_what_blocks_public_access_to_a_bucket_and_to_an_account(rows):
    block = {"BlockPublicAcls": True}
    found, _ = rows(
        ("s3:GetPublicAccessBlock", {"Bucket": "shop"}, {"PublicAccessBlockConfiguration": block}),
        ("s3control:GetPublicAccessBlock", {"AccountId": A}, {}),
    )
    kind = {"kind": "public-access-block", "name": "GetPublicAccessBlock"}
    assert found == [
        {**kind, "policy": f"{A}#arn:aws:s3:::shop#GetPublicAccessBlock", "attached_to": "arn:aws:s3:::shop",
            "document": json.dumps(block)},
        {**kind, "policy": f"{A}#{A}#GetPublicAccessBlock", "attached_to": A, "document": "{}"},
    ]  # fmt: skip
    assert rows()[1].status == "failed"


def test_whom_a_snapshot_is_shared_with_is_read_live(aws, context, collect):
    ec2 = aws.client("ec2")
    volume = ec2.create_volume(Size=1, AvailabilityZone=f"{REGION}a")["VolumeId"]
    tags = [{"ResourceType": "snapshot", "Tags": [{"Key": "Name", "Value": "shop-database"}]}]
    snapshot = ec2.create_snapshot(VolumeId=volume, TagSpecifications=tags)["SnapshotId"]
    ec2.modify_snapshot_attribute(
        SnapshotId=snapshot, Attribute="createVolumePermission", OperationType="add", UserIds=["444455556666"]
    )
    ec2.create_snapshot(VolumeId=volume)
    known = {"region": REGION, "endpoint_url": aws.endpoint}
    got = collect(ResourcePoliciesCollector(source(aws.account, **known), context))
    (row,) = (row for row in got.rows(Policy) if ":ec2:" in row.attached_to)
    assert (row.attached_to, row.name) == (f"arn:aws:ec2:{REGION}::snapshot/{snapshot}", "shop-database")
    assert json.loads(row.document)["Statement"][0]["Principal"] == {"AWS": ["444455556666"]}


def test_file_systems_and_public_snapshots_are_read_from_a_file(tmp_path, context, collect):
    lines = [
        ("efs:DescribeFileSystems", {}, {"FileSystems": [{"FileSystemId": "fs-1", "Name": "shop-files"}]}),
        ("efs:DescribeFileSystemPolicy", {"FileSystemId": "fs-1"}, {"FileSystemId": "fs-1", "Policy": text("*")}),
        ("ec2:DescribeSnapshots", {}, {"Snapshots": [{"SnapshotId": "snap-1", "Description": "of shop"}]}),
        (
            "ec2:DescribeSnapshotAttribute",
            {"SnapshotId": "snap-1"},
            {"SnapshotId": "snap-1", "CreateVolumePermissions": [{"Group": "all"}]},
        ),
    ]
    dump = tmp_path / "policies.jsonl"
    made = [{"call": call, "asked": asked, "reply": reply, "region": REGION} for call, asked, reply in lines]
    dump.write_text("\n".join(map(json.dumps, made)), "utf-8")
    got = collect(ResourcePoliciesCollector(source("111122223333", file=str(dump)), context))
    found = {row.attached_to: (row.name, json.loads(row.document)) for row in got.rows(Policy)}
    assert found.keys() == {
        f"arn:aws:elasticfilesystem:{REGION}:111122223333:file-system/fs-1",
        f"arn:aws:ec2:{REGION}::snapshot/snap-1",
    }
    name, shared = found[f"arn:aws:ec2:{REGION}::snapshot/snap-1"]
    assert (name, shared["Statement"][0]["Principal"]) == ("of shop", {"AWS": ["*"]})


DATABASE = f"arn:aws:rds:eu-west-1:{A}:snapshot:nightly"


def restored(*accounts):
    told = {"DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": [*accounts]}]}
    asked = {"DBSnapshotIdentifier": "nightly"}
    return ("rds:DescribeDBSnapshotAttributes", asked, {"DBSnapshotAttributesResult": told})


def launched(*permissions):
    return ("ec2:DescribeImageAttribute", {"ImageId": "ami-1"}, {"LaunchPermissions": [*permissions]})


@pytest.mark.parametrize(
    ("line", "arn", "shared"),
    [
        (restored("444455556666"), DATABASE, ["444455556666"]),
        (restored("all"), DATABASE, ["*"]),
        (restored(), DATABASE, None),
        (launched({"UserId": "444455556666"}), "arn:aws:ec2:eu-west-1::image/ami-1", ["444455556666"]),
        (launched({"Group": "all"}), "arn:aws:ec2:eu-west-1::image/ami-1", ["*"]),
        (launched({"OrganizationArn": "arn:aws:organizations::1:organization/o-1"}), "", None),
    ],
)
def test_whom_snapshots_of_databases_and_images_are_shared_with(rows, line, arn, shared):
    named = {"DBSnapshots": [{"DBSnapshotIdentifier": "nightly", "DBInstanceIdentifier": "shop"}]}
    found, _ = rows(("rds:DescribeDBSnapshots", {}, named), line)
    told = [(row["attached_to"], json.loads(row["document"])["Statement"][0]["Principal"]["AWS"]) for row in found]
    assert told == ([(arn, shared)] if shared else [])
    assert all(row["name"] == "shop" for row in found if row["attached_to"] == DATABASE)


def test_no_snapshot_is_public_where_all_sharing_is_blocked(rows):
    permissions = {"CreateVolumePermissions": [{"Group": "all"}, {"UserId": "444455556666"}]}
    shared = ("ec2:DescribeSnapshotAttribute", {"SnapshotId": "snap-1"}, permissions)
    ((row,), _) = rows(("ec2:GetSnapshotBlockPublicAccessState", {}, {"State": "block-all-sharing"}), shared)
    assert json.loads(row["document"])["Statement"][0]["Principal"] == {"AWS": ["444455556666"]}
