"""What was looked at: coverage over the runs of a period, and the sources that failed in the latest one."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from itertools import groupby
from operator import attrgetter

from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.sources import AnySource
from auditor.errors import StoreError
from auditor.evidence.manifest import Manifest
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.all_tables import TABLES
from auditor.model.findings import CoverageLine
from auditor.model.tables import Activity, Coverage, Credential, Deployment, Grant, ReadObject, Ticket
from auditor.model.vocabulary import CoverageStatus
from auditor.providers.registry import PROVIDERS, provider

_FAULTS = (CoverageStatus.FAILED.value, CoverageStatus.PARTIAL.value)
_OF_FAULTY = "origin IN (SELECT origin FROM stored WHERE list_contains($faults, status))"
_MOST_REASONS = 5
NEEDED = {
    Activity.TABLE: "what anybody did",
    Grant.TABLE: "who holds which rights",
    Credential.TABLE: "which keys, tokens and passwords there are",
    Ticket.TABLE: "what was asked for and approved",
    Deployment.TABLE: "what pipelines ran and deployed",
}
"""The kinds of evidence that rules rest on, and that a company may have no source of."""


def latest_run(store: Store, at: datetime) -> Manifest | None:
    """The last run whose evidence holds at a time."""
    runs = [manifest for manifest in store.manifests() if manifest.at <= at]
    return max(runs, key=lambda manifest: (manifest.at, manifest.number), default=None)


def judged_run(store: Store, at: datetime, means: str = "There is nothing to judge.") -> Manifest:
    """The same, for what is judged at a time.

    Raises:
        StoreError: there is no evidence from before it.
    """
    newest = latest_run(store, at)
    if newest is None:
        raise StoreError(
            f"{store.name} holds no evidence from before {at:%Y-%m-%d %H:%M} UTC.",
            means=means,
            do="Run `auditor collect` or `auditor run` first.",
        )
    return newest


def failed_sources(store: Store, config: Config, at: datetime) -> Mapping[str, tuple[str, ...]]:
    """Configured sources that the latest run could not read, or has not read yet, with the tables that each feeds."""
    run = latest_run(store, at)
    read = {} if run is None else {name: source.status for name, source in run.sources.items()}
    return {
        source.name: source.FEEDS
        for source in config.sources
        if read.get(source.name, CoverageStatus.FAILED) == CoverageStatus.FAILED
    }


def no_source(config: Config, table: str) -> str:
    """The sentence for a kind of evidence that no source of auditor.yaml tells; empty where one does."""
    needed = config.sources and not config.feeding(table)
    return f"no source of auditor.yaml tells {NEEDED[table]}" if needed else ""


def unseen_systems(config: Config, rows: Snapshots) -> tuple[str, ...]:
    """Systems with resources in an account, project or host of which no right was ever read."""
    names = {place.provider_name for system in config.systems for place in system.resources}
    read = {name: provider(name).scopes_read(rows) for name in names}
    return tuple(
        s.id for s in config.systems if not all(any(map(p.has_scope, read[p.provider_name])) for p in s.resources)
    )


def known_until(store: Store, config: Config, at: datetime, table: str) -> datetime | None:
    """Until when a table is known: the last good run of the source that feeds it and was read longest ago.

    None where a source of it was never read, or where none is configured.
    """
    runs = [manifest for manifest in store.manifests() if manifest.at <= at]
    feeding = [source.name for source in config.feeding(table)]
    good = [[run.at for run in runs if run.has_read(name)] for name in feeding]
    return min(map(max, good)) if good and all(good) else None


def lost_tickets(store: Store, config: Config, at: datetime) -> str:
    """Why there may be tickets that are not known: the latest good run of a source could not read all it has of them.

    Empty where all were read.
    """
    names = [source.name for source in config.feeding(Ticket.TABLE)]
    parts = store.snapshot_parts(Coverage, names, at)
    lost = store.rows(Coverage, parts, "rejected > 0 OR status = $failed", failed=CoverageStatus.FAILED.value)
    return next((f"not every ticket of {row.scope} could be read: {row.reason}" for row in lost), "")


def coverage(store: Store, config: Config, from_: datetime, at: datetime) -> Sequence[CoverageLine]:
    """What the sources showed of a period, one line for each source and scope.

    Of a snapshot the latest run's word holds. What a stream's run could not read stays missing, whatever later runs
    say, until it was read after all or the period has left it behind.
    """
    run = latest_run(store, at)
    streams = {source.name: _is_stream(source) for source in config.sources}
    rows = store.rows(Coverage, store.parts(Coverage, sources=streams))
    known = [row for row in rows if row.collected_at <= at and (row.to or row.collected_at) >= from_]
    latest = {name: max(row.collected_at for row in known if row.source == name) for name in {r.source for r in known}}
    missing = _never_read(store, streams, from_, at)
    in_order = sorted(known, key=attrgetter("source", "scope", "collected_at"))
    counting = [row for row in in_order if row.collected_at == latest[row.source] or streams[row.source]]
    standing = [now for row in counting if (now := _now(row, latest[row.source], missing))]
    lines = [
        _line(list(group), whole=streams[source])
        for (source, _), group in groupby(standing, key=attrgetter("source", "scope"))
    ]
    unread = [_unread(source.name, run) for source in config.sources if source.name not in latest]
    order = list(streams)
    return sorted([*lines, *unread], key=lambda line: (order.index(line.source), line.scope))


def never_looked_at(config: Config) -> Iterator[CoverageLine]:
    """What bears on rights and is read by no source that is configured, a line each."""
    return (line for one in PROVIDERS.values() for line in one.unread(config))


def days_recorded(store: Store, config: Config, from_: datetime, at: datetime) -> dict[str, tuple[date, ...]]:
    """The UTC days of a period of which each source of activity holds any record; none that was collected later."""
    feeding = [source.name for source in config.feeding(Activity.TABLE)]
    found: dict[str, set[date]] = {name: set() for name in feeding}
    for manifest in store.manifests():
        for part in manifest.parts if manifest.at <= at else ():
            if part.table == Activity.TABLE and part.source in found and from_.date() <= part.day <= at.date():
                found[part.source].add(part.day)
    return {name: tuple(sorted(days)) for name, days in found.items()}


def _now(row: Coverage, latest: datetime, missing: Collection[tuple[str, datetime]]) -> Coverage | None:
    """What a row comes to now: itself, or only what it showed where the rest of that night was read since."""
    if row.status == CoverageStatus.OK or row.collected_at == latest or (row.source, row.collected_at) in missing:
        return row
    return replace(row, status=CoverageStatus.OK, reason=None) if row.rows else None


def _is_stream(source: AnySource) -> bool:
    return any(table.KIND == "stream" for table in TABLES if table.TABLE in source.FEEDS)


def _never_read(store: Store, sources: Collection[str], from_: datetime, at: datetime) -> set[tuple[str, datetime]]:
    """Sources and times of the runs that could not read an object, or all of it, that no later run has read."""
    parts = store.parts(ReadObject, sources=sources, days=(from_.date(), at.date()))
    objects = store.rows(ReadObject, parts, _OF_FAULTY, faults=list(_FAULTS))
    newest: dict[tuple[str, str], ReadObject] = {}
    for one in objects:
        place = one.source, one.origin
        if one.collected_at <= at and (place not in newest or newest[place].collected_at <= one.collected_at):
            newest[place] = one
    unread = {place for place, one in newest.items() if one.status in _FAULTS}
    faulty = (one for one in objects if one.status in _FAULTS)
    return {(one.source, one.collected_at) for one in faulty if (one.source, one.origin) in unread}


def _line(rows: Sequence[Coverage], *, whole: bool) -> CoverageLine:
    """A scope's line; `whole` says that its rows add up, as a stream's do."""
    last = rows[-1]
    rows = rows if whole else [last]
    faults = [row for row in rows if row.status != CoverageStatus.OK]
    return CoverageLine(
        source=last.source,
        scope=last.scope,
        from_=min((row.from_ for row in rows if row.from_), default=None),
        to=max((row.to for row in rows if row.to), default=None),
        status=CoverageStatus.PARTIAL if faults and last.status == CoverageStatus.OK else last.status,
        rows=sum(row.rows for row in rows),
        reason=_joined([row.reason for row in reversed(faults) if row.reason]) or last.reason,
    )


def _joined(reasons: Iterable[str]) -> str:
    """Each reason once, the newest first, and not all of them where there are many."""
    said = list(dict.fromkeys(reasons))
    more = len(said) - _MOST_REASONS
    return "; ".join(said[:_MOST_REASONS] + ([f"and {more} more reasons"] if more > 0 else []))


def _unread(name: str, run: Manifest | None) -> CoverageLine:
    told = run.sources.get(name) if run else None
    reason = told.reason if told else "it has not been collected yet"
    status = told.status if told else CoverageStatus.FAILED
    return CoverageLine(source=name, scope=name, status=status, reason=reason)
