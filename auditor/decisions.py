"""Records what the review decided: who, when and why. Nobody decides on their own access."""

from collections.abc import Collection, Sequence
from datetime import date
from pathlib import Path

from auditor.config.models import Config
from auditor.config.roster import Person
from auditor.errors import DecisionsError, Mistake, UsageError
from auditor.ledger import Decision, Ledger
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding
from auditor.options import LEDGER, RunOptions
from auditor.seal import latest
from reports import artifacts
from reports.decisions_json import Review, read


def decide(options: RunOptions, path: Path, by: str) -> list[Decision]:
    """Check the decisions of a file and add them to the ledger; all of them, or none.

    Args:
        options: `at` is when it was decided.
        path: the file that the page exported.
        by: who decided: id or e-mail of a person on the roster.

    Raises:
        DecisionsError: with everything that is wrong with the person and the file.
        ReportError: there is no run whose findings could be decided on.
    """
    config = options.config
    today = options.at.astimezone(config.zone).date()
    person = _on_roster(config, by)
    mistakes = _may_decide(person, by, today)
    folder, audit = latest(options)
    findings, access = audit.findings, artifacts.access(folder)
    own = {finding.id for finding in findings if person and concerns(finding, person, access)}
    review = Review(today=today, findings={finding.id for finding in findings}, own=own)
    try:
        decided = read(path, review)
    except DecisionsError as error:
        raise DecisionsError(error.what, [*mistakes, *error.mistakes]) from error
    if person is None or mistakes:
        raise DecisionsError(f"{by} cannot decide.", mistakes)
    decisions = [
        Decision(
            finding=entry.finding,
            decision=entry.decision,
            until=entry.until,
            reason=entry.reason,
            decided_by=person.id,
            decided_at=options.at,
            run=decided.run,
        )
        for entry in decided.decisions
    ]
    with Ledger(options.output / LEDGER) as ledger:
        ledger.decide(decisions)
    return decisions


def to_revoke(options: RunOptions) -> list[str]:
    """Ids of the latest run's findings that the review decided to revoke, and that still stand.

    Raises:
        UsageError: there are none.
    """
    with Ledger(options.output / LEDGER) as ledger:
        decided = ledger.in_force(options.at)
    _, audit = latest(options)
    chosen = [f.id for f in audit.findings if f.id in decided and decided[f.id].decision == "revoke"]
    if not chosen:
        raise UsageError(
            "No finding of the latest run was decided to be revoked.",
            means="No script was written.",
            do="Record decisions with `auditor decide`, or name findings by their ids.",
        )
    return chosen


def concerns(finding: Finding, person: Person, access: Sequence[Entitlement]) -> bool:
    """Whether a finding is about a person's own access: theirs by name, by account, or among others'."""
    accounts = {*person.accounts, *(path.account for path in access if path.person == person.id)}
    among: Collection[str] = finding.facts.get("people") or ()
    return finding.person == person.id or finding.account in accounts or person.id in among


def _on_roster(config: Config, by: str) -> Person | None:
    known = (person for person in config.people if by == person.id or by.casefold() == (person.email or "").casefold())
    return next(known, None)


def _may_decide(person: Person | None, by: str, today: date) -> list[Mistake]:
    if person is None:
        problem = f"expected the id or e-mail of a person on the roster, got {by!r:.60}"
        return [Mistake("--by", by, problem, "people in auditor.yaml")]
    if person.left and person.left < today:
        return [Mistake("--by", by, f"{person.name} left on {person.left}")]
    return []
