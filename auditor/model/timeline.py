"""The period in time: who was allowed what, was given what and did what, on each system."""

from datetime import datetime

from msgspec import Struct


class Allowed(Struct, frozen=True, kw_only=True):
    """A window that a ticket claims, as far as it lies in the period."""

    ticket: str
    starts_at: datetime
    ends_at: datetime


class Given(Struct, frozen=True, kw_only=True):
    """A right that was given; `until` is its end, or that of the period where it stands; None where it is gone."""

    what: str
    time: datetime
    until: datetime | None


class Acts(Struct, frozen=True, kw_only=True):
    """What was done in one stretch: `changes` that succeeded, and how much else (reads, logins, refusals)."""

    starts_at: datetime
    ends_at: datetime
    changes: int
    others: int


class Lane(Struct, frozen=True, kw_only=True):
    """One holder on one system.

    Args:
        who: roster id, or the account of somebody whom nobody knows, a robot or emergency access.
        system: None for what no system claims.
        acts: in order, none of them over another; where there were very many, those of one time of day are together.
    """

    who: str
    system: str | None
    allowed: tuple[Allowed, ...] = ()
    given: tuple[Given, ...] = ()
    acts: tuple[Acts, ...] = ()


class Timeline(Struct, frozen=True, kw_only=True):
    """The lanes with something in them, those with findings first; `left` is how many more there were."""

    period_from: datetime
    period_to: datetime
    lanes: tuple[Lane, ...]
    left: int = 0
