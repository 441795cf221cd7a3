"""The period in time, for the reports: small, whatever happened. Each lane is one holder on one system."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from auditor.activity.results import Episode, Stretch
from auditor.case.case import CHANGING, Case
from auditor.model.entitlements import Entitlement, Grant
from auditor.model.findings import Finding
from auditor.model.groups import grouped
from auditor.model.timeline import Acts, Allowed, Given, Lane, Timeline
from auditor.model.vocabulary import ActorClass
from auditor.providers.systems import reaches

_MOST_LANES, _MOST_IN_LANE = 500, 60
_PEOPLE = CHANGING | {ActorClass.ROOT, ActorClass.BREAK_GLASS}
_Key = tuple[str, str | None]


def timeline(case: Case, findings: Iterable[Finding]) -> Timeline:
    """Everybody who was allowed, was given or did something; robots only where a finding is about what they did."""
    worst: defaultdict[_Key, int] = defaultdict(int)
    for finding in findings:
        if finding.starts_at and (who := finding.person or finding.account):
            worst[who, finding.system] = max(worst[who, finding.system], finding.severity.rank + 1)
    acts = _acts(case, worst)
    allowed = _allowed(case)
    given = _given(case)
    told = {key for key in worst if case.config.people_by_id.get(key[0])}
    keys = sorted(
        {*acts, *allowed, *given, *told},
        key=lambda key: (-worst.get(key, 0), not sum(one.changes for one in acts.get(key, ())), key[0], key[1] or ""),
    )
    lanes = [
        Lane(
            who=key[0],
            system=key[1],
            allowed=tuple(allowed.get(key, ())[-_MOST_IN_LANE:]),
            given=tuple(given.get(key, ())[-_MOST_IN_LANE:]),
            acts=tuple(acts.get(key, ())),
        )
        for key in keys[:_MOST_LANES]
    ]
    return Timeline(
        period_from=case.period_from, period_to=case.at, lanes=tuple(lanes), left=max(0, len(keys) - _MOST_LANES)
    )


def _acts(case: Case, told: Mapping[_Key, int]) -> dict[_Key, list[Acts]]:
    episodes: defaultdict[_Key, list[Episode]] = defaultdict(list)
    for episode in case.episodes:
        who = episode.person or episode.account or episode.actor
        if who and ((episode.actor_class in _PEOPLE and episode.system) or (who, episode.system) in told):
            episodes[who, episode.system].append(episode)
    return {key: list(_together(some, case)) for key, some in episodes.items()}


def _together(episodes: Sequence[Episode], case: Case) -> Iterator[Acts]:
    """Each stretch of work, those that overlap as one; or, of more than a lane holds, each slice of the period."""
    stretches = sorted((part for e in episodes for part in (e.stretches or (e,))), key=lambda one: one.span)
    piece = (case.at - case.period_from) / _MOST_IN_LANE if len(stretches) > _MOST_IN_LANE else timedelta(0)
    number, until = 0, datetime.min.replace(tzinfo=case.at.tzinfo)
    numbered: list[tuple[int, Episode | Stretch]] = []
    for episode in stretches:
        place = (episode.starts_at - case.period_from) // piece if piece else number + (episode.starts_at > until)
        number, until = place, max(until, episode.ends_at)
        numbered.append((place, episode))
    for _, group in groupby(numbered, key=lambda one: one[0]):
        some = [episode for _, episode in group]
        changes = sum(one.changes for one in some)
        yield Acts(
            starts_at=some[0].starts_at,
            ends_at=max(one.ends_at for one in some),
            changes=changes,
            others=sum(one.events for one in some) - changes,
        )


def _allowed(case: Case) -> dict[_Key, list[Allowed]]:
    found: defaultdict[_Key, list[Allowed]] = defaultdict(list)
    windows = (window for ref in case.refs.values() for window in ref.windows)
    for window in sorted(windows, key=lambda one: (one.starts_at, one.ticket)):
        if window.overlaps(case.period_from, case.at, timedelta(0)):
            one = Allowed(ticket=window.ticket, starts_at=window.starts_at, ends_at=window.ends_at)
            found[window.person, window.system].append(one)
    return found


def _given(case: Case) -> dict[_Key, list[Given]]:
    held = grouped((path.person, path) for path in case.access if path.person)
    found: defaultdict[_Key, list[Given]] = defaultdict(list)
    for grant in sorted(case.grants, key=lambda one: (one.time, one.what)):
        if (who := grant.identity.person) and grant.time >= case.period_from:
            for system in grant.systems:
                until = grant.expires_at or (case.at if _stands(grant, system, held[who], case) else None)
                found[who, system].append(Given(what=grant.what, time=grant.time, until=until))
    return found


def _stands(grant: Grant, system: str, paths: Iterable[Entitlement], case: Case) -> bool:
    """Whether as much as was given is still held there."""
    place = case.config.systems_by_id.get(system)
    return place is not None and any(path.level.rank >= grant.level.rank and reaches(path, place) for path in paths)
