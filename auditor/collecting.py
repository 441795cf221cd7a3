"""The first half of a run: every source is fetched, normalised and stored."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import monotonic

import auditor
from auditor.activity.engines import collecting
from auditor.case.coverage import latest_run
from auditor.config.kept_policy import kept_policy
from auditor.evidence.forgotten_tickets import remembered
from auditor.evidence.manifest import POLICY, Manifest, Part, SourceRun
from auditor.evidence.objects_read import seen
from auditor.evidence.store import Store
from auditor.model.vocabulary import CoverageStatus
from auditor.options import Progress, RunOptions
from collectors.base import Context
from collectors.pool import Collected
from collectors.pool import collect as read
from collectors.registry import collector_for


def interrupted(store: Store, options: RunOptions) -> str | None:
    """The run of this very time that stored its evidence and did not come to its end; it is gone on with."""
    store.mend()
    newest = latest_run(store, options.at)
    if newest is None or newest.at != options.at:
        return None
    with options.ledger as ledger:
        return None if ledger.finished(newest.run) else newest.run


def store_sources(store: Store, options: RunOptions, progress: Progress) -> Manifest:
    """Fetch and normalise every source, then store the run as a whole."""
    config = options.config
    staging = store.staging(new_run_id(store, options.at), options.at)
    context = Context(staging.at, config.base, config.timezone, config.keep_raw, config.hosts, config.signals)
    collected: list[Collected] = []
    before: list[Part] = []
    until = monotonic() + config.timeout.total_seconds()
    for source in config.sources:
        progress.start(source.name)

        def advance(steps: int, name: str = source.name) -> None:
            progress.advance(name, steps)

        collector = collector_for(source, context)
        known = seen(store, source.name, source.days_again)
        left = timedelta(seconds=until - monotonic())
        one = read(
            collector,
            staging=staging,
            seen=known,
            workers=options.workers,
            left=left,
            advance=advance,
            cluster=collecting(config.engine),
        )
        collected.append(one)
        if source.FORGETS and one.status is not CoverageStatus.FAILED:
            before += remembered(store, staging, source.name, one.parts)
        progress.done(source.name, collected[-1].reason or "")
    return store.commit(
        staging,
        [*(part for one in collected for part in one.parts), *before],
        version=auditor.__version__,
        kept={POLICY: kept_policy(config)},
        sources=_source_runs(options, collected),
        raw=[raw for one in collected for raw in one.raw],
    )


def _source_runs(options: RunOptions, collected: Sequence[Collected]) -> Mapping[str, SourceRun]:
    kinds = {source.name: source.kind for source in options.config.sources}
    return {one.source: SourceRun(kind=kinds[one.source], status=one.status, reason=one.reason) for one in collected}


def new_run_id(store: Store, at: datetime) -> str:
    """The time of the audit; a second run of the same time gets a number."""
    name = f"{at:%Y%m%dT%H%M%SZ}"
    taken = {manifest.run for manifest in store.manifests()}
    return next(run_id for n in range(len(taken) + 1) if (run_id := f"{name}-{n + 1}" if n else name) not in taken)
