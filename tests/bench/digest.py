"""Digesting activity: events spread evenly, and all of one person on one system."""

from __future__ import annotations

import os
import random
import tempfile
import time
from collections import defaultdict
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.bench.activity import BEGIN, DAYS, PEOPLE, SYSTEMS, activity
from tests.bench.measure import Line, at_most, interleaved, task

if TYPE_CHECKING:
    import pyarrow as pa

    from auditor.activity.steps import Engine

EVENTS = int(os.environ.get("AUDITOR_BENCH_EVENTS", "1_000_000"))
ROUNDS = int(os.environ.get("AUDITOR_BENCH_ROUNDS", "3"))
WINDOWS = 20_000
_EVEN, _SKEWED = "200 people on 50 systems", "one person on one system"


def digest() -> list[Line]:
    """Both cases, in time and memory. The target is 20 s for ten million events; with fewer, what is fixed weighs more."""
    costs = interleaved(
        {
            _EVEN: partial(task, "digest", activity(EVENTS)),
            _SKEWED: partial(task, "digest", activity(EVENTS, skewed=True)),
        },
        ROUNDS,
    )
    even, skewed = costs[_EVEN], costs[_SKEWED]
    larger = max(even, skewed, key=lambda cost: cost.peak_mb)
    what = f"digest {EVENTS:,} events, {WINDOWS:,} windows"
    millions = EVENTS / 1_000_000
    target = 2 if millions >= 10 else 3
    return [
        at_most(f"{what}: {_EVEN}", even, even.seconds / millions, target, "s a million"),
        at_most(f"{what}: {_SKEWED}", skewed, skewed.seconds / even.seconds, 2, "x the even case"),
        at_most("memory, the larger of the two", larger, larger.peak_mb, 2000, "MB"),
    ]


def attribution() -> list[Line]:
    """Who is behind every caller: the distinct callers and sessions, and the people of the roster behind them."""
    folder = activity(EVENTS)
    names = ("attribution", "digest")
    costs = interleaved({name: partial(task, name, folder) for name in names}, ROUNDS)
    named, whole = (costs[name] for name in names)
    return [at_most(f"attribute {EVENTS:,} events", named, named.seconds / whole.seconds, 0.5, "x a digest")]


def attribute(folder: str) -> float:
    """Seconds to say who acted in a folder of parts."""
    import duckdb

    from auditor.activity.digest import Digester
    from auditor.activity.engine import DuckDB
    from auditor.activity.limits import Limits
    from auditor.case.callers import Callers
    from auditor.case.people import People
    from auditor.providers.registry import log_traits
    from tests.cases import config

    limits = Limits(period_from=BEGIN, period_to=BEGIN + timedelta(days=DAYS))
    parts = sorted(map(str, Path(folder).glob("*.parquet")))
    begin = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as temp, duckdb.connect() as connection:
        digester = Digester(DuckDB(connection, temp=Path(temp)), parts, limits, log_traits())
        found = Callers(
            People(config()), callers := digester.callers(), digester.issues({c.actor for c in callers})
        ).resolve()
    if not found:
        raise SystemExit(f"nobody acted in {folder}")
    return time.perf_counter() - begin


def run(folder: str) -> float:
    """Seconds to digest a folder of parts, from opening them to the episodes as Python objects."""
    import duckdb

    from auditor.activity.engine import DuckDB

    with tempfile.TemporaryDirectory(prefix="auditor-bench-") as temp, duckdb.connect() as connection:
        return timed(DuckDB(connection, temp=Path(temp)), folder)


def timed(engine: Engine, folder: str) -> float:
    """Seconds to digest a folder of parts on an engine that was opened before."""
    from auditor.activity.digest import Digester
    from auditor.activity.limits import Limits
    from auditor.providers.registry import log_traits

    limits = Limits(period_from=BEGIN, period_to=BEGIN + timedelta(days=DAYS))
    parts = sorted(map(str, Path(folder).glob("*.parquet")))
    windows = _windows(*((1, 1) if folder.endswith("skewed") else (PEOPLE, SYSTEMS)))
    begin = time.perf_counter()
    digester = Digester(engine, parts, limits, log_traits(), digested=True)
    callers = digester.callers()
    people = [
        {"caller": one.caller, "person": one.account.rsplit("/", 1)[1], "actor_class": "person", "account": one.account}
        for one in callers
    ]
    digester.know([one | {"everywhere": False} for one in people])
    digester.place(sorted({(one.provider, one.scope) for one in callers}), _owner, _owners)
    found = digester.digest(windows)
    if not sum(episode.events for episode in found.episodes):
        raise SystemExit(f"nothing was digested of {folder}")
    return time.perf_counter() - begin


def _owner(_provider: str, _scope: str, thing: str | None) -> str | None:
    return thing.split("/")[1] if thing else None


def _owners(_provider: str, _scope: str, things: pa.Array) -> pa.Array:
    """Of `…:service/system-7/12`, system-7."""
    import pyarrow.compute as pc

    return pc.list_element(pc.split_pattern(things, "/"), 1)


def _windows(people: int, systems: int):
    from auditor.activity.times import merged

    chance = random.Random(7)
    claimed = defaultdict(list)
    for _ in range(WINDOWS):
        begin = BEGIN + timedelta(seconds=chance.randrange(DAYS * 86_400))
        end = min(begin + timedelta(minutes=chance.randrange(10, 120)), BEGIN + timedelta(days=DAYS))
        claimed[f"person-{chance.randrange(people)}", f"system-{chance.randrange(systems)}"].append((begin, end))
    return [(*whose, None, *span) for whose, spans in claimed.items() for span in merged(spans)]
