"""The things that are measured, each run as `python -m tests.bench.tasks NAME …`; prints seconds and peak memory."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from tests.bench.measure import report

AT = datetime(2026, 11, 1, tzinfo=UTC)
_TRAIL = MappingProxyType({"kind": "aws-cloudtrail"})


def collect(folder: str, workers: str) -> float:
    """Collect to Parquet, as a run does."""
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as evidence:
        seconds, rows = _run(folder, evidence, int(workers))
    if not rows:
        sys.exit(f"nothing was read from {folder}")
    return seconds


def collect_into(folder: str, evidence: str) -> float:
    """A whole collecting run with one process into a store that stays: read what is new, commit."""
    begin = time.perf_counter()
    _run(folder, evidence, 1)
    return time.perf_counter() - begin


def log(kind: str, folder: str) -> float:
    """Collect a log of one of the kinds of `tests.bench.logs`, with one process."""
    from tests.bench.logs import LOGS

    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as evidence:
        seconds, rows = _run(folder, evidence, 1, LOGS[kind][0])
    if not rows:
        sys.exit(f"nothing was read from {folder}")
    return seconds


def _run(folder: str, evidence: str, workers: int, settings: Mapping[str, str] = _TRAIL) -> tuple[float, int]:
    from pydantic import TypeAdapter

    from auditor.config.sources import AnySource
    from auditor.evidence.manifest import SourceRun
    from auditor.evidence.objects_read import seen
    from auditor.evidence.store import Store
    from collectors.base import Context
    from collectors.pool import collect as collect_source
    from collectors.registry import collector_for

    source = TypeAdapter(AnySource).validate_python({"name": "trail", "path": folder, **settings})
    collector = collector_for(source, Context(collected_at=AT, base=Path(folder)))
    store = Store(evidence)
    with store.lock():
        staging = store.staging(f"run-{len(store.manifests())}", AT)
        begin = time.perf_counter()
        found = collect_source(collector, staging=staging, seen=seen(store, "trail"), workers=workers)
        seconds = time.perf_counter() - begin
        run = SourceRun(kind=source.kind, status=found.status)
        store.commit(staging, found.parts, version="bench", sources={"trail": run})
    return seconds, found.rows.get("activity", 0)


def attribution(folder: str) -> float:
    """Who is behind every caller of a folder's events."""
    from tests.bench.digest import attribute

    return attribute(folder)


def digest(folder: str) -> float:
    """Digest a folder of activity."""
    from tests.bench.digest import run

    return run(folder)


def spark(folder: str, master: str) -> float:
    """The same on Spark."""
    from tests.bench.spark import run

    return run(folder, master)


def reconcile(folder: str) -> float:
    """The whole reconcile of a store."""
    from tests.bench import reconcile as bench

    return bench.run(folder)


def judging(folder: str) -> float:
    """The reconcile of a store in which nobody is declared."""
    from tests.bench import judging as bench

    return bench.run(folder)


def scan(folder: str) -> float:
    """Every column of a store's activity, once."""
    from tests.bench import judging as bench

    return bench.scan(folder)


def fit_person(folder: str) -> float:
    """The grants that fit one person's work of 90 days."""
    from tests.bench import past as bench

    return bench.fit_person(folder)


def fit_system(folder: str) -> float:
    """The grants that fit everybody's work of 90 days on one system."""
    from tests.bench import past as bench

    return bench.fit_system(folder)


def replay(folder: str) -> float:
    """What would have failed without one right, on the screen."""
    from tests.bench import past as bench

    return bench.replay(folder)


def printed(demo: str, count: str) -> float:
    """The PDF of so many findings."""
    from tests.bench import reports as bench

    return bench.printed(demo, count)


def paged(demo: str, count: str) -> float:
    """The page of so many findings."""
    from tests.bench import reports as bench

    return bench.paged(demo, count)


def rights() -> float:
    """Everybody's paths in a large AWS account."""
    from tests.bench import rights as bench

    return bench.paths()


TASKS: dict[str, Callable[..., float]] = {
    one.__name__: one
    for one in (
        collect,
        collect_into,
        log,
        attribution,
        digest,
        spark,
        reconcile,
        judging,
        scan,
        replay,
        fit_person,
        fit_system,
        printed,
        paged,
        rights,
    )
}


def main() -> None:
    """Run the task that the command line names, as the program would."""
    from auditor.cli import collect_seldom

    collect_seldom()
    seconds = TASKS[sys.argv[1]](*sys.argv[2:])
    report(seconds)


if __name__ == "__main__":
    main()
