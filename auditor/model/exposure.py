"""Exposure: for how long, in a week, people could change production, and for how long they did."""

from datetime import datetime

from msgspec import Struct


class SystemExposure(Struct, frozen=True, kw_only=True):
    """One system's week, in minutes, added up over people.

    Args:
        standing: somebody could change it at any time, without asking.
        temporary: somebody could, for a task or until a near end, and not by a standing right as well.
        used: somebody was at work in which they changed it; None where no log tells.
        unknown: it cannot be told whether somebody could.
    """

    system: str
    standing: int
    temporary: int
    used: int | None
    unknown: int

    @property
    def possible(self) -> int:
        """Minutes in which somebody could change it."""
        return self.standing + self.temporary


class Lowering(Struct, frozen=True, kw_only=True):
    """What of a week would not have been possible without one person's rights.

    Args:
        systems: ids of the systems that they could not change any more.
        minutes: how much less would have been possible.
        used: how much of that was used; None where no log tells.
        rests_on: each right to be taken away, in words.
    """

    person: str
    systems: tuple[str, ...]
    minutes: int
    used: int | None
    rests_on: tuple[str, ...]


class Exposure(Struct, frozen=True, kw_only=True):
    """The week up to an audit, in whole minutes.

    Args:
        systems: every system, in the order of auditor.yaml.
        removals: those that lower what was possible and never used most, each counted after the one before.
        unknown: what could not be counted, a sentence each without its full stop.
    """

    period_from: datetime
    period_to: datetime
    systems: tuple[SystemExposure, ...]
    removals: tuple[Lowering, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def possible(self) -> int:
        """Minutes in which somebody could change a system, of all systems."""
        return sum(one.possible for one in self.systems)

    @property
    def used(self) -> int | None:
        """Minutes of those that were used; None where no log tells."""
        told = [one.used for one in self.systems if one.used is not None]
        return sum(told) if told else None

    @property
    def not_known(self) -> int:
        """Minutes of which it cannot be told whether somebody could."""
        return sum(one.unknown for one in self.systems)
