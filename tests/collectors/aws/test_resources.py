"""What is tagged with what, as boto3 sees it on moto's server, and from an answer of the command line."""

import json

import pytest

from auditor.config.sources.aws import AwsResources
from auditor.errors import SourceError
from auditor.model.tables import Policy
from collectors.aws.resources import ResourcesCollector

ENTRY = {
    "ResourceARN": "arn:aws:rds:eu-central-1:123456789012:db:orders",
    "Tags": [{"Key": "service", "Value": "checkout"}],
}


@pytest.fixture
def read(aws, context, collect):
    def run(**known):
        account = "123456789012" if "file" in known else aws.account
        values = {"account": account, "region": "eu-central-1", "endpoint_url": aws.endpoint, **known}
        return collect(ResourcesCollector(AwsResources(name="tags", kind="aws-resources", **values), context))

    return run


def told(got):
    return {row.policy: json.loads(row.document) for row in got.rows(Policy)}


def test_tags_are_read_in_every_region(aws, read):
    tags = [{"ResourceType": "instance", "Tags": [{"Key": "service", "Value": "checkout"}]}]
    made = {}
    for region in ("eu-central-1", "eu-west-1"):
        ec2 = aws.client("ec2", region)
        (one,) = ec2.run_instances(ImageId="ami-12345678", MinCount=1, MaxCount=1, TagSpecifications=tags)["Instances"]
        made[f"arn:aws:ec2:{region}:{aws.account}:instance/{one['InstanceId']}"] = {"service": "checkout"}
    got = read(regions=("eu-central-1", "eu-west-1"))
    assert made.items() <= told(got).items()
    assert {row.kind for row in got.rows(Policy)} == {"tags"}
    assert [(line.scope, line.status) for line in got.coverage] == [(aws.account, "ok")]


def test_the_answer_of_the_command_line_is_read_from_a_file(read, tmp_path):
    path = tmp_path / "tags.json"
    path.write_text(json.dumps({"ResourceTagMappingList": [ENTRY, {"Tags": 7}]}, indent=2))
    got = read(file=str(path))
    assert told(got) == {ENTRY["ResourceARN"]: {"service": "checkout"}}
    assert [line.status for line in got.coverage] == ["partial"]
    assert json.loads(ResourcesCollector.quote(path.read_bytes(), 0)) == ENTRY


@pytest.mark.parametrize(("token", "status"), [("", "ok"), ("abc", "partial")])
def test_a_first_page_alone_is_said_to_be_one(read, tmp_path, token, status):
    path = tmp_path / "tags.json"
    path.write_text(json.dumps({"PaginationToken": token, "ResourceTagMappingList": [ENTRY]}))
    assert [line.status for line in read(file=str(path)).coverage] == [status]


@pytest.mark.parametrize(
    ("arns", "said"),
    [
        (["arn:aws:rds:eu-central-1:999900001111:db:orders"], "it is of account 999900001111, not of 123456789012"),
        (["arn:aws:rds:eu-central-1:999900001111:db:orders", ENTRY["ResourceARN"]], None),
        (["arn:aws:s3:::orders"], None),
    ],
)
def test_an_answer_of_another_account_is_said_to_be_one(read, tmp_path, arns, said):
    path = tmp_path / "tags.json"
    path.write_text(json.dumps({"ResourceTagMappingList": [{"ResourceARN": arn} for arn in arns]}))
    assert [line.reason for line in read(file=str(path)).coverage] == [said]


@pytest.mark.parametrize("text", ["[]", "{", '{"Other": []}'])
def test_a_file_of_something_else_is_lost(read, tmp_path, text):
    path = tmp_path / "tags.json"
    path.write_text(text)
    assert [line.status for line in read(file=str(path)).coverage] == ["failed"]


def test_another_accounts_login_is_refused(read):
    with pytest.raises(SourceError):
        read(account="999900001111")
