"""What collectors build their rows with: where a record stands, and the rows of a batch by table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from auditor.model.tables import Coverage, ReadObject, Row
from collectors.base import Context, Normalised, Raw, sha256
from collectors.reading import Problems, Stamp, arrow


@dataclass(frozen=True, slots=True)
class Place:
    """One origin as its rows cite it."""

    source: str
    collected_at: datetime
    origin: str
    sha256: str = ""

    @classmethod
    def of(cls, source: str, context: Context, raw: Raw, data: bytes) -> Place:
        """The place of a raw object whose bytes are `data`."""
        return cls(source, context.collected_at, raw.origin, sha256(data))

    def at(self, record: int = 0) -> Stamp:
        """The columns for record number `record` of it."""
        return {
            "source": self.source,
            "collected_at": self.collected_at,
            "origin": self.origin,
            "record": record,
            "sha256": self.sha256,
        }


@dataclass(slots=True)
class Rows:
    """The rows of a batch, by table."""

    tables: dict[type[Row], list[Row]] = field(default_factory=dict)
    objects: list[ReadObject] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)

    def add(self, row: Row) -> None:
        """Keep a row."""
        self.tables.setdefault(type(row), []).append(row)

    def extend(self, rows: Iterable[Row]) -> None:
        """Keep several rows."""
        for row in rows:
            self.add(row)

    def counted(self, origin: str) -> int:
        """How many rows come from one origin."""
        return sum(row.origin == origin for rows in self.tables.values() for row in rows)

    def __len__(self) -> int:
        return sum(map(len, self.tables.values()))

    def normalised(self) -> Normalised:
        """The batch as Arrow tables."""
        tables = {table: arrow(table, rows) for table, rows in self.tables.items()}
        return Normalised(tables=tables, objects=self.objects, coverage=self.coverage)


def snapshot_coverage(place: Place, scope: str, rows: int, problems: Problems, *, failed: bool = False) -> Coverage:
    """The line of coverage of a snapshot, which looks at one moment."""
    return Coverage(
        **place.at(),
        scope=scope,
        from_=place.collected_at,
        to=place.collected_at,
        rows=rows,
        rejected=problems.rejected,
        status="failed" if failed else "partial" if problems else "ok",
        reason=problems.sentence(),
    )
