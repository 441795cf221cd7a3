"""What page and pack are printed from: the audit, and what has to be counted, grouped and put in order of it."""

from collections.abc import Collection, Mapping, Sequence

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.agents import AgentWork
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit
from auditor.model.groups import grouped
from auditor.model.stories import Story
from auditor.model.strangers import FIRST_RUN, Stranger, strangers
from auditor.model.vocabulary import Report, Severity
from reports.access_matrix import Reach, reach
from reports.after_changes import NOTHING as NOTHING_AFTER
from reports.after_changes import AfterView
from reports.agenda import Group, Item, Reviewed, agenda, groups, reviewed
from reports.coverage import LogDays, Unjudged, log_days, origins, unjudged, unread_sources
from reports.deciding import Evidence
from reports.exposure import ExposureView, exposure_view
from reports.history import History
from reports.pictures.matrix import Matrix
from reports.pictures.month import Month
from reports.review_section import CampaignSection, build_section
from reports.simulation import Simulation
from reports.since import Due, Since, build_since, decisions_due, next_meeting
from reports.stories import StoryView, sentence, tell
from reports.trend import TrendView, build_trend
from reports.words import day, listing, plural

_FIRST = 7
"""As many as a reader takes in before the rest."""


class View(Struct, frozen=True, kw_only=True):
    """One audit to print. `reach` is None where who can touch what is not known, `agents` where what they did is not.

    `strangers` are those whom auditor.yaml does not know. `title` is the day or the month that it is about; `figures`
    stand at the top, each with what it counts; `hashes` are SHA-256 of files that belong to the run, by name;
    `originals` counts the files and objects that its findings rest on; `evidence` is what decides on findings;
    `beside` are the reports that lie in one folder with it; `simulation` is of a drafted policy, where that was asked.
    """

    audit: Audit
    config: Config
    past: History
    title: str
    headline: str
    completeness: str
    figures: tuple[tuple[int, str], ...]
    trend: TrendView
    rows: tuple[Reviewed, ...]
    since: Since
    due: tuple[Due, ...]
    campaign: CampaignSection | None
    agenda: tuple[Item, ...]
    groups: tuple[Group, ...]
    strangers: tuple[Stranger, ...]
    reach: Reach | None
    stories: tuple[StoryView, ...]
    stories_sentence: str
    agents: tuple[AgentWork, ...] | None
    not_judged: tuple[Unjudged, ...]
    days: tuple[LogDays, ...]
    hashes: tuple[tuple[str, str], ...]
    originals: int
    evidence: Evidence
    exposure: ExposureView
    beside: Collection[Report] = tuple(Report)
    matrix: Matrix | None = None
    after: AfterView = NOTHING_AFTER
    simulation: Simulation | None = None
    month: Month | None = None

    @property
    def table(self) -> str:
        """Where every finding is listed: `findings.csv`."""
        return "findings.csv" if Report.CSV in self.beside else "findings.json"

    @property
    def page(self) -> str:
        """Where the pack's reader finds what it leaves out: `on the page`."""
        return f"on the page{'' if Report.PAGE in self.beside else ' that `auditor report --reports page` makes'}"

    @property
    def clear(self) -> int:
        """How many subjects were looked at and are in order."""
        return sum(self.audit.clear.values())

    @property
    def first_run(self) -> str:
        """What a reader of a first run has to know; empty for every other."""
        return FIRST_RUN if self.past.history and not self.past.before(self.audit.audited_at) else ""

    @property
    def next_meeting(self) -> str:
        """The day that decisions are due before."""
        return next_meeting(self.audit.audited_at, self.config.zone)

    @property
    def first(self) -> tuple[Reviewed, ...]:
        """Where there is much to decide, the gravest of what is high or critical; each rule once before any twice."""
        undecided = [row for row in self.rows if row.undecided]
        if len(undecided) <= _FIRST:
            return ()
        grave = grouped((row.finding.rule, row) for row in undecided if row.finding.severity.rank >= Severity.HIGH.rank)
        turns = [(turn, row) for rows in grave.values() for turn, row in enumerate(rows)]
        turns.sort(key=lambda one: (-one[1].finding.severity.rank, one[0]))
        return tuple(row for _, row in turns[:_FIRST])

    @property
    def decided(self) -> list[Reviewed]:
        """What the review decided to keep, to revoke or to have done, and is still there."""
        return [row for row in self.rows if row.verdict in ("keep", "revoke", "do-by")]

    @property
    def exceptions(self) -> list[Reviewed]:
        """What is under an exception, the next to end first."""
        excepted = [row for row in self.rows if row.exception]
        return sorted(excepted, key=lambda row: str((row.exception or {}).get("until", "")))


