"""The view that HTML and PDF are printed from: text, counts and rows, ready. The templates compute nothing."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from auditor.config.models import Config
from auditor.model.findings import Audit, Evidence, Finding, Seen
from auditor.model.vocabulary import CoverageStatus, Severity, Status
from auditor.resolve.types import Access
from reports import topics
from reports.people import Reach, reach
from reports.words import (
    SEVERITY_MARKS,
    account_name,
    day,
    fact_name,
    fact_value,
    listing,
    plural,
    shown,
    stretch,
    when,
)

_NEEDS_DECISION = {Status.NEW, Status.OPEN, Status.REOPENED}
# Carried for other programs, not for reading.
_UNSHOWN_FACTS = {"handles"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One finding as it is printed. Empty text where a finding names nothing."""

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


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What a rule could not judge for one reason."""

    heading: str
    rule: str
    reason: str
    count: int
    subjects: str


@dataclass(frozen=True, slots=True)
class SeenRow:
    """One line of coverage."""

    source: str
    scope: str
    period: str
    rows: str
    status: str
    mark: str
    reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands at the top, with what it counts."""

    number: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that a report prints. `reach` is None where who can touch what is not known."""

    organisation: str
    run: str
    audited_at: str
    audited_day: str
    audited_iso: str
    period: str
    headline: str
    complete: bool
    completeness: str
    figures: tuple[Figure, ...]
    decisions: tuple[DecisionView, ...]
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    exceptions: tuple[Row, ...]
    reach: Reach | None
    not_judged: tuple[Unjudged, ...]
    coverage: tuple[SeenRow, ...]
    controls: tuple[tuple[str, str, str], ...]
    origins: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    clear: str


def build_view(
    audit: Audit,
    config: Config,
    access: Sequence[Access] | None = None,
    hashes: Mapping[str, str] | None = None,
) -> View:
    """The view of one audit.

    Args:
        audit: the result of the run.
        config: names of people and systems, and the time zone that times are shown in.
        access: every path of access at the time of the audit; None where it is not known.
        hashes: SHA-256 of files that belong to the run (findings.json, the manifest), by name.
    """
    zone = config.zone
    rows = tuple(_row(finding, config) for finding in sorted(audit.findings, key=_worst_first))
    open_ids = {finding.id for finding in audit.findings if needs_decision(finding)}
    open_rows = [row for row in rows if row.id in open_ids]
    who = None if access is None else reach(access, config, audit.audited_at)
    unread = _unread(audit.coverage)
    return View(
        organisation=shown(audit.organisation),
        run=shown(audit.run),
        audited_at=when(audit.audited_at, zone),
        audited_day=day(audit.audited_at, zone),
        audited_iso=audit.audited_at.isoformat(),
        period=f"{day(audit.period_from, zone)} to {day(audit.period_to, zone)}",
        headline=_headline(who, len(open_rows), unread),
        complete=audit.complete,
        completeness=_completeness(audit, unread),
        figures=_figures(audit, who, open_rows, unread),
        decisions=_decisions(open_rows),
        groups=_groups(rows),
        rows=rows,
        exceptions=tuple(row for row in rows if row.exception),
        reach=who,
        not_judged=_unjudged(audit),
        coverage=tuple(_seen(seen, zone) for seen in audit.coverage),
        controls=_controls(audit),
        origins=_origins(audit),
        hashes=tuple((shown(name), digest) for name, digest in (hashes or {}).items()),
        clear=plural(
            sum(audit.clear.values()),
            "subject was looked at and is in order",
            "subjects were looked at and are in order",
        ),
    )


def needs_decision(finding: Finding) -> bool:
    """Whether somebody has to decide: it is there, and no exception covers it."""
    return finding.status in _NEEDS_DECISION and not finding.exception


def _worst_first(finding: Finding) -> tuple[object, ...]:
    return (
        -finding.severity.rank,
        finding.rule,
        finding.system or "",
        finding.person or "",
        finding.summary,
        finding.id,
    )


def _row(finding: Finding, config: Config) -> Row:
    person = config.people_by_id.get(finding.person or "")
    system = config.systems_by_id.get(finding.system or "")
    return Row(
        id=finding.id,
        rule=shown(finding.rule),
        family=shown(finding.rule.split("/", 1)[0]),
        heading=topics.heading(finding.rule),
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
        exception=_exception(finding.exception),
        facts=tuple((fact_name(n), fact_value(v)) for n, v in finding.facts.items() if n not in _UNSHOWN_FACTS),
        evidence=tuple(_cited(pointer) for pointer in finding.evidence),
        controls=_control_text(finding),
    )


def _exception(exception: Mapping[str, object] | None) -> str:
    if not exception:
        return ""
    known = {name: fact_value(value) for name, value in exception.items() if value}
    text = f"until {known.get('until', 'an unknown date')}, approved by {known.get('approved_by', 'nobody named')}"
    return f"{text}: {known['reason']}" if "reason" in known else text


def _cited(pointer: Evidence) -> str:
    event = f", event {pointer.event_id}" if pointer.event_id else ""
    return shown(f"{pointer.source}: {pointer.origin}, record {pointer.record}{event}")


def _control_text(finding: Finding) -> str:
    return shown("; ".join(f"{topics.framework(name)} {', '.join(ids)}" for name, ids in finding.controls.items()))


def _unread(coverage: Iterable[Seen]) -> int:
    return len({seen.source for seen in coverage if seen.status == CoverageStatus.FAILED})


def _headline(who: Reach | None, undecided: int, unread: int) -> str:
    """The sentence that matters."""
    parts = []
    if who is not None:
        parts.append(f"{plural(who.people_who_change, 'person', 'people')} can change production today")
        if who.unknown_who_change:
            logins = plural(who.unknown_who_change, "account that nobody owns", "accounts that nobody owns")
            parts[0] = f"{plural(who.people_who_change, 'person', 'people')} and {logins} can change production today"
    needs = "needs" if undecided == 1 else "need"
    parts.append(f"{plural(undecided, 'finding')} {needs} a decision" if undecided else "nothing needs a decision")
    if unread:
        parts.append(f"{plural(unread, 'source')} could not be read")
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."


def _completeness(audit: Audit, unread: int) -> str:
    if audit.complete and not audit.not_judged:
        return "Everything that was configured was read, and every rule could be judged."
    parts = []
    if unread:
        parts.append(f"{plural(unread, 'source')} could not be read")
    if audit.not_judged:
        parts.append(f"{plural(len(audit.not_judged), 'question')} could not be answered for lack of evidence")
    missing = listing(parts) or "some evidence is missing"
    return f"This audit is not complete: {missing}. What is not listed is not thereby in order."


def _figures(audit: Audit, who: Reach | None, open_rows: Sequence[Row], unread: int) -> tuple[Figure, ...]:
    grave = sum(row.rank >= Severity.HIGH.rank for row in open_rows)
    known = [Figure(f"{who.people_who_change:,}", "can change production")] if who else []
    return (
        *known,
        Figure(f"{len(open_rows):,}", "need a decision"),
        Figure(f"{grave:,}", "of them high or critical"),
        Figure(f"{len(audit.not_judged):,}", "could not be judged"),
        Figure(f"{unread:,}", "sources not read" if unread != 1 else "source not read"),
    )


def _decisions(rows: Sequence[Row]) -> tuple[DecisionView, ...]:
    by_key: dict[str, list[Row]] = {}
    for row in rows:
        by_key.setdefault(topics.decision(row.rule).key, []).append(row)
    return tuple(
        DecisionView(
            key=kind.key,
            heading=kind.heading,
            proposal=kind.proposal,
            count=len(by_key[kind.key]),
            counts=_severities(by_key[kind.key]),
            groups=_groups(by_key[kind.key]),
        )
        for kind in topics.DECISIONS
        if kind.key in by_key
    )


def _severities(rows: Iterable[Row]) -> str:
    """`◆ 2 critical, ▲ 4 high`."""
    counts = Counter(row.severity for row in rows)
    worst_first = sorted(Severity, key=lambda s: -s.rank)
    return ", ".join(f"{SEVERITY_MARKS[s]} {counts[s.value]:,} {s.value}" for s in worst_first if counts[s.value])


def _groups(rows: Sequence[Row]) -> tuple[Group, ...]:
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
        people=_named(row.person or account_name(row.account) for row in rows),
        systems=_named(row.system for row in rows),
        rows=tuple(rows),
    )


def _named(names: Iterable[str]) -> str:
    """The names that come up most often, first."""
    return listing((name for name, _ in Counter(filter(None, names)).most_common()), most=4)


def _unjudged(audit: Audit) -> tuple[Unjudged, ...]:
    alike: dict[tuple[str, str], list[str]] = {}
    for item in audit.not_judged:
        alike.setdefault((item.rule, item.reason), []).append(item.subject)
    return tuple(
        Unjudged(
            heading=topics.heading(rule),
            rule=shown(rule),
            reason=shown(reason),
            count=len(subjects),
            subjects=listing(map(shown, dict.fromkeys(subjects)), most=5),
        )
        for (rule, reason), subjects in sorted(alike.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    )


_COVERAGE_MARKS = {"ok": "●", "partial": "◐", "failed": "○"}


def _seen(seen: Seen, zone: ZoneInfo) -> SeenRow:
    return SeenRow(
        source=shown(seen.source),
        scope=shown(seen.scope),
        period=stretch(seen.from_, seen.to, zone),
        rows=f"{seen.rows:,}",
        status=seen.status,
        mark=_COVERAGE_MARKS.get(seen.status, ""),
        reason=shown(seen.reason),
    )


def _controls(audit: Audit) -> tuple[tuple[str, str, str], ...]:
    """Framework, control and the findings that bear on it, in the order of the controls."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for finding in audit.findings:
        for name, ids in finding.controls.items():
            for control in ids:
                counts.setdefault((topics.framework(name), control), Counter())[finding.rule] += 1
    return tuple(
        (shown(name), shown(control), ", ".join(f"{shown(rule)} ({n:,})" for rule, n in sorted(rules.items())))
        for (name, control), rules in sorted(counts.items())
    )


def _origins(audit: Audit) -> tuple[tuple[str, str], ...]:
    """The files and objects that findings rest on, with the SHA-256 of their bytes."""
    cited = {(p.origin, p.sha256) for finding in audit.findings for p in finding.evidence if p.sha256}
    return tuple((shown(origin), digest) for origin, digest in sorted(cited))
