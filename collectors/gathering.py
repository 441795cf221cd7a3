"""What came of one source, put together from what came of its batches."""

from __future__ import annotations

import logging
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.errors import SourceError, StoreError
from auditor.evidence.manifest import Part, RawFile
from auditor.extras import remedy
from auditor.model.tables import Account, Coverage, Grant, Membership, ReadObject, Row
from auditor.model.vocabulary import CoverageStatus
from collectors.base import Batch, Collector, Raw, printable
from collectors.least_speed import SlowAnswerError
from collectors.reading import Origin, Stamp
from collectors.refusals import refusal

if TYPE_CHECKING:
    from auditor.evidence.staging import Staging

_MOST_OBJECTS = 20_000
_MOST_REASONS = 5
_LONGEST = 300
_SOMEBODY = frozenset({Account.TABLE, Membership.TABLE, Grant.TABLE})
_log = logging.getLogger(__name__)

DIED = "the process that read it ended unexpectedly, perhaps for lack of memory"
"""Why a batch was not read whose process died twice."""

FAILED = "the task that read it failed on Spark over and over; Spark's own log says why"
"""Why a batch was not read that a cluster could not."""


class Collected(Struct, frozen=True, kw_only=True):
    """What came of one source.

    Args:
        source: its name in auditor.yaml.
        status: ok, partial or failed; failed when nothing at all was read.
        reason: what is missing and why; None when nothing is.
        coverage: one row a scope, in order of scope; written to staging too.
        parts: the staged Parquet parts.
        raw: the staged raw objects.
        rows: rows by table.
    """

    source: str
    status: CoverageStatus
    reason: str | None
    coverage: tuple[Coverage, ...]
    parts: tuple[Part, ...]
    raw: tuple[RawFile, ...]
    rows: Mapping[str, int]


class Done(Struct):
    """What a worker sends back of a batch."""

    parts: list[Part] = field(default_factory=list)
    raw: list[RawFile] = field(default_factory=list)
    objects: list[ReadObject] = field(default_factory=list)
    coverage: list[Coverage] = field(default_factory=list)


