"""Google Cloud's audit logs: live through Cloud Logging, or from exported log entries in a folder or file.

Only what is new is read. A bad file costs that file, a bad entry that entry; both are counted and explained.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from auditor.config.sources import GoogleAuditLogs
from auditor.errors import SourceError
from auditor.model.tables import Activity, Coverage, ReadObject
from collectors.aws.cloudtrail.detail import quoted
from collectors.base import Batch, Context, Normalised, Raw
from collectors.files import unpacked
from collectors.google.log_entries import NotAuditError, activities
from collectors.google.log_files import list_folder, records
from collectors.google.log_pages import pages, window_of
from collectors.stamping import Complaints, Place, Rows

_BATCH_BYTES = 8 << 20
_BATCH_FILES = 500


@dataclass(frozen=True, slots=True)
class GoogleAuditLogsCollector:
    """Admin Activity, Data Access, System Event and Policy Denied."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ("logging.logEntries.list", "logging.privateLogEntries.list")
    READS: ClassVar[str] = "The project's four audit logs through Cloud Logging, or exported log entries in a folder."

    source: GoogleAuditLogs
    context: Context

    @property
    def place(self) -> str:
        """Where it reads, as people know it."""
        return self.source.project or str(self.source.path)

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Batches of new files, or of new pages as they come; one empty batch when there are no files at all.

        Raises:
            SourceError: the folder or the log cannot be read, or not to its end.
        """
        if self.source.project:
            for page in pages(self.source, self.context, seen):
                yield [page]
            return
        batch: list[Raw] = []
        found = False
        for raw in list_folder(self.source, self.context):
            found = True
            if seen.get(raw.origin) == raw.version != "":
                continue
            batch.append(raw)
            if sum(one.size for one in batch) >= _BATCH_BYTES or len(batch) >= _BATCH_FILES:
                yield batch
                batch = []
        if batch or not found:
            yield batch

    def normalise(self, batch: Batch) -> Normalised:
        """Activity, one ReadObject for each file or page, and coverage for each project."""
        reading = _Reading(self.source.name, self.context, self.place)
        for raw in batch:
            reading.read(raw)
        return reading.finish(empty=not batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The entry that a row points at, secrets taken out."""
        return quoted(records(unpacked(data)[0])[record])


@dataclass(slots=True)
class _Seen:
    """What one scope's coverage is made of."""

    rows: int = 0
    rejected: int = 0
    times: list[Any] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    failed: bool = False


@dataclass(slots=True)
class _Reading:
    """One batch being read."""

    source: str
    context: Context
    place: str
    rows: Rows = field(default_factory=Rows)
    scopes: defaultdict[str, _Seen] = field(default_factory=lambda: defaultdict(_Seen))

    def read(self, raw: Raw) -> None:
        """Read one file or page, or say why not."""
        place = Place(self.source, self.context.collected_at, raw.origin)
        if raw.part and not window_of(raw):
            self._object(place, raw, status="skipped", reason=raw.part)
            return
        try:
            data = raw.load()
            place = Place.of(self.source, self.context, raw, data)
            content, warning = unpacked(data)
            found = records(content)
        except (OSError, SourceError, ValueError) as error:
            self._lost(place, raw, error)
            return
        rejects, passed, tally = Complaints(), Complaints(), 0
        for number, record in enumerate(found):
            tally += self._record(record, number, place, rejects, passed)
        if warning:
            rejects.note(warning)
        sentence = rejects.sentence()
        reason = "; ".join(filter(None, (sentence, passed.sentence()))) or None
        status = "partial" if rejects else "ok"
        rejected = rejects.rejected + passed.rejected
        self._object(place, raw, rows=tally, rejected=rejected, status=status, reason=reason)
        if sentence:
            self._fault(f"{raw.origin.rsplit('/', 1)[-1]}: {sentence}", rejects.rejected, failed=False)
        if window := window_of(raw):
            self.scopes[self.place].times += window

    def _record(
        self, record: dict[str, Any] | str, number: int, place: Place, rejects: Complaints, passed: Complaints
    ) -> int:
        """How many rows an entry gave; what gave none is complained of."""
        where = f"entry {number + 1}"
        if isinstance(record, str):
            rejects.reject(record, where)
            return 0
        try:
            made = list(activities(record, place.at(number)))
        except NotAuditError as error:
            passed.reject(f"passed over: {error}", where)
            return 0
        except ValueError as error:
            rejects.reject(str(error), where)
            return 0
        for row in made:
            self._keep(row)
        return len(made)

    def _keep(self, row: Activity) -> None:
        self.rows.add(row)
        seen = self.scopes[row.scope]
        seen.rows += 1
        seen.times = [min([row.time, *seen.times]), max([row.time, *seen.times])]

    def _lost(self, place: Place, raw: Raw, error: Exception) -> None:
        if isinstance(error, SourceError):
            reason = error.what
        elif isinstance(error, OSError):
            reason = f"it cannot be read: {error.strerror or error}"
        else:
            reason = str(error)
        # Without a version it counts as not read, so that the next run tries again.
        version = raw.version if isinstance(error, ValueError) else ""
        self._object(place, raw, version=version, status="failed", reason=reason)
        self._fault(f"{raw.origin.rsplit('/', 1)[-1]}: {reason}", 0, failed=True)

    def _fault(self, sentence: str, rejected: int, *, failed: bool) -> None:
        seen = self.scopes[self.place]
        seen.faults.append(sentence)
        seen.rejected += rejected
        seen.failed |= failed

    def _object(self, place: Place, raw: Raw, **columns: Any) -> None:
        self.rows.objects.append(ReadObject(**place.at(), **{"version": raw.version, **columns}))

    def finish(self, *, empty: bool) -> Normalised:
        """What the batch came to."""
        if empty:
            self._fault(f"no log entries in {self.place}: nothing can be said about what happened", 0, failed=False)
        self.rows.coverage = [self._coverage(scope, seen) for scope, seen in sorted(self.scopes.items())]
        return self.rows.normalised()

    def _coverage(self, scope: str, seen: _Seen) -> Coverage:
        several = len(self.scopes) > 1 or seen.rows
        status = "ok" if not seen.faults else "failed" if seen.failed and not several else "partial"
        shown = "; ".join(seen.faults[:3]) + (f" (and {len(seen.faults) - 3} more)" if len(seen.faults) > 3 else "")  # noqa: PLR2004
        return Coverage(
            **Place(self.source, self.context.collected_at, self.place).at(),
            scope=scope,
            from_=min(seen.times, default=None),
            to=max(seen.times, default=None),
            rows=seen.rows,
            rejected=seen.rejected,
            status=status,
            reason=shown or None,
        )
