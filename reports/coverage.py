"""What was seen and what was not: coverage, questions without an answer, controls and originals."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from auditor.model.findings import Audit, CoverageLine, NotJudged
from auditor.model.vocabulary import CoverageStatus
from auditor.rules.controls import FRAMEWORKS
from auditor.rules.registry import heading
from reports.words import listing, shown, stretch


@dataclass(frozen=True, slots=True)
class Unjudged:
    """What could not be judged for one reason, by whichever rules."""

    reason: str
    rules: str
    count: int
    subjects: str


@dataclass(frozen=True, slots=True)
class CoverageView:
    """One line of coverage."""

    source: str
    scope: str
    period: str
    rows: str
    status: str
    mark: str
    reason: str


def unjudged(audit: Audit) -> tuple[Unjudged, ...]:
    """What could not be judged, by reason, the most frequent first."""
    alike: dict[str, list[NotJudged]] = {}
    for item in audit.not_judged:
        alike.setdefault(item.reason, []).append(item)
    return tuple(
        Unjudged(
            reason=shown(reason),
            rules=listing(sorted({heading(item.rule) for item in items}), most=4),
            count=len(items),
            subjects=listing(dict.fromkeys(shown(str(item.subject)) for item in items), most=3),
        )
        for reason, items in sorted(alike.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    )


_FEW_DAYS = 5
_COVERAGE_MARKS = {"ok": "●", "partial": "◐", "failed": "○"}


def seen_row(seen: CoverageLine, zone: ZoneInfo) -> CoverageView:
    """One line of coverage."""
    return CoverageView(
        source=shown(seen.source),
        scope=shown(seen.scope),
        period=stretch(seen.from_, seen.to, zone),
        rows=f"{seen.rows:,}",
        status=seen.status,
        mark=_COVERAGE_MARKS.get(seen.status, ""),
        reason=shown(seen.reason),
    )


@dataclass(frozen=True, slots=True)
class LogDays:
    """One log over the period's days: a sign for each, and what is missing in words."""

    source: str
    strip: str
    note: str


def log_days(audit: Audit) -> tuple[LogDays, ...]:
    """Which days each log has records of. A log without any stands in the coverage."""
    length = (audit.period_to.date() - audit.period_from.date()).days
    days = [audit.period_from.date() + timedelta(days=number) for number in range(length + 1)]
    return tuple(_over(source, days, set(seen)) for source, seen in audit.days.items() if seen)


def _over(source: str, days: Sequence[date], seen: Collection[date]) -> LogDays:
    missing = [f"{day.day} {day:%b}" for day in days if day not in seen]
    note = f"nothing on {listing(missing)}" if missing else "every day"
    if len(missing) > _FEW_DAYS:
        note = f"records on {len(days) - len(missing)} of {len(days)} days"
    return LogDays(shown(source), "".join("■" if day in seen else "·" for day in days), note)


def controls(audit: Audit) -> tuple[tuple[str, str, str], ...]:
    """Framework, control and the findings that bear on it by rule, in the order of the controls."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for finding in audit.findings:
        for name, ids in finding.controls.items():
            for control in ids:
                counts.setdefault((FRAMEWORKS.get(name, name), control), Counter())[finding.rule] += 1
    return tuple((shown(name), shown(control), _rules(rules)) for (name, control), rules in sorted(counts.items()))


def _rules(counts: Counter[str]) -> str:
    """`standing/departed (2), unused (1); tasks/none (4)`."""
    families: dict[str, list[str]] = {}
    for rule, count in sorted(counts.items()):
        family, _, name = rule.partition("/")
        families.setdefault(family, []).append(f"{name} ({count:,})")
    return shown("; ".join(f"{family}/{', '.join(names)}" for family, names in families.items()))


def origins(audit: Audit) -> tuple[tuple[str, str], ...]:
    """The files and objects that findings rest on, with the SHA-256 of their bytes."""
    cited = {(p.origin, p.sha256) for finding in audit.findings for p in finding.evidence if p.sha256}
    return tuple((shown(origin), digest) for origin, digest in sorted(cited))


def unread_sources(coverage: Iterable[CoverageLine]) -> int:
    """How many sources could not be read at all."""
    return len({seen.source for seen in coverage if seen.status == CoverageStatus.FAILED})
