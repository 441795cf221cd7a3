"""Episodes and judged_events of one actor that follow closely, taken together: one sitting, one finding."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

from msgspec import Struct

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.case.placement import Placement
from auditor.model.groups import grouped, only
from auditor.model.vocabulary import ActorClass


class Act(Protocol):
    """Something that somebody did, of whatever length."""

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first and its last moment."""


class Session(Struct, frozen=True):
    """The part of an episode that was a session, or asking for one."""

    episode: Episode
    span: tuple[datetime, datetime]


T = TypeVar("T", bound=Act)


def sittings(acts: Iterable[T], *, who: Callable[[T], Hashable], gap: timedelta) -> Iterator[list[T]]:
    """Acts of the same actor with no pause over `gap`, earliest first."""
    by_actor = grouped((who(act), act) for act in acts)
    for actor in sorted(by_actor, key=str):
        sitting: list[T] = []
        until: datetime | None = None
        for act in sorted(by_actor[actor], key=lambda one: one.span):
            begins, ends = act.span
            if until and begins - until > gap:
                yield sitting
                sitting, until = [], None
            sitting.append(act)
            until = max(until or ends, ends)
        yield sitting


def emergency_uses(case: Case) -> Iterator[tuple[list[Episode], Placement]]:
    """Sittings in which emergency access was used, each with how it lies to an incident that accounts for it."""
    used = [e for e in case.episodes if e.actor_class is ActorClass.BREAK_GLASS and e.succeeded]
    for sitting in sittings(used, who=lambda e: e.account, gap=case.policy.session_gap):
        systems = {s for e in sitting for s in case.systems.of_scope(e.provider, e.scope)}
        yield sitting, case.allowed.emergency(systems, sitting[0].starts_at, max(e.ends_at for e in sitting))


def person_of(sitting: Iterable[Episode]) -> str | None:
    """Whose it all was; None where several had a part in it, or somebody whom nobody knows."""
    return only(episode.person for episode in sitting)
