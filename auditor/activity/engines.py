"""The engine that auditor.yaml asks for, over the parts of a store."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from auditor.activity.engine import DuckDB
from auditor.activity.steps import Engine
from auditor.config.engine import AnyEngine, SparkEngine
from auditor.evidence.store import Store


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
        with closing(DuckDB(connection := store.connect())) as engine, closing(connection):
            yield engine
