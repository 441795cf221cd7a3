"""The straight line: collect, normalise, store, reconcile, report, notify."""

import hashlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from auditor.case.coverage import coverage, judged_run
from auditor.collecting import interrupted, new_run_id, store_sources
from auditor.config import Config, load
from auditor.config.draft import judging_by
from auditor.config.kept_policy import kept_policy
from auditor.config.kept_policy import read as read_policy
from auditor.errors import ReportError
from auditor.evidence import judgements
from auditor.evidence.store import Store
from auditor.judging import judge_and_report
from auditor.ledger import set_aside
from auditor.notify import failed, notify
from auditor.options import LEDGER, Progress, RunOptions, RunResult

_log = logging.getLogger(__name__)


def run(options: RunOptions, progress: Progress) -> RunResult:
    """The whole line. A failing source or report never stops the rest.

    Raises:
        LockedError: another run holds the evidence store.
        StoreError: the evidence cannot be stored; nothing of the run is.
    """
    store = options.store
    with store.lock(options.wait), store.shared(), _failure_told(options):
        damage = set_aside(options.output / LEDGER, options.at)
        run_id = interrupted(store, options) or store_sources(store, options, progress).run
        result = judge_and_report(store, options, run_id, progress)
        if damage:
            result = replace(result, problems=(*result.problems, damage))
    return _notified(result, options)


def collect(options: RunOptions, progress: Progress) -> RunResult:
    """Read what is new into the evidence store, and judge nothing."""
    store = options.store
    with store.lock(options.wait), store.shared():
        store_sources(store, options, progress)
        lines = coverage(store, options.config, options.at - options.period, options.at)
    return RunResult(audit=None, folder=Path(options.evidence), seen=tuple(lines))


def reconcile(options: RunOptions, progress: Progress) -> RunResult:
    """Judge what is stored, as of `options.at`, and report it."""
    store = options.store
    with store.lock(options.wait), store.shared():
        newest = judged_run(store, options.at)
        # A judgement of another time is no second word on the night whose evidence it rests on.
        run_id = newest.run if newest.at == options.at else new_run_id(store, options.at)
        result = judge_and_report(store, options, run_id, progress)
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
    with store.lock(options.wait), store.shared():
        run_id = f"{judged_run(store, options.at).run}-{name}"
        return judge_and_report(store, trial, run_id, progress, sealed=False)


def _other_policy(store: Store, policy: str) -> Config:
    kept = next((data for run, data in judgements.kept_policies(store) if run.run == policy and data), None)
    return load(policy) if kept is None else read_policy(kept, policy)


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
