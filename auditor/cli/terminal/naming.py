"""Accounts that auditor.yaml does not know, apart from what is judged: whom to name, and how."""

from collections.abc import Sequence

from auditor.model.findings import Finding
from auditor.model.strangers import Stranger, strangers, undeclared

Numbered = tuple[int, Finding]


def apart(findings: Sequence[Numbered]) -> tuple[list[Numbered], list[Numbered]]:
    """What is judged, and what only asks whose an account is."""
    asking = [one for one in findings if undeclared(one[1])]
    return [one for one in findings if not undeclared(one[1])], asking


def naming_lines(asking: Sequence[Numbered]) -> list[tuple[str, str]]:
    """For each account its line, as auditor.yaml has it, below a remark on what is known of it."""
    numbers = {finding.id: number for number, finding in asking}
    return [_lines(one, numbers[one.findings[0].id]) for one in strangers(finding for _, finding in asking)]


def _lines(one: Stranger, number: int) -> tuple[str, str]:
    return f"      # finding {number}: {one.known}", f"      {one.line}"
