"""Collecting on Spark: the same function over the same batches stages the same parts as this process does."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.collectors.aws.cloudtrail.test_bucket import body, bucket, endpoint, key, s3
from tests.sparks import needs_spark
from tests.waiting import LIMIT

__all__ = ["bucket", "endpoint", "s3"]
ROOT = Path(__file__).parents[2]
pytestmark = needs_spark


@pytest.fixture
def staged(endpoint, s3, bucket, tmp_path):
    """What a program of its own staged of a bucket: its Java must begin with these credentials."""
    for day in range(1, 8):
        s3.put_object(Bucket=bucket, Key=key(f"2026/02/{day:02}", "a"), Body=body(f"id-{day}", f"more-{day}"))
    s3.put_object(Bucket=bucket, Key=key("2026/02/08", "torn"), Body=b"\x1f\x8bno gzip")
    s3.put_object(Bucket=bucket, Key=key("2026/02/09", "deadly", before="other/"), Body=body("never"))
    command = [sys.executable, "-m", "tests.collectors.cluster_reads", endpoint, str(tmp_path)]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])}
    ended = subprocess.run(
        command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    assert ended.returncode == 0, ended.stderr[-4000:]
    return json.loads(ended.stdout.splitlines()[-1])


def test_the_cluster_stages_what_this_machine_does_and_loses_only_what_kills_its_tasks(staged):
    here, spark, deadly = staged["here"], staged["spark"], staged["deadly"]
    assert here["status"] == "partial"  # the torn one
    assert here["rows"] > 14
    assert here["raw"]
    assert spark == here
    assert {part[0] for part in here["parts"]} == {"activity", "objects", "coverage"}
    assert [part for part in deadly["parts"] if part[0] == "activity"] == [
        part for part in here["parts"] if part[0] == "activity"
    ]
    assert "failed on Spark" in deadly["reason"]
