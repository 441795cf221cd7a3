"""What collectors build their rows with: where a record stands, and the rows of a batch by table."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypedDict

from auditor.model.tables import Coverage, ReadObject, Row
from collectors.base import Context, Normalised, Raw, sha256

if TYPE_CHECKING:
    import pyarrow as pa


class Stamp(TypedDict):
    """The columns that say where a row comes from."""

    source: str
    collected_at: datetime
    origin: str
    record: int
    sha256: str


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
        tables = {table: _arrow(table, rows) for table, rows in self.tables.items()}
        return Normalised(tables=tables, objects=self.objects, coverage=self.coverage)


class Complaints:
    """What could not be read, told as sentences that stay short however much it is."""

    def __init__(self) -> None:
        self.rejected = 0
        self._first: dict[str, str] = {}
        self._counts: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._counts)

    def reject(self, problem: str, where: str = "") -> None:
        """A record that could not be read."""
        self.rejected += 1
        self.note(problem, where)

    def note(self, problem: str, where: str = "") -> None:
        """Something missing that costs no whole record."""
        self._counts[problem] += 1
        self._first.setdefault(problem, where)

    def note_once(self, problem: str) -> None:
        """Something that holds for all of it and is not counted."""
        self._counts[problem] = 1
        self._first.setdefault(problem, "")

    def sentence(self) -> str | None:
        """Each problem once, with the first place and the number of the others."""
        parts = []
        for problem, count in self._counts.items():
            where = self._first[problem]
            more = f" and {count - 1} more" if count > 1 else ""
            parts.append(f"{problem} ({where}{more})" if where else f"{problem}{more}")
        return "; ".join(parts) or None


def snapshot_coverage(place: Place, scope: str, rows: int, complaints: Complaints, *, failed: bool = False) -> Coverage:
    """The line of coverage of a snapshot, which looks at one moment."""
    return Coverage(
        **place.at(),
        scope=scope,
        from_=place.collected_at,
        to=place.collected_at,
        rows=rows,
        rejected=complaints.rejected,
        status="failed" if failed else "partial" if complaints else "ok",
        reason=complaints.sentence(),
    )


def printable(text: str) -> str:
    """Text that UTF-8 can hold: lone surrogates, as hostile JSON and file names have them, are written out."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _arrow(table: type[Row], rows: list[Row]) -> pa.Table:
    # pyarrow takes 0.3 s to import, and --help must not wait for it.
    from auditor.model.arrow import to_arrow

    try:
        return to_arrow(table, rows)
    except UnicodeEncodeError:
        return to_arrow(table, [_printable_row(row) for row in rows])


def _printable_row(row: Row) -> Row:
    values: dict[str, Any] = {f.name: getattr(row, f.name) for f in dataclasses.fields(row)}
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = printable(value)
        elif isinstance(value, tuple):
            values[name] = tuple(printable(item) for item in value)
    return type(row)(**values)
