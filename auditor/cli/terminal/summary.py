"""What is said at the end of a run, counted once for people and for machines, and the exit status that follows."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from msgspec import Struct

from auditor.ledger import Known
from auditor.model.findings import Audit, CoverageLine, Finding, NotJudged
from auditor.model.named import FRESH, numbered
from auditor.model.vocabulary import CoverageStatus, Severity
from auditor.options import RunResult

DONE, FOUND, INCOMPLETE = 0, 1, 3


class Summary(Struct, frozen=True, kw_only=True):
    """Counts of one run.

    Args:
        run: the run's id; None where nothing was judged.
        families: findings that count, by rule family and severity; those under an exception are `excepted`.
        not_judged: subjects that could not be judged, by rule and reason.
        problems: what was not seen, or only in part.
        undone: what could not be written or sent, a sentence each.
        files: what was written, by what it is.
        findings: those that count, each with its number in the run, worst first.
        gone: what the run before still found.
        refused: what was refused for want of what cleanup scripts took away, a sentence each.
        first: whether there was no run before.
        head: the run's hash; empty where nothing was judged.
        exit_status: 0 done, 1 findings at or above `--fail-on`, 3 something was not seen, written or sent, which wins.
    """

    run: str | None
    families: Mapping[str, Mapping[Severity, int]]
    excepted: int
    clear: int
    not_judged: Mapping[tuple[str, str], int]
    problems: tuple[CoverageLine, ...]
    undone: tuple[str, ...]
    files: Mapping[str, Path]
    complete: bool
    exit_status: int
    findings: Sequence[tuple[int, Finding]] = ()
    gone: Sequence[Known] = ()
    refused: Sequence[str] = ()
    first: bool = False
    head: str = ""

    @property
    def new(self) -> list[tuple[int, Finding]]:
        """What is new, or came back."""
        return [(number, finding) for number, finding in self.findings if finding.status in FRESH]

    @property
    def pressing(self) -> list[tuple[int, Finding]]:
        """What was known before, and is critical or high."""
        return [
            (number, finding)
            for number, finding in self.findings
            if finding.status not in FRESH and finding.severity.rank >= Severity.HIGH.rank
        ]

    def of(self, severity: Severity) -> int:
        """Findings of that severity."""
        return sum(counts.get(severity, 0) for counts in self.families.values())

    def as_json(self) -> dict[str, Any]:
        """The same for machines."""
        return {
            "run": self.run,
            "complete": self.complete,
            "hash": self.head or None,
            "exit_status": self.exit_status,
            "findings": {severity.value: self.of(severity) for severity in reversed(Severity)},
            "families": {
                family: {severity.value: counts[severity] for severity in reversed(Severity) if severity in counts}
                for family, counts in self.families.items()
            },
            "new": [finding.id for _, finding in self.new],
            "gone": [known.id for known in self.gone],
            "refused_since_cleanup": list(self.refused),
            "excepted": self.excepted,
            "clear": self.clear,
            "not_judged": [
                {"rule": rule, "reason": reason, "subjects": count} for (rule, reason), count in self.not_judged.items()
            ],
            "not_seen": [
                {"source": seen.source, "scope": seen.scope, "status": seen.status, "reason": seen.reason}
                for seen in self.problems
            ],
            "problems": list(self.undone),
            "files": {what: str(path) for what, path in self.files.items()},
        }


def summarise(result: RunResult, fail_on: Severity | None = None) -> Summary:
    """Count a run.

    Gaps decide before findings do: findings are told by the report and its messages, and a source that is dead from the
    second night on only by this status.
    """
    audit = result.audit
    problems = tuple(seen for seen in result.coverage if seen.status != CoverageStatus.OK)
    counting = [finding for finding in audit.findings if finding.exception is None] if audit else []
    complete = not problems and (audit is None or audit.complete)
    found = fail_on is not None and any(finding.severity.rank >= fail_on.rank for finding in counting)
    return Summary(
        run=audit.run if audit else None,
        families=_by_family(counting),
        excepted=len(audit.findings) - len(counting) if audit else 0,
        clear=sum(audit.clear.values()) if audit else 0,
        not_judged=_by_reason(audit),
        problems=problems,
        undone=result.problems,
        files=result.files,
        complete=complete,
        findings=[(number, one) for number, one in numbered(audit) if one.exception is None] if audit else (),
        gone=result.gone,
        refused=tuple(result.refused),
        first=result.first,
        head=result.head,
        exit_status=INCOMPLETE if not complete or result.problems else FOUND if found else DONE,
    )


def _by_family(findings: list[Finding]) -> dict[str, Counter[Severity]]:
    families: dict[str, Counter[Severity]] = {}
    for finding in findings:
        families.setdefault(finding.rule.split("/")[0], Counter())[finding.severity] += 1
    return families


def _by_reason(audit: Audit | None) -> dict[tuple[str, str], int]:
    unjudged: tuple[NotJudged, ...] = audit.not_judged if audit else ()
    return dict(Counter((outcome.rule, outcome.reason) for outcome in unjudged).most_common())
