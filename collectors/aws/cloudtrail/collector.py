"""CloudTrail's log and digest files, from an S3 bucket or a local folder or file; or its event history.

Only what is new is read. A bad file costs that file, a bad record that record; both are counted and explained. Digest
and insight files are known by their place and by their content: digests become rows of their own, and insight files
are kept out.
"""

from __future__ import annotations

import gc
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

import pyarrow as pa

from auditor.config.sources import AwsCloudTrail
from auditor.errors import SourceError
from auditor.model.arrow import to_arrow
from auditor.model.tables import Activity, Coverage, ReadObject, Row, TrailDigest
from collectors.aws import lines
from collectors.aws.cloudtrail.digests import Unchecked, public_keys, read_digest
from collectors.aws.cloudtrail.files import DigestError, Unpacked, UnreadableError, is_text, original, records, unpack
from collectors.aws.cloudtrail.listing import DIGEST, account_of, list_bucket, list_folder, login_of
from collectors.aws.cloudtrail.loading import Loaded, loaded
from collectors.aws.cloudtrail.lookup import look_up, unwrapped, window_of
from collectors.aws.cloudtrail.public_keys import PUBLIC_KEYS, keys_for
from collectors.aws.cloudtrail.records import Rows, Tally
from collectors.aws.cloudtrail.shapes import Record
from collectors.aws.cloudtrail.trail_rows import read_rows
from collectors.aws.cloudtrail.trails import PERMISSIONS as TRAIL_PERMISSIONS
from collectors.aws.cloudtrail.trails import TRAILS, read_trails
from collectors.base import Batch, Context, Normalised, Raw, sha256
from collectors.detail import quoted
from collectors.stamping import Place

BATCH_ROWS = 30_000
_BATCH_BYTES = 3 << 20
_BATCH_FILES = 2_000
_UNPACKED_RATIO = 10
_MOST_REASONS = 3
_HISTORY = "the event history holds management events only: reads and writes of data are not in it"


