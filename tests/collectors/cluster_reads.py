"""Read a CloudTrail bucket in this process and over Spark, `endpoint folder`; prints what each way staged, as JSON."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from auditor.activity.engines import collecting
from auditor.config.engine import SparkEngine
from auditor.config.sources.aws import AwsCloudTrail
from auditor.evidence.staging import Staging
from collectors.aws.cloudtrail.collector import CloudTrail
from collectors.base import Context
from collectors.pool import collect
from tests.sparks import QUICK

AT = datetime(2026, 3, 1, 3, tzinfo=UTC)


class OneByOne(CloudTrail):
    """Reads a bucket in many small batches."""

    def fetch(self, seen):
        for batch in super().fetch(seen):
            yield from ([raw] for raw in batch)


class Deadly(OneByOne):
    """One object kills the process that reads it."""

    def normalise(self, batch):
        if any("deadly" in raw.origin for raw in batch):
            os._exit(9)
        return super().normalise(batch)


def told(kind, folder, endpoint, engine, prefix):
    source = AwsCloudTrail(name="trail", kind="aws-cloudtrail", bucket="trail", prefix=prefix, endpoint_url=endpoint)
    staging = Staging("r1", AT, folder)
    got = collect(
        kind(source=source, context=Context(AT, folder)), staging=staging, seen={}, cluster=collecting(engine)
    )
    parts = sorted((part.table, str(part.day), part.rows, part.sha256) for part in got.parts)
    return {
        "status": got.status,
        "reason": got.reason,
        "parts": parts,
        "rows": sum(pq.read_metadata(folder / part.path).num_rows for part in got.parts),
        "raw": sorted(file.sha256 for file in got.raw),
    }


def main(endpoint, folder):
    spark = SparkEngine(
        kind="spark", master="local[2]", settings={**QUICK, "spark.task.maxFailures": "1"}, collect=True
    )
    answers = {
        "here": told(OneByOne, Path(folder, "here"), endpoint, None, "AWSLogs/"),
        "spark": told(OneByOne, Path(folder, "spark"), endpoint, spark, "AWSLogs/"),
        "deadly": told(Deadly, Path(folder, "deadly"), endpoint, spark, ""),
    }
    print(json.dumps(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
