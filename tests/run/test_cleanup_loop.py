"""The loop closes: what a cleanup script took away is gone the next night, and told when it comes back.

The script is run by the real AWS CLI against moto's server, which the nights read.
"""

import itertools
import json
import os
import subprocess
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import boto3
import pytest
import yaml

from auditor.cli.terminal.screen import progress
from auditor.config import load
from auditor.demo.aws_calls import add_missing_calls
from auditor.errors import UsageError
from auditor.ledger import Ledger
from auditor.options import RunOptions
from auditor.past_runs import delete, revoke
from auditor.removals import take_in
from auditor.run import run
from tests import stand_ins

NUMBERS = itertools.count(300_000_000_001)
WRITE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:*:service/checkout*"}],
}


@pytest.fixture
def aws(monkeypatch, tmp_path, forked):
    """moto's server, the real AWS CLI, and credentials for an account that no other test knows."""
    monkeypatch.setenv("PATH", f"{forked('aws')}:{os.environ['PATH']}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    add_missing_calls()
    with stand_ins.moto() as url:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        account = f"{next(NUMBERS):012}"
        sts = boto3.session.Session().client("sts", region_name="us-east-1")
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        own = sts.assume_role(RoleArn=arn, RoleSessionName="tom")["Credentials"]
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", own["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", own["SecretAccessKey"])
        monkeypatch.setenv("AWS_SESSION_TOKEN", own["SessionToken"])
        yield SimpleNamespace(url=url, account=account)


@pytest.fixture
def iam(aws):
    client = boto3.session.Session().client("iam", region_name="us-east-1", endpoint_url=aws.url)
    client.create_user(UserName="piet")
    client.put_user_policy(UserName="piet", PolicyName="checkout", PolicyDocument=json.dumps(WRITE))
    return client


class Nights:
    """A company whose IAM is read live, and its audits."""

    def __init__(self, folder, aws):
        self.folder = folder
        self.first = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        written = {
            "organisation": "Harbour Shop",
            "people": [
                {
                    "id": "piet",
                    "name": "Piet",
                    "left": "2024-08-31",
                    "accounts": [f"arn:aws:iam::{aws.account}:user/piet"],
                }
            ],
            "systems": [
                {
                    "id": "checkout",
                    "name": "Checkout",
                    "resources": [{"provider": "aws", "account": aws.account, "match": ["*checkout*"]}],
                }
            ],
            "sources": [
                {
                    "name": "iam",
                    "kind": "aws-iam",
                    "account": aws.account,
                    "region": "us-east-1",
                    "endpoint_url": aws.url,
                }
            ],
        }
        (folder / "auditor.yaml").write_text(yaml.safe_dump(written))

    def options(self, number, *reports):
        return RunOptions(
            config=load(self.folder / "auditor.yaml"),
            at=self.first + number * timedelta(minutes=10),
            period=timedelta(days=30),
            evidence=str(self.folder / "evidence"),
            output=self.folder / "output",
            workers=1,
            reports=("cleanup", *reports),
        )

    def audit(self, number, *reports):
        """The findings about Piet of one night."""
        with progress(quiet=True) as quietly:
            result = run(self.options(number, *reports), quietly)
        self.result = result
        return [finding for finding in result.audit.findings if finding.rule == "standing/departed"]

    @property
    def ledger(self):
        return Ledger(self.folder / "output" / "ledger.sqlite")


@pytest.fixture
def nights(tmp_path, aws, iam):
    return Nights(tmp_path, aws)


def apply(script, *options):
    done = apply_all(script, *options)
    assert "1 done" in done.stdout, done.stdout + done.stderr


def apply_all(script, *options):
    return subprocess.run(
        ["bash", str(script), "--apply", "--yes", *options], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("elsewhere", [False, True], ids=["the run's own script", "a script written elsewhere"])
def test_what_was_taken_away_is_closed_and_says_by_whom(nights, iam, tmp_path, elsewhere):
    (found,) = nights.audit(0)
    script = nights.result.files["script"]
    if elsewhere:
        script = revoke(nights.options(0), [found.id], tmp_path / "meeting").script
    apply(script)
    assert iam.list_user_policies(UserName="piet")["PolicyNames"] == []
    assert nights.audit(1, "page") == []
    with nights.ledger as ledger:
        (gone,) = ledger.gone(nights.first, nights.options(1).at)
        assert (gone.id, gone.status) == (found.id, "closed")
    page = nights.result.files["page"].read_text()
    assert "taken away with the cleanup script by" in page


def test_what_comes_back_is_reopened_though_no_night_saw_it_gone(nights, iam):
    (found,) = nights.audit(0)
    apply(nights.result.files["script"])
    iam.put_user_policy(UserName="piet", PolicyName="checkout", PolicyDocument=json.dumps(WRITE))
    (back,) = nights.audit(1)
    assert (back.id, back.status) == (found.id, "reopened")
    assert back.facts["taken_away_at"]
    assert back.facts["taken_away_by"].endswith("/tom")
    (still,) = nights.audit(2)
    assert (still.status, still.facts["taken_away_at"]) == ("open", back.facts["taken_away_at"])


def test_what_was_given_back_by_undo_was_never_taken(nights):
    (found,) = nights.audit(0)
    script = nights.result.files["script"]
    apply(script)
    apply(script.parent / "undo.sh")
    (again,) = nights.audit(1)
    assert (again.id, again.status) == (found.id, "open")
    assert "taken_away_at" not in again.facts


def test_what_was_done_within_one_second_keeps_its_order(nights):
    (found,) = nights.audit(0)
    script = nights.result.files["script"]
    for one in (script, script.parent / "undo.sh", script):
        apply(one)
    log = script.parent / "cleanup-log.jsonl"
    lines = [line for text in log.read_text().splitlines() if (line := json.loads(text))["status"] == "done"]
    assert [line["action"] for line in lines] == ["revoke", "undo", "revoke"]
    for kept, taken in ((1, True), (2, False), (3, True)):
        at_once = [{**line, "time": lines[0]["time"]} for line in lines[:kept]]
        log.write_text("".join(f"{json.dumps(line)}\n" for line in at_once))
        with nights.ledger as ledger:
            take_in(nights.options(1), ledger)
            assert [one.finding for one in ledger.removed(nights.options(1).at)][-1:] == [found.id] * taken


def test_another_right_of_the_same_finding_did_not_come_back(nights, iam):
    nights.audit(0)
    apply(nights.result.files["script"])
    iam.put_user_policy(UserName="piet", PolicyName="other", PolicyDocument=json.dumps(WRITE))
    (found,) = nights.audit(1)
    assert (found.status, "taken_away_at" in found.facts) == ("open", False)


def test_a_damaged_log_costs_its_damaged_lines_only(nights, caplog):
    (found,) = nights.audit(0)
    script = nights.result.files["script"]
    apply(script)
    log = script.parent / "cleanup-log.jsonl"
    whole = log.read_text()
    log.write_text(f'not a line\n{{"time": "yesterday"}}\n{whole}{whole.splitlines()[-1][:40]}')
    assert nights.audit(1) == []
    with nights.ledger as ledger:
        assert {one.finding for one in ledger.removed(nights.options(1).at)} == {found.id}
    assert sum("could not be read and was left out" in message for message in caplog.messages) == 3


def test_a_key_that_was_deactivated_is_deleted_by_a_second_script_after_a_time(nights, iam, tmp_path):
    key = iam.create_access_key(UserName="piet")["AccessKey"]["AccessKeyId"]
    nights.audit(0)
    apply_all(nights.result.files["script"])
    nights.audit(1)
    with pytest.raises(UsageError, match="more than 14 days ago"):
        delete(nights.options(1), timedelta(days=14), tmp_path / "later")
    script = delete(nights.options(1), timedelta(0), tmp_path / "later")
    apply(script, "--final", "1")
    assert key not in [one["AccessKeyId"] for one in iam.list_access_keys(UserName="piet")["AccessKeyMetadata"]]
    with pytest.raises(UsageError):
        delete(nights.options(1), timedelta(0), tmp_path / "again")
