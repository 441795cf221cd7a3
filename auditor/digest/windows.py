"""The time in which people may change systems, as stretches that do not overlap."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from auditor.digest.limits import Limits

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SCHEMA = pa.schema({"person": pa.string(), "system": pa.string(), "opens_us": pa.int64(), "closes_us": pa.int64()})


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def moment(microseconds_: int) -> datetime:
    """The UTC time that many microseconds after 1970."""
    return _EPOCH + timedelta(microseconds=microseconds_)


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
        for opens, closes in _merged(spans)
    ]
    return pa.Table.from_pylist(rows, _SCHEMA)


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    ordered = iter(sorted(spans))
    opens, closes = next(ordered)
    for next_opens, next_closes in ordered:
        if next_opens > closes:
            yield opens, closes
            opens, closes = next_opens, next_closes
        else:
            closes = max(closes, next_closes)
    yield opens, closes
