"""AWS TEAM's table on moto's server, page by page."""

import json

import pytest

from auditor.config.sources.brokers import TeamRequests
from auditor.model.tables import Ticket
from collectors.brokers.team import TeamRequestsCollector
from collectors.permissions import rights
from tests.collectors.brokers.test_team import item, stored

TABLE = "requests-abc123-main"


@pytest.fixture
def read(aws, context, collect):
    dynamodb = aws.client("dynamodb")
    key = {"AttributeName": "id"}
    dynamodb.create_table(
        TableName=TABLE,
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{**key, "KeyType": "HASH"}],
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
    )
    for number in range(3):
        # A page of a scan ends after a megabyte.
        much = {"approvers": {"L": [{"S": "x" * 390_000}]}}
        dynamodb.put_item(TableName=TABLE, Item={**stored(item(id=f"r{number}")), **much, "blob": {"B": b"\0"}})

    def run(table=TABLE):
        source = TeamRequests(
            name="t", kind="team-requests", table=table, region="eu-central-1", endpoint_url=aws.endpoint
        )
        return collect(TeamRequestsCollector(source, context))

    return run


def test_every_page_is_read_with_the_rights_that_are_printed(read, sign_in_with):
    (statement,) = json.loads(rights("team").text)["Statement"]
    assert statement["Resource"] == ["arn:aws:dynamodb:*:*:table/REQUESTS-TABLE"]
    # moto does not look at which table is asked for.
    sign_in_with({"Version": "2012-10-17", "Statement": [{**statement, "Resource": "*"}]})
    got = read()
    assert {row.ticket for row in got.rows(Ticket)} == {"TEAM r0", "TEAM r1", "TEAM r2"}
    assert [(line.scope, line.status) for line in got.coverage] == [(TABLE, "ok")]
    assert len(got.objects) > 1


def test_a_missing_right_is_named(read, sign_in_with):
    sign_in_with({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}]})
    (line,) = read().coverage
    assert line.status == "failed"
    assert "dynamodb:Scan" in line.reason


def test_a_table_that_is_not_there_is_said(read):
    (line,) = read("requests-other").coverage
    assert line.status == "failed"
    assert "ResourceNotFoundException" in line.reason
