"""What a source's snapshots of earlier runs held."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from auditor.evidence.manifest import Manifest
from auditor.evidence.store import Store
from auditor.model.tables import Row

R = TypeVar("R", bound=Row)


def runs_of(store: Store, source: str, period: tuple[datetime, datetime]) -> Sequence[Manifest]:
    """The runs of a period that read a source, and the last one before it, earliest first."""
    runs = sorted(store.manifests(), key=lambda manifest: (manifest.at, manifest.number))
    read = [run for run in runs if run.at <= period[1] and run.has_read(source)]
    earlier = [run for run in read if run.at < period[0]]
    return [*earlier[-1:], *read[len(earlier) :]]


def rows_of(store: Store, manifest: Manifest, table: type[R], source: str) -> list[R]:
    """The rows of a table that a run stored of a source."""
    from auditor.model.arrow import from_arrow  # late: questions about the past need no Arrow

    parts = [part for part in manifest.parts if (part.table, part.source) == (table.TABLE, source)]
    return list(from_arrow(table, store.read(table, parts))) if parts else []
