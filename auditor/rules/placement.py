"""Where work lies to the windows that tickets claim."""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import lru_cache
from operator import attrgetter

from auditor.activity.results import Episode
from auditor.case.case import Case
from auditor.model.entitlements import Window
from auditor.model.vocabulary import ActorClass

NEAR = timedelta(hours=24)


class Where(Enum):
    """How an episode's changes lie to the windows that the person has."""

    COVERED = "inside a window for that system"
    OUTSIDE = "near a window for that system"
    BEYOND = "inside a window for another system, or for reading"
    NOWHERE = "no window at all"
    UNKNOWN = "it cannot be told"


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the changes lie: with the window that they lie nearest to, or the reason why it cannot be told."""

    where: Where
    window: Window | None = None
    reason: str = ""


@lru_cache(maxsize=1)
def placements(case: Case) -> Sequence[tuple[Episode, Placement]]:
    """Episodes of change on a system, of people and of sessions that nobody can be tied to, with where they lie.

    Worked out once a case: several rules ask for it.
    """
    return [
        (episode, place(case, episode))
        for episode in case.episodes
        if episode.actor_class in (ActorClass.PERSON, ActorClass.UNKNOWN) and episode.system and episode.changes
    ]


def place(case: Case, episode: Episode) -> Placement:
    """Where the changes of an episode lie: those that no window of theirs covers decide."""
    if not episode.person:
        return Placement(Where.UNKNOWN, reason="the session cannot be tied to a person")
    if not episode.uncovered:
        return Placement(Where.COVERED)
    first, last = episode.uncovered_from or episode.starts_at, episode.uncovered_to or episode.ends_at
    if reason := case.without_tickets(last, episode.person, episode.system):
        return Placement(Where.UNKNOWN, reason=reason)
    windows = case.windows_of.get(episode.person, ())
    tolerance = case.policy.overlap_tolerance
    # They are sorted by when they begin: none of the later ones can be near.
    windows = windows[: bisect_right(windows, last + max(NEAR, tolerance), key=attrgetter("starts_at"))]
    own = [w for w in windows if w.system == episode.system]
    if reading := [w for w in own if not w.level.changes and w.overlaps(first, last, tolerance)]:
        return Placement(Where.BEYOND, reading[0])
    if near := [w for w in own if w.level.changes and _distance(w, first, last) <= NEAR]:
        return Placement(Where.OUTSIDE, min(near, key=lambda w: (_distance(w, first, last), w.ticket)))
    elsewhere = (w for w in windows if w.system != episode.system and w.overlaps(first, last, tolerance))
    return next((Placement(Where.BEYOND, window) for window in elsewhere), Placement(Where.NOWHERE))


def _distance(window: Window, first: datetime, last: datetime) -> timedelta:
    return min(window.distance(first), window.distance(last))


def has_window(case: Case, episode: Episode, first: datetime, last: datetime) -> bool:
    """Whether a window of theirs on that system, for reading or writing, touches the stretch."""
    windows = case.windows_of.get(episode.person or "", ())
    tolerance = case.policy.overlap_tolerance
    return any(w.system == episode.system and w.overlaps(first, last, tolerance) for w in windows)
