"""Runs that are stored by hand, for what reads an evidence store."""

from collections.abc import Iterable
from datetime import datetime

from auditor.evidence.manifest import SourceRun
from auditor.evidence.store import Store
from auditor.model.arrow import to_arrow
from auditor.model.groups import grouped
from auditor.model.tables import Row


def store_run(store: Store, run: str, at: datetime, *rows: Row, read: Iterable[str] = (), status: str = "ok") -> None:
    """Store a run's rows, each as its own source's; `read` are sources that were read too, with rows or without."""
    some = grouped(((row.source, type(row)), row) for row in rows)
    names = {*read, *(source for source, _ in some)}
    with store.lock():
        staging = store.staging(run, at)
        parts = [
            part for (name, table), own in some.items() for part in staging.write(name, table, to_arrow(table, own))
        ]
        sources = {name: SourceRun(kind="made-up", status=status) for name in sorted(names)}
        store.commit(staging, parts, version="1", sources=sources)
