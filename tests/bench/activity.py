"""Activity in Parquet for the digest's benchmark: made up by DuckDB in seconds, the same on every machine.

People's sittings of two hundred calls: either two hundred people on fifty systems, or one person on one. Harder than real
trails, most of which robots write: here every event is judged.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import duckdb

BEGIN = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = 30
PEOPLE, SYSTEMS = 200, 50

_DAY = """
COPY (
    WITH numbered AS (
        SELECT i, hash(i + {first}) AS h, hash((i + {first}) // 200) AS sitting FROM range({count}) AS t(i)
    ),
    done AS (
        SELECT *, sitting % {people} AS person, (sitting >> 16) % {systems} AS place, (h % 10 + 1)::BIGINT AS kind
        FROM numbered
    )
    SELECT
        'trail' AS source,
        TIMESTAMPTZ '2026-10-01 00:00:00+00' AS collected_at,
        'AWSLogs/111122223333/CloudTrail/eu-central-1/2026/09/{day:02}/' || (i // 1500) || '.json.gz' AS origin,
        i % 1500 AS record,
        md5((i // 1500)::VARCHAR) || md5('') AS sha256,
        md5((i + {first})::VARCHAR) AS event_id,
        TIMESTAMPTZ '2026-09-{day:02} 00:00:00+00'
            + to_seconds(least(86399, (sitting >> 32) % 86400 + (i % 200) * 5)) AS time,
        'aws' AS provider,
        '111122223333' AS scope,
        'arn:aws:iam::111122223333:user/person-' || person AS account,
        account AS actor,
        'IAMUser' AS actor_kind,
        NULL::VARCHAR AS session,
        'AKIA' || lpad(person::VARCHAR, 16, '0') AS credential,
        NULL::VARCHAR AS on_behalf_of,
        NULL::VARCHAR AS invoked_by,
        NULL::VARCHAR AS issued,
        NULL::VARCHAR AS issued_credential,
        ['ec2:DescribeInstances', 'ecs:UpdateService', 'rds:ModifyDBInstance', 's3:GetObject', 'ssm:PutParameter',
         'ecs:DescribeServices', 'logs:GetLogEvents', 'lambda:UpdateFunctionCode', 's3:PutObject',
         'iam:ListUsers'][kind] AS action,
        CASE WHEN kind IN (2, 3, 5, 8, 9) THEN 'change' ELSE 'read' END AS category,
        CASE WHEN kind IN (2, 3, 5, 8, 9) THEN 'write' ELSE 'read' END AS level,
        CASE WHEN (h >> 8) % 50 = 0 THEN 'denied' ELSE 'ok' END AS outcome,
        'arn:aws:ecs:eu-central-1:111122223333:service/system-' || place || '/' || ((h >> 16) % 20) AS resource,
        NULL::VARCHAR AS project,
        '203.0.113.' || (person % 250) AS source_ip,
        'aws-cli/2.17 md/Botocore#' || (h % 3) AS user_agent,
        NULL::VARCHAR AS ticket,
        NULL::VARCHAR AS detail
    FROM done
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 60000)
"""


def activity(events: int, *, skewed: bool = False) -> Path:
    """A folder with a part for each day; made when it is not there yet."""
    home = Path(os.environ.get("AUDITOR_BENCH_DIR") or Path(tempfile.gettempdir()) / "auditor-bench")
    folder = home / f"activity-{events}-{'skewed' if skewed else 'even'}"
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    a_day = events // DAYS
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        for day in range(1, DAYS + 1):
            values = {"first": day * a_day, "count": a_day, "day": day, "path": unfinished / f"{day:02}.parquet"}
            crowd = {"people": 1, "systems": 1} if skewed else {"people": PEOPLE, "systems": SYSTEMS}
            connection.execute(_DAY.format(**values, **crowd))
    unfinished.rename(folder)
    return folder
