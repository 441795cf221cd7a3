"""Values of curves by column: a month of a saved search has some forty thousand of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct, field

from auditor.config.signals import SavedSearch
from auditor.model.signals import Signal, SignalKind
from collectors.reading import Stamp

if TYPE_CHECKING:
    import pyarrow as pa

_SECOND = 1_000_000
_LATEST = 253_402_300_799  # the end of the year 9999


class Point(NamedTuple):
    """A value of a curve. `time` is in microseconds since 1970, `labels` are the curve's as JSON, or empty."""

    record: int
    labels: str
    time: int
    value: float


def at(seconds: float) -> int:
    """A time in seconds since 1970 as microseconds; raises ValueError where it is none."""
    if not 0 <= seconds <= _LATEST:
        raise ValueError(f"{seconds} is no time")
    return round(seconds * _SECOND)


class Points(Struct):
    """What is kept of the curves of one saved search."""

    points: list[Point] = field(default_factory=list)
    stamps: list[Stamp] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.points)

    def add(self, stamp: Stamp, point: Point) -> None:
        """Keep a value, and where it comes from."""
        self.points.append(point)
        self.stamps.append(stamp)

    def table(self, search: SavedSearch) -> pa.Table:
        """The rows."""
        from auditor.model.arrow import columns_to_arrow

        records, labels, times, values = zip(*self.points, strict=True)
        same: dict[str, Any] = {"kind": SignalKind.CURVE.value, "system": search.system, "name": search.name}
        same |= {"unit": search.unit or None, "step": search.seconds}
        columns: dict[str, Sequence[Any]] = {}
        columns |= {name: [one[name] for one in self.stamps] for name in ("source", "collected_at", "origin", "sha256")}
        columns |= {name: [value] * len(self) for name, value in same.items()}
        series = [one or None for one in labels]
        columns |= {"record": records, "series": series, "time": times, "value": values}
        return columns_to_arrow(Signal, columns, len(self))
