"""Accounts that auditor.yaml does not know, apart from what is judged: whom to name, and how."""

from collections.abc import Sequence

from auditor.model.findings import Finding
from auditor.model.strangers import Stranger, strangers, undeclared

Numbered = tuple[int, Finding]


def apart(findings: Sequence[Numbered]) -> tuple[list[Numbered], list[Numbered]]:
    """What is judged, and what only asks whose an account is."""
    asking = [one for one in findings if undeclared(one[1])]
    return [one for one in findings if not undeclared(one[1])], asking


def naming_lines(asking: Sequence[Numbered]) -> list[str]:
    """A line an account, as auditor.yaml has it, with what is known of it."""
    numbers = {finding.id: number for number, finding in asking}
    return [_line(one, numbers[one.findings[0].id]) for one in strangers(finding for _, finding in asking)]


def _line(one: Stranger, number: int) -> str:
    return f"      {one.line}  # finding {number}: {one.known}"
