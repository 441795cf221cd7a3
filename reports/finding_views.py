"""Findings as reports print them: rows, their groups by rule, and the decisions that they ask for."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from auditor.config.models import Config
from auditor.ledger import Decision
from auditor.model.findings import Evidence, Finding
from auditor.model.vocabulary import Severity, Status
from auditor.rules.asks import ASKS
from auditor.rules.controls import FRAMEWORKS
from auditor.rules.registry import asks, heading
from reports.words import SEVERITY_MARKS, account_name, fact_name, fact_value, listing, short, shown, stretch, when

_NEEDS_DECISION = {Status.NEW, Status.OPEN, Status.REOPENED}
# Carried for other programs, not for reading.


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One finding as it is printed. Empty text where a finding names nothing.

    `verdict` is the review's decision, or `undecided`; `decided` says who took it, when and why. `ends` is the last day
    of the exception, in a form that sorts.
    """

    id: str
    rule: str
    family: str
    heading: str
    severity: str
    mark: str
    rank: int
    status: str
    summary: str
    why: str
    next_step: str
    person: str
    account: str
    system: str
    ticket: str
    resource: str
    credential: str
    when: str
    sort_time: str
    first_seen: str
    exception: str
    ends: str
    verdict: str
    decided: str
    facts: tuple[tuple[str, str], ...]
    evidence: tuple[str, ...]
    controls: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The findings of one rule, worst first; those under an exception too."""

    rule: str
    heading: str
    severity: str
    mark: str
    rank: int
    why: str
    controls: str
    people: str
    systems: str
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionView:
    """One move to decide on, with the groups of findings that ask for it."""

    key: str
    heading: str
    proposal: str
    count: int
    counts: str
    groups: tuple[Group, ...]


def needs_decision(finding: Finding, decision: Decision | None = None) -> bool:
    """Whether somebody has to decide: it is there, no exception covers it, and the review has said nothing yet."""
    return finding.status in _NEEDS_DECISION and not finding.exception and decision is None


def in_force(decided: Mapping[str, Decision], today: date) -> dict[str, Decision]:
    """The decisions without the exceptions whose last day is over."""
    return {name: one for name, one in decided.items() if one.until is None or one.until >= today}


def worst_first(finding: Finding) -> tuple[object, ...]:
    """The order in which findings are read."""
    return (
        -finding.severity.rank,
        finding.rule,
        finding.system or "",
        finding.person or "",
        finding.summary,
        finding.id,
    )


def make_row(finding: Finding, config: Config, decision: Decision | None = None) -> Row:
    """One finding, with people and systems by their names and times in the organisation's zone."""
    exception = finding.exception or _agreed(decision)
    person = config.people_by_id.get(finding.person or "")
    system = config.systems_by_id.get(finding.system or "")
    return Row(
        id=finding.id,
        rule=shown(finding.rule),
        family=shown(finding.rule.split("/", 1)[0]),
        heading=heading(finding.rule),
        severity=finding.severity.value,
        mark=SEVERITY_MARKS[finding.severity],
        rank=finding.severity.rank,
        status=finding.status.value,
        summary=shown(finding.summary),
        why=shown(finding.why),
        next_step=shown(finding.next_step),
        person=shown(person.name if person else finding.person),
        account=shown(finding.account),
        system=shown(system.name if system else finding.system),
        ticket=shown(finding.ticket),
        resource=shown(finding.resource),
        credential=shown(finding.credential),
        when=stretch(finding.starts_at, finding.ends_at, config.zone),
        sort_time=finding.starts_at.isoformat() if finding.starts_at else "",
        first_seen=when(finding.first_seen, config.zone),
        exception=_exception(exception),
        ends=str(exception.get("until", "")) if exception else "",
        verdict="exception" if exception else decision.decision if decision else "undecided",
        decided=_decided(decision, config) if decision else "",
        facts=tuple((fact_name(n), fact_value(v)) for n, v in finding.facts.items()),
        evidence=tuple(dict.fromkeys(_cited(pointer) for pointer in finding.evidence)),
        controls=_control_text(finding),
    )


def _exception(exception: Mapping[str, object] | None) -> str:
    if not exception:
        return ""
    known = {name: fact_value(value) for name, value in exception.items() if value}
    text = f"until {known.get('until', 'an unknown date')}, approved by {known.get('approved_by', 'nobody named')}"
    return f"{text}: {known['reason']}" if "reason" in known else text


def _agreed(decision: Decision | None) -> Mapping[str, Any] | None:
    """The exception that the review decided on since the run, in the form that the next run gives it."""
    if decision is None or decision.decision != "exception":
        return None
    return {"reason": decision.reason, "approved_by": decision.decided_by, "until": str(decision.until)}


def _decided(decision: Decision, config: Config) -> str:
    """`Mia Okafor, 2 Oct 2026 09:41 CEST: needed until the move`."""
    person = config.people_by_id.get(decision.decided_by)
    who = person.name if person else decision.decided_by
    return shown(f"{who}, {when(decision.decided_at, config.zone)}: {decision.reason}")


def _cited(pointer: Evidence) -> str:
    event = f", event {pointer.event_id}" if pointer.event_id else ""
    return shown(f"{pointer.source}: {pointer.origin}, record {pointer.record}{event}")


def _control_text(finding: Finding) -> str:
    return shown("; ".join(f"{FRAMEWORKS.get(name, name)} {', '.join(ids)}" for name, ids in finding.controls.items()))


def decisions(rows: Sequence[Row]) -> tuple[DecisionView, ...]:
    """What there is to decide, in the order of `ASKS`; moves that nothing asks for are left out."""
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        by_key.setdefault(asks(row.rule).key, []).append(row)
    return tuple(
        DecisionView(
            key=kind.key,
            heading=kind.heading,
            proposal=kind.proposal,
            count=len(by_key[kind.key]),
            counts=_severities(by_key[kind.key]),
            groups=groups(by_key[kind.key]),
        )
        for kind in ASKS
        if kind.key in by_key
    )


def _severities(rows: Iterable[Row]) -> str:
    """`◆ 2 critical, ▲ 4 high`."""
    counts = Counter(row.severity for row in rows)
    worst_first = sorted(Severity, key=lambda s: -s.rank)
    return ", ".join(f"{SEVERITY_MARKS[s]} {counts[s.value]:,} {s.value}" for s in worst_first if counts[s.value])


def groups(rows: Sequence[Row]) -> tuple[Group, ...]:
    """The rows by rule, the worst rule first. Rows come worst first, and stay so."""
    by_rule: dict[str, list[Row]] = {}
    for row in rows:
        by_rule.setdefault(row.rule, []).append(row)
    groups = [_group(found) for found in by_rule.values()]
    return tuple(sorted(groups, key=lambda group: (-group.rank, -len(group.rows), group.rule)))


def _group(rows: Sequence[Row]) -> Group:
    worst = rows[0]
    return Group(
        rule=worst.rule,
        heading=worst.heading,
        severity=worst.severity,
        mark=worst.mark,
        rank=worst.rank,
        why=worst.why,
        controls=worst.controls,
        people=_named(short(row.person or account_name(row.account)) for row in rows),
        systems=_named(short(row.system) for row in rows),
        rows=tuple(rows),
    )


def _named(names: Iterable[str]) -> str:
    """The names that come up most often, first."""
    return listing((name for name, _ in Counter(filter(None, names)).most_common()), most=2)
