"""CloudTrail's log files, from an S3 bucket or a local folder or file, or its event history.

Only what is new is read. A bad file costs that file, a bad record that record; both are counted and explained. Digest
and insight files are known by their place and by their content, and kept out.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import pyarrow as pa

from auditor.config.sources import AwsCloudTrail
from auditor.errors import SourceError
from auditor.model.tables import Activity, Coverage, ReadObject, Row
from collectors.base import Batch, Context, Normalised, Raw, sha256
from collectors.cloudtrail.detail import quoted
from collectors.cloudtrail.files import SkippedError, UnreadableError, is_text, original, records, unpack
from collectors.cloudtrail.listing import account_of, list_bucket, list_folder
from collectors.cloudtrail.lookup import look_up, unwrapped, window_of
from collectors.cloudtrail.records import Rows, Tally
from collectors.cloudtrail.shapes import Record

BATCH_ROWS = 30_000
_BATCH_BYTES = 3 << 20
_BATCH_FILES = 2_000
_UNPACKED_RATIO = 10
_LOADERS = 8
_MOST_REASONS = 3
_HISTORY = "the event history holds management events only: reads and writes of data are not in it"


@dataclass(frozen=True, slots=True)
class CloudTrail:
    """The aws-cloudtrail collector."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ("s3:ListBucket", "s3:GetObject", "cloudtrail:LookupEvents")
    READS: ClassVar[str] = (
        "CloudTrail log files in an S3 bucket or a local folder, or the event history of the last 90 days, which holds "
        "management events only."
    )

    source: AwsCloudTrail
    context: Context

    @property
    def place(self) -> str:
        """Where it reads, as people know it."""
        if self.source.lookup:
            return "CloudTrail's event history"
        if self.source.bucket is None:
            return str(self.source.path)
        return f"s3://{self.source.bucket}/{self.source.prefix}"

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Batches of about `BATCH_ROWS` records of new objects; one empty batch when there are no objects at all.

        Raises:
            SourceError: the folder or bucket cannot be listed, or the event history not be read to its end.
        """
        if self.source.lookup:
            yield from look_up(self.source, self.context, seen)
            return
        batch: list[Raw] = []
        size, found = 0, False
        listing = list_folder(self.source, self.context) if self.source.path else list_bucket(self.source, seen)
        for raw in listing:
            found = True
            if seen.get(raw.origin) == raw.version != "":
                continue
            batch.append(raw)
            size += raw.size if raw.origin.endswith(".gz") else raw.size // _UNPACKED_RATIO
            if size >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
                yield batch
                batch, size = [], 0
        if batch or not found:
            yield batch

    def normalise(self, batch: Batch) -> Normalised:
        """Rows, one ReadObject for each object, and coverage for each AWS account."""
        if not batch:
            reason = f"no CloudTrail files in {self.place}: nothing can be said about what happened"
            return Normalised(coverage=[_coverage(self, self.place, status="partial", reason=reason)])
        reading = _Reading(self)
        with _without_collection():
            for raw, data in _loaded(batch):
                reading.object(raw, data)
            return reading.finish()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The event that a row points at, secrets taken out."""
        return quoted(original(unwrapped(unpack(data)[0]), record))


