"""Times as microseconds, and stretches of time put together."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from auditor.model.sql import EPOCH

_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds_: int) -> datetime:
    """The UTC time that many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=microseconds_)


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
