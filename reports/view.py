"""The view that HTML and PDF are printed from: text, counts and rows, ready. The templates compute nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from auditor.config.models import Config
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit
from auditor.model.stories import Story
from auditor.model.vocabulary import Severity
from reports.access_matrix import Reach, reach
from reports.coverage import (
    CoverageView,
    LogDays,
    Unjudged,
    controls,
    log_days,
    origins,
    seen_row,
    unjudged,
    unread_sources,
)
from reports.finding_views import (
    DecisionView,
    Group,
    Row,
    decisions,
    groups,
    in_force,
    make_row,
    needs_decision,
    worst_first,
)
from reports.history import History
from reports.stories import Stories, tell
from reports.trend import TrendView, build_trend
from reports.words import day, listing, plural, shown, when


@dataclass(frozen=True, slots=True)
class Figure:
    """A number that stands at the top, with what it counts."""

    number: str
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Everything that a report prints. `reach` is None where who can touch what is not known."""

    title: str
    organisation: str
    run: str
    audited_at: str
    audited_day: str
    audited_iso: str
    period: str
    headline: str
    trend: TrendView
    complete: bool
    completeness: str
    figures: tuple[Figure, ...]
    decisions: tuple[DecisionView, ...]
    groups: tuple[Group, ...]
    rows: tuple[Row, ...]
    decided: tuple[Row, ...]
    exceptions: tuple[Row, ...]
    reach: Reach | None
    stories: Stories
    not_judged: tuple[Unjudged, ...]
    coverage: tuple[CoverageView, ...]
    days: tuple[LogDays, ...]
    controls: tuple[tuple[str, str, str], ...]
    origins: tuple[tuple[str, str], ...]
    hashes: tuple[tuple[str, str], ...]
    clear: str


def build_view(
    audit: Audit,
    config: Config,
    access: Sequence[Entitlement] | None = None,
    hashes: Mapping[str, str] | None = None,
    past: History | None = None,
    stories: Sequence[Story] = (),
) -> View:
    """The view of one audit.

    Args:
        audit: the result of the run.
        config: names of people and systems, and the time zone that times are shown in.
        access: every path of access at the time of the audit; None where it is not known.
        hashes: SHA-256 of files that belong to the run (findings.json, the manifest), by name.
        past: what the ledger says of the runs before; None where there is none.
        stories: the access stories of the period.
    """
    zone = config.zone
    past = past or History()
    rows, open_rows = _rows(audit, config, past)
    who = None if access is None else reach(access, config, audit.audited_at, audit.unseen_systems)
    unread = unread_sources(audit.coverage)
    return View(
        title=past.month or day(audit.audited_at, zone),
        organisation=shown(audit.organisation),
        run=shown(audit.run),
        audited_at=when(audit.audited_at, zone),
        audited_day=day(audit.audited_at, zone),
        audited_iso=audit.audited_at.isoformat(),
        period=f"{day(audit.period_from, zone)} to {day(audit.period_to, zone)}",
        headline=_headline(
            audit, who, len(open_rows), unread, f"on {day(audit.audited_at, zone)}" if past.month else "today"
        ),
        trend=build_trend(past, audit.audited_at, config),
        complete=audit.complete,
        completeness=_completeness(audit, unread),
        figures=_figures(audit, who, open_rows, unread),
        decisions=decisions(open_rows),
        groups=groups(rows),
        rows=rows,
        decided=tuple(row for row in rows if row.verdict in ("keep", "revoke")),
        exceptions=tuple(sorted((row for row in rows if row.exception), key=lambda row: row.ends)),
        reach=who,
        stories=tell(stories, audit.findings, config),
        not_judged=unjudged(audit),
        coverage=tuple(seen_row(seen, zone) for seen in audit.coverage),
        days=log_days(audit),
        controls=controls(audit),
        origins=origins(audit),
        hashes=tuple((shown(name), digest) for name, digest in (hashes or {}).items()),
        clear=plural(
            sum(audit.clear.values()),
            "subject was looked at and is in order",
            "subjects were looked at and are in order",
        ),
    )


def _rows(audit: Audit, config: Config, past: History) -> tuple[tuple[Row, ...], list[Row]]:
    """Every finding, worst first; and those that need a decision."""
    said = in_force(past.decided, audit.audited_at.astimezone(config.zone).date())
    ordered = sorted(audit.findings, key=worst_first)
    rows = tuple(make_row(finding, config, said.get(finding.id)) for finding in ordered)
    both = zip(ordered, rows, strict=True)
    return rows, [row for finding, row in both if needs_decision(finding, said.get(finding.id))]


def _headline(audit: Audit, who: Reach | None, undecided: int, unread: int, moment: str) -> str:
    """The sentence that matters; where not all rights were read, who can change production is a least number."""
    parts = []
    if who is not None:
        people = plural(who.people_who_change, "person", "people")
        if who.unknown_who_change:
            people += f" and {plural(who.unknown_who_change, 'account that nobody owns', 'accounts that nobody owns')}"
        parts.append(f"{'at least ' if audit.unseen_systems else ''}{people} can change production {moment}")
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