class Gathering:
    """Puts together what the batches of a source came to."""

    def __init__(self, collector: Collector, staging: Staging) -> None:
        self._collector = collector
        self._staging = staging
        self._parts: list[Part] = []
        self._raw: list[RawFile] = []
        self._objects: list[ReadObject] = []
        self._coverage: dict[str, list[Coverage]] = {}
        self._read_something = False
        self._refused: SourceError | None = None

    def batches(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """The collector's batches, up to where the source as a whole cannot be read."""
        try:
            yield from self._collector.fetch(seen)
        except SourceError as error:
            self._refused = error
        except ModuleNotFoundError as error:
            install = remedy(error)
            self._refused = SourceError(install or unexpected(error))
        except StoreError:
            raise
        except (Exception, SlowAnswerError) as error:  # noqa: BLE001 - whatever a source answers costs the source, and never the run
            self._refused = refusal("source", "unexpected", name=self._collector.source.name, why=unexpected(error))

    def add(self, done: Done) -> None:
        """Take in one batch."""
        self._parts += done.parts
        self._raw += done.raw
        self._objects += done.objects
        self._read_something |= any(row.status != "failed" for row in done.coverage)
        self._read_something |= any(row.status != "failed" for row in done.objects)
        for row in done.coverage:
            self._coverage.setdefault(row.scope, []).append(row)
        if len(self._objects) >= _MOST_OBJECTS:
            self._write_objects()

    def overdue(self, *, whole_run: bool = False) -> None:
        """The source's time is over, or the run's; what was read until then is kept."""
        kind = "run overdue" if whole_run else "overdue"
        self._refused = refusal("source", kind, name=self._collector.source.name, transient=True)

    def collected(self) -> Collected:
        """Write what is left, and sum up."""
        name = self._collector.source.name
        if self._refused is not None:
            status = "partial" if self._read_something else "failed"
            told = " ".join(self._refused.diagnostics())
            self._add_coverage(name, status, told.removeprefix(f"{name}: "))
        elif not self._coverage:
            self._add_coverage(name, "ok", None if self._objects or self._parts else "nothing new since the last run")
        elif self._collector.source.NEVER_EMPTY and not any(part.table in _SOMEBODY for part in self._parts):
            self._add_coverage(name, "partial", "it told of no account and no right at all, which is no answer")
        self._write_objects()
        coverage = tuple(_merged(rows) for _, rows in sorted(self._coverage.items()))
        self._write(Coverage, coverage)
        status, reason = _summed_up(coverage)
        parts = self._staging.joined(self._parts)
        rows: Counter[str] = Counter()
        for part in parts:
            rows[part.table] += part.rows
        return Collected(
            source=name,
            status=status,
            reason=reason,
            coverage=coverage,
            parts=tuple(parts),
            raw=tuple(self._raw),
            rows=rows,
        )

    def _add_coverage(self, scope: str, status: str, reason: str | None) -> None:
        row = Coverage(**self._stamp(scope), scope=scope, from_=None, to=None, status=status, reason=reason)
        self._coverage.setdefault(scope, []).append(row)

    def _stamp(self, origin: str) -> Stamp:
        return _stamp(self._collector, origin)

    def _write_objects(self) -> None:
        self._write(ReadObject, self._objects)
        self._objects = []

    def _write(self, table: type[Row], rows: Iterable[Row]) -> None:
        from auditor.model.arrow import to_arrow

        self._parts += self._staging.write(self._collector.source.name, table, to_arrow(table, rows))


def lost(collector: Collector, batch: Batch, why: str) -> Done:
    """What is left of a batch that could not be read: its objects, to be tried by the next run."""
    name = collector.source.name
    first = batch[0].origin if batch else name
    objects = [ReadObject(**_stamp(collector, raw.origin), version="", status="failed", reason=why) for raw in batch]
    coverage = Coverage(
        **_stamp(collector, name),
        scope=name,
        from_=None,
        to=None,
        status="failed",
        reason=f"{len(batch)} objects from {first} on were not read: {why}",
    )
    return Done(objects=objects, coverage=[coverage])


def unexpected(error: BaseException) -> str:
    """What nobody foresaw, with its type and place, and in the log with all of it."""
    _log.warning("A source could not be read.", exc_info=error)
    frame = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {Path(frame[0].filename).name}:{frame[0].lineno}" if frame else ""
    return printable(f"{type(error).__name__}{place}: {str(error)[:_LONGEST]}".rstrip(": "))


def _stamp(collector: Collector, origin: str) -> Stamp:
    return Origin(collector.source.name, collector.context.collected_at, Raw(origin, bytes), "").at()


def _merged(rows: list[Coverage]) -> Coverage:
    """One row from a scope's rows of several batches."""
    statuses = {row.status for row in rows}
    reasons = list(dict.fromkeys(row.reason for row in rows if row.reason))
    return replace(
        rows[0],
        from_=min((row.from_ for row in rows if row.from_), default=None),
        to=max((row.to for row in rows if row.to), default=None),
        rows=sum(row.rows for row in rows),
        rejected=sum(row.rejected for row in rows),
        status=statuses.pop() if len(statuses) == 1 else "partial",
        reason=_joined(reasons),
    )


def _summed_up(coverage: tuple[Coverage, ...]) -> tuple[CoverageStatus, str | None]:
    """The source's own status and reason, from its scopes'."""
    statuses = {row.status for row in coverage}
    status = CoverageStatus(statuses.pop()) if len(statuses) == 1 else CoverageStatus.PARTIAL
    several = len(coverage) > 1
    said = [f"{row.scope}: {row.reason}" if several else row.reason for row in coverage if row.reason]
    return status, None if status is CoverageStatus.OK else _joined(said)


def _joined(reasons: list[str]) -> str | None:
    more = len(reasons) - _MOST_REASONS
    return "; ".join(reasons[:_MOST_REASONS] + ([f"and {more} more reasons"] if more > 0 else [])) or None
