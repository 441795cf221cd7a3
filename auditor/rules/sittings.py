"""Episodes and judged_events of one actor that follow closely, taken together: one sitting, one finding."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import Protocol, TypeVar


class Act(Protocol):
    """Something that somebody did, of whatever length."""

    @property
    def span(self) -> tuple[datetime, datetime]:
        """Its first and its last moment."""


T = TypeVar("T", bound=Act)


def sittings(acts: Iterable[T], *, who: Callable[[T], Hashable], gap: timedelta) -> Iterator[list[T]]:
    """Acts of the same actor with no pause over `gap`, earliest first."""
    by_actor: dict[Hashable, list[T]] = {}
    for act in acts:
        by_actor.setdefault(who(act), []).append(act)
    for actor in sorted(by_actor, key=str):
        sitting: list[T] = []
        for act in sorted(by_actor[actor], key=lambda one: one.span):
            if sitting and act.span[0] - max(earlier.span[1] for earlier in sitting) > gap:
                yield sitting
                sitting = []
            sitting.append(act)
        yield sitting
