"""When a curve rose, and whether a change fits it: arithmetic over one curve. It finds no cause.

A value is high where it lies above the median of the hour before by four times the scatter of that hour (the median
distance to it, times 1.4826: the standard deviation of what is normally spread), and by half of the median at least. A
rise is three high values among five, after one that was not. Of what is counted, as its unit tells, it needs five more
than usual: one error that a window of five minutes shows five times is none.

What is missing is never taken for low: with less than half of the values it takes, nothing can be told.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean, median

from msgspec import Struct

from auditor.model.signals import Curve

BASELINE = timedelta(hours=1)
"""How much before a moment is what is usual."""

SIDE = timedelta(minutes=30)
"""How much on each side of a change is compared."""

NEAR = timedelta(minutes=10)
"""What began so soon after a change fits it; what began within `BASELINE`, loosely."""

_SCATTERS = 4 * 1.4826
_SHARE = 0.5
_HIGH, _AMONG = 3, 5
_LEAST_COUNTED = 5
_COUNTS = {"/s": 1.0, "/min": 1 / 60}
_COUNTED = frozenset({"errors", "events", "exceptions", "failures", "lines", "logins", "requests", "timeouts"})
_WHOLE = 0.9
_HALF = 0.5


class Fit(StrEnum):
    """How a change lies to a rise; nothing says more than that."""

    FITS = "fits"
    LOOSELY = "fits loosely"
    UNKNOWN = "cannot be told"
    NOT = "does not fit"


class Rise(Struct, frozen=True, kw_only=True):
    """When a curve began to be high.

    Args:
        usual: the median of the hour before.
        highest: the highest value until it was no longer high, or until the end of what was looked at.
        unseen: minutes without a value in the hour before it, which may hide an earlier beginning.
    """

    at: datetime
    usual: float
    highest: float
    unseen: int


class Sides(Struct, frozen=True, kw_only=True):
    """A curve before and after a moment, as means; None where too little is known of that side.

    Args:
        rise: the rise in the half hour after it, if there was one.
        unseen: minutes without a value, on both sides.
    """

    before: float | None
    after: float | None
    rise: Rise | None
    unseen: int

    @property
    def known(self) -> bool:
        """Whether something can be said of it."""
        return self.before is not None and self.after is not None


def rises(curve: Curve, from_: datetime, to: datetime) -> Iterator[Rise]:
    """Every rise that began between two moments, earliest first; none where the hour before is not half known."""
    times = [time for time, _ in curve.points]
    position = bisect_left(times, from_)
    while position < len(times) and times[position] < to:
        rise, following = _rise_at(curve, times, position, to)
        if rise:
            yield rise
        position = following


def sides(curve: Curve, begins: datetime, ends: datetime) -> Sides:
    """What a curve was before something began and after it ended."""
    before, after = _values(curve, begins - SIDE, begins), _values(curve, ends, ends + SIDE)
    known = [side if len(side) >= _HALF * _due(curve, SIDE) else None for side in (before, after)]
    usual = unseen(curve, begins - BASELINE, begins) <= (1 - _HALF) * BASELINE.total_seconds() / 60
    return Sides(
        before=fmean(known[0]) if known[0] and usual else None,
        after=fmean(known[1]) if known[1] else None,
        rise=next(rises(curve, begins, ends + SIDE), None),
        unseen=unseen(curve, begins - SIDE, begins) + unseen(curve, ends, ends + SIDE),
    )


def fit(curve: Curve, rise: Rise, change: datetime) -> Fit:
    """How a change lies to a rise: how soon it began after it, and whether what lies between was seen."""
    if rise.at + timedelta(seconds=curve.step) <= change or rise.at - change > BASELINE:
        return Fit.NOT
    watched = max(rise.at - change, NEAR)
    if unseen(curve, rise.at - watched, rise.at) > (1 - _WHOLE) * watched.total_seconds() / 60:
        return Fit.UNKNOWN
    return Fit.FITS if rise.at - change <= NEAR else Fit.LOOSELY


def unseen(curve: Curve, from_: datetime, to: datetime) -> int:
    """Minutes between two moments without a value."""
    missing = _due(curve, to - from_) - len(_values(curve, from_, to))
    return max(0, round(missing * curve.step / 60))


def _gap(curve: Curve) -> timedelta:
    """How far apart two values may be to follow each other."""
    return timedelta(seconds=2 * curve.step)


def _due(curve: Curve, length: timedelta) -> int:
    return int(length.total_seconds() // curve.step)


def _values(curve: Curve, from_: datetime, to: datetime) -> Sequence[float]:
    """The values from a moment on, and before another."""
    begin, end = (bisect_left(curve.points, (moment,), key=lambda point: (point[0],)) for moment in (from_, to))
    return [value for _, value in curve.points[begin:end]]


def _rise_at(curve: Curve, times: Sequence[datetime], position: int, to: datetime) -> tuple[Rise | None, int]:
    """The rise that begins with a value, if one does, and the next value that one may begin with."""
    at = times[position]
    usual = _values(curve, at - BASELINE, at)
    if len(usual) < _HALF * _due(curve, BASELINE):
        return None, position + 1
    middle = median(usual)
    scatter = median(abs(value - middle) for value in usual)
    limit = middle + max(_SCATTERS * scatter, _SHARE * middle)
    ahead = [value for _, value in curve.points[position : position + _AMONG]]
    last = curve.points[position - 1][1] if position and at - times[position - 1] <= _gap(curve) else middle
    together = times[min(position + _AMONG, len(times)) - 1] - at <= _AMONG * _gap(curve)
    high = [value for value in ahead if value > limit]
    if last > limit or ahead[0] <= limit or len(high) < _HIGH or not together:
        return None, position + 1
    end = position
    while end < len(times) and times[end] < to and any(v > limit for _, v in curve.points[end : end + _AMONG]):
        end += 1
    above = [value for _, value in curve.points[position:end]]
    factor = _counted(curve)
    if factor and sum(value - middle for value in above if value > limit) * factor < _LEAST_COUNTED:
        return None, end
    return Rise(at=at, usual=middle, highest=max(above), unseen=unseen(curve, at - BASELINE, at)), end


def _counted(curve: Curve) -> float:
    """How many of what is counted a value stands for; 0 where its unit does not tell that it counts."""
    ending = next((one for one in _COUNTS if curve.unit.endswith(one)), "")
    return _COUNTS[ending] * curve.step if ending else float(curve.unit in _COUNTED)
