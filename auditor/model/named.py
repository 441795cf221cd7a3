"""The findings of a run in one order, and by what people name them on the command line."""

from collections.abc import Iterable
from fnmatch import fnmatchcase

from auditor.errors import UsageError
from auditor.model.findings import Audit, Finding
from auditor.model.vocabulary import Severity, Status

_LONGEST_NUMBER = 5  # a longer one is the beginning of an id
FRESH = frozenset({Status.NEW, Status.REOPENED})


def ordered(audit: Audit) -> list[Finding]:
    """Worst first, what is under an exception last; the place in it, from 1, is a finding's number in the run."""
    return sorted(audit.findings, key=lambda f: (f.exception is not None, -f.severity.rank, f.rule, f.id))


def numbered(audit: Audit) -> list[tuple[int, Finding]]:
    """Every finding with its number."""
    return list(enumerate(ordered(audit), 1))


def named(audit: Audit, names: Iterable[str]) -> list[Finding]:
    """The findings that people mean: by number in the run, or by the first signs of the id; each once.

    Raises:
        UsageError: a name fits none, or several.
    """
    findings = ordered(audit)
    return list({finding.id: finding for finding in (_named(findings, name) for name in names)}.values())


def _named(findings: list[Finding], name: str) -> Finding:
    if name.isascii() and name.isdigit() and len(name) <= _LONGEST_NUMBER:
        if 0 < int(name) <= len(findings):
            return findings[int(name) - 1]
        raise UsageError(
            f"The latest run has no finding number {name}.", do="`auditor findings` lists them with their numbers."
        )
    fitting = [finding for finding in findings if name and finding.id.startswith(name)]
    if len(fitting) != 1:
        state = "several findings begin" if fitting else "no finding begins"
        raise UsageError(
            f"In the latest run {state} with {name!r}.", do="`auditor findings` lists them with their ids."
        )
    return fitting[0]


def fits_rule(name: str, asked: str) -> bool:
    """Whether a rule is the one asked for, of that family, or fits that pattern with `*`."""
    return asked == name.partition("/")[0] or fnmatchcase(name, asked)


def chosen(
    audit: Audit,
    *,
    new: bool = False,
    person: str | None = None,
    system: str | None = None,
    rule: str | None = None,
    severity: Severity | None = None,
) -> list[tuple[int, Finding]]:
    """The findings that fit everything that is asked for, with their numbers.

    `rule` is a name such as `standing/departed`, a family, or a pattern with `*`; `severity` the lowest one.
    """

    def fits(finding: Finding) -> bool:
        return (
            (not new or finding.status in FRESH)
            and (person is None or person in (finding.person, finding.account))
            and (system is None or system in finding.systems)
            and (rule is None or fits_rule(finding.rule, rule))
            and (severity is None or finding.severity.rank >= severity.rank)
        )

    return [(number, finding) for number, finding in numbered(audit) if fits(finding)]
