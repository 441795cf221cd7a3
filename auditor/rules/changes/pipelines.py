"""What the pipeline's identity does while no pipeline runs."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from msgspec import Struct

from auditor.activity.results import Episode
from auditor.activity.times import merged
from auditor.case.case import Case
from auditor.case.coverage import no_source
from auditor.model.findings import Outcome
from auditor.model.tables import Deployment
from auditor.model.vocabulary import ActorClass, CoverageStatus, Severity
from auditor.providers.registry import provider
from auditor.rules.base import Rule, controls, session_rule
from auditor.rules.episodes import whence
from auditor.rules.facts import MOST_EVIDENCE, stamp
from auditor.rules.sittings import sittings
from auditor.rules.words import count, listing, moment

_NEVER_RAN = frozenset({"created", "waiting_for_resource", "preparing", "pending", "skipped", "scheduled"})
# A pipeline that is open for longer waits for somebody in between.
_AT_WORK = timedelta(hours=2)


@session_rule(
    "changes/around-the-pipeline",
    heading="The pipeline's identity used without a pipeline",
    severity=Severity.HIGH,
    reads=("activity", "pipelines", "deployments"),
    why="What the pipeline's identity does without the pipeline has no commit, no review and nobody's name on it.",
    controls=controls(soc2="CC8.1 CC6.1", iso="A.8.32 A.5.16", pci="8.6.1 6.5.1", nist="CM-3 CM-5(1)"),
)
def around_the_pipeline(self: Rule, case: Case) -> Iterator[Outcome]:
    """A pipeline's identity changed a system, or was on its hosts, while no pipeline ran in any project that is read.

    `overlap_tolerance` is allowed on both sides of a run; of one that is open for more than two hours only the first
    and the last two hours count, because it waits for somebody in between. Where at least half of an identity's work on
    a system goes with no run, its pipeline is not among those that are read: that could not be judged. A person who
    used the identity is a finding of `shared/service-account-by-person` alone. One finding a sitting.
    """
    work: dict[tuple[str, str], list[Episode]] = {}
    for episode in case.episodes:
        own = episode.actor_class is ActorClass.PIPELINE and not episode.person
        if episode.system and own and (episode.changes or provider(episode.provider).OPENS_SHELLS):
            identity = case.who(episode.account or "").owner or episode.account or ""
            work.setdefault((identity, episode.system), []).append(episode)
    for (identity, system), episodes in sorted(work.items()):
        yield from _judged(self, case, identity, system, episodes)


class _Runs(Struct, frozen=True):
    """When pipelines were at work: stretches that do not touch, earliest first, with the tolerance on both sides.

    `edges` are when runs really began and ended; `lacks` says what is not known.
    """

    since: datetime
    begins: Sequence[datetime]
    ends: Sequence[datetime]
    edges: Sequence[datetime]
    lacks: str = ""

    def meet(self, episode: Episode) -> bool:
        """Whether a run was under way in an episode."""
        place = bisect_right(self.begins, episode.ends_at)
        return place > 0 and self.ends[place - 1] >= episode.starts_at

    def nearest(self, moment_: datetime) -> datetime | None:
        """The beginning or end of a run that lies nearest to a moment."""
        return min(self.edges, key=lambda edge: abs(edge - moment_), default=None)


@lru_cache(maxsize=1)
def _runs(case: Case) -> _Runs:
    """Every run of the projects that are read, worked out once a case."""
    spans = [(r.row.time, r.ends_at) for r in case.releases if r.ran]
    for row in case.pipelines:
        if row.status not in _NEVER_RAN:
            begins, ends = row.time, row.updated_at or case.at
            spans += [(begins, min(ends, begins + _AT_WORK)), (max(begins, ends - _AT_WORK), ends)]
    tolerance = case.policy.overlap_tolerance
    stretches = list(merged((begins - tolerance, ends + tolerance) for begins, ends in spans))
    lines = [seen for seen in case.coverage if seen.scope.endswith(" pipelines")]
    missing = [seen.scope for seen in lines if seen.status != CoverageStatus.OK]
    lacks = f"not all {listing(missing)} could be read" if missing else ""
    return _Runs(
        since=max((seen.from_ for seen in lines if seen.from_), default=case.period_from),
        begins=[begins for begins, _ in stretches],
        ends=[ends for _, ends in stretches],
        edges=[edge for span in spans for edge in span],
        lacks=lacks if lines else no_source(case.config, Deployment.TABLE) or "no source tells of its pipeline's runs",
    )


def _judged(self: Rule, case: Case, identity: str, system: str, episodes: Sequence[Episode]) -> Iterator[Outcome]:
    """What is said of an identity's work on a system."""
    subject, runs = {"system": system, "label": f"{identity} on {system}"}, _runs(case)
    known = [episode for episode in episodes if episode.starts_at >= runs.since]
    alone = [episode for episode in known if not runs.meet(episode)]
    yield from (self.clear(account=e.account, system=system, thing=e.first_event) for e in known if runs.meet(e))
    if len(known) < len(episodes):
        yield self.not_judged(**subject, reason=f"pipelines are not known from before {stamp(runs.since)}")
    if not alone:
        return
    if runs.lacks:
        yield self.not_judged(**subject, reason=runs.lacks)
        return
    if 2 * len(alone) >= len(known):
        yield self.not_judged(
            **subject, reason="most of its work goes with no run that was read: its pipeline is another one"
        )
        return
    gap = case.policy.session_gap
    for sitting in sittings(alone, who=lambda e: e.account, gap=gap):
        yield _without_run(self, case, identity, system, sitting)


def _without_run(self: Rule, case: Case, identity: str, system: str, sitting: Sequence[Episode]) -> Outcome:
    first, changes = sitting[0], sum(e.changes for e in sitting)
    actions = list(dict.fromkeys(action for e in sitting for action in e.actions))
    did = "changed" if changes else "was on a host of"
    changing = listing(action for e in sitting for action in e.change_actions)
    number = f" ({count(changes, 'change')}: {changing})" if changes else ""
    return self.finding(
        thing=first.first_event,
        account=first.account,
        system=system,
        resource=next(iter(first.resources), None),
        credential=first.credential,
        starts_at=first.starts_at,
        ends_at=max(e.ends_at for e in sitting),
        summary=f"{identity} {did} {case.system_name(system)} on {moment(first.starts_at, case.config.zone)}{number}, "
        "and no pipeline was running",
        next_step="Find out who holds its credentials and renew them; let only the pipeline's own jobs become it.",
        facts={
            "changes": changes,
            "actions": actions,
            "sessions": sorted({e.session or e.actor or "" for e in sitting} - {""}),
            **whence(sitting),
            "nearest_run": stamp(_runs(case).nearest(first.starts_at)),
        },
        evidence=tuple(e.sample for e in sitting[:MOST_EVIDENCE]),
    )
