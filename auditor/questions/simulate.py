"""What another policy would have found: the same evidence judged by two policies in one process, nothing recorded."""

import dataclasses
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import Struct
from msgspec.structs import replace

from auditor.anchors import vouched
from auditor.case.build import build_case, build_cases, share_evidence
from auditor.case.case import Case
from auditor.case.coverage import judged_run
from auditor.case.job_use import JobUse, job_uses
from auditor.config.draft import differences, load_draft
from auditor.config.models import Config
from auditor.errors import UsageError
from auditor.evidence.store import Store
from auditor.ledger import Decision, Head, Known, Ledger
from auditor.model.findings import Finding
from auditor.model.subjects import Subject
from auditor.model.vocabulary import TicketKind, Work
from auditor.options import LEDGER, RunOptions
from auditor.reconcile import Verdict, reconcile
from auditor.rules.succession import apart
from reports.files import write_private
from reports.job_use import draft
from reports.simulation import RuleChange, Simulation, WindowWork

FOLDER = "simulations"
_Key = tuple[str, Subject]


class Span(Struct, frozen=True):
    """The time that is judged: `at`, the time of the last run in it, and how long before that it begins."""

    at: datetime
    period: timedelta


def simulate(options: RunOptions, drafted_in: Path, month: date | None = None) -> Simulation:
    """A month's stored evidence, or that of the latest run's period, as now and as by a drafted policy.

    Raises:
        ConfigError: the draft has mistakes.
        UsageError: no run read anything in that month.
        StoreError: there is no evidence at all.
    """
    drafted = load_draft(drafted_in, options.config)
    with options.store.shared() as store:
        span = span_of(options, store, month)
        decided, heads = _on_record(options, span.at)
        heads = [*heads, *vouched(options.config, store, span.at)]
        now, then = _cases(store, options.config, drafted, span, heads)
    return _compared(drafted_in.name, now, then, reconcile(now, decided=decided), reconcile(then, decided=decided))


def job_use(options: RunOptions, month: date | None = None) -> tuple[JobUse, ...]:
    """What each job used in a month, or in the latest run's period.

    Raises:
        UsageError: as `simulate`, and where nobody has a job.
        StoreError: there is no evidence at all.
    """
    if not options.config.jobs and not any(one.job or one.jobs for one in options.config.people):
        raise UsageError(
            "Nobody in auditor.yaml has a job.",
            means="What a job really used cannot be told.",
            do="Give people a `job`, such as `job: engineer`, and ask again.",
        )
    with options.store.shared() as store:
        span = span_of(options, store, month)
        return job_uses(build_case(store, options.config, span.at, span.period))


def write_jobs(options: RunOptions, uses: Sequence[JobUse]) -> Path:
    """Write what is proposed as a draft below the output folder."""
    place = options.output / FOLDER / "jobs.yaml"
    write_private(place, draft(uses).encode())
    return place


def span_of(options: RunOptions, store: Store, month: date | None) -> Span:
    """What is judged of a month, up to its last run; else the period of the latest run. Raises as `simulate` does."""
    if month is None:
        return Span(judged_run(store, options.at).at, options.period)
    first, after = options.bounds(month)
    last = max((run.at for run in store.manifests() if first <= run.at < after and run.at <= options.at), default=None)
    if last is None:
        raise UsageError(
            f"No run of {month:%B %Y} is in {store.name}.",
            means="There is nothing to judge.",
            do="Name a month in which the auditor ran.",
        )
    return Span(last, last - first)


def folder_of(options: RunOptions, simulation: Simulation) -> Path:
    """Where its files go: a folder of its own below the output, the same for the same draft and time."""
    name = re.sub(r"[^A-Za-z0-9._-]", "_", Path(simulation.draft).stem).lstrip(".") or "draft"
    return options.output / FOLDER / f"{name}-{simulation.at:%Y%m%dT%H%M%SZ}"


def _on_record(options: RunOptions, at: datetime) -> tuple[Mapping[str, Decision], Sequence[Head]]:
    """What was decided and what the chain ended with, from a copy of the ledger: to open it writes to it."""
    with _copied(options.output / LEDGER) as copy:
        if copy is None:
            return {}, ()
        with Ledger(copy) as ledger:
            return ledger.in_force(at), ledger.heads(at)


@contextmanager
def _copied(ledger: Path) -> Iterator[Path | None]:
    with TemporaryDirectory() as folder:
        for file in ledger.parent.glob(f"{ledger.name}*"):
            shutil.copy(file, folder)
        copy = Path(folder, ledger.name)
        yield copy if copy.exists() else None


