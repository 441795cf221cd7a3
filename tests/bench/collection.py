"""Collecting CloudTrail: against the floor, against other programs, and again with one new file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from tests.bench.events import EVENTS_PER_FILE, archive, write_file
from tests.bench.measure import Cost, Line, at_least, at_most, interleaved, task
from tests.bench.tasks import available

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
_ONE, _TWO, _FLOOR = "one process", "two spawned processes", "floor: isal and msgspec on one core, nothing kept"


def collect() -> list[Line]:
    """One and two processes against the floor, in time and memory."""
    folder = archive(EVENTS)
    costs = interleaved(
        {
            _FLOOR: partial(task, "floor", folder),
            _ONE: partial(task, "collect", folder, 1),
            _TWO: partial(task, "collect", folder, 2),
        },
        ROUNDS,
    )
    floor, one, two = (costs[name] for name in (_FLOOR, _ONE, _TWO))
    few = task("collect", archive(EVENTS // 5), 2)
    return [
        Line(f"{_FLOOR}, {EVENTS:,} events", floor, "1 x the floor"),
        at_most(f"collect to Parquet, {_ONE}", one, one.seconds / floor.seconds, 4.5),
        at_most(f"collect to Parquet, {_TWO}", two, two.seconds / floor.seconds, 2.5),
        at_most("memory of the largest process", two, two.peak_mb, 300, "MB"),
        at_most("memory, against a fifth of the files", few, two.peak_mb / few.peak_mb, 1.3, "x as much"),
    ]


def rivals() -> list[Line]:
    """trailscraper's loading and jq, each as it comes, against collecting with a process for each of two cores."""
    folder = archive(EVENTS)
    contenders = {_TWO: partial(task, "collect", folder, 2)}
    skipped = []
    python = _with_trailscraper()
    if python:
        contenders["trailscraper"] = partial(task, "trailscraper", folder, python)
    else:
        skipped.append(Line("trailscraper's loading: SKIPPED, it cannot be installed here"))
    if available("jq"):
        contenders["jq"] = partial(task, "jq", folder)
    else:
        skipped.append(Line("jq: SKIPPED, it is not installed here"))
    costs = interleaved(contenders, ROUNDS)
    ours = costs.pop(_TWO)
    lines = [Line(f"collect to Parquet, {_TWO}, {EVENTS:,} events", ours, "1")]
    targets = {"trailscraper": 3.0, "jq": 5.0}
    for name, cost in costs.items():
        lines.append(at_least(f"{name} on the same files", cost, cost.seconds / ours.seconds, targets[name]))
    return [*lines, *skipped]


def again() -> list[Line]:
    """A second run with one new file, over an archive and over one twenty times as large."""
    costs = {}
    small = EVENTS // 50
    for copies in (1, 20):
        with tempfile.TemporaryDirectory(prefix="auditor-bench-") as evidence:
            folder = Path(evidence) / "archive"
            shutil.copytree(archive(small, copies=copies), folder)
            first = task("collect_into", folder, Path(evidence) / "store")
            seconds = []
            for extra in range(ROUNDS):
                write_file(folder, copies * (small // EVENTS_PER_FILE) + extra)
                seconds.append(task("collect_into", folder, Path(evidence) / "store").seconds)
            costs[copies] = (first, Cost(sorted(seconds)[ROUNDS // 2]))
    (whole, one), (whole_20, one_20) = costs[1], costs[20]
    return [
        Line(f"first run, {small:,} events", whole),
        Line("second run with one new file", one, "1"),
        Line("first run, 20 times the archive", whole_20),
        at_most(
            "second run with one new file, 20 times the archive", one_20, one_20.seconds / one.seconds, 1.5, "x as long"
        ),
    ]


def _with_trailscraper() -> str | None:
    """A Python with trailscraper, in a throwaway environment of its own; None where it cannot be made."""
    home = archive(EVENTS).parent / "trailscraper"
    python = home / "bin" / "python"
    uv = Path(sys.executable).with_name("uv")
    steps = ([uv, "venv", "--quiet", home], [uv, "pip", "install", "--quiet", "--python", python, "trailscraper"])
    if (
        not python.exists()
        or subprocess.run([python, "-c", "import trailscraper"], check=False, capture_output=True).returncode
    ):
        for step in steps:
            if not uv.exists() or subprocess.run(step, check=False, capture_output=True).returncode:
                return None
    return str(python)
