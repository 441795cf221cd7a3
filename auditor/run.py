"""The straight line: collect, normalise, store, reconcile, report, notify."""

import hashlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic

import auditor
from auditor.activity.engines import collecting
from auditor.agents import agents_at_work
from auditor.anchors import vouch, vouched
from auditor.campaign.proving import prove
from auditor.campaign.since import Later
from auditor.case.after_changes import after_changes, measured
from auditor.case.build import build_case
from auditor.case.case import Case
from auditor.case.coverage import coverage, judged_run, latest_run
from auditor.case.exposure import WEEK, exposure
from auditor.case.nights import nights
from auditor.config import Config, load
from auditor.config.draft import judging_by
from auditor.config.durations import format_duration
from auditor.config.kept_policy import kept_policy
from auditor.config.kept_policy import read as read_policy
from auditor.deadline import OverdueError, deadline
from auditor.errors import ReportError
from auditor.evidence import judgements
from auditor.evidence.manifest import POLICY, Manifest, Part, SourceRun
from auditor.evidence.remembered import remembered
from auditor.evidence.seen import seen
from auditor.evidence.store import Store
from auditor.foreseen import foreseen
from auditor.ledger import set_aside
from auditor.missed import missed
from auditor.model.consequences import Consequence
from auditor.model.findings import Audit
from auditor.model.vocabulary import CoverageStatus
from auditor.notify import failed, notify
from auditor.options import LATEST, LEDGER, Progress, RunOptions, RunResult
from auditor.past_runs import linked, past_of
from auditor.reconcile import Verdict
from auditor.reconcile import reconcile as judge
from auditor.removals import confirmed, take_in
from auditor.rules.causes import standing_writers
from auditor.rules.succession import apart
from auditor.seal import seal
from auditor.story import stories
from auditor.timeline import timeline
from collectors.base import Context
from collectors.pool import Collected
from collectors.pool import collect as read
from collectors.registry import collector_for
from reports.consequences import refused
from reports.write import RunArtifacts, write_reports

_TIME = len("20261002T031000Z")  # the part of a run's id that is the time of its audit
_log = logging.getLogger(__name__)


def run(options: RunOptions, progress: Progress) -> RunResult:
    """The whole line. A failing source or report never stops the rest.

    Raises:
        LockedError: another run holds the evidence store.
        StoreError: the evidence cannot be stored; nothing of the run is.
    """
    store = options.store
    with store.lock(options.wait), _failure_told(options):
        damage = set_aside(options.output / LEDGER, options.at)
        run_id = _interrupted(store, options) or _collect(store, options, progress).run
        result = _judged(store, options, run_id, progress)
        if damage:
            result = replace(result, problems=(*result.problems, damage))
    return _notified(result, options)


def collect(options: RunOptions, progress: Progress) -> RunResult:
    """Read what is new into the evidence store, and judge nothing."""
    store = options.store
    with store.lock(options.wait):
        _collect(store, options, progress)
    lines = coverage(store, options.config, options.at - options.period, options.at)
    return RunResult(audit=None, folder=Path(options.evidence), seen=tuple(lines))


def reconcile(options: RunOptions, progress: Progress) -> RunResult:
    """Judge what is stored, as of `options.at`, and report it."""
    store = options.store
    with store.lock(options.wait):
        newest = judged_run(store, options.at)
        # A judgement of another time is no second word on the night whose evidence it rests on.
        run_id = newest.run if newest.at == options.at else _run_id(store, options.at)
        result = _judged(store, options, run_id, progress)
        with options.ledger as ledger:
            ledger.finish(run_id)
    return result


def reconcile_by(options: RunOptions, policy: str, progress: Progress) -> RunResult:
    """Judge what is stored by another policy, beside what was judged by this one: nothing of it is recorded.

    It goes below the output folder, with a copy of the ledger: what is new there only the other policy finds.

    Args:
        options: what a run is told; its sources, and where evidence and output are, stay as they are.
        policy: the file of another auditor.yaml, or the id of a run that was judged by it.
        progress: whoever wants to hear how far it is.
    """
    store = options.store
    other = _other_policy(store, policy)
    name = f"by-{hashlib.sha256(kept_policy(other)).hexdigest()[:8]}"
    trial = replace(options, config=judging_by(other, options.config), output=options.output / name)
    with options.ledger as ledger:
        ledger.copy(trial.output / LEDGER)
    with store.lock(options.wait):
        run_id = f"{judged_run(store, options.at).run}-{name}"
        return _judged(store, trial, run_id, progress, sealed=False)


def _other_policy(store: Store, policy: str) -> Config:
    kept = next((data for run, data in judgements.kept_policies(store) if run.run == policy and data), None)
    return load(policy) if kept is None else read_policy(kept, policy)


def _interrupted(store: Store, options: RunOptions) -> str | None:
    """The run of this very time that stored its evidence and did not come to its end; it is gone on with."""
    store.mend()
    newest = latest_run(store, options.at)
    if newest is None or newest.at != options.at:
        return None
    with options.ledger as ledger:
        return None if ledger.finished(newest.run) else newest.run


def _collect(store: Store, options: RunOptions, progress: Progress) -> Manifest:
    """Fetch and normalise every source, then store the run as a whole."""
    config = options.config
    staging = store.staging(_run_id(store, options.at), options.at)
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