def _cases(store: Store, config: Config, drafted: Config, span: Span, heads: Sequence[Head]) -> list[Case]:
    """The case as now and by the draft; where the draft understands evidence otherwise, each is made by itself."""
    if share_evidence(config, drafted):
        return build_cases(store, [config, drafted], span.at, span.period, heads)
    now, then = (build_case(store, one, span.at, span.period, heads) for one in (config, drafted))
    return [now, dataclasses.replace(then, policy_changes=now.policy_changes)]


def _compared(name: str, now: Case, then: Case, before: Verdict, after: Verdict) -> Simulation:
    was, will = _counting(before), _counting(after)
    # As a night would tell them: new, and gone unless another rule now tells the same.
    new = [replace(one, first_seen=now.at) for key, one in will.items() if key not in was]
    gone, otherwise = apart((_known(one) for key, one in was.items() if key not in will), new, now.period_from)
    heirs = {heir.id for _, heir in otherwise}
    left = {known.id for known in gone}
    unjudged, known = ({(one.rule, one.subject): one for one in each.told} for each in (after, before))
    return Simulation(
        config=now.config,
        draft=name,
        at=now.at,
        period_from=now.period_from,
        changed=tuple(differences(now.config, then.config)),
        rules=tuple(_by_rule(before, after, was, will)),
        new=tuple(one for one in new if one.id not in heirs),
        gone=tuple(one for key, one in was.items() if key not in will and one.id in left),
        otherwise=tuple((known_.rule, heir) for known_, heir in otherwise),
        unjudged=tuple(one for key, one in unjudged.items() if key not in known),
        judged=tuple(one for key, one in known.items() if key not in unjudged),
        work=_window_work(now, then),
    )


def _counting(verdict: Verdict) -> dict[_Key, Finding]:
    """Findings that count, worst first."""
    return {(one.rule, one.subject): one for one in verdict.findings if one.exception is None}


def _known(finding: Finding) -> Known:
    names = ("id", "rule", "severity", "summary", "subject", "resource", "credential", "ticket", "status")
    told = {name: getattr(finding, name) for name in names}
    return Known(**told, acted_at=finding.starts_at or finding.ends_at)


def _by_rule(
    before: Verdict, after: Verdict, was: Mapping[_Key, Finding], will: Mapping[_Key, Finding]
) -> Iterator[RuleChange]:
    """Rules of which something is told otherwise."""
    for rule in before.clear:
        told, tells = ({key for key in each if key[0] == rule} for each in (was, will))
        blind, blinded = ({one.subject for one in each.not_judged if one.rule == rule} for each in (before, after))
        if told != tells or blind != blinded:
            yield RuleChange(
                rule=rule,
                now=len(told),
                drafted=len(tells),
                new=len(tells - told),
                gone=len(told - tells),
                not_judged=len(blind),
                not_judged_drafted=len(blinded),
            )


def _window_work(now: Case, then: Case) -> WindowWork | None:
    """How many pieces of work took longer than the windows of their kind; None where none of those differ.

    A piece of work is what one person did on one system in the time of one ticket, from when its time began to their
    last act. Incidents have no such end: each sign of life renews their windows.
    """
    lengths = {work: (now.policy.windows[work], then.policy.windows[work]) for work in Work if work != Work.INCIDENT}
    changed = {work: both for work, both in lengths.items() if both[0] != both[1]}
    if not changed:
        return None
    took = [(work, length) for work, length in _taken(now) if work in changed]
    longer = [
        sum(length > changed[work][side] + case.policy.overlap_tolerance for work, length in took)
        for side, case in enumerate((now, then))
    ]
    return WindowWork(
        windows=tuple((str(work), *both) for work, both in changed.items()),
        pieces=len(took),
        longer_now=longer[0],
        longer_drafted=longer[1],
    )


def _taken(case: Case) -> Iterator[tuple[Work, timedelta]]:
    """The kind of each piece of work, and how long it took."""
    tolerance = case.policy.overlap_tolerance
    for ref in case.refs.values():
        for window in ref.windows if ref.kind is not TicketKind.INCIDENT else ():
            if window.ends_at < case.period_from:
                continue
            ends = [
                episode.ends_at
                for episode in case.episodes_of.get((window.person, window.system), ())
                if window.overlaps(*episode.span, tolerance) and (episode.changes or not window.level.changes)
            ]
            if ends:
                yield ref.work, max(ends) - window.starts_at
