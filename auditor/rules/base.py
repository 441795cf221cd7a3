"""What a rule is: a function over the case, with its facts beside it. The docstring is the documentation."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.case.case import Case
from auditor.model.findings import Clear, Finding, NotJudged, Outcome
from auditor.model.vocabulary import Severity

Judge = Callable[["Rule", Case], Iterator[Outcome]]
Controls = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True)
class Rule:
    """One rule of the catalogue.

    Args:
        name: `family/rule`.
        severity: of its findings, unless a finding says otherwise.
        reads: the evidence tables it rests on; when a source that feeds one failed, what that source covers could not
            be judged.
        why: why it matters, one sentence for the reader of a finding.
        controls: official ids by framework.
    """

    name: str
    severity: Severity
    reads: tuple[str, ...]
    why: str
    controls: Controls
    judge: Judge

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

    def finding(self, *, thing: str, summary: str, next_step: str, **facts_and_fields: Any) -> Finding:
        """A finding of this rule. `thing` tells it apart from others of the same person and system."""
        fields = {"severity": self.severity, "why": self.why, "controls": self.controls, **facts_and_fields}
        return Finding(rule=self.name, thing=thing, summary=summary, next_step=next_step, **fields)

    def clear(self, subject: str) -> Clear:
        """The subject was looked at and is in order."""
        return Clear(rule=self.name, subject=subject)

    def not_judged(self, subject: str, reason: str) -> NotJudged:
        """The subject could not be judged."""
        return NotJudged(rule=self.name, subject=subject, reason=reason)


def rule(
    name: str, *, severity: Severity, reads: tuple[str, ...], why: str, controls: Controls
) -> Callable[[Judge], Rule]:
    """Make a function a rule of the catalogue.

    Raises:
        TypeError: when the function has no docstring: it is the rule's documentation.
    """

    def wrap(judge: Judge) -> Rule:
        if not inspect.getdoc(judge):
            raise TypeError(f"{name} has no docstring")
        return Rule(name=name, severity=severity, reads=reads, why=why, controls=controls, judge=judge)

    return wrap
