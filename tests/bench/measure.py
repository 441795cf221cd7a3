"""Measuring programs from outside: each run in a process of its own, several taking turns, medians of time and memory."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing import forkserver


@dataclass(frozen=True)
class Cost:
    """What a run took: seconds, the most memory of its largest process in MB, processor seconds of all its processes.

    Processor seconds count starting the programs too. Where they are far below the seconds times the processes, the
    machine was busy with other things, and the ratios of seconds mean little.
    """

    seconds: float
    peak_mb: float = 0.0
    cpu: float = 0.0


@dataclass(frozen=True)
class Line:
    """One line of the benchmark's table; `met` is None where there is no target."""

    what: str
    cost: Cost | None = None
    value: str = ""
    target: str = ""
    met: bool | None = None


def task(name: str, *arguments: object, python: object = sys.executable, module: str = "tasks") -> Cost:
    """Run one of `tests.bench.tasks`, or of another module of it, in a process of its own."""
    command = [str(python), "-m", f"tests.bench.{module}", name, *map(str, arguments)]
    answer = subprocess.run(command, check=True, capture_output=True, text=True)
    return Cost(**json.loads(answer.stdout.splitlines()[-1]))


def program(*arguments: object) -> Cost:
    """What the program itself takes from its start to its end; what it prints is read and thrown away."""
    begin = time.perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "auditor", *map(str, arguments)], stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"auditor {' '.join(map(str, arguments))} ended with {process.returncode}")
    return Cost(time.perf_counter() - begin, used.ru_maxrss / 1024, used.ru_utime + used.ru_stime)


def report(seconds: float) -> None:
    """Print what this process took, for the one that runs it; with its workers, which another process has forked."""
    # What forked them ends with this process, and only what has ended is counted.
    forkserver._forkserver._stop()  # type: ignore[attr-defined]
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    cpu = sum(one.ru_utime + one.ru_stime for one in used)
    print(json.dumps({"seconds": seconds, "peak_mb": max(one.ru_maxrss for one in used) / 1024, "cpu": cpu}))


def interleaved(contenders: Mapping[str, Callable[[], Cost]], rounds: int) -> dict[str, Cost]:
    """Each contender's medians over the rounds; they take turns, so that a busy spell of the machine hits them all."""
    costs: dict[str, list[Cost]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, run in contenders.items():
            print(f"  round {number + 1} of {rounds}: {name} …", file=sys.stderr, flush=True)
            costs[name].append(run())
    return {
        name: Cost(*(statistics.median(getattr(c, part) for c in runs) for part in ("seconds", "peak_mb", "cpu")))
        for name, runs in costs.items()
    }


def at_most(what: str, cost: Cost, value: float, target: float, unit: str = "x the floor") -> Line:
    """A line whose value must not be larger than its target."""
    return Line(what, cost, f"{value:.2f} {unit}", f"at most {target:g}", value <= target)


def at_least(what: str, cost: Cost, value: float, target: float, unit: str = "x as long") -> Line:
    """A line whose value must not be smaller than its target."""
    return Line(what, cost, f"{value:.2f} {unit}", f"at least {target:g}", value >= target)
