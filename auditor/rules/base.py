"""What a rule is: a function over the case, with its facts beside it. The docstring is the documentation."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

from auditor.case.case import Case
from auditor.model.findings import Clear, Finding, NotJudged, Outcome
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity
from auditor.rules.asks import ASK, SEE, Ask

Judge = Callable[["Rule", Case], Iterator[Outcome]]
Controls = Mapping[str, tuple[str, ...]]
# Official control ids come from the published texts; each rule takes its own subset.
FRAMEWORKS = {
    "soc2": "SOC 2",
    "iso27001": "ISO 27001:2022",
    "pci_dss": "PCI DSS 4.0.1",
    "nist_800_53": "NIST 800-53r5",
    "cis_aws": "CIS AWS 3.0",
    "cis": "CIS Controls 8.1",
}
"""The frameworks by the key that findings.json has, with the name that people read."""


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue.

    Args:
        name: `family/rule`.
        heading: what reports call its findings.
        judges: what its subjects are, unless an outcome says otherwise.
        severity: of its findings, unless a finding says otherwise.
        reads: the evidence tables it rests on; when a source that feeds one failed, what that source covers could not
            be judged.
        asks: what its findings ask the team for.
        why: why it matters, one sentence for the reader of a finding.
        controls: official ids by framework.
        one_of: what a subject has one finding of, whichever rule gives it, such as its path of access; empty where its
            findings stand beside all others.
    """

    name: str
    heading: str
    judges: SubjectKind
    severity: Severity
    reads: tuple[str, ...]
    asks: Ask
    why: str
    controls: Controls
    judge: Judge
    one_of: str = ""

    @property
    def family(self) -> str:
        """standing, shared, tasks, changes, readiness or evidence."""
        return self.name.split("/")[0]

    @property
    def meaning(self) -> str:
        """The docstring: what it finds and where its lines run."""
        return inspect.getdoc(self.judge) or ""

    def __call__(self, case: Case) -> Iterator[Outcome]:
        """Every outcome for every subject."""
        return self.judge(self, case)

    def finding(self, *, summary: str, next_step: str, **fields: Any) -> Finding:
        """A finding of this rule; those of `fields` that name its subject, and others that a finding has."""
        about = {name: fields.pop(name) for name in _SUBJECT if name in fields}
        known = {"severity": self.severity, "why": self.why, "controls": self.controls, **fields}
        return Finding(rule=self.name, subject=self._subject(**about), summary=summary, next_step=next_step, **known)

    def clear(self, **subject: Any) -> Clear:
        """The subject was looked at and is in order."""
        return Clear(rule=self.name, subject=self._subject(**subject))

    def not_judged(self, *, reason: str, **subject: Any) -> NotJudged:
        """The subject could not be judged."""
        return NotJudged(rule=self.name, subject=self._subject(**subject), reason=reason)

    def _subject(self, **fields: Any) -> Subject:
        return Subject(**{"kind": self.judges, **fields})


_SUBJECT = frozenset(field.name for field in fields(Subject))


def rule(  # noqa: PLR0913 - each is a fact of the rule, and named
    name: str,
    *,
    heading: str,
    judges: SubjectKind,
    severity: Severity,
    reads: tuple[str, ...],
    asks: Ask,
    why: str,
    controls: Controls,
    one_of: str = "",
) -> Callable[[Judge], Rule]:
    """Make a function a rule of the catalogue.

    Raises:
        TypeError: when the function has no docstring: it is the rule's documentation.
    """

    def wrap(judge: Judge) -> Rule:
        if not inspect.getdoc(judge):
            raise TypeError(f"{name} has no docstring")
        return Rule(name, heading, judges, severity, reads, asks, why, controls, judge, one_of)

    return wrap


session_rule = partial(rule, judges=SubjectKind.SESSION, asks=ASK)
"""A rule on what somebody did, who is asked for it."""

log_rule = partial(rule, judges=SubjectKind.LOG, asks=SEE)
"""A rule on what was not seen."""


def controls(
    *, soc2: str = "", iso: str = "", pci: str = "", nist: str = "", cis_aws: str = "", cis: str = ""
) -> Controls:
    """A rule's controls by framework, ids apart by spaces; frameworks without any are left out."""
    named = zip(FRAMEWORKS, (soc2, iso, pci, nist, cis_aws, cis), strict=True)
    return {framework: tuple(ids.split()) for framework, ids in named if ids}
