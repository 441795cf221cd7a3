"""A batch on its way into rows: its raw objects as rows cite them, and coverage."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, Generic, TypedDict, TypeVar

import msgspec
from msgspec import Struct, field

from auditor.errors import SourceError
from auditor.model.tables import Activity, Coverage, ReadObject, Row
from collectors.base import Context, Normalised, Raw, printable, sha256
from collectors.files import unpacked
from collectors.problems import Problems

if TYPE_CHECKING:
    import pyarrow as pa

_MOST_ROWS = 20_000
"""So many rows of a log are kept as Python objects, which take ten times the memory of columns."""
T = TypeVar("T")
R = TypeVar("R", bound=Row)
Window = tuple[datetime | None, datetime | None]
Extent = tuple[int, datetime, datetime]
"""How many rows, and the times of the first and the last."""


class Stamp(TypedDict):
    """The columns that say where a row comes from."""

    source: str
    collected_at: datetime
    origin: str
    record: int
    sha256: str


class Origin(Struct):
    """A raw object of the batch, as its rows cite it.

    Args:
        data: its bytes; empty where it cannot be had.
        version: as the checkpoint keeps it; without one, the next run tries again.
        content_sha256: of what it holds unpacked, where a trail's digest may state it.
        rows: how many come from it, where they are not kept by `Reading`.
        lost: nothing of it can be used.
        retry: the version to keep where something was lost: from where the next run reads again.
        remarks: what is worth saying of it and is no problem, records that were passed over among them.
    """

    source: str
    collected_at: datetime
    raw: Raw
    version: str
    data: bytes = b""
    sha256: str = ""
    content_sha256: str | None = None
    rows: int | None = None
    skipped: str = ""
    lost: bool = False
    retry: str = ""
    problems: Problems = field(default_factory=Problems)
    remarks: Problems = field(default_factory=Problems)

    def at(self, record: int = 0) -> Stamp:
        """The columns for record number `record` of it."""
        return {
            "source": self.source,
            "collected_at": self.collected_at,
            "origin": self.raw.origin,
            "record": record,
            "sha256": self.sha256,
        }

    def content(self) -> bytes:
        """Its bytes, unpacked where they are packed; that there was more than could be had is a problem.

        Raises:
            ValueError: they are packed, and nothing of them can be trusted.
        """
        content, warning = unpacked(self.data)
        if warning:
            self.problems.note(warning)
        return content

    def lose(self, why: str) -> None:
        """Nothing of it can be used, and why."""
        self.lost = True
        self.problems.note(why)

    def skip(self, why: str) -> None:
        """It turned out to be no evidence."""
        self.skipped, self.problems, self.remarks = why, Problems(), Problems()

    @property
    def status(self) -> str:
        """How it went, in the words of `ReadObject`."""
        if self.skipped:
            return "skipped"
        return "failed" if self.lost else "partial" if self.problems else "ok"

    def outcome(self, rows: int) -> ReadObject:
        """What came of it."""
        reasons = filter(None, [self.skipped, self.problems.sentence(), self.remarks.sentence()])
        return ReadObject(
            **self.at(),
            # What was lost, or of a file a part of it, is tried again by the next run.
            version=self.retry if self.lost or (self.problems and not self.raw.original) else self.version,
            rows=rows if self.rows is None else self.rows,
            rejected=self.problems.rejected + self.remarks.rejected,
            status=self.status,
            reason="; ".join(reasons) or None,
            content_sha256=self.content_sha256,
        )


class Record(Struct, Generic[T], frozen=True):
    """A record of an answer, and the columns that say where it stands."""

    at: Stamp
    value: T


class Reading:
    """One batch: the rows by table, the raw objects that they come from, and coverage.

    Of activity, which a log may have any amount of, only the last rows are objects; those before are columns.
    """

    def __init__(self, source: str, context: Context) -> None:
        self.source = source
        self.context = context
        self.tables: dict[type[Row], list[Row]] = {}
        self._columns: dict[type[Row], list[pa.Table]] = {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._extents: dict[tuple[str, str], Extent] = {}
        self.origins: list[Origin] = []
        self.coverage: list[Coverage] = []

    def __len__(self) -> int:
        return sum(map(len, self.tables.values())) + self._counts.total()

    def add(self, row: Row) -> None:
        """Keep a row."""
        rows = self.tables.setdefault(type(row), [])
        rows.append(row)
        if len(rows) >= _MOST_ROWS and isinstance(row, Activity):
            self._settle()

    def extend(self, rows: Iterable[Row]) -> None:
        """Keep several rows."""
        for row in rows:
            self.add(row)

    def keep(self, table: type[Row], data: pa.Table) -> None:
        """Keep what is in columns already. Its origins say themselves how many rows come from them."""
        self._columns.setdefault(table, []).append(data)

    def rows(self, table: type[R]) -> list[R]:
        """The rows of a table so far; of activity, `extents` tells."""
        return [row for row in self.tables.get(table, []) if isinstance(row, table)]

    def extents(self, name: Callable[[str], str] = str, origin: str = "") -> dict[str, Extent]:
        """How much activity there is of each scope by its `name`, of one raw object or of all."""
        found: dict[str, Extent] = {}
        for (place, scope), extent in chain(self._extents.items(), map(_extent, self.rows(Activity))):
            if origin in ("", place):
                found[name(scope)] = _both(found.get(name(scope)), extent)
        return found

    def window(self) -> Window:
        """From when to when there is activity."""
        return next(((first, last) for _, first, last in self.extents(lambda _: "").values()), (None, None))

    def _settle(self) -> None:
        """Turn rows of activity into columns."""
        from auditor.model.arrow import recurring

        rows = self.rows(Activity)
        self.tables.pop(Activity, None)
        for row in rows:
            self._counts[row.origin, row.sha256] += 1
            place, extent = _extent(row)
            self._extents[place] = _both(self._extents.get(place), extent)
        if rows:
            self.keep(Activity, recurring(arrow(Activity, rows)))

    def origin(self, raw: Raw) -> Origin:
        """A raw object that is not loaded."""
        return Origin(self.source, self.context.collected_at, raw, raw.version, skipped=raw.skipped)

    def open(self, raw: Raw) -> Origin:
        """Load a raw object of the batch; one that cannot be had is lost, and says why."""
        origin = self.origin(raw)
        self.origins.append(origin)
        if raw.missing:
            origin.lose(raw.missing)
        elif not raw.skipped:
            try:
                origin.data = raw.load()
            except (OSError, SourceError) as error:
                why = (
                    f"{raw.origin} cannot be read: {error.strerror or error}"
                    if isinstance(error, OSError)
                    else error.what
                )
                origin.version = ""
                origin.lose(why)
            else:
                origin.sha256 = sha256(origin.data)
        return origin

    def read(self, raw: Raw, take: Callable[[Origin], None]) -> Origin:
        """Open a raw object and take its records in; where they are not as they should be, it is lost."""
        origin = self.open(raw)
        if not origin.lost and not raw.skipped:
            try:
                take(origin)
            except (ValueError, OverflowError, RecursionError, csv.Error) as error:
                origin.lose(f"{raw.origin} cannot be read: {error}")
        return origin

    def cover(
        self,
        scope: str,
        problems: Problems,
        rows: int | None = None,
        *,
        window: Window | None = None,
        origins: Sequence[Origin] | None = None,
        origin: str = "",
        failed: bool = False,
        remark: str | None = None,
    ) -> None:
        """Add a line of coverage.

        Args:
            scope: what was looked at.
            problems: what is missing.
            rows: rows of the scope; None for all.
            window: from when to when was looked at; None for a snapshot, which looks at one moment.
            origins: the scope's raw objects, all by default; it failed where there are some and all are lost.
            origin: what the line cites; the first of the raw objects by default.
            failed: it failed for another reason.
            remark: what is worth saying and is no problem.
        """
        origins = self.origins if origins is None else origins
        now = self.context.collected_at
        failed = failed or (bool(origins) and all(origin.lost for origin in origins))
        self.coverage.append(
            Coverage(
                **(origins[0] if origins and not origin else self.origin(Raw(origin or scope, bytes))).at(),
                scope=scope,
                from_=window[0] if window else now,
                to=window[1] if window else now,
                rows=len(self) if rows is None else rows,
                rejected=problems.rejected,
                status="failed" if failed else "partial" if problems else "ok",
                reason="; ".join(filter(None, [problems.sentence(), remark])) or None,
            )
        )

    def normalised(self) -> Normalised:
        """The batch as Arrow tables."""
        self._settle()
        counts = self._counts + Counter((row.origin, row.sha256) for rows in self.tables.values() for row in rows)
        parts = {table: list(found) for table, found in self._columns.items()}
        for table, rows in self.tables.items():
            parts.setdefault(table, []).append(arrow(table, rows))
        return Normalised(
            tables={table: _joined(found) for table, found in parts.items()},
            objects=[origin.outcome(counts[origin.raw.origin, origin.sha256]) for origin in self.origins],
            coverage=self.coverage,
        )


def _extent(row: Activity) -> tuple[tuple[str, str], Extent]:
    return (row.origin, row.scope), (1, row.time, row.time)


def _both(one: Extent | None, other: Extent) -> Extent:
    return (one[0] + other[0], min(one[1], other[1]), max(one[2], other[2])) if one else other


def _joined(parts: list[pa.Table]) -> pa.Table:
    import pyarrow as pa

    return parts[0] if len(parts) == 1 else pa.concat_tables(parts)


def shaped(records: Any, shape: type[T], problems: Problems, what: str) -> Iterator[tuple[int, T]]:
    """The records of a list that have the shape, each with its number; the others are counted and explained."""
    for number, record in enumerate(records if isinstance(records, list) else ()):
        try:
            yield number, msgspec.convert(record, shape, strict=False)
        except (msgspec.ValidationError, RecursionError, UnicodeError) as error:
            problems.reject(f"an entry of {what} is not as it should be: {error}", f"record {number}")


def arrow(table: type[Row], rows: Sequence[Row]) -> pa.Table:
    """Rows of one table as Arrow has them."""
    # pyarrow takes 0.3 s to import, and --help must not wait for it.
    from auditor.model.arrow import to_arrow

    try:
        return to_arrow(table, rows)
    except UnicodeEncodeError:
        return to_arrow(table, [_printable_row(row) for row in rows])


def _printable_row(row: Row) -> Row:
    values: dict[str, Any] = msgspec.structs.asdict(row)
    for name, value in values.items():
        if isinstance(value, str):
            values[name] = printable(value)
        elif isinstance(value, tuple):
            values[name] = tuple(printable(item) for item in value)
    return type(row)(**values)
