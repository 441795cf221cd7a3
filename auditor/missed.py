"""What was refused since cleanup scripts took rights away, beside the step that gives them back."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from shlex import quote

from auditor.case.consequences import foremost
from auditor.case.missed import TakenAway
from auditor.case.missed import missed as refused
from auditor.evidence.store import Store
from auditor.ledger import Removal, Trend
from auditor.model.consequences import Missed
from auditor.model.handles import Handle
from auditor.options import RunOptions
from auditor.removals import logs
from reports import artifacts
from reports.cleanup.registry import right_of


def missed(store: Store, options: RunOptions) -> tuple[Missed, ...]:
    """What only rights had allowed that scripts took away in the period, and was refused since, the latest first."""
    with options.ledger as ledger:
        removed = [one for one in ledger.removed(options.at) if one.time >= options.at - options.period]
        runs = ledger.history() if removed else []
        places = [log.parent for log in logs(options, ledger)] if removed else []
    found: list[Missed] = []
    by_run: defaultdict[str, list[Removal]] = defaultdict(list)
    times: dict[str, datetime] = {}
    for one in removed:
        if run := _before(runs, one.time):
            by_run[run.run].append(one)
            times[run.run] = run.at
    for name, some in by_run.items():
        found += _of_run(store, options, options.output / name, times[name], some, places)
    return tuple(sorted(found, key=lambda one: one.last_at, reverse=True))


def _before(runs: list[Trend], time: datetime) -> Trend | None:
    """The last run that saw what stood at a time."""
    return max((run for run in runs if run.at <= time), key=lambda run: run.at, default=None)


def _of_run(
    store: Store, options: RunOptions, folder: Path, at: datetime, removed: list[Removal], places: list[Path]
) -> Iterator[Missed]:
    told = (handle for one in artifacts.consequences(folder) for handle in one.handles)
    handles: dict[tuple[str, ...], Handle] = {r.logged: handle for handle in told if (r := right_of(handle))}
    known = {one.right: TakenAway(handles[one.right], one.time) for one in removed if one.right in handles}
    for gone, acts in refused(store, options.config, list(known.values()), at, options.at):
        for one in removed:
            if known.get(one.right) is gone:
                yield Missed(
                    finding=one.finding,
                    undo=_undo(one, places),
                    events=sum(act.events for act in acts),
                    last_at=max(act.last_at for act in acts),
                    acts=foremost(acts),
                )


def _undo(one: Removal, places: list[Path]) -> str:
    """The command that gives a right back, where the folder of its script is still there."""
    place = next((folder for folder in places if (folder / f"applied-{one.cleanup}").is_dir()), None)
    return f"bash {quote(str(place / 'undo.sh'))} --only {one.step} --apply" if place else ""
