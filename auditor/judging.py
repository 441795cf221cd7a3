"""The second half of a run: what is stored becomes a case, findings beside those of earlier runs, and reports."""

from collections.abc import Sequence

from msgspec.structs import replace

from auditor.agents import agents_at_work
from auditor.anchors import vouch, vouched
from auditor.campaign.proving import prove
from auditor.campaign.since import Later
from auditor.case.after_changes import after_changes, measured
from auditor.case.build import cases_of
from auditor.case.case import Case
from auditor.case.exposure import WEEK, exposure
from auditor.case.nights import nights
from auditor.config.durations import format_duration
from auditor.deadline import OverdueError, deadline
from auditor.errors import ReportError
from auditor.evidence.store import Store
from auditor.foreseen import foreseen
from auditor.missed import missed
from auditor.model.consequences import Consequence
from auditor.model.findings import Audit
from auditor.options import LATEST, Progress, RunOptions, RunResult
from auditor.past_runs import linked, past_of
from auditor.reconcile import Verdict
from auditor.reconcile import reconcile as judge
from auditor.removals import confirmed, take_in
from auditor.rules.causes import standing_writers
from auditor.rules.succession import apart
from auditor.seal import seal
from auditor.story import stories
from auditor.timeline import timeline
from reports.consequences import refused
from reports.write import RunArtifacts, write_reports

_TIME = len("20261002T031000Z")  # the part of a run's id that is the time of its audit


def judge_and_report(
    store: Store, options: RunOptions, run_id: str, progress: Progress, *, sealed: bool = True
) -> RunResult:
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


def _reconcile(
    store: Store, options: RunOptions, run_id: str, progress: Progress
) -> tuple[Case, Audit, Sequence[Consequence]]:
    """Resolve the evidence into a case, run the rules, and put the findings beside those of earlier runs."""
    progress.start("reconcile")
    with options.ledger as ledger:
        heads, decided = ledger.heads(options.at), ledger.in_force(options.at)
    heads += vouched(options.config, store, options.at)
    with cases_of(store, [options.config], options.at, options.period, heads) as ((case,), activity):
        verdict = judge(case, decided=decided)
        audit = _audit(options, case, verdict, run_id)
        foretold, told = foreseen(store, case, activity, audit.findings)
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
    documents = kept.documents(audit)
    problems: list[str] = []
    if sealed:
        problems += prove(options, tonight, known.campaign)
        head = seal(store, options, audit.run, documents)
        known = linked(known, store, audit.run)
        problems += vouch(options.config, head)
    written = write_reports(audit, kept, options.config, folder, known, options.wanted, documents)
    problems += written.problems
    problems += point_latest(options, audit.run)
    progress.done("report", "; ".join(written.problems))
    before = known.before(audit.audited_at)
    with options.ledger as ledger:
        closed = ledger.gone(before[-1].at, audit.audited_at) if before else ()
    gone, _ = apart(closed, audit.findings, before[-1].at) if before else ((), ())
    result = RunResult(audit=audit, folder=folder, files=written.files, problems=tuple(problems), head=known.head)
    lost = {refused(one, options.config): one.last_at for one in kept.missed}
    return replace(result, gone=gone, refused=lost, first=not before)


def point_latest(options: RunOptions, run_id: str) -> list[str]:
    """Let `latest` point at the run, in one step, unless it shows a later audit; of one still to come, that it did."""
    pointer = options.output / LATEST
    shown = pointer.resolve().name if pointer.exists() else ""
    later = shown[:_TIME] > run_id[:_TIME]
    if later and not options.current:
        return []
    fresh = options.output / f".{LATEST}.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_id, target_is_directory=True)
    fresh.replace(pointer)
    wrong = (
        f"{pointer} showed the run {shown}, whose time is still to come: the clock or an --at was wrong. It shows this"
    )
    return [f"{wrong} run again."] if later else []
