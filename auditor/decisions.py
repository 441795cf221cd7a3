"""Records what the review decided: who, when and why."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from auditor.deciders import Deciders
from auditor.errors import DecisionsError, Mistake, UsageError, counted
from auditor.ledger import Decision
from auditor.model.findings import Audit, Finding
from auditor.model.named import named
from auditor.options import RunOptions
from auditor.seal import latest
from reports import artifacts
from reports.decisions_json import FORMAT, Decisions, Entry, Review, checked, read
from reports.matters import concerns_access


def decide(
    options: RunOptions, path: Path, by: str | None, user: str = "", signatures: Sequence[Path] = ()
) -> list[Decision]:
    """Check the decisions of a file, each by itself, and add them to the ledger; all of them, or none.

    Args:
        options: `at` is when it was decided.
        path: the file that the page exported.
        by: who decided what the file names nobody for: id or e-mail of a person on the roster.
        user: the operating system's user who records them.
        signatures: of the file, where the team has them checked.

    Raises:
        DecisionsError: with everything that is wrong with the person and the file.
        ReportError: there is no run whose findings could be decided on.
    """
    folder, audit = latest(options)
    deciders = Deciders(options, path.read_bytes, user, signatures)
    return _recorded(options, (folder, audit), lambda review: read(path, review), str(path), deciders, by)


def decide_one(
    options: RunOptions,
    name: str,
    told: Mapping[str, str | None],
    by: str | None,
    user: str = "",
    signatures: Sequence[Path] = (),
) -> tuple[Finding, list[Decision]]:
    """Decide on one finding of the latest run, by its number or the beginning of its id; which one that is.

    Args:
        options: `at` is when it was decided.
        name: of the finding.
        told: its `decision`, `reason`, `until` and `who`, as a file has them.
        by: who decided: id or e-mail of a person on the roster.
        user: the operating system's user who records it.
        signatures: as of a file.

    Raises:
        DecisionsError: with everything that is wrong, by the options of the command line.
        ReportError: there is no run whose findings could be decided on.
    """
    folder, audit = latest(options)
    (finding,) = named(audit, [name])
    data = {"format": FORMAT, "run": audit.run, "decisions": [{"finding": finding.id, **told}]}
    where = f"finding {name}"
    deciders = Deciders(options, lambda: json.dumps(data).encode(), user, signatures)
    try:
        decided = _recorded(options, (folder, audit), lambda review: checked(data, where, review), where, deciders, by)
    except DecisionsError as error:
        day = "--do-by" if told["decision"] == "do-by" else "--except-until"
        option = {"finding": "--by", "decision": f"--{told['decision']}", "until": day}
        fields = [(one, one.path.rpartition(".")[2]) for one in error.mistakes]
        mistakes = [
            one._replace(path=option.get(field, f"--{field}")) if one.where == where else one for one, field in fields
        ]
        raise DecisionsError(f"Nothing was decided on finding {name}.", mistakes) from error
    return finding, decided


def _recorded(
    options: RunOptions,
    run: tuple[Path, Audit],
    read_: Callable[[Review], Decisions],
    where: str,
    deciders: Deciders,
    by: str | None,
) -> list[Decision]:
    """Check what is `read_` of decisions on a run's findings, and add them to the ledger; all of them, or none."""
    folder, audit = run
    findings, access = {finding.id: finding for finding in audit.findings}, artifacts.access(folder)

    def refused(finding: str, named: str | None) -> str | None:
        who = named or by
        if named is None and who and deciders.unknown(who):
            return None  # it is said once, of --by
        return deciders.refused(findings[finding], who, access)

    mistakes = [Mistake("--by", "", problem)] if by and (problem := deciders.unknown(by)) else []
    today = options.today
    try:
        told = read_(Review(today=today, findings=findings.keys(), refused=refused))
    except DecisionsError as error:
        raise DecisionsError(error.what, [*mistakes, *error.mistakes]) from error
    if mistakes:
        raise DecisionsError(f"{by} cannot decide.", mistakes)
    if unfit := list(_unfit(told.decisions, findings, where)):
        raise DecisionsError(counted(where, unfit), unfit)
    decisions = [
        Decision(
            finding=entry.finding,
            decision=entry.decision,
            until=entry.until,
            reason=entry.reason,
            decided_by=deciders.person(entry.by or by or "").id,
            decided_at=options.at,
            run=told.run,
            known_by=deciders.known_by(entry.by or by or "") or "",
            who=entry.who,
        )
        for entry in told.decisions
    ]
    with options.ledger as ledger:
        ledger.decide(decisions)
    return decisions


def _unfit(entries: Iterable[Entry], findings: Mapping[str, Finding], where: str) -> Iterator[Mistake]:
    """Decisions to revoke what is no right: no script could do that, and it would be due for ever."""
    for number, entry in enumerate(entries):
        if entry.decision == "revoke" and not concerns_access(findings[entry.finding]):
            problem = f"nothing can be revoked of “{findings[entry.finding].summary}”: it is no right"
            hint = "explained, exception and do-by are for it: --explained, --except-until DAY, --do-by DAY"
            yield Mistake(where, f"decisions[{number}].decision", problem, hint)


def to_revoke(options: RunOptions) -> list[str]:
    """Ids of the latest run's findings that the review decided to revoke, and that still stand.

    Raises:
        UsageError: there are none.
    """
    with options.ledger as ledger:
        decided = ledger.in_force(options.at)
    _, audit = latest(options)
    chosen = [f.id for f in audit.findings if f.id in decided and decided[f.id].decision == "revoke"]
    if not chosen:
        raise UsageError(
            "No finding of the latest run was decided to be revoked.",
            means="No script was written.",
            do="Record decisions with `auditor decide`, or name findings by their ids; for a campaign's lines there is "
            "`auditor review script`.",
        )
    return chosen
