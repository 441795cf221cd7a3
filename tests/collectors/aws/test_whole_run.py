"""A whole run over AWS with nothing but the policy that `auditor permissions aws` prints."""

import gzip
import json
import logging
import re
from datetime import timedelta

import pytest

from auditor.cli.terminal.screen import progress
from auditor.config import load
from auditor.options import RunOptions
from auditor.run import run
from collectors.aws.permissions import aws_policy
from tests.aws_calls import EVENTS
from tests.collectors.aws.test_cloudtrail_lookup import NOW, record

ROLE = "production-access-auditor"
DEPLOY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "*"}]}
READING = ("Get", "List", "Describe", "Lookup", "Head")
CONFIG = """
organisation: Harbour Shop
people: [{{id: nina, name: Nina Alvarez, email: nina@harbour.example}}]
systems:
  - {{id: shop, name: Shop, resources: [{{provider: aws, account: "{shop}", match: ["*"]}}]}}
reports: [csv]
sources:
  - {{name: iam, kind: aws-iam, organisation: true, {login}}}
  - {{name: center, kind: aws-identity-center, {login}}}
  - {{name: trail, kind: aws-cloudtrail, bucket: {bucket}, prefix: AWSLogs/, {login}}}
  - {{name: history, kind: aws-cloudtrail, lookup: true, {login}}}
"""


@pytest.fixture
def bucket(aws):
    return f"trail-{aws.account}"


@pytest.fixture
def settings(aws, bucket, tmp_path):
    (shop,) = aws.organisation("shop")
    inside = aws.inside(shop, "iam")
    inside.create_role(RoleName=ROLE, AssumeRolePolicyDocument="{}")
    inside.put_role_policy(RoleName=ROLE, PolicyName="audit", PolicyDocument=json.dumps(aws_policy(["aws-iam"])))
    nina = aws.person("nina", "nina@harbour.example")
    aws.assign(shop, aws.permission_set("ProdOperator", inline=DEPLOY), aws.group("engineers", nina), "GROUP")
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    day = f"AWSLogs/{shop}/CloudTrail/eu-central-1/2026/02/28"
    body = gzip.compress(json.dumps({"Records": [record("in-bucket", NOW - timedelta(hours=9), shop)]}).encode())
    s3.put_object(Bucket=bucket, Key=f"{day}/{shop}_CloudTrail_eu-central-1_20260228T1800Z_a.json.gz", Body=body)
    EVENTS[aws.account, "eu-central-1"].append(record("in-history", NOW - timedelta(hours=5), aws.account))
    login = f'region: eu-central-1, endpoint_url: "{aws.endpoint}"'
    (tmp_path / "auditor.yaml").write_text(CONFIG.format(shop=shop, bucket=bucket, login=login))
    return load(tmp_path / "auditor.yaml")


@pytest.fixture
def calls(bucket, monkeypatch, caplog):
    """Everything that the server is asked: actions, and S3's requests."""
    from moto.core.responses import BaseResponse

    asked, answer = [], BaseResponse.call_action

    def call_action(self):
        asked.append(self._get_action())
        return answer(self)

    monkeypatch.setattr(BaseResponse, "call_action", call_action)
    caplog.set_level(logging.INFO, "werkzeug")

    def seen():
        requests = (re.search(r'"([A-Z]+) (/\S*)', line) for line in caplog.messages)
        on_s3 = [match[1] for match in requests if match and match[2].startswith(f"/{bucket}")]
        return asked, on_s3

    return seen


def test_the_policy_is_enough_for_a_whole_run_and_nothing_in_it_writes(settings, bucket, sign_in_with, calls, tmp_path):
    sign_in_with(aws_policy(buckets=[bucket]))
    actions, requests = calls()
    actions.clear()
    before = len(requests)
    options = RunOptions(
        config=settings,
        at=NOW,
        period=timedelta(days=30),
        evidence=str(tmp_path / "evidence"),
        output=tmp_path / "output",
        workers=1,
    )
    with progress(quiet=True) as quietly:
        result = run(options, quietly)
    assert [(seen.source, seen.scope, seen.reason) for seen in result.coverage if seen.status != "ok"] == []
    assert {seen.source for seen in result.coverage} == {"iam", "center", "trail", "history"}

    actions, requests = calls()
    writing = {action for action in actions if not action.startswith(READING)}
    # Entering an account, and letting AWS write its reports anew, change nothing.
    assert writing <= {"AssumeRole", "GenerateCredentialReport", "GenerateServiceLastAccessedDetails"}
    assert {"LookupEvents", "ListAccountAssignments", "GetAccountAuthorizationDetails"} <= set(actions)
    assert set(requests[before:]) <= {"GET", "HEAD"}
    assert requests[before:]

    access = (options.output / "latest/access.json").read_text()
    assert "Identity Center group engineers" in access
    assert "permission set ProdOperator" in access
