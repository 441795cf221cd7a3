"""Where work lies to the windows of tickets: inside of them, near them, or nowhere."""

from datetime import datetime, timedelta
from enum import Enum

from msgspec import Struct

from auditor.model.tickets import Window

NEAR = timedelta(hours=24)
"""How far from work a window may lie to be held against it."""


class Where(Enum):
    """How work lies to the windows that its person has."""

    COVERED = "inside a window for that system"
    OUTSIDE = "near a window for that system"
    BEYOND = "inside a window for another system or another part of it, or for reading"
    NOWHERE = "no window at all"
    UNKNOWN = "it cannot be told"


class Placement(Struct, frozen=True):
    """Where work lies: with the window that it lies in or nearest to, or the reason why that cannot be told."""

    where: Where
    window: Window | None = None
    reason: str = ""

    @property
    def inside(self) -> Window | None:
        """The window that allowed it."""
        return self.window if self.where is Where.COVERED else None


NOT_PLACED = Placement(Where.UNKNOWN)
NOWHERE = Placement(Where.NOWHERE)
UNCLAIMED = Placement(Where.UNKNOWN, reason="no system claims what was changed")


def farthest(window: Window, first: datetime, last: datetime) -> tuple[timedelta, str]:
    """How far a stretch of work sticks out of a window, and whether before it or after it: the larger of the two."""
    before, after = window.starts_at - first, last - window.ends_at
    return (before, "before") if before > after else (after, "after")


def distance(window: Window, first: datetime, last: datetime) -> timedelta:
    """How far a stretch of work is from a window; zero where one of its ends lies inside."""
    return min(window.distance(first), window.distance(last))
