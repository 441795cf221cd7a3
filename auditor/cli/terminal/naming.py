"""Accounts that auditor.yaml does not know: whom to name, folded by account, with the line that names them."""

import json
from collections.abc import Sequence

from auditor.model.findings import Finding

_WHOSE = frozenset({"standing/unknown-person", "shared/unattributable"})
Numbered = tuple[int, Finding]


def apart(findings: Sequence[Numbered]) -> tuple[list[Numbered], dict[str, list[Numbered]]]:
    """What is judged, and by account what only asks whose it is; those that did and hold most first."""
    strangers: dict[str, list[Numbered]] = {}
    judged = []
    for number, finding in findings:
        if finding.rule in _WHOSE and finding.account and not finding.person:
            strangers.setdefault(finding.account, []).append((number, finding))
        else:
            judged.append((number, finding))
    return judged, dict(sorted(strangers.items(), key=_rank))


def naming_lines(strangers: dict[str, list[Numbered]]) -> list[str]:
    """A line an account, as it goes under somebody's `accounts`, with what is known of it."""
    return [f"      - {json.dumps(account, ensure_ascii=False)}  # {_known(of)}" for account, of in strangers.items()]


def _known(findings: Sequence[Numbered]) -> str:
    number, worst = findings[0]
    more = f" and {len(findings) - 1:,} more" if len(findings) > 1 else ""
    return f"finding {number}{more}: {worst.summary}"


def _rank(stranger: tuple[str, list[Numbered]]) -> tuple[int, int, int, str]:
    account, findings = stranger
    worst = max(finding.severity.rank for _, finding in findings)
    return (-worst, -sum(_changes(finding) for _, finding in findings), -len(findings), account)


def _changes(finding: Finding) -> int:
    """Changes that were made; what can be changed counts as one."""
    made = finding.facts.get("changes", 0)
    return made if isinstance(made, int) else bool(finding.facts.get("capabilities"))
