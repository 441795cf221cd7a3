"""CloudTrail's log and digest files, from an S3 bucket or a local folder or file; or its event history.

Only what is new is read. A bad file costs that file, a bad record that record; both are counted and explained. Digest
and insight files are known by their place and by their content: digests become rows of their own, and insight files
are kept out.
"""

import gc
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial

import pyarrow as pa
from msgspec.structs import replace

from auditor.config.sources.aws import AwsCloudTrail
from auditor.model.tables import Activity, Row
from collectors.aws import lines
from collectors.aws.cloudtrail.contents import Content, opened
from collectors.aws.cloudtrail.digests import Unchecked, public_keys, read_digest
from collectors.aws.cloudtrail.files import DigestError, is_text, original, records, unpack
from collectors.aws.cloudtrail.listing import DIGEST, INSIGHT, account_of, day_of, list_bucket, list_folder
from collectors.aws.cloudtrail.lookup import look_up, unwrapped, window_of
from collectors.aws.cloudtrail.public_keys import PUBLIC_KEYS, keys_for
from collectors.aws.cloudtrail.records import Progress, Rows
from collectors.aws.cloudtrail.shapes import Record
from collectors.aws.cloudtrail.trail_rows import read_rows
from collectors.aws.cloudtrail.trails import PERMISSIONS as TRAIL_PERMISSIONS
from collectors.aws.cloudtrail.trails import TRAILS, read_trails
from collectors.base import Batch, Normalised, Raw, Stream
from collectors.detail import quoted
from collectors.log_files import LogCoverage, batches
from collectors.reading import Extent, Origin, Reading

BATCH_ROWS = 30_000
_BATCH_BYTES = 8 << 20
_BATCH_FILES = 2_000
_UNPACKED_RATIO = 10
_HISTORY = "the event history holds management events only: reads and writes of data are not in it"


