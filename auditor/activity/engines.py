"""The engine that auditor.yaml asks for, over the parts of a store."""

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING

from auditor.activity.engine import DuckDB
from auditor.activity.steps import Engine
from auditor.config.engine import AnyEngine, SparkEngine
from auditor.deadline import interrupted_by
from auditor.evidence.store import Store
from auditor.model.tables import Activity

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

Holding = Callable[[], Mapping[str, Collection[str]]]
# MB that DuckDB may hold for a core, in all, and on the smallest machine; beyond it, it works on disk.
_A_CORE, _MOST, _LEAST = 750, 3000, 500


@contextmanager
def opened(store: Store, asked: AnyEngine) -> Iterator[Engine]:
    """An engine that reads what the store's `scan` returns.

    Raises:
        EngineError: it cannot be started, or broke off.
    """
    if isinstance(asked, SparkEngine):
        from auditor.activity.spark import spark

        with spark(asked) as engine:
            yield engine
    else:
        with _embedded(store) as engine:
            yield engine


@contextmanager
def _embedded(store: Store) -> Iterator[DuckDB]:
    cores, memory = _share()
    with (
        closing(store.connect(f"{memory}MB")) as connection,
        interrupted_by(connection.interrupt),
        closing(DuckDB(connection, memory=None, threads=cores)) as engine,
    ):
        yield engine


def begin_holding(
    store: Store, asked: AnyEngine, stretch: tuple[datetime, datetime], things: Collection[str]
) -> Holding | None:
    """By thing the parts of a stretch of time that tell of it; None where an engine would read them no faster for it.

    It is looked for while other work is done, and in a bucket not before it is asked for.
    """

    @cache
    def look() -> Mapping[str, Collection[str]]:
        with _embedded(store) as engine:
            return engine.holding(store.scan(Activity, *stretch), "resource", things)

    if not things or isinstance(asked, SparkEngine):
        return None
    return store.aside(look).result if store.at_hand else look


def collecting(asked: AnyEngine) -> AbstractContextManager["SparkSession"] | None:
    """The cluster that reads sources' buckets, where auditor.yaml asks for that; it is started by who enters it."""
    if not isinstance(asked, SparkEngine) or not asked.collect:
        return None
    from auditor.activity.spark import connected

    return connected(asked, "Nothing of the run was stored.")


def _share() -> tuple[int, int]:
    """The cores that this process may use, and MB: as much as they need, at most a quarter of the machine's."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    machine = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    return cores, max(min(max(cores, 2) * _A_CORE, machine // 4, _MOST), _LEAST)
