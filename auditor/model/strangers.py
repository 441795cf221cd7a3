"""Accounts that auditor.yaml does not know, by the findings that ask whose they are: a naming job, before any other."""

import json
from collections.abc import Iterable

from msgspec import Struct

from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.model.levels import level_of
from auditor.model.vocabulary import Capability

FIRST_RUN = (
    "This is the first run: everything is new. Name first whom auditor.yaml does not know yet, and revoke nothing on "
    "the word of a first run."
)
WHO = "Tell us who"
"""What reports say of a first run, and call the list of whom to name."""

UNDECLARED, DECLARE = "undeclared", "declare"
"""The facts of such a finding: the name that auditor.yaml would know the account by, and the line that names it."""


class Stranger(Struct, frozen=True):
    """Somebody or something that auditor.yaml does not know.

    Args:
        name: as auditor.yaml would have it: an account, a key, a user of a directory.
        line: of a list in auditor.yaml: of somebody's `accounts`, or a whole entry of a robot or a vendor.
        findings: that ask for it, the worst first.
    """

    name: str
    line: str
    findings: tuple[Finding, ...]

    @property
    def known(self) -> str:
        """What is known of it."""
        more = f" (and {len(self.findings) - 1:,} more)" if len(self.findings) > 1 else ""
        return f"{self.findings[0].summary}{more}"


def undeclared(finding: Finding) -> str | None:
    """The name that the finding asks for; None where it does not ask whose an account is."""
    name = finding.facts.get(UNDECLARED)
    return name if isinstance(name, str) and finding.person is None else None


def strangers(findings: Iterable[Finding]) -> list[Stranger]:
    """Whom to name, each once: those who can do and did most first."""
    found = grouped((name, finding) for finding in sorted(findings, key=_rank) if (name := undeclared(finding)))
    return [Stranger(name, _line(name, of), tuple(of)) for name, of in found.items()]


def _line(name: str, of: Iterable[Finding]) -> str:
    entries = (str(finding.facts.get(DECLARE, "")) for finding in of)
    return f"- {next((one for one in entries if one.startswith('{')), json.dumps(name, ensure_ascii=False))}"


def _rank(finding: Finding) -> tuple[int, int, int, str]:
    held = frozenset(Capability(name) for name in finding.facts.get("capabilities", ()))
    changes = finding.facts.get("changes", 0)
    level = level_of(held).rank if held else -1
    return (-finding.severity.rank, -level, -changes, finding.account or "")
