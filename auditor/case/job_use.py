"""What each job really used: the capabilities that its people's work took, beside those that they hold."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from datetime import date, datetime, timedelta

from msgspec import Struct

from auditor.activity.results import Episode
from auditor.case.case import Case, opens_shell
from auditor.model.groups import grouped
from auditor.model.vocabulary import Capability, Category, Outcome
from auditor.providers.registry import begun_by, provider

_LEAST = timedelta(days=14)
"""Of a shorter time nothing is proposed: work that comes every other week would be missing."""

_TWICE = 2
"""Days on which a capability was used at least, to be proposed."""

_Days = dict[Capability, dict[tuple[str, date], bool]]
"""The days on which people used a capability, and whether they had a ticket for it."""


class CapabilityUse(Struct, frozen=True, kw_only=True):
    """How much of one capability a job used.

    Args:
        people: roster ids of those who did.
        days: on how many days, added up over people.
        asked: of those, the days on which a ticket's window covered it.
    """

    capability: Capability
    people: tuple[str, ...]
    days: int
    asked: int


class JobUse(Struct, frozen=True, kw_only=True):
    """What one job used in a period.

    Args:
        people: roster ids of those who hold it now.
        seen: those of them who were seen at work.
        stated: what `jobs` lets it hold now; None where it does not name the job.
        uses: what was used, by the most people first.
        never_used: what somebody of it holds, that changes production, and nobody of it used.
        not_seen: likewise what changes nothing, of which logs need not tell.
        unknown: changes of which it is not known which capability they took.
        lacks: why nothing can be proposed; empty where something can.
    """

    job: str
    people: tuple[str, ...]
    seen: tuple[str, ...]
    stated: frozenset[Capability] | None
    uses: tuple[CapabilityUse, ...]
    never_used: frozenset[Capability]
    not_seen: frozenset[Capability]
    unknown: int
    lacks: str
    proposed: frozenset[Capability]


def job_uses(case: Case) -> tuple[JobUse, ...]:
    """Every job that somebody holds, or `jobs` names, by its name."""
    used: defaultdict[str, _Days] = defaultdict(lambda: defaultdict(dict))
    unknown: defaultdict[str, int] = defaultdict(int)
    seen: defaultdict[str, set[str]] = defaultdict(set)
    for person, at, capabilities, asked, unclear in _used(case):
        job = case.config.job_at(person, at)
        if job:
            seen[job].add(person)
            unknown[job] += unclear
            for capability in capabilities:
                key = person, at.astimezone(case.config.zone).date()
                used[job][capability][key] = used[job][capability].get(key, True) and asked
    here = ((case.config.job_at(one.id, case.at), one.id) for one in case.config.people if not case.has_left(one.id))
    holders = grouped((job, person) for job, person in here if job)
    jobs = sorted({*case.config.jobs, *holders})
    return tuple(_job_use(case, job, holders[job], sorted(seen[job]), used[job], unknown[job]) for job in jobs)


def _job_use(case: Case, job: str, people: list[str], seen: list[str], used: _Days, unknown: int) -> JobUse:
    stated = frozenset(case.config.jobs[job]) if job in case.config.jobs else None
    held = frozenset(
        capability
        for path in case.access
        if path.person in people and not case.allowed.temporary(path, case.at, case.policy)
        for capability in path.capabilities
    )
    uses = [
        CapabilityUse(
            capability=capability,
            people=tuple(sorted({person for person, _ in days})),
            days=len(days),
            asked=sum(days.values()),
        )
        for capability, days in used.items()
    ]
    uses.sort(key=lambda one: (-len(one.people), -one.days, one.capability))
    unused = held - used.keys()
    lacks = _lacks(case, people, [one for one in people if one in seen])
    often = frozenset(
        one.capability for one in uses if one.days >= _TWICE and 2 * len(set(one.people) & set(people)) >= len(people)
    )
    # What changes nothing need not be in a log: that it was not seen takes nothing away.
    quiet = frozenset(one for one in stated or () if not one.changes)
    return JobUse(
        job=job,
        people=tuple(people),
        seen=tuple(one for one in people if one in seen),
        stated=stated,
        uses=tuple(uses),
        never_used=frozenset(one for one in unused if one.changes),
        not_seen=frozenset(one for one in unused if not one.changes),
        unknown=unknown,
        lacks=lacks,
        proposed=(stated or frozenset()) if lacks else often | quiet,
    )


def _lacks(case: Case, people: list[str], seen: list[str]) -> str:
    """Why what a job used says too little."""
    if not people:
        return "nobody holds it"
    if case.at - case.period_from < _LEAST:
        return f"less than {_LEAST.days} days were looked at"
    days = {day for some in case.days.values() for day in some}
    if len(days) < _LEAST.days:
        return f"logs were recorded on {len(days)} days only"
    if case.log_failed:
        return "a log could not be read"
    return "" if seen else "nobody who holds it was seen at work"


def _used(case: Case) -> Iterator[tuple[str, datetime, frozenset[Capability], bool, int]]:
    """Who used which capabilities when, whether a ticket covered it, and how many changes are not understood."""
    giving = {event.action for event in case.judged_events if event.category == Category.GRANT}
    for episode in (*case.episodes, *case.beyond):
        if episode.person:
            capabilities, unclear = _of_episode(episode, giving)
            own, span, changes = (episode.person, episode.system, episode.place), episode.stretch, episode.changes > 0
            asked = case.allowed.work(*own, *span, changes=changes).inside is not None
            yield episode.person, episode.starts_at, capabilities, asked, unclear
    for event in case.judged_events:
        if event.person and event.category == Category.GRANT and event.outcome == Outcome.OK:
            covered = any(case.allowed.windows(event.person, None, event.place, event.time, event.time))
            yield event.person, event.time, frozenset({Capability.MANAGE_ACCESS}), covered, 0
    for one in case.releases:
        if one.ran and one.row.actor and not begun_by(one.row) and (person := case.people.roster_id(one.row.actor)):
            inside = case.allowed.work(person, one.system, one.place, *one.span).inside
            yield person, one.row.time, frozenset({Capability.DEPLOY}), inside is not None, 0


def _of_episode(episode: Episode, giving: Collection[str]) -> tuple[frozenset[Capability], int]:
    """The capabilities that it took, and how many actions of change took none that is known, but of giving rights."""
    home = provider(episode.provider)
    found = {action: home.capabilities(action) for action in {*episode.actions, *episode.change_actions}}
    taken = frozenset(capability for capabilities in found.values() for capability in capabilities)
    in_shell = home.OPENS_SHELLS and episode.changes > 0
    if in_shell or opens_shell(episode):
        taken |= {Capability.SHELL}
    unclear = sum(not (found[action] or action in giving) for action in episode.change_actions)
    return taken, 0 if in_shell else unclear
