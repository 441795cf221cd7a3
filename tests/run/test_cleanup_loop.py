"""The loop closes: what a cleanup script took away is gone the next night, and told when it comes back.

The script is run by the real AWS CLI against moto's server, which the nights read.
"""

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from uuid import uuid4

import boto3
import pytest
import yaml
from moto.server import ThreadedMotoServer

from auditor.config import load
from auditor.demo.aws_calls import add_missing_calls
from auditor.job import RunOptions
from auditor.ledger import Ledger
from auditor.run import revoke, run
from auditor.terminal.screen import progress

ACCOUNT = "123456789012"
PIET = SimpleNamespace(name="")
BIN = Path(sys.executable).parent
WRITE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "ecs:UpdateService", "Resource": "arn:aws:ecs:*:*:service/checkout*"}],
}


@pytest.fixture
def aws(monkeypatch, tmp_path):
    """moto's server, and made-up credentials for everything that is run."""
    for name in ("AWS_PROFILE", "AWS_DEFAULT_REGION", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    add_missing_calls()
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def iam(aws):
    # moto keeps one AWS for all tests of the process.
    PIET.name = f"piet-{uuid4().hex[:8]}"
    client = boto3.client("iam", region_name="us-east-1", endpoint_url=aws)
    client.create_user(UserName=PIET.name)
    client.put_user_policy(UserName=PIET.name, PolicyName="checkout", PolicyDocument=json.dumps(WRITE))
    return client


class Nights:
    """A company whose IAM is read live, and its audits."""

    def __init__(self, folder, endpoint):
        self.folder = folder
        self.first = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=5)
        written = {
            "organisation": "Harbour Shop",
            "people": [
                {
                    "id": "piet",
                    "name": "Piet",
                    "left": "2024-08-31",
                    "accounts": [f"arn:aws:iam::{ACCOUNT}:user/{PIET.name}"],
                }
            ],
            "systems": [
                {
                    "id": "checkout",
                    "name": "Checkout",
                    "resources": [{"provider": "aws", "account": ACCOUNT, "match": ["*checkout*"]}],
                }
            ],
            "sources": [
                {"name": "iam", "kind": "aws-iam", "account": ACCOUNT, "region": "us-east-1", "endpoint_url": endpoint}
            ],
        }
        (folder / "auditor.yaml").write_text(yaml.safe_dump(written))

    def options(self, number):
        return RunOptions(
            config=load(self.folder / "auditor.yaml"),
            at=self.first + number * timedelta(minutes=10),
            period=timedelta(days=30),
            evidence=str(self.folder / "evidence"),
            output=self.folder / "output",
            workers=1,
        )

    def audit(self, number):
        """The findings about Piet of one night."""
        with progress(quiet=True) as quietly:
            result = run(self.options(number), quietly)
        self.result = result
        return [finding for finding in result.audit.findings if finding.rule == "standing/departed"]

    @property
    def ledger(self):
        return Ledger(self.folder / "output" / "ledger.sqlite")


@pytest.fixture
def nights(tmp_path, aws, iam):
    return Nights(tmp_path, aws)


def apply(script):
    environment = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(
        ["bash", str(script), "--apply", "--yes"], env=environment, capture_output=True, text=True, check=False
    )
    assert "1 done" in done.stdout, done.stdout + done.stderr
    return done


@pytest.mark.parametrize("elsewhere", [False, True], ids=["the run's own script", "a script written elsewhere"])
def test_what_was_taken_away_is_closed_and_says_by_whom(nights, iam, tmp_path, elsewhere):
    (found,) = nights.audit(0)
    script = nights.result.files["script"]
    if elsewhere:
        script = revoke(nights.options(0), [found.id], tmp_path / "meeting")[0]
    apply(script)
    assert iam.list_user_policies(UserName=PIET.name)["PolicyNames"] == []
    assert nights.audit(1) == []
    with nights.ledger as ledger:
        (gone,) = ledger.gone(nights.first, nights.options(1).at)
        assert (gone.id, gone.status) == (found.id, "closed")
    page = nights.result.files["page"].read_text()
    assert "taken away with the cleanup script by" in page


def test_what_comes_back_is_reopened_though_no_night_saw_it_gone(nights, iam):
    (found,) = nights.audit(0)
    apply(nights.result.files["script"])
    iam.put_user_policy(UserName=PIET.name, PolicyName="checkout", PolicyDocument=json.dumps(WRITE))
    (back,) = nights.audit(1)
    assert (back.id, back.status) == (found.id, "reopened")
    assert back.facts["taken_away_at"]
    assert "user/" in back.facts["taken_away_by"] or ":root" in back.facts["taken_away_by"]
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


def test_another_right_of_the_same_finding_did_not_come_back(nights, iam):
    nights.audit(0)
    apply(nights.result.files["script"])
    iam.put_user_policy(UserName=PIET.name, PolicyName="other", PolicyDocument=json.dumps(WRITE))
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
