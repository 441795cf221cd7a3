"""What a drafted policy would have found, beside what is found now: in sentences, as a page, a PDF and JSON."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.findings import Finding, NotJudged
from auditor.rules.registry import heading
from auditor.rules.words import length
from reports.environment import page
from reports.files import Written, write_each, write_private
from reports.findings_json import finding_document, stamp
from reports.pdf import printed
from reports.words import listing, person, plural


class RuleChange(Struct, frozen=True, kw_only=True):
    """One rule's findings and what it could not judge, as now and by the draft."""

    rule: str
    now: int
    drafted: int
    new: int
    gone: int
    not_judged: int
    not_judged_drafted: int

    @property
    def heading(self) -> str:
        """What the rule finds, in words."""
        return heading(self.rule)


class WindowWork(Struct, frozen=True, kw_only=True):
    """Work beside windows: of each kind that differs its length now and drafted, and how many pieces took longer."""

    windows: tuple[tuple[str, timedelta, timedelta], ...]
    pieces: int
    longer_now: int
    longer_drafted: int


class Simulation(Struct, frozen=True, kw_only=True):
    """The same evidence judged by the policy in force and by a draft.

    Args:
        config: the configuration in force.
        draft: the draft's file.
        at: the time up to which evidence was judged.
        period_from: from when on.
        changed: each setting that differs, with what it is now and in the draft.
        rules: those that tell something else.
        new: findings that only the draft makes, worst first; what is under an exception does not count.
        gone: those that only the policy in force makes.
        otherwise: what another rule tells of the same by the draft: by which rule now, and the finding.
        unjudged: what could be judged now, and by the draft could not; judged: the other way round.
        work: how long work took beside the windows; None where their lengths are the same.
    """

    config: Config
    draft: str
    at: datetime
    period_from: datetime
    changed: tuple[tuple[str, str, str], ...]
    rules: tuple[RuleChange, ...]
    new: tuple[Finding, ...]
    gone: tuple[Finding, ...]
    otherwise: tuple[tuple[str, Finding], ...]
    unjudged: tuple[NotJudged, ...]
    judged: tuple[NotJudged, ...]
    work: WindowWork | None = None

    @property
    def headline(self) -> str:
        """`By draft.yaml 7 findings would be new and 2 would be gone.`."""
        if not self.changed:
            return f"{self.draft} says nothing else than the policy in force."
        told = f"By {self.draft} {plural(len(self.new), 'finding')} would be new and {len(self.gone):,} would be gone"
        people, tickets = len(self.people), len(self.tickets)
        concerned = [plural(people, "person", "people")] if people else []
        concerned += [plural(tickets, "ticket")] if tickets else []
        return f"{told}, concerning {listing(concerned)}." if concerned else f"{told}."

    @property
    def people(self) -> tuple[str, ...]:
        """Those whom new and gone findings concern, by name."""
        return tuple(sorted({person(one.person, self.config) for one in (*self.new, *self.gone) if one.person}))

    @property
    def tickets(self) -> tuple[str, ...]:
        """The tickets that they concern."""
        return tuple(sorted({one.ticket for one in (*self.new, *self.gone) if one.ticket}))

    @property
    def sentence(self) -> str:
        """`With 30-minute windows 4 of 31 pieces of work would have needed an extension.`; empty where none differ."""
        work = self.work
        if work is None:
            return ""
        told = listing(f"{_short(drafted)} windows for {kind} work" for kind, _, drafted in work.windows)
        kinds = {drafted for _, _, drafted in work.windows}
        if len(work.windows) == 3 and len(kinds) == 1:  # noqa: PLR2004 - all kinds that have a length
            told = f"{_short(kinds.pop())} windows"
        if not work.pieces:
            return f"No work of the period shows what {told} would have meant."
        now = f"with those of now ({listing(length(now) for _, now, _ in work.windows)}) {work.longer_now:,} did"
        pieces = plural(work.pieces, "piece of work", "pieces of work")
        return f"With {told} {work.longer_drafted:,} of {pieces} would have needed an extension; {now}."


def _short(span: timedelta) -> str:
    """`30-minute`, `2-hour`."""
    number, _, unit = length(span).partition(" ")
    return f"{number}-{unit.removesuffix('s')}"


def simulation_json(told: Simulation) -> dict[str, Any]:
    """The same for machines."""
    return {
        "draft": told.draft,
        "period": {"from": stamp(told.period_from), "to": stamp(told.at)},
        "headline": told.headline,
        "sentence": told.sentence or None,
        "changed": [{"setting": name, "now": now, "drafted": then} for name, now, then in told.changed],
        "work": told.work
        and {
            "windows": [
                {"kind": kind, "now": now.total_seconds(), "drafted": then.total_seconds()}
                for kind, now, then in told.work.windows
            ],
            "pieces": told.work.pieces,
            "longer_now": told.work.longer_now,
            "longer_drafted": told.work.longer_drafted,
        },
        "rules": [{name: getattr(one, name) for name in RuleChange.__struct_fields__} for one in told.rules],
        "new": [finding_document(one) for one in told.new],
        "gone": [finding_document(one) for one in told.gone],
        "otherwise": [{"now": rule, "drafted": finding_document(one)} for rule, one in told.otherwise],
        "not_judged_any_more": _unjudged(told.unjudged),
        "judged_after_all": _unjudged(told.judged),
        "people": list(told.people),
        "tickets": list(told.tickets),
    }


def _unjudged(some: Iterable[NotJudged]) -> list[dict[str, str]]:
    return [{"rule": one.rule, "subject": str(one.subject), "reason": one.reason} for one in some]


def write(told: Simulation, folder: Path, pack: Callable[[], bytes] | None = None) -> Written:
    """Write simulation.html, simulation.pdf and, by `pack`, pack.pdf; one that cannot be made does not stop others."""
    reports = {
        "page": ("simulation.html", lambda path: write_private(path, render(told).encode("utf-8", "replace"))),
        "PDF": ("simulation.pdf", lambda path: write_private(path, printed(_filled(told), "incident_pdf.css"))),
    }
    if pack is not None:
        reports["pack"] = ("pack.pdf", lambda path: write_private(path, pack()))
    return write_each(reports, folder)


def render(told: Simulation) -> str:
    """The page: one file without a script, which asks nothing of any network."""
    return _filled(told, "screen.css", "incident.css")


def _filled(told: Simulation, *styles: str) -> str:
    return page(told.config, "simulation.html", styles, view=told)
