"""What was looked at: coverage over the runs of a period, and the sources that failed in the latest one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from auditor.config.models import Config
from auditor.evidence.manifest import Manifest
from auditor.evidence.store import GOOD, Store
from auditor.model.arrow import from_arrow
from auditor.model.findings import Seen
from auditor.model.tables import Coverage
from auditor.model.vocabulary import CoverageStatus


def latest_run(store: Store, at: datetime) -> Manifest | None:
    """The last run whose evidence holds at a time."""
    runs = [manifest for manifest in store.manifests() if manifest.at <= at]
    return max(runs, key=lambda manifest: (manifest.at, manifest.number), default=None)


def failed_sources(store: Store, config: Config, at: datetime) -> Mapping[str, tuple[str, ...]]:
    """Configured sources that the latest run could not read, or has not read yet, with the tables that each feeds."""
    run = latest_run(store, at)
    read = {} if run is None else {name: source.status for name, source in run.sources.items()}
    return {
        source.name: source.FEEDS
        for source in config.sources
        if read.get(source.name, CoverageStatus.FAILED) == CoverageStatus.FAILED
    }


def known_until(store: Store, config: Config, at: datetime, table: str) -> datetime | None:
    """Until when a table is known: the last good run of the source that feeds it and was read longest ago.

    None where a source of it was never read, or where none is configured.
    """
    runs = [manifest for manifest in store.manifests() if manifest.at <= at]
    feeding = [source.name for source in config.sources if table in source.FEEDS]
    good = [[run.at for run in runs if name in run.sources and run.sources[name].status in GOOD] for name in feeding]
    return min(map(max, good)) if good and all(good) else None


def coverage(store: Store, config: Config, from_: datetime, at: datetime) -> Sequence[Seen]:
    """What the sources showed of a period, one line for each source and scope, with the latest run's word on it."""
    run = latest_run(store, at)
    names = [source.name for source in config.sources]
    rows = from_arrow(Coverage, store.read(Coverage, store.parts(Coverage, sources=names)))
    known = [row for row in rows if row.collected_at <= at and (row.to is None or row.to >= from_)]
    known.sort(key=lambda row: (row.source, row.scope, row.collected_at))
    lines = [_line(list(group)) for _, group in groupby(known, key=lambda row: (row.source, row.scope))]
    spoken = {line.source for line in lines}
    unread = [_unread(source.name, run) for source in config.sources if source.name not in spoken]
    return sorted([*lines, *unread], key=lambda line: (names.index(line.source), line.scope))


def _line(rows: Sequence[Coverage]) -> Seen:
    last = rows[-1]
    return Seen(
        source=last.source,
        scope=last.scope,
        from_=min((row.from_ for row in rows if row.from_), default=None),
        to=max((row.to for row in rows if row.to), default=None),
        status=last.status,
        rows=sum(row.rows for row in rows),
        reason=last.reason,
    )


def _unread(name: str, run: Manifest | None) -> Seen:
    told = run.sources.get(name) if run else None
    reason = told.reason if told else "it has not been collected yet"
    status = told.status if told else CoverageStatus.FAILED
    return Seen(source=name, scope=name, from_=None, to=None, status=status, reason=reason)