@dataclass(frozen=True, slots=True)
class CloudTrail:
    """The aws-cloudtrail collector."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = (
        "s3:ListBucket",
        "s3:GetObject",
        "cloudtrail:ListPublicKeys",
        "cloudtrail:LookupEvents",
        *TRAIL_PERMISSIONS,
    )
    READS: ClassVar[str] = (
        "CloudTrail log and digest files in an S3 bucket or a local folder, or the event history of the last 90 days, "
        "which holds management events only; and what the trails themselves record."
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
        """Batches of about `BATCH_ROWS` records of new objects, then the trails themselves.

        Raises:
            SourceError: the folder or bucket cannot be listed, or the event history not be read to its end.
        """
        yield from look_up(self.source, self.context, seen) if self.source.lookup else self._files(seen)
        for raw in read_trails(self.source, self.context):
            yield [raw]

    def _files(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Batches of new objects; one empty batch when there are no objects at all."""
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
                yield self._whole(batch)
                batch, size = [], 0
        if batch or not found:
            yield self._whole(batch)

    def _whole(self, batch: list[Raw]) -> list[Raw]:
        """A batch with the keys that the signatures of its digests are checked with; only a bucket has signatures."""
        return batch if self.source.bucket is None else [*batch, *keys_for(self.source, batch)]

    def normalise(self, batch: Batch) -> Normalised:
        """Rows, one ReadObject for each object, and coverage for each AWS account."""
        if not batch:
            reason = f"no CloudTrail files in {self.place}: nothing can be said about what happened"
            return Normalised(coverage=[_coverage(self, self.place, status="partial", reason=reason)])
        if batch[0].part == TRAILS:
            return read_rows(self.source.name, self.context, batch)
        reading = _Reading(self)
        with _without_collection():
            for raw, found in loaded(batch, login_of(self.source)):
                reading.object(raw, found)
            return reading.finish()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The event that a row points at, secrets taken out; or what was said of a trail."""
        if lines.is_lines(data):
            return lines.quoted(data, record)
        return quoted(original(unwrapped(unpack(data)[0]), record))


class _Reading:
    """One batch being read."""

    def __init__(self, collector: CloudTrail) -> None:
        self._collector = collector
        self._rows = self._new_rows()
        self._tables: list[pa.Table] = []
        self._digests: list[Unchecked] = []
        self._keys: dict[str, dict[str, bytes]] = {}
        self._unsigned: defaultdict[str, set[str]] = defaultdict(set)
        self._objects: list[ReadObject] = []
        self._faults: defaultdict[str, list[ReadObject]] = defaultdict(list)
        self._notes: defaultdict[str, list[ReadObject]] = defaultdict(list)
        self._windows: defaultdict[str, list[datetime]] = defaultdict(list)

    def _new_rows(self) -> Rows:
        return Rows(self._collector.source.name, self._collector.context.collected_at)

    def object(self, raw: Raw, found: Loaded | SourceError | OSError) -> None:
        """Read one object, or say why not."""
        if isinstance(found, SourceError | OSError):
            what = found.what if isinstance(found, SourceError) else f"it cannot be read: {found.strerror or found}"
            # Without a version it counts as not read, so that the next run tries again. Keys are no events.
            status = "partial" if raw.part.startswith(PUBLIC_KEYS) else "failed"
            self._done(raw, version="", status=status, reason=what)
        elif raw.part.startswith(PUBLIC_KEYS):
            self._keys[raw.part.removeprefix(PUBLIC_KEYS)] = public_keys(found.data)
            self._done(raw, sha256=sha256(found.data))
        elif raw.part not in ("", DIGEST):
            self._done(raw, status="skipped", reason=raw.part)
        else:
            self._file(raw, found)

    def _file(self, raw: Raw, found: Loaded) -> None:
        hashes = {"sha256": sha256(found.data)}
        hashes["content_sha256"] = hashes["sha256"]
        try:
            unpacked = unpack(found.data)
            if unpacked.pure:
                hashes["content_sha256"] = sha256(unpacked.content)
            if raw.part == DIGEST or not self._is_log(raw, unpacked, hashes):
                self._digest(raw, found, unpacked, hashes)
        except UnreadableError as unreadable:
            self._done(raw, **hashes, status="failed", reason=str(unreadable))

    def _is_log(self, raw: Raw, unpacked: Unpacked, hashes: Mapping[str, str]) -> bool:
        """Read a log file; False where it turns out to be a digest."""
        try:
            self._log(raw, unpacked, hashes)
        except DigestError:
            return False
        return True

    def _digest(self, raw: Raw, found: Loaded, unpacked: Unpacked, hashes: Mapping[str, str]) -> None:
        source, context = self._collector.source, self._collector.context
        stamp = Place(source.name, context.collected_at, raw.origin, hashes["sha256"]).at()
        self._digests.append(read_digest(found.data, unpacked, stamp, found.signature))
        self._done(raw, **hashes, rows=1)

    def _log(self, raw: Raw, unpacked: Unpacked, hashes: Mapping[str, str]) -> None:
        if window := window_of(raw.origin):
            self._windows[account_of(raw.origin) or self._collector.place] += window
        tally, content = Tally(), unwrapped(unpacked.content)
        self._rows.begin(raw.origin, hashes["sha256"])
        if not is_text(content):
            tally.note("some of its text is not UTF-8, and those characters were replaced")
        for chunk in records(content):
            self._chunk(chunk, raw, hashes["sha256"], tally)
        if tally.insights and not tally.rows:
            self._done(raw, **hashes, status="skipped", reason="a CloudTrail insight file")
            return
        self._done(raw, **hashes, rows=tally.rows, rejected=tally.rejected, **tally.verdict(unpacked.warning))

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
        if self._digests:
            tables[TrailDigest] = self._checked()
        return Normalised(tables=tables, objects=self._objects, coverage=self._coverage(tables.get(Activity)))

    def _checked(self) -> pa.Table:
        """The digests, their signatures checked where that is possible and noted where not."""
        rows = [digest.checked(self._keys) for digest in self._digests]
        for row in rows:
            if row.signature_holds is None and row.signature_note:
                self._unsigned[account_of(row.origin) or self._collector.place].add(row.signature_note)
        return to_arrow(TrailDigest, rows)

    def _coverage(self, rows: pa.Table | None) -> list[Coverage]:
        seen: dict[str, tuple[int, datetime, datetime]] = {}
        if rows is not None:
            grouped = rows.group_by("scope").aggregate([("time", "count"), ("time", "min"), ("time", "max")])
            for one in grouped.to_pylist():
                seen[one["scope"]] = (one["time_count"], one["time_min"], one["time_max"])
        result = []
        for scope in sorted({*seen, *self._faults, *self._notes, *self._unsigned, *self._windows}):
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
                    reason=_reasons(faults + self._notes.get(scope, []), sorted(self._unsigned.get(scope, ())))
                    or (_HISTORY if window else None),
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


def _reasons(told: list[ReadObject], unsigned: list[str]) -> str | None:
    shown = [f"{one.origin.rsplit('/', 1)[-1]}: {one.reason}" for one in told[:_MOST_REASONS]]
    if len(told) > len(shown):
        shown[-1] += f" (and {len(told) - len(shown)} more files)"
    shown += [f"signatures of digests were not checked: {reason}" for reason in unsigned]
    return "; ".join(shown) or None


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
