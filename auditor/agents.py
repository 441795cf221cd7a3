"""What agents and vendors did in the period, for the reports."""

from collections.abc import Mapping
from itertools import chain

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.placement import NOWHERE, UNCLAIMED, Placement, Where
from auditor.model.agents import AgentWork, in_order
from auditor.model.through import Through

_FOREMOST = 5


def agents_at_work(case: Case) -> tuple[AgentWork, ...]:
    """One row for each person, agent and system, those with changes under no ticket first."""
    placed = {id(episode): placement for episode, placement in case.placements}
    found: dict[tuple[str, str, str | None, str], tuple[Through, list[Episode]]] = {}
    for episode in sorted(case.episodes, key=lambda one: one.span):
        through = case.through(episode)
        if through and through.acts_itself:
            who = episode.person or episode.account or episode.actor or "somebody"
            key = (who, through.name, episode.system, "" if episode.system else episode.scope)
            found.setdefault(key, (through, []))[1].append(episode)
    return tuple(sorted((_work(case, placed, who, *one) for (who, *_), one in found.items()), key=in_order))


def _work(
    case: Case, placed: Mapping[int, Placement], who: str, through: Through, episodes: list[Episode]
) -> AgentWork:
    changing = [episode for episode in episodes if episode.changes]
    where = {id(e): placed.get(id(e), NOWHERE if e.system else UNCLAIMED) for e in changing}
    bare = [e for e in changing if e.uncovered and where[id(e)].where is not Where.COVERED]
    reason = next((where[id(e)].reason for e in bare if where[id(e)].where is Where.UNKNOWN), None)
    windows = chain.from_iterable(case.allowed.windows(e.person, e.system, e.place, *e.span) for e in episodes)
    return AgentWork(
        person=who,
        agent=through.name,
        kind=through.kind,
        system=episodes[0].system,
        scope=episodes[0].scope,
        starts_at=episodes[0].starts_at,
        ends_at=max(episode.ends_at for episode in episodes),
        sittings=sum(episode.sittings for episode in episodes),
        changes=sum(episode.changes for episode in episodes),
        reads=sum(episode.reads + episode.logins for episode in episodes),
        refused=sum(episode.denied for episode in episodes),
        actions=_foremost([*changing, *episodes], "change_actions", "actions"),
        resources=_foremost([*changing, *episodes], "resources"),
        tickets=tuple(dict.fromkeys(window.ticket for window in windows)),
        uncovered=0 if reason else sum(episode.uncovered for episode in bare),
        unknown=reason,
    )


def _foremost(episodes: list[Episode], *lists: str) -> tuple[str, ...]:
    every = chain.from_iterable(getattr(episode, name) for name in lists for episode in episodes)
    return tuple(dict.fromkeys(every))[:_FOREMOST]
