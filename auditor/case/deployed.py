"""Deployments as acts of whoever started them: no log of a forge has them."""

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import date, datetime
from functools import cache

from auditor.activity.results import UsedAct
from auditor.case.people import People
from auditor.case.releases import Release, releases
from auditor.case.removal import Acts
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.consequences import RECENT
from auditor.model.findings import pointer
from auditor.model.groups import grouped, only
from auditor.model.vocabulary import Category, Level, Outcome
from auditor.providers.forge import DEPLOYMENT

Span = tuple[datetime, datetime]


def deployed(store: Store, config: Config, people: People, from_: datetime, to: datetime) -> Iterator[UsedAct]:
    """What each account deployed to the systems' production in a period, project by project."""
    every = releases(store, config, from_, to, to)
    ran = (one for one in every if one.ran and one.row.system_hint and ":" in (one.row.actor or ""))
    by_actor = grouped(((one.row.actor or "", one.row.system_hint or "", one.system), one) for one in ran)
    for (actor, project, system), found in by_actor.items():
        days = {one.row.time.astimezone(config.zone).date() for one in found}
        yield _act(people, (actor, project, system), found, days, to - RECENT)


def with_deployments(
    store: Store, config: Config, people: People, used: Callable[[Collection[str]], Sequence[UsedAct]], span: Span
) -> Acts:
    """What accounts did in a period by `used`, with what they deployed; deployments are read once, when asked for."""

    @cache
    def released() -> Sequence[UsedAct]:
        return list(deployed(store, config, people, *span))

    @cache
    def acts(accounts: frozenset[str]) -> Sequence[UsedAct]:
        return [*used(accounts), *(act for act in released() if act.account in accounts)]

    return acts


def _act(
    people: People, place: tuple[str, str, str], found: Sequence[Release], days: Collection[date], recently: datetime
) -> UsedAct:
    actor, project, system = place
    who, times = people.who(actor), [one.row.time for one in found]
    provider = actor.partition(":")[0]
    return UsedAct(
        provider=provider,
        scope=project,
        account=actor,
        person=who.person,
        actor_class=who.actor_class,
        category=Category.CHANGE,
        action=f"{provider}:{DEPLOYMENT}",
        level=Level.WRITE,
        outcome=Outcome.OK,
        resource=found[0].row.environment,
        system=system,
        events=len(found),
        recent=sum(time >= recently for time in times),
        days=len(days),
        first_at=min(times),
        last_at=max(times),
        weekday=only(day.weekday() for day in days),
        sample=pointer(found[0].row),
    )
