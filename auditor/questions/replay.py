"""What would have failed without rights that are to be taken away."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path

from msgspec import Struct

from auditor.case.replayed import Replayed, replayed
from auditor.case.trial import Proposed, Trial, trial
from auditor.decisions import to_revoke
from auditor.errors import UsageError
from auditor.model.findings import Audit, Finding
from auditor.model.handles import Handle, identity
from auditor.model.named import named
from auditor.options import RunOptions
from auditor.seal import latest
from reports import artifacts
from reports.cleanup.planned import planned
from reports.cleanup.registry import right_of
from reports.decisions_json import Review, read
from reports.replay import ReplayView, replay_view
from reports.trial import TrialView, trial_view
from reports.words import shown

_LONGEST = 1 << 20


class Chosen(Struct, frozen=True, kw_only=True):
    """What is to be taken away; what the latest run's own script does, where nothing else is said.

    Args:
        findings: of the latest run, by their numbers or the beginnings of their ids.
        decisions: whatever the review decided to revoke.
        plan: a cleanup script, or a file of decisions that the page exported.
    """

    findings: Sequence[str] = ()
    decisions: bool = False
    plan: Path | None = None


def replay(options: RunOptions, chosen: Chosen, period: timedelta) -> tuple[Replayed, ReplayView]:
    """Judge what was done with some rights in a period before `options.at`, and say it.

    Raises:
        UsageError: nothing is chosen that could be taken away.
    """
    folder, audit = latest(options)
    handles = _handles(options, chosen, folder, audit)
    with options.store.shared() as store:
        told = replayed(store, options.config, handles, options.at, period)
    return told, replay_view(told, artifacts.access(folder))


def try_policy(options: RunOptions, proposed: Proposed, period: timedelta) -> tuple[Trial, TrialView]:
    """Judge what a holder did in a period before `options.at` under its policies, with the old document and the new.

    Raises:
        UsageError: nobody is called so, or the document is none.
    """
    with options.store.shared() as store:
        told = trial(store, options.config, proposed, options.at, period)
    return told, trial_view(told)


def document(path: Path) -> str:
    """The text of a policy's file.

    Raises:
        UsageError: it cannot be read, or is far too long.
    """
    try:
        text = path.read_bytes()[: _LONGEST + 1]
        if len(text) <= _LONGEST:
            return text.decode("utf-8")
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{shown(str(path))} cannot be read: {shown(str(error))}.", do="Name a policy's JSON."
        ) from error
    raise UsageError(f"{shown(str(path))} is longer than any policy.", do="Name a policy's JSON.")


def _handles(options: RunOptions, chosen: Chosen, folder: Path, audit: Audit) -> list[Handle]:
    """The rights that are chosen, each once."""
    if chosen.findings or chosen.decisions:
        found = _of(named(audit, chosen.findings or to_revoke(options)))
    else:
        found = _of_plan(options, chosen.plan or folder / "cleanup" / "cleanup.sh", audit)
    if not found:
        raise UsageError(
            "None of that takes a right away.",
            means="There is nothing to replay.",
            do="Name findings about access, by number or id: `auditor replay --finding 3`.",
        )
    return found


def _of_plan(options: RunOptions, path: Path, audit: Audit) -> list[Handle]:
    """The rights of the latest run that a script's steps, or a file's decisions, take away."""
    if path.suffix == ".json":
        today = options.today
        review = Review(today=today, findings={one.id for one in audit.findings}, refused=lambda *_: None)
        wanted = {one.finding for one in read(path, review).decisions if one.decision == "revoke"}
        return _of(finding for finding in audit.findings if finding.id in wanted)
    rights = planned(path)
    return [handle for handle in _of(audit.findings) if (right := right_of(handle)) and right.logged in rights]


def _of(findings: Iterable[Finding]) -> list[Handle]:
    handles = (handle for finding in findings for handle in finding.handles)
    return list({identity(handle): handle for handle in handles}.values())