class CloudTrail(Stream[AwsCloudTrail], frozen=True):
    """The aws-cloudtrail collector."""

    PERMISSIONS = (
        "s3:ListBucket",
        "s3:GetObject",
        "cloudtrail:ListPublicKeys",
        "cloudtrail:LookupEvents",
        *TRAIL_PERMISSIONS,
    )
    READS = (
        "CloudTrail log and digest files in an S3 bucket or a local folder, also as CloudWatch Logs, event buses, "
        "Lake, Athena, Security Lake (OCSF) and log shippers write events; or the event history of the last 90 days, "
        "which holds management events only; and what the trails themselves record."
    )

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
        """Batches of new objects; of a bucket, with the keys that the signatures of its digests are checked with."""
        in_bucket = self.source.bucket is not None
        listing = list_bucket(self.source, seen) if in_bucket else list_folder(self.source, self.context)
        for batch in batches(listing, seen, most=_BATCH_BYTES, most_files=_BATCH_FILES, size=_size, day=day_of):
            yield [*batch, *keys_for(self.source, batch)] if in_bucket else batch

    def normalise(self, batch: Batch) -> Normalised:
        """Rows, one ReadObject for each object, and coverage for each AWS account."""
        if batch and batch[0].part == TRAILS:
            return read_rows(self.source.name, self.context, batch)
        with _without_collection():
            return _LogReader(self).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The event that a row points at, secrets taken out; or what was said of a trail."""
        if lines.is_lines(data):
            return lines.quoted(data, record)
        return quoted(original(unwrapped(unpack(data)[0]), record))


class _LogReader:
    """Reads one batch of log and digest files."""

    def __init__(self, collector: CloudTrail) -> None:
        self._place = collector.place
        self._reading = Reading(collector.source.name, collector.context)
        self._coverage = LogCoverage(collector.place)
        self._rows = self._new_rows()
        self._tables: list[pa.Table] = []
        self._digests: list[Unchecked] = []
        self._keys: dict[str, dict[str, bytes]] = {}

    def _new_rows(self) -> Rows:
        return Rows(self._reading.source, self._reading.context.collected_at)

    def read(self, batch: Batch) -> Normalised:
        """What the batch comes to."""
        if not batch:
            self._coverage.note(f"no CloudTrail files in {self._place}: nothing can be said about what happened")
        for raw, content in opened(batch):
            origin = self._reading.read(raw, partial(self._take, content))
            if raw.part.startswith(PUBLIC_KEYS):
                origin.lost = False  # keys are no events: without them, signatures alone are not checked
            self._coverage.file(origin, account_of(raw.origin), remarks=True)
        for digest in self._digests:
            row = digest.checked(self._keys)
            self._reading.add(row)
            if row.signature_holds is None and row.signature_note:
                remark = f"signatures of digests were not checked: {row.signature_note}"
                self._coverage.remarks[account_of(row.origin) or self._place].note_once(remark)
        if len(self._rows):
            self._tables += self._rows.tables()
        events: dict[type[Row], pa.Table] = {Activity: pa.concat_tables(self._tables)} if self._tables else {}
        self._coverage.cover(self._reading, _extents(events.get(Activity)))
        found = self._reading.normalised()
        return replace(found, tables={**found.tables, **events})

    def _take(self, load: Callable[[], Content], origin: Origin) -> None:
        """Read one object; raises ValueError where nothing of it can be read."""
        if origin.raw.part.startswith(PUBLIC_KEYS):
            self._keys[origin.raw.part.removeprefix(PUBLIC_KEYS)] = public_keys(origin.data)
            return
        origin.content_sha256 = origin.sha256
        content = load()
        origin.content_sha256 = content.sha256 or origin.sha256
        if origin.raw.part == DIGEST or not self._is_log(origin, content):
            self._digests.append(read_digest(origin.data, content.unpacked, origin.at()))

    def _is_log(self, origin: Origin, content: Content) -> bool:
        """Read a log file; False where it turns out to be a digest."""
        try:
            self._log(origin, content)
        except DigestError:
            return False
        return True

    def _log(self, origin: Origin, held: Content) -> None:
        content, text = held.unpacked.content, held.text
        if window := window_of(origin.raw.origin):
            content = unwrapped(content)  # one of the pages that were asked for to the last
            text = is_text(content)
            scope = account_of(origin.raw.origin) or self._place
            self._coverage.windows[scope] += window
            self._coverage.remarks[scope].note_once(_HISTORY)
        progress, rows = Progress(origin), 0
        self._rows.begin(origin)
        if held.unpacked.warning:
            origin.problems.note(held.unpacked.warning)
        if not text:
            origin.remarks.note("some of its text is not UTF-8, and those characters were replaced")
        for chunk in records(content, text=text):
            rows += self._chunk(chunk, progress)
        origin.rows = rows
        origin.lost = bool(origin.problems.rejected) and not rows
        if progress.insights and not rows:
            origin.skip(INSIGHT)

    def _chunk(self, chunk: Sequence[Record | str], progress: Progress) -> int:
        rows = 0
        for start in range(0, len(chunk), BATCH_ROWS):
            rows += self._rows.extend(chunk[start : start + BATCH_ROWS], progress)
            if len(self._rows) >= BATCH_ROWS:
                self._tables += self._rows.tables()
                self._rows = self._new_rows()
                self._rows.begin(progress.origin)
        return rows


def _size(raw: Raw) -> int:
    return raw.size if raw.origin.endswith(".gz") else raw.size // _UNPACKED_RATIO


def _extents(events: pa.Table | None) -> dict[str, Extent]:
    if events is None:
        return {}
    # What recurs is a dictionary of its own in each of the tables.
    plain = pa.table({"scope": events["scope"].cast(pa.string()), "time": events["time"]})
    grouped = plain.group_by("scope").aggregate([("time", "count"), ("time", "min"), ("time", "max")])
    return {one["scope"]: (one["time_count"], one["time_min"], one["time_max"]) for one in grouped.to_pylist()}


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
