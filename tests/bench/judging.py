"""Judging activity that nobody declares: sparse, so that nearly every event is a session, and most of it by one caller."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from functools import partial
from pathlib import Path

from tests.bench.activity import BEGIN, DAYS
from tests.bench.measure import Line, at_most, interleaved, task

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
CALLERS, ACCOUNTS = 500, 22
_SPARSE, _SKEWED = "sparse, undeclared", "one caller has 90 %"
_AT = BEGIN + timedelta(days=DAYS)
_LIMITS = {1_000_000: (8, 600), 10_000_000: (25, 2000)}
"""Seconds and MB for so many events, and for fewer."""

_DAY = """
COPY (
    WITH numbered AS (SELECT i + {first} AS i, hash(i + {first}) AS h FROM range({count}) AS t(i)),
    done AS (
        SELECT
            *,
            CASE WHEN (h >> 40) % 100 < {skew} THEN 7 ELSE (h >> 8) % {callers} END AS who,
            lpad(((h >> 20) % {accounts} + 100000000001)::VARCHAR, 12, '0') AS scope,
            (h % 12 + 1)::BIGINT AS kind
        FROM numbered
    )
    SELECT
        'trail' AS source,
        TIMESTAMPTZ '2026-10-01 00:00:00+00' AS collected_at,
        'AWSLogs/' || scope || '/2026/09/{day:02}/' || (i // 1500) || '.json.gz' AS origin,
        i % 1500 AS record,
        md5((i // 1500)::VARCHAR) || md5('') AS sha256,
        md5(i::VARCHAR) AS event_id,
        TIMESTAMPTZ '2026-09-{day:02} 00:00:00+00' + to_seconds((h >> 32) % 86400) AS time,
        'aws' AS provider,
        scope,
        'arn:aws:iam::' || scope || ':role/role-' || who % 6 AS account,
        'arn:aws:sts::' || scope || ':assumed-role/role-' || who % 6 || '/caller-' || who AS actor,
        'AssumedRole' AS actor_kind,
        actor || '#' || md5((who * 1000 + {day})::VARCHAR) AS session,
        'ASIA' || upper(md5((who * 1000 + {day})::VARCHAR)[:16]) AS credential,
        NULL::VARCHAR AS on_behalf_of,
        NULL::VARCHAR AS invoked_by,
        NULL::VARCHAR AS issued,
        NULL::VARCHAR AS issued_credential,
        ['ec2:DescribeInstances', 's3:GetObject', 's3:GetObject', 's3:PutObject', 'kms:Decrypt', 'sts:AssumeRole',
         'logs:CreateLogStream', 'secretsmanager:GetSecretValue', 'cloudwatch:GetMetricData', 'rds:ModifyDBInstance',
         'ssm:StartSession', 'lambda:UpdateFunctionCode'][kind] AS action,
        ['read', 'read', 'read', 'change', 'read', 'login', 'change', 'secret', 'read', 'change', 'login', 'change'][kind]
            AS category,
        CASE WHEN kind IN (4, 7, 10, 11, 12) THEN 'write' ELSE 'read' END AS level,
        CASE WHEN (h >> 12) % 33 = 0 THEN 'denied' ELSE 'ok' END AS outcome,
        CASE WHEN kind NOT IN (1, 9) THEN 'arn:aws:s3:::data-' || h % 20 || '/year=2026/part-' || md5(i::VARCHAR) END
            AS resource,
        NULL::VARCHAR AS project,
        (who % 200 + 11) || '.' || who % 250 || '.7.9' AS source_ip,
        'aws-cli/2.' || who % 7 || ' md/awscrt#0.28.2 os/linux' AS user_agent,
        NULL::VARCHAR AS ticket,
        NULL::VARCHAR AS detail
    FROM done
) TO '{path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 60000)
"""


def judging() -> list[Line]:
    """A reconcile of both, in time and memory, beside one plain scan of every column of the same parts."""
    stores = {_SPARSE: stored(EVENTS, 0), _SKEWED: stored(EVENTS, 90)}
    runs = {name: partial(task, "judging", store) for name, store in stores.items()}
    costs = interleaved({**runs, "scan": partial(task, "scan", stores[_SPARSE])}, ROUNDS)
    seconds, megabytes = _LIMITS.get(EVENTS, _LIMITS[10_000_000 if EVENTS > 1_000_000 else 1_000_000])
    lines = []
    for name, store in stores.items():
        cost = costs[name]
        what = f"reconcile {EVENTS:,} events: {name}"
        told = json.loads((store / "told.json").read_text())
        lines += [
            at_most(what, cost, cost.seconds, seconds, "s"),
            at_most("  memory", cost, cost.peak_mb, megabytes, "MB"),
            Line("  beside a plain scan", value=f"{cost.seconds / costs['scan'].seconds:.1f} x as long"),
            Line("  sessions, and what stands for them", value=f"{told['sittings']:,} in {told['episodes']:,}"),
        ]
    return [*lines, Line("a scan of every column", costs["scan"])]


def stored(events: int, skew: int) -> Path:
    """A store of one run with so many events, of which one caller has some percent; made when it is not there yet."""
    import duckdb
    import pyarrow.parquet as pq

    from auditor.evidence.manifest import SourceRun
    from auditor.evidence.store import Store
    from auditor.model.arrow import columns_to_arrow
    from auditor.model.tables import Activity

    home = Path(os.environ.get("AUDITOR_BENCH_DIR") or Path(tempfile.gettempdir()) / "auditor-bench")
    folder = home / f"judged-{events}-{skew}"
    if folder.exists():
        return folder
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    store, a_day, written = Store(str(unfinished)), events // DAYS, []
    with store.lock(), tempfile.TemporaryDirectory() as temp, duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        staging, path = store.staging("bench", _AT), Path(temp) / "day.parquet"
        for day in range(1, DAYS + 1):
            values = {"first": day * a_day, "count": a_day, "day": day, "path": path, "skew": skew}
            connection.execute(_DAY.format(**values, callers=CALLERS, accounts=ACCOUNTS))
            rows = pq.read_table(path)
            whole = columns_to_arrow(Activity, {name: rows[name] for name in rows.column_names}, rows.num_rows)
            written += staging.write("trail", Activity, whole)
        run = SourceRun(kind="aws-cloudtrail", status="ok")
        store.commit(staging, written, version="bench", sources={"trail": run})
    unfinished.rename(folder)
    return folder


def run(folder: str) -> float:
    """Seconds from the store to the verdict; leaves beside it how many sessions there were."""
    from auditor.case.build import build_case
    from auditor.config.models import Config
    from auditor.evidence.store import Store
    from auditor.reconcile import reconcile

    source = {"name": "trail", "kind": "aws-cloudtrail", "path": "."}
    begin = time.perf_counter()
    case = build_case(
        Store(folder), Config.model_validate({"organisation": "Bench", "sources": [source]}), _AT, timedelta(days=DAYS)
    )
    verdict = reconcile(case)
    seconds = time.perf_counter() - begin
    told = Counter(episodes=len(case.episodes), sittings=sum(episode.sittings for episode in case.episodes))
    if not (verdict.not_judged and told["sittings"]):
        sys.exit(f"nothing was judged in {folder}")
    (Path(folder) / "told.json").write_text(json.dumps(told))
    return seconds


def scan(folder: str) -> float:
    """Seconds to go through every column of a store's activity once."""
    import duckdb

    from auditor.evidence.store import Store
    from auditor.model.tables import Activity

    begin = time.perf_counter()
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        rows = connection.read_parquet(Store(folder).scan(Activity, BEGIN, _AT))
        most = ", ".join(f"max({name})" for name in rows.columns)
        rows.query("activity", f"SELECT {most} FROM activity").to_arrow_table()
    return time.perf_counter() - begin
