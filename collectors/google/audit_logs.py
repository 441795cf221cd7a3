"""Google Cloud's audit logs: live through Cloud Logging, or from exported log entries in a folder or file.

Only what is new is read. A bad file costs that file, a bad entry that entry; both are counted and explained.
"""

from collections.abc import Iterator, Mapping

from msgspec import Struct

from auditor.config.sources.google import GoogleAuditLogs
from auditor.model.tables import Activity
from collectors.base import Batch, Normalised, Stream
from collectors.detail import quoted
from collectors.files import unpacked
from collectors.google.log_entries import NotAuditError, activities
from collectors.google.log_fields import Object, object_in, text_in
from collectors.google.log_pages import pages, window_of
from collectors.google.log_queries import hidden
from collectors.google.wrapped import log_records
from collectors.log_files import LogCoverage, new_files
from collectors.reading import Origin, Reading

_BATCH_BYTES = 8 << 20
_BATCH_FILES = 500


class GoogleAuditLogsCollector(Stream[GoogleAuditLogs], frozen=True):
    """Admin Activity, Data Access, System Event and Policy Denied."""

    PERMISSIONS = ("logging.logEntries.list", "logging.privateLogEntries.list")
    READS = (
        "The project's four audit logs through Cloud Logging, or exported log entries in a folder: of sinks, "
        "tables of BigQuery and Log Analytics, `gcloud logging read` or log shippers."
    )

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
            yield from ([page] for page in pages(self.source, self.context, seen))
        else:
            path, most = str(self.source.path), _BATCH_BYTES
            yield from new_files(self.source.name, path, self.context, seen, most=most, most_files=_BATCH_FILES)

    def normalise(self, batch: Batch) -> Normalised:
        """Activity, one ReadObject for each file or page, and coverage for each project."""
        reading, coverage = Reading(self.source.name, self.context), LogCoverage(self.place)
        operations = _Operations()
        for raw in batch:
            origin = reading.read(raw, lambda origin: reading.extend(_rows(origin, operations)))
            coverage.file(origin, remarks=True)
            if (window := window_of(raw)) and not origin.lost:
                coverage.windows[self.place] += window
        if not batch:
            coverage.note(f"no log entries in {self.place}: nothing can be said about what happened")
        if operations.ended and not (operations.begun or self.source.project):
            coverage.note(
                f"long operations end in {self.place} and none begins there: the entries that tell what was asked for, "
                "which have `operation.first`, were left out"
            )
        coverage.cover(reading, reading.extents())
        return reading.normalised()

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The entry that a row points at, secrets taken out."""
        return quoted(hidden(log_records(unpacked(data)[0])[record]))


class _Operations(Struct):
    """Long operations as the entries of a batch tell of them: most are told twice, when they begin and at their end."""

    begun: int = 0
    ended: int = 0

    def see(self, entry: Object) -> None:
        """Count an entry of Admin Activity."""
        if text_in(entry, "logName").endswith("activity"):
            operation = object_in(entry, "operation")
            self.begun += operation.get("first") is True
            self.ended += operation.get("last") is True and operation.get("first") is not True


def _rows(origin: Origin, operations: _Operations) -> Iterator[Activity]:
    found = log_records(origin.content())
    if not found and not window_of(origin.raw):
        origin.remarks.note("it holds no log entries")
    for number, record in enumerate(found):
        where = f"entry {number + 1}"
        if isinstance(record, str):
            origin.problems.reject(record, where)
            continue
        try:
            yield from list(activities(record, origin.at(number)))
            operations.see(record)
        except NotAuditError as error:
            origin.remarks.reject(f"passed over: {error}", where)
        except ValueError as error:
            origin.problems.reject(str(error), where)
    origin.lost = bool(found) and origin.problems.rejected == len(found)
