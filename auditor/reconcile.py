"""Runs every rule over the case: findings, what is clear, and what could not be judged."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from operator import attrgetter

from auditor.model.findings import Clear, Finding, NotJudged
from auditor.model.vocabulary import Status
from auditor.resolve.case import Case
from auditor.rules.base import Rule
from auditor.rules.registry import RULES


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What the rules said: `clear` counts subjects in order by rule, `incomplete` names rules that lacked a source."""

    findings: tuple[Finding, ...]
    not_judged: tuple[NotJudged, ...]
    clear: dict[str, int]
    incomplete: frozenset[str]


def reconcile(case: Case, rules: Iterable[Rule] = RULES) -> Verdict:
    """Every rule's outcome for every subject, exceptions applied, in a stable order."""
    findings: dict[str, Finding] = {}
    unjudged: dict[NotJudged, None] = {}
    clear: Counter[str] = Counter()
    incomplete = set()
    for rule in rules:
        clear[rule.name] = 0
        for missing in _missing(rule, case):
            unjudged[missing] = None
            incomplete.add(rule.name)
        for outcome in rule(case):
            match outcome:
                case Finding():
                    findings.setdefault(outcome.id, _excepted(outcome, case))
                case NotJudged():
                    unjudged[outcome] = None
                case Clear():
                    clear[outcome.rule] += 1
    return Verdict(
        findings=tuple(sorted(findings.values(), key=_worst_first)),
        not_judged=tuple(sorted(unjudged, key=attrgetter("rule", "subject", "reason"))),
        clear=dict(clear),
        incomplete=frozenset(incomplete),
    )


def _missing(rule: Rule, case: Case) -> Iterable[NotJudged]:
    """What the rule rests on and could not be had: failed sources, and what resolution could not make out."""
    reads = set(rule.reads)
    for source, tables in sorted(case.failed.items()):
        if reads & set(tables):
            yield rule.not_judged(f"what {source} covers", f"the source {source} could not be read")
    for lost in case.unresolved:
        if reads & set(lost.tables):
            yield rule.not_judged(lost.subject, lost.reason)


def _excepted(finding: Finding, case: Case) -> Finding:
    """The finding with the exception that covers it; an expired exception is a fact of it."""
    for exception in case.config.exceptions:
        if not exception.covers(finding.rule, finding.person, finding.account, finding.system):
            continue
        until = exception.until.isoformat()
        if exception.until < case.at.astimezone(case.config.zone).date():
            return replace(finding, facts={**finding.facts, "exception_ended": until})
        agreed = {"reason": exception.reason, "approved_by": exception.approved_by, "until": until}
        return replace(finding, exception=agreed, status=Status.EXCEPTED)
    return finding


def _worst_first(finding: Finding) -> tuple[object, ...]:
    who = finding.person or finding.account or ""
    return (-finding.severity.rank, finding.rule, finding.system or "", who, finding.thing)
