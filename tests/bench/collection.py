"""Collecting CloudTrail: against the floor and other programs, and again with one new file."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench import various
from tests.bench.events import EVENTS_PER_FILE, write_file
from tests.bench.events import archive as calm
from tests.bench.measure import Cost, Line, at_least, at_most, interleaved, task
from tests.bench.peers import PACKAGES

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
_ONE, _TWO = "one process", "two spawned processes"
_ARCHIVES = {"calm": calm, "various": various.archive}
_PEERS = {"duckdb": 1.0, "polars": 0.0, "trailscraper": 3.0, "jq": 5.0}
"""Programs on the same files, and how many times as long they must take at least; 0 where nothing is promised."""


def collect() -> list[Line]:
    """One and two processes against the floor and other programs, in time and memory, on calm and on various data."""
    return [line for name, archive in _ARCHIVES.items() for line in _collect(name, archive)]


def _collect(name: str, archive: Callable[[int], Path]) -> list[Line]:
    folder, python = archive(EVENTS), _python_of_peers()
    contenders = {
        _ONE: partial(task, "collect", folder, 1),
        _TWO: partial(task, "collect", folder, 2),
        **{peer: partial(task, peer, folder, python=python, module="peers") for peer in ("floor", *_PEERS)},
    }
    if shutil.which("jq") is None:
        del contenders["jq"]
    costs = interleaved(contenders, ROUNDS)
    floor, one, two = (costs[name] for name in ("floor", _ONE, _TWO))
    few = task("collect", archive(EVENTS // 5), 2)
    return [
        Line(f"{name}: floor, isal and simdjson on one core, {EVENTS:,} events", floor, "1 x the floor"),
        at_most(f"{name}: collect to Parquet, {_ONE}", one, one.seconds / floor.seconds, 7),
        at_most(f"{name}: collect to Parquet, {_TWO}", two, two.seconds / floor.seconds, 4),
        at_most(f"{name}: memory of the largest process", two, two.peak_mb, 300, "MB"),
        at_most(f"{name}: memory, against a fifth of the files", few, two.peak_mb / few.peak_mb, 1.3, "x as much"),
        *(
            at_least(f"{name}: {peer}", costs[peer], costs[peer].seconds / two.seconds, least, "x as long as ours")
            for peer, least in _PEERS.items()
            if peer in costs
        ),
    ]


def again() -> list[Line]:
    """A second run with one new file, over an archive and over one twenty times as large."""
    costs = {}
    small = EVENTS // 50
    for copies in (1, 20):
        with tempfile.TemporaryDirectory(prefix="auditor-bench-") as evidence:
            folder = Path(evidence) / "archive"
            shutil.copytree(calm(small, copies=copies), folder)
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


def _python_of_peers() -> Path:
    """A Python with the programs that ours is measured beside, in an environment of its own that is kept."""
    home = calm(EVENTS).parent / "peers"
    python, uv = home / "bin" / "python", Path(sys.executable).with_name("uv")
    if not (home / ".whole").exists():
        subprocess.run([uv, "venv", "--quiet", "--clear", home], check=True)
        subprocess.run([uv, "pip", "install", "--quiet", "--python", python, *PACKAGES], check=True)
        (home / ".whole").touch()
    return python
