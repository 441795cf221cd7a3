"""Writes delete.sh: a second script, after a waiting time, for credentials that cleanup.sh only deactivated."""

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path

from auditor.config.models import Config
from auditor.errors import UsageError
from auditor.ledger import Removal
from auditor.model.findings import Audit
from reports.cleanup.registry import kinds
from reports.cleanup.rights import Right
from reports.cleanup.script import write_script
from reports.cleanup.steps import Plan, Step
from reports.words import shown, when


def write_delete(audit: Audit, removed: Iterable[Removal], config: Config, after: timedelta, folder: Path) -> Path:
    """Write delete.sh for what cleanup scripts deactivated at least `after` ago, and did not give back.

    Raises:
        UsageError: there is nothing of the kind.
        ReportError: the script cannot be written.
    """
    due = {one.right: one for one in removed if _words(one) and audit.audited_at - one.time >= after}
    if not due:
        raise UsageError(
            f"No cleanup script deactivated a credential more than {after.days} days ago.",
            means="There is nothing to delete yet; no script was written.",
            do="Wait until nobody has missed it, or give a shorter time with --after.",
        )
    steps = [_step(number, one, config) for number, (_, one) in enumerate(sorted(due.items()), start=1)]
    return write_script("delete", audit, config, Plan(steps=tuple(steps)), folder)


def _step(number: int, removal: Removal, config: Config) -> Step:
    provider, kind, account, holder_kind, holder, name = removal.right
    what = _words(removal).format(name=name, holder=holder, account=account)
    right = Right(
        provider=provider,
        kind=kind,
        account=account,
        holder_kind=holder_kind,
        holder=holder,
        name=name,
        what=shown(what),
    )
    by = f" by {shown(removal.caller)}" if removal.caller else ""
    return Step(
        right=right,
        findings=(shown(removal.finding),),
        reasons=(f"it was deactivated on {when(removal.time, config.zone)}{by}",),
        whose=shown(holder),
        final=True,
        number=number,
    )


def _words(removal: Removal) -> str:
    """What delete.sh does to a right; empty where it leaves the right alone."""
    provider, kind, *_ = removal.right
    known = kinds().get((provider, kind))
    return known.delete if known else ""
