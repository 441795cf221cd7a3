"""What is made of a run that is over: its reports again, those of a month, and the scripts."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from auditor.campaign.since import Later
from auditor.campaign.standing import told
from auditor.errors import UsageError
from auditor.evidence import judgements
from auditor.evidence.manifest import path_of
from auditor.evidence.store import Store
from auditor.ledger import Decision, Ledger, Trend
from auditor.model.findings import Audit
from auditor.model.named import named
from auditor.model.vocabulary import Status
from auditor.options import RunOptions, RunResult
from auditor.removals import take_in
from auditor.seal import latest
from reports import artifacts, findings_json
from reports.cleanup.delete import write_delete
from reports.cleanup.script import Cleanup, write_cleanup
from reports.history import ABOUT, MONTH_AGO, History
from reports.simulation import Simulation
from reports.write import RunArtifacts, simulated_pack, write_reports

MONTH = timedelta(days=31)


def past_of(options: RunOptions, at: datetime, tonight: Later | None = None) -> History:
    """What the ledger says of the time before an audit; decisions that were taken after it count too.

    `tonight` is the audit where its results are not written yet: the campaign is told with it.
    """
    with options.ledger as ledger:
        past = _past(ledger, at - MONTH, at, ledger.in_force(options.at), options.output)
    return replace(past, campaign=told(options, tonight=tonight))


def _past(ledger: Ledger, since: datetime, at: datetime, decided: Mapping[str, Decision], output: Path) -> History:
    history = ledger.history()
    return History(
        decided=decided,
        history=history,
        month_ago=_month_ago(history, at, output),
        removed=ledger.removed(at),
        since=since,
        closed=ledger.gone(since, at),
        passed=ledger.gone(since, at, Status.PAST),
        reopened=ledger.came_back(since, at),
    )


def _month_ago(history: Sequence[Trend], at: datetime, output: Path) -> Path | None:
    """The folder of the run nearest to a month before, of those that still lie there."""
    near = [run for run in history if abs(at - run.at - MONTH_AGO) <= ABOUT and (output / run.run).is_dir()]
    near.sort(key=lambda run: abs(at - run.at - MONTH_AGO))
    return output / near[0].run if near else None


def linked(past: History, store: Store, run: str) -> History:
    """The same with what the chain of evidence has of a run: its records, and the hash that vouches for it."""
    links = judgements.links(store, run)
    head = judgements.head(store, run)
    return replace(past, head=head.sha256 if head else "", links=[(path_of(link.run), link.sha256) for link in links])


def report(options: RunOptions) -> RunResult:
    """Make the reports of the latest run again, from what it left."""
    folder, audit = latest(options)
    return _again(options, folder, audit, folder, past_of(options, audit.audited_at))


def pack_of(options: RunOptions, month: date | None, simulation: Simulation) -> bytes:
    """The pack of the latest run, or of a month, with a section on a drafted policy; raises as their reports do."""
    if month is None:
        folder, audit = latest(options)
        past = past_of(options, audit.audited_at)
    else:
        folder, audit, past = _month(options, month)
    past = linked(past, options.store, audit.run)
    return simulated_pack(audit, RunArtifacts.of(folder), options.config, past, folder, simulation)


def report_month(options: RunOptions, month: date) -> RunResult:
    """Make the report of a month: what stood at its end, what was closed in it, and the trend up to then.

    Raises:
        UsageError: no run of that month left its findings.
    """
    left, audit, past = _month(options, month)
    return _again(options, left, audit, options.output / f"{month:%Y-%m}", past)


def _month(options: RunOptions, month: date) -> tuple[Path, Audit, History]:
    """The folder of a month's last run, what it found, and the past that its report tells; raises as `report_month`."""
    left = options.folders_of(month)
    if not left:
        raise UsageError(
            f"No run of {month:%B %Y} is in {options.output}.",
            means="There is nothing to report.",
            do="Name a month in which the auditor ran.",
        )
    first, _ = options.bounds(month)
    with options.ledger as ledger:
        decided = ledger.in_force(options.at)
        audit = findings_json.read(left[-1] / "findings.json")
        past = _past(ledger, first, audit.audited_at, decided, options.output)
    return left[-1], audit, replace(past, month=f"{month:%B %Y}", campaign=told(options, month))


def _again(options: RunOptions, run: Path, audit: Audit, folder: Path, past: History) -> RunResult:
    """The reports of a run that is over, into a folder."""
    past = linked(past, options.store, audit.run)
    kept = RunArtifacts.of(run)
    written = write_reports(audit, kept, options.config, folder, past, options.wanted, kept.documents(audit))
    return RunResult(audit=audit, folder=folder, files=written.files, problems=written.problems, head=past.head)


def revoke(options: RunOptions, names: Sequence[str], folder: Path) -> Cleanup:
    """Write the cleanup and undo scripts for findings of the latest run, by their numbers or the beginnings of ids."""
    left, audit = latest(options)
    ids = [finding.id for finding in named(audit, names)]
    told = artifacts.consequences(left)
    made = write_cleanup(audit, options.config, ids, folder, artifacts.access(left), consequences=told)
    with options.ledger as ledger:
        ledger.add_scripts(folder.resolve())
    return made


def delete(options: RunOptions, after: timedelta, folder: Path) -> Path:
    """Write the script that deletes what cleanup scripts deactivated at least `after` before the latest run."""
    _, audit = latest(options)
    with options.ledger as ledger:
        take_in(options, ledger)
        due = ledger.removed(audit.audited_at, but_deleted=True)
        script = write_delete(audit, due, options.config, after, folder)
        ledger.add_scripts(folder.resolve())
    return script