def build_view(
    audit: Audit,
    config: Config,
    access: Sequence[Entitlement] | None = None,
    hashes: Mapping[str, str] | None = None,
    past: History | None = None,
    stories: Sequence[Story] = (),
    agents: Sequence[AgentWork] | None = None,
    eligible: Sequence[Entitlement] = (),
) -> View:
    """The view of one audit. Access, and what agents did, are None where they are not known.

    `hashes` are SHA-256 of files that belong to the run, by name; `eligible` is what nobody holds, but may ask for.
    """
    past = (past or History()).beside(audit.findings)
    today = day(audit.audited_at, config.zone)
    rows = reviewed(audit, past.decided, config)
    undecided = [row for row in rows if row.undecided]
    who = None if access is None else reach(access, config, audit.audited_at, audit.unseen_systems, eligible)
    return View(
        audit=audit,
        config=config,
        past=past,
        title=past.month or today,
        headline=_headline(audit, who, len(undecided), f"on {today}" if past.month else "today"),
        completeness=_completeness(audit),
        figures=_figures(audit, who, undecided),
        trend=build_trend(past, audit.audited_at, config),
        rows=rows,
        since=build_since(audit, past, rows, config.zone),
        due=decisions_due(audit, rows, past, config),
        campaign=build_section(past.campaign, config),
        agenda=agenda(undecided, config),
        groups=groups(rows, config),
        strangers=tuple(strangers(row.finding for row in undecided)),
        reach=who,
        stories=tell(stories, audit.findings),
        stories_sentence=sentence(stories, config),
        agents=None if agents is None else tuple(agents),
        not_judged=unjudged(audit),
        days=log_days(audit),
        hashes=(*(hashes or {}).items(), *past.links),
        originals=len(origins(audit)),
        evidence=Evidence(audit=audit, config=config, access=access, stories=stories),
        exposure=exposure_view(audit.exposure, config),
    )


def _headline(audit: Audit, who: Reach | None, undecided: int, moment: str) -> str:
    """The sentence that matters; where not all rights were read, who can change production is a least number."""
    parts = []
    if who is not None:
        people = plural(who.people_who_change, "person", "people")
        if who.unknown_who_change:
            people += f" and {plural(who.unknown_who_change, 'account that nobody owns', 'accounts that nobody owns')}"
        can = f"can change production {moment}"
        if who.people_who_change or who.unknown_who_change:
            parts.append(f"{'at least ' if audit.unseen_systems else ''}{people} {can}")
        else:
            parts.append(f"who {can} is not known" if audit.unseen_systems else f"nobody {can}")
    needs = "needs" if undecided == 1 else "need"
    parts.append(f"{plural(undecided, 'finding')} {needs} a decision" if undecided else "nothing needs a decision")
    return "; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."


def _completeness(audit: Audit) -> str:
    """Whether all was read, in the one sense of the terminal and the exit status; and what could not be judged."""
    unanswered = f"{plural(len(audit.not_judged), 'question')} could not be answered for lack of evidence"
    if audit.complete:
        told = unanswered if audit.not_judged else "every rule could be judged"
        return f"Everything that was configured was read, and {told}."
    parts = []
    if unread := unread_sources(audit.coverage):
        parts.append(f"{plural(unread, 'source')} could not be read")
    if audit.not_judged:
        parts.append(unanswered)
    missing = listing(parts) or "some evidence is missing"
    return f"This audit is not complete: {missing}. What is not listed is not thereby in order."


def _figures(audit: Audit, who: Reach | None, undecided: Sequence[Reviewed]) -> tuple[tuple[int, str], ...]:
    grave = sum(row.finding.severity.rank >= Severity.HIGH.rank for row in undecided)
    unread = unread_sources(audit.coverage)
    told = who is not None and (who.people_who_change or not audit.unseen_systems)
    known = [(who.people_who_change, "can change production")] if who is not None and told else []
    return (
        *known,
        (len(undecided), "need a decision"),
        (grave, "of them high or critical"),
        (len(audit.not_judged), "could not be judged"),
        (unread, "source not read" if unread == 1 else "sources not read"),
    )
