"""Episodes and judged_events of one actor that follow closely, taken together: one sitting, one finding."""

from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from typing import TypeVar

T = TypeVar("T")


def sittings(
    acts: Iterable[T],
    *,
    who: Callable[[T], Hashable],
    when: Callable[[T], tuple[datetime, datetime]],
    gap: timedelta,
) -> Iterator[list[T]]:
    """Acts of the same actor with no pause over `gap`, earliest first; `when` gives an act's first and last moment."""
    by_actor: dict[Hashable, list[T]] = {}
    for act in acts:
        by_actor.setdefault(who(act), []).append(act)
    for actor in sorted(by_actor, key=str):
        sitting: list[T] = []
        for act in sorted(by_actor[actor], key=when):
            if sitting and when(act)[0] - max(when(earlier)[1] for earlier in sitting) > gap:
                yield sitting
                sitting = []
            sitting.append(act)
        yield sitting
