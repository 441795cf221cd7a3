"""Times as microseconds, and stretches of time put together."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, tzinfo

from auditor.model.sql import EPOCH

_MICROSECOND, _DAY = timedelta(microseconds=1), timedelta(days=1)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds_: int) -> datetime:
    """The UTC time that many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=microseconds_)


def offsets(zone: tzinfo, from_: datetime, to: datetime) -> Iterator[tuple[datetime, timedelta]]:
    """How far a zone's clocks are ahead of UTC in a period: each offset, and until when it holds."""
    while from_ < to:
        ahead, until = from_.astimezone(zone).utcoffset(), from_
        while until < to and until.astimezone(zone).utcoffset() == ahead:
            until += _DAY
        if until.astimezone(zone).utcoffset() != ahead:
            until = _changed(zone, until - _DAY, until)
        yield until, ahead or timedelta(0)
        from_ = until


def _changed(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """When the clocks are changed between two moments."""
    while after - before > _MICROSECOND:
        middle = before + (after - before) / 2
        if middle.astimezone(zone).utcoffset() == before.astimezone(zone).utcoffset():
            before = middle
        else:
            after = middle
    return after


def merged(spans: Iterable[tuple[datetime, datetime]]) -> Iterator[tuple[datetime, datetime]]:
    """Spans without those that overlap or touch: earliest first, put together."""
    stretch: tuple[datetime, datetime] | None = None
    for opens, closes in sorted(spans):
        if stretch and opens <= stretch[1]:
            stretch = stretch[0], max(stretch[1], closes)
        else:
            if stretch:
                yield stretch
            stretch = opens, closes
    if stretch:
        yield stretch