def _reconcile(
    store: Store, options: RunOptions, run_id: str, progress: Progress
) -> tuple[Case, Audit, Sequence[Consequence]]:
    """Resolve the evidence into a case, run the rules, and put the findings beside those of earlier runs."""
    progress.start("reconcile")
    with options.ledger as ledger:
        heads, decided = ledger.heads(options.at), ledger.in_force(options.at)
    heads += vouched(options.config, store, options.at)
    case = build_case(store, options.config, options.at, options.period, heads)
    verdict = judge(case, decided=decided)
    audit = _audit(options, case, verdict, run_id)
    foretold, told = foreseen(store, case, audit.findings)
    exposed = exposure(case, *nights(store, case.access, case.at - WEEK, case.at))
    with options.ledger as ledger:
        take_in(options, ledger)
        last = max((run.at for run in ledger.history() if run.at < options.at), default=None)
        findings, came_back = confirmed(foretold, ledger.removed(options.at), last)
        recorded = ledger.record(
            run_id,
            options.at,
            findings,
            came_back=came_back,
            period_from=audit.period_from,
            not_judged=verdict.not_judged,
            unseen=verdict.unseen,
            people_with_write=len(standing_writers(case)),
        )
        ledger.expose(run_id, exposed)
    audit = replace(audit, findings=tuple(recorded), exposure=exposed)
    progress.done("reconcile", f"{len(audit.findings)} findings")
    return case, audit, told


def _audit(options: RunOptions, case: Case, verdict: Verdict, run_id: str) -> Audit:
    return Audit(
        run=run_id,
        organisation=options.config.organisation,
        audited_at=options.at,
        period_from=case.period_from,
        period_to=options.at,
        complete=not case.failed and all(seen.status == "ok" for seen in case.coverage),
        findings=verdict.findings,
        not_judged=verdict.told,
        clear=verdict.clear,
        coverage=tuple(case.coverage),
        unseen_systems=case.unseen_systems,
        days=case.days,
        tested=verdict.tested,
    )


def _report(
    store: Store,
    case: Case,
    judged: tuple[Audit, Sequence[Consequence]],
    options: RunOptions,
    progress: Progress,
    *,
    sealed: bool,
) -> RunResult:
    audit, consequences = judged
    folder = options.folder(audit.run)
    progress.start("report")
    after = after_changes(store, case)
    if after is not None:
        with options.ledger as ledger:
            ledger.measure(audit.run, *measured(after))
    kept = RunArtifacts(
        access=case.access,
        eligible=case.eligible,
        stories=stories(case, audit.findings),
        agents=agents_at_work(case),
        timeline=timeline(case, audit.findings),
        after=after,
        consequences=consequences,
        missed=missed(store, options),
    )
    tonight = Later.of(audit, [*case.access, *case.eligible])
    known = past_of(options, audit.audited_at, tonight)
    problems: list[str] = []
    if sealed:
        problems += prove(options, tonight, known.campaign)
        head = seal(store, options, audit.run, kept.documents(audit))
        known = linked(known, store, audit.run)
        problems += vouch(options.config, head)
    written = write_reports(audit, kept, options.config, folder, known, options.wanted)
    problems += written.problems
    _point_latest(options.output, audit.run)
    progress.done("report", "; ".join(written.problems))
    before = known.before(audit.audited_at)
    with options.ledger as ledger:
        closed = ledger.gone(before[-1].at, audit.audited_at) if before else ()
    gone, _ = apart(closed, audit.findings, before[-1].at) if before else ((), ())
    result = RunResult(audit=audit, folder=folder, files=written.files, problems=tuple(problems), head=known.head)
    lost = {refused(one, options.config): one.last_at for one in kept.missed}
    return replace(result, gone=gone, refused=lost, first=not before)


def _judged(store: Store, options: RunOptions, run_id: str, progress: Progress, *, sealed: bool = True) -> RunResult:
    """Judge and report, in so much time and no more, lest it lock out the next run; raises ReportError after it."""
    longest = options.config.judging_timeout
    try:
        with deadline(longest):
            case, audit, consequences = _reconcile(store, options, run_id, progress)
            return _report(store, case, (audit, consequences), options, progress, sealed=sealed)
    except OverdueError as error:
        raise ReportError(
            f"Judging and reporting took longer than {format_duration(longest)}.",
            means="What was read is stored; it was not judged, or not reported.",
            do="Run it again; where it only needs longer, raise `judging_timeout` in auditor.yaml.",
        ) from error


@contextmanager
def _failure_told(options: RunOptions) -> Iterator[None]:
    """Let the team hear of a run that ends early; that it cannot be told is logged beside the failure itself."""
    try:
        yield
    except Exception as error:  # whatever it is: nothing is caught, it goes on as it came
        try:
            failed(options.config, error)
        except ReportError as unsent:
            _log.warning("Nobody could be told of the failure: %s", " ".join(unsent.diagnostics()))
        raise


def _notified(result: RunResult, options: RunOptions) -> RunResult:
    """The result, with what kept the team from hearing of it; the run is over then."""
    try:
        if result.audit:
            with options.ledger as ledger:
                notify(options.config, result, ledger)
                ledger.finish(result.audit.run)
    except ReportError as error:
        return replace(result, problems=(*result.problems, " ".join(error.diagnostics())))
    return result


def _point_latest(output: Path, run_id: str) -> None:
    """Let `latest` point at the run, in one step, unless it shows a later audit already."""
    pointer = output / LATEST
    if pointer.exists() and pointer.resolve().name[:_TIME] > run_id[:_TIME]:
        return
    fresh = output / f".{LATEST}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_id, target_is_directory=True)
    fresh.replace(pointer)


def _run_id(store: Store, at: datetime) -> str:
    """The time of the audit; a second run of the same time gets a number."""
    name = f"{at:%Y%m%dT%H%M%SZ}"
    taken = {manifest.run for manifest in store.manifests()}
    return next(run_id for n in range(len(taken) + 1) if (run_id := f"{name}-{n + 1}" if n else name) not in taken)
