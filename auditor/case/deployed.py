"""Deployments as acts of whoever started them: no log of a forge has them."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from auditor.activity.results import UsedAct
from auditor.case.people import People
from auditor.case.releases import Release, releases
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.findings import pointer
from auditor.model.vocabulary import Category, Level, Outcome
from auditor.providers.forge import DEPLOYMENT

_RECENT = timedelta(days=7)


def deployed(store: Store, config: Config, people: People, from_: datetime, to: datetime) -> Iterator[UsedAct]:
    """What each account deployed to the systems' production in a period, project by project."""
    by_actor: defaultdict[tuple[str, str, str], list[Release]] = defaultdict(list)
    for one in releases(store, config, from_, to, to):
        actor, project = one.row.actor or "", one.row.system_hint
        if one.ran and project and ":" in actor:
            by_actor[actor, project, one.system].append(one)
    for (actor, project, system), found in by_actor.items():
        recent = sum(one.row.time >= to - _RECENT for one in found)
        yield replace(_act(people, actor, project, system, found), recent=recent)


def _act(people: People, actor: str, project: str, system: str, found: Sequence[Release]) -> UsedAct:
    who, times = people.who(actor), [one.row.time for one in found]
    provider, days = actor.partition(":")[0], {time.date() for time in times}
    weekdays = {day.weekday() for day in days}
    return UsedAct(
        provider=provider,
        scope=project,
        account=actor,
        actor_kind=None,
        credential=None,
        opener=None,
        person=who.person,
        actor_class=who.actor_class,
        invoked_by=None,
        category=Category.CHANGE,
        action=f"{provider}:{DEPLOYMENT}",
        level=Level.WRITE,
        outcome=Outcome.OK,
        resource=found[0].row.environment,
        permissions=None,
        system=system,
        events=len(found),
        recent=0,
        days=len(days),
        first_at=min(times),
        last_at=max(times),
        weekday=weekdays.pop() if len(weekdays) == 1 else None,
        tickets=(),
        sample=pointer(found[0].row),
    )
