"""The time in which people may change systems, as stretches that do not overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa

from auditor.model.arrow import EPOCH

if TYPE_CHECKING:
    from auditor.activity.limits import Limits

T = TypeVar("T", int, datetime)
_MICROSECOND = timedelta(microseconds=1)
_SCHEMA = pa.schema({"person": pa.string(), "system": pa.string(), "opens_us": pa.int64(), "closes_us": pa.int64()})


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // _MICROSECOND


def moment(microseconds_: int) -> datetime:
    """The UTC time that many microseconds after 1970."""
    return EPOCH + timedelta(microseconds=microseconds_)


def stretches(windows: pa.Table, limits: Limits) -> pa.Table:
    """Windows that allow writing, widened by the tolerance, cut to the period and merged where they touch.

    Args:
        windows: columns person, system, starts_at, ends_at (UTC times) and write; in any order, overlapping or not.
        limits: gives tolerance and period.

    Returns:
        Columns person, system, opens_us and closes_us, both ends included; those of one person and system are disjoint.
    """
    claimed = defaultdict(list)
    for window in windows.to_pylist():
        opens = max(window["starts_at"], limits.period_from + limits.tolerance) - limits.tolerance
        closes = min(window["ends_at"], limits.period_to - limits.tolerance) + limits.tolerance
        if window["write"] and opens <= closes:
            claimed[window["person"], window["system"]].append((microseconds(opens), microseconds(closes)))
    rows = [
        {"person": person, "system": system, "opens_us": opens, "closes_us": closes}
        for (person, system), spans in sorted(claimed.items())
        for opens, closes in merged(spans)
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def merged(spans: Iterable[tuple[T, T]]) -> Iterator[tuple[T, T]]:
    """Spans without those that overlap or touch: earliest first, put together."""
    stretch: tuple[T, T] | None = None
    for opens, closes in sorted(spans):
        if stretch and opens <= stretch[1]:
            stretch = stretch[0], max(stretch[1], closes)
        else:
            if stretch:
                yield stretch
            stretch = opens, closes
    if stretch:
        yield stretch
