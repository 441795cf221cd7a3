"""What a run stored, as JSON. Its manifest is the commit point; the chain of hashes is what `verify` walks."""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from hashlib import sha256

import msgspec
from msgspec import Struct, field

from auditor.errors import AlteredError, StoreError

FORMAT = 2
HEAD = "HEAD.json"
FOLDER = "manifests"
POLICY = "auditor.yaml"


class Part(Struct, frozen=True, kw_only=True):
    """One Parquet file: the rows of one source, one table and one UTC day.

    `path` is relative to the store's root; until the part is committed, to the staging folder. `from_time`
    and `to_time` are the first and last value of the table's day column.
    """

    path: str
    table: str
    source: str
    day: date
    rows: int
    bytes: int
    sha256: str
    from_time: datetime
    to_time: datetime


class RawFile(Struct, frozen=True, kw_only=True):
    """A raw object kept as received, gzipped; `content_sha256` is of what was received, as rows have it."""

    path: str
    source: str
    origin: str
    bytes: int
    sha256: str
    content_sha256: str


class SourceRun(Struct, frozen=True, kw_only=True):
    """How one source fared in a run; the store fills `tables` (rows stored) and `duplicates` (rows dropped).

    `status` is ok, partial or failed, `reason` says why it is not ok.
    """

    kind: str
    status: str
    reason: str | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    duplicates: int = 0


class Link(Struct, frozen=True, kw_only=True):
    """A manifest by its run, its place in the chain (from 1) and the SHA-256 of its bytes."""

    run: str
    number: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """Everything that one run stored, or what judging it rested on and came to.

    `at` is the time of the audit; `previous` is None for the first run. `kept` has what is no evidence of a source, by
    its name as origin: the policy, and of a judgement its findings, decisions and logs of cleanup scripts. `judges`
    names the run that was judged; it is None for one that read sources.
    """

    format: int = FORMAT
    run: str
    number: int
    at: datetime
    version: str
    previous: Link | None
    sources: Mapping[str, SourceRun]
    parts: tuple[Part, ...] = ()
    raw: tuple[RawFile, ...] = ()
    kept: tuple[RawFile, ...] = ()
    judges: str | None = None

    @property
    def files(self) -> tuple[Part | RawFile, ...]:
        """Every file that it names."""
        return (*self.parts, *self.raw, *self.kept)

    def has_read(self, source: str) -> bool:
        """Whether the run read a source, whole or in part."""
        return source in self.sources and self.sources[source].status in ("ok", "partial")


class Holder(Struct, frozen=True, kw_only=True):
    """Who may replace HEAD of a store in a bucket: by its random mark, with its last sign of life numbered.

    `since` is by the store's clock; others may take it `seconds` after HEAD was written last.
    """

    mark: str
    host: str
    process: int
    since: datetime
    seconds: float
    renewed: int = 0


class Named(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """HEAD: the newest link, none before the first run; and its holder, where a store's lock is a lease."""

    run: str = ""
    number: int = 0
    sha256: str = ""
    holder: Holder | None = None

    @property
    def link(self) -> Link | None:
        """The newest link."""
        return Link(run=self.run, number=self.number, sha256=self.sha256) if self.number else None

    @classmethod
    def of(cls, link: Link | None, holder: Holder | None) -> "Named":
        """A link with its holder."""
        told = {} if link is None else msgspec.structs.asdict(link)
        return cls(**told, holder=holder)


class Intent(Struct, frozen=True, kw_only=True):
    """What a run is about to store: its manifest, and files that are taken away if HEAD never comes to name it."""

    run: str
    paths: tuple[str, ...]
    manifest: str = ""


def path_of(run: str) -> str:
    """Where a run's manifest lies."""
    return f"{FOLDER}/{run}.json"


def encode(record: Manifest | Link | Named | Intent) -> bytes:
    """JSON with sorted keys, so that the same run gives the same bytes."""
    return msgspec.json.format(msgspec.json.encode(record, order="sorted"), indent=1) + b"\n"


def link(manifest: Manifest, data: bytes) -> Link:
    """What the next manifest, and HEAD, say of this one."""
    return Link(run=manifest.run, number=manifest.number, sha256=sha256(data).hexdigest())


def decode(data: bytes, path: str) -> Manifest:
    """A manifest's record.

    Raises:
        AlteredError: it is not the JSON of a manifest.
        StoreError: a newer version of the program wrote it.
    """
    try:
        written = msgspec.json.decode(data, type=_Format).format
        if written > FORMAT:
            raise StoreError(
                f"{path} was written by a newer auditor (format {written}; this one reads {FORMAT}).",
                means="The evidence store cannot be used with this version.",
                do="Install the newer version again.",
            )
        return msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AlteredError(f"{path} is not a manifest: {error}.", do="Run `auditor verify`.") from error


def decode_head(data: bytes) -> Named:
    """What HEAD says; raises AlteredError where it cannot be read."""
    try:
        return msgspec.json.decode(data, type=Named)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise AlteredError(f"{HEAD} cannot be read: {error}.", do="Run `auditor verify`.") from error


def decode_intent(data: bytes) -> Intent | None:
    """A killed run's intent; None where it cannot be read."""
    try:
        return msgspec.json.decode(data, type=Intent)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def utc(moment: datetime) -> datetime:
    """The moment in UTC.

    Raises:
        ValueError: it has no time zone.
    """
    if moment.tzinfo is None:
        raise ValueError(f"{moment} has no time zone")
    return moment.astimezone(UTC)


class _Format(Struct, frozen=True):
    format: int