class _Reading:
    """One batch being read."""

    def __init__(self, collector: CloudTrail) -> None:
        self._collector = collector
        self._rows = self._new_rows()
        self._tables: list[pa.Table] = []
        self._objects: list[ReadObject] = []
        self._faults: defaultdict[str, list[ReadObject]] = defaultdict(list)
        self._notes: defaultdict[str, list[ReadObject]] = defaultdict(list)
        self._windows: defaultdict[str, list[datetime]] = defaultdict(list)

    def _new_rows(self) -> Rows:
        return Rows(self._collector.source.name, self._collector.context.collected_at)

    def object(self, raw: Raw, data: bytes | SourceError | OSError) -> None:
        """Read one object, or say why not."""
        if raw.part:
            self._done(raw, status="skipped", reason=raw.part)
        elif isinstance(data, SourceError | OSError):
            what = data.what if isinstance(data, SourceError) else f"it cannot be read: {data.strerror or data}"
            # Without a version it counts as not read, so that the next run tries again.
            self._done(raw, version="", status="failed", reason=what)
        else:
            self._content(raw, data, sha256(data))

    def _content(self, raw: Raw, data: bytes, digest: str) -> None:
        tally = Tally()
        if window := window_of(raw.origin):
            self._windows[account_of(raw.origin) or self._collector.place] += window
        try:
            content, warning = unpack(data)
            content = unwrapped(content)
            self._rows.begin(raw.origin, digest)
            if not is_text(content):
                tally.note("some of its text is not UTF-8, and those characters were replaced")
            for chunk in records(content):
                self._chunk(chunk, raw, digest, tally)
        except SkippedError as skipped:
            self._done(raw, sha256=digest, status="skipped", reason=str(skipped))
            return
        except UnreadableError as unreadable:
            self._done(raw, sha256=digest, status="failed", reason=str(unreadable))
            return
        if tally.insights and not tally.rows:
            self._done(raw, sha256=digest, status="skipped", reason="a CloudTrail insight file")
            return
        self._done(raw, sha256=digest, rows=tally.rows, rejected=tally.rejected, **tally.verdict(warning))

    def _chunk(self, chunk: list[Record | str], raw: Raw, digest: str, tally: Tally) -> None:
        for start in range(0, len(chunk), BATCH_ROWS):
            self._rows.extend(chunk[start : start + BATCH_ROWS], tally)
            if len(self._rows) >= BATCH_ROWS:
                self._tables.append(self._rows.table())
                self._rows = self._new_rows()
                self._rows.begin(raw.origin, digest)

    def _done(self, raw: Raw, **columns: Any) -> None:
        done = ReadObject(
            source=self._collector.source.name,
            collected_at=self._collector.context.collected_at,
            origin=raw.origin,
            **{"version": raw.version, **columns},
        )
        self._objects.append(done)
        if done.reason and done.status != "skipped":
            kind = self._notes if done.status == "ok" else self._faults
            kind[account_of(raw.origin) or self._collector.place].append(done)

    def finish(self) -> Normalised:
        """What the batch came to."""
        if len(self._rows):
            self._tables.append(self._rows.table())
        tables: dict[type[Row], pa.Table] = {}
        if self._tables:
            tables[Activity] = pa.concat_tables(self._tables)
        return Normalised(tables=tables, objects=self._objects, coverage=self._coverage(tables.get(Activity)))

    def _coverage(self, rows: pa.Table | None) -> list[Coverage]:
        seen: dict[str, tuple[int, datetime, datetime]] = {}
        if rows is not None:
            grouped = rows.group_by("scope").aggregate([("time", "count"), ("time", "min"), ("time", "max")])
            for one in grouped.to_pylist():
                seen[one["scope"]] = (one["time_count"], one["time_min"], one["time_max"])
        result = []
        for scope in sorted({*seen, *self._faults, *self._notes, *self._windows}):
            count, first, last = seen.get(scope, (0, None, None))
            faults, window = self._faults.get(scope, []), self._windows.get(scope, [])
            result.append(
                _coverage(
                    self._collector,
                    scope,
                    from_=min([*window, *([first] if first else [])], default=None),
                    to=max([*window, *([last] if last else [])], default=None),
                    rows=count,
                    rejected=sum(fault.rejected for fault in faults),
                    status=_status(faults, count),
                    reason=_reasons(faults + self._notes.get(scope, [])) or (_HISTORY if window else None),
                )
            )
        return result


def _coverage(collector: CloudTrail, scope: str, **columns: Any) -> Coverage:
    return Coverage(
        source=collector.source.name,
        collected_at=collector.context.collected_at,
        origin=collector.place,
        scope=scope,
        **{"from_": None, "to": None, **columns},
    )


def _status(faults: list[ReadObject], rows: int) -> str:
    if not faults:
        return "ok"
    return "partial" if rows or any(fault.status == "partial" for fault in faults) else "failed"


def _reasons(told: list[ReadObject]) -> str | None:
    if not told:
        return None
    shown = [f"{one.origin.rsplit('/', 1)[-1]}: {one.reason}" for one in told[:_MOST_REASONS]]
    more = f" (and {len(told) - len(shown)} more files)" if len(told) > len(shown) else ""
    return "; ".join(shown) + more


def _loaded(batch: Batch) -> Iterator[tuple[Raw, bytes | SourceError | OSError]]:
    """Each object with its bytes, or with why they cannot be had; bucket objects are fetched some at a time."""
    if any(raw.origin.startswith("s3://") for raw in batch):
        with ThreadPoolExecutor(_LOADERS) as threads:
            yield from zip(batch, threads.map(_load, batch), strict=True)
    else:
        for raw in batch:
            yield raw, _load(raw)


def _load(raw: Raw) -> bytes | SourceError | OSError:
    if raw.part:
        return b""
    try:
        return raw.load()
    except (SourceError, OSError) as error:
        return error


@contextmanager
def _without_collection() -> Iterator[None]:
    """Keeps the garbage collector from walking the rows again and again; there are no cycles in them."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
