"""The evidence store: staged by workers, committed once a run, read back as of any time."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import wait
from datetime import date, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from auditor.errors import StoreError
from auditor.evidence.asking import ask
from auditor.evidence.chain import Chain
from auditor.evidence.connections import Connections
from auditor.evidence.files import LocalFiles
from auditor.evidence.kept import keep
from auditor.evidence.manifest import Link, Manifest, Part, RawFile, SourceRun, utc
from auditor.evidence.opening import open_files, open_head
from auditor.evidence.places import numbered
from auditor.evidence.reading import Checks, aside, read_raw
from auditor.evidence.verify import Problem, verify
from auditor.evidence.work import clear, locked, staging_folder, work_folder
from auditor.model.sql import from_sql, selected
from auditor.model.tables import Row

if TYPE_CHECKING:
    from concurrent.futures import Future

    import duckdb
    import pyarrow as pa

    from auditor.evidence.staging import Staging

R = TypeVar("R", bound=Row)
T = TypeVar("T")
Days = tuple[date, date]
NOTHING: Mapping[str, bytes] = MappingProxyType({})
_RUN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Store:
    """The evidence of all runs, in a local folder or at an fsspec URL.

    A local store's lock is a file; that of a store at a URL is a lease there beside (`lease`), whoever runs where.

    Args:
        url: a path, or a URL such as `s3://bucket/evidence`.
        work: local folder for the lock and for what is not stored yet; a local store uses its own.
        lasts: how long the lease of a run that gives no sign of life is left to it.
        options: fsspec's storage options for a URL.
        memory: the most that DuckDB may use; beyond it, it works on disk.
    """

    def __init__(
        self,
        url: str,
        *,
        work: Path | None = None,
        options: Mapping[str, Any] | None = None,
        memory: str = "1GB",
        lasts: timedelta | None = None,
    ) -> None:
        self._files = open_files(url, options or {})
        self._head = open_head(self._files, lasts)
        self._chain = Chain(self._files, self._head)
        self._locked = False
        self._checks = Checks(self._files)
        self._asides: list[Future[Any]] = []
        self._known: dict[tuple[Any, ...], tuple[Any, ...]] = {}  # rows that were read while it was shared
        self._raw: dict[tuple[str, str, str], RawFile] | None = None  # found once; a run that is stored adds to it
        self.name = self._files.name
        self.work = self._files.root if isinstance(self._files, LocalFiles) else work or work_folder(self.name)
        self._connections = Connections(self._files, self.work, memory)

    @contextlib.contextmanager
    def lock(self, wait: timedelta = timedelta()) -> Iterator[None]:
        """Hold the store for one run; wait for so long where another run holds it.

        Raises:
            LockedError: another run holds it.
            StoreError: it cannot be locked.
        """
        with locked(self.work, wait), self._head.held(wait):
            self._locked = True
            try:
                yield
            finally:
                self._locked = False

    def mend(self) -> None:
        """Clear away what killed runs left.

        Raises:
            StoreError: the lock is not held.
        """
        if not self._locked:
            raise StoreError("The store's lock is not held.", do="Report this: it is a mistake in the auditor.")
        self._chain.mend()
        self._clear()

    def staging(self, run: str, at: datetime) -> Staging:
        """Clear away what killed runs left, and open a staging folder.

        Raises:
            StoreError: the run is stored already, its id cannot be a file's name, or the lock is not held.
        """
        if not _RUN.fullmatch(run):
            raise StoreError(f"{run!r} cannot name a run.", do="Use letters, digits, dots, hyphens and underscores.")
        self.mend()
        if any(manifest.run == run for manifest in self._chain.manifests()):
            raise StoreError(f"The run {run} is stored already.", do="Give the new run another id.")
        from auditor.evidence.staging import Staging

        return Staging(run, utc(at), staging_folder(self.work) / run, self._head.mark)

    def commit(
        self,
        staging: Staging,
        parts: Iterable[Part],
        *,
        version: str,
        sources: Mapping[str, SourceRun],
        raw: Iterable[RawFile] = (),
        kept: Mapping[str, bytes] = NOTHING,
        judges: str | None = None,
    ) -> Manifest:
        """Store a run: drop duplicate events, put the parts in place, write the manifest.

        Args:
            staging: the run's staging folder.
            parts: what the workers' `write` returned; staged files that are not among them are not stored.
            version: the program's version.
            sources: every source that the run looked at, failed ones too.
            raw: what the workers' `keep_raw` returned.
            kept: what else judging rests on, by name; what was kept before with the same content is not kept twice.
            judges: the run that this is a judgement of, if it is one.

        Raises:
            LostError: another run has taken the lease.
            StoreError: the disk is full, or the store cannot be written. The run is stored whole or not at all, and
                the next run takes away what it left.
        """
        from auditor.evidence.duplicates import without_duplicates

        unique = without_duplicates(self.connect, staging, parts, self._beside, self._locations)
        moves: dict[Path, str] = {}
        stored = numbered(staging, unique.parts, moves)
        pages = numbered(staging, raw, moves)
        newest = self._chain.newest()
        manifest = Manifest(
            run=staging.run,
            number=newest.number + 1 if newest else 1,
            at=staging.at,
            version=version,
            previous=newest,
            sources=_with_counts(sources, stored, unique.dropped),
            parts=tuple(stored),
            raw=tuple(pages),
            kept=tuple(keep(self.records(), staging, kept, moves)),
            judges=judges,
        )
        with self._chain.adding(manifest, moves.values(), staging.name):
            self._files.take(moves)
        self._raw = None
        self._clear()
        return manifest

    def manifests(self) -> list[Manifest]:
        """The manifest of every run that read sources, oldest first; raises AlteredError where the chain is broken."""
        return [manifest for manifest in self._chain.manifests() if manifest.judges is None]

    def records(self) -> list[Manifest]:
        """Everything in the chain, judgements too, oldest first; raises as `manifests` does."""
        return self._chain.manifests()

    def parts(
        self,
        table: type[Row],
        *,
        days: Days | None = None,
        sources: Collection[str] | None = None,
        run: str | None = None,
    ) -> list[Part]:
        """The stored parts of a table, oldest run first; `days` are the first and the last UTC day."""
        return [
            part
            for manifest in self.manifests()
            if run is None or manifest.run == run
            for part in manifest.parts
            if part.table == table.TABLE
            and (sources is None or part.source in sources)
            and (days is None or days[0] <= part.day <= days[1])
        ]

    def scan(self, table: type[Row], from_: datetime, to: datetime) -> list[str]:
        """The files, for `read_parquet`, that hold a stream's rows of a period, and some more rows.

        Raises:
            AlteredError: one is missing or is not what its manifest says.
        """
        return self._locations(self._between(table, from_, to))

    def read(self, table: type[Row], parts: Iterable[Part], columns: Sequence[str] | None = None) -> pa.Table:
        """Rows of stored parts, as `auditor.model.arrow.schema` has them; each part's hash is checked.

        Raises:
            AlteredError: a part is missing or is not what its manifest says.
        """
        from auditor.evidence.tables import read_part, table_of

        return table_of(table, [read_part(self._files, part, columns) for part in parts], columns)

    def rows(self, table: type[R], parts: Iterable[Part], where: str = "true", **values: object) -> list[R]:
        """The rows of stored parts that meet a condition in SQL, typed, in their order; raises as `ask` does."""
        parts = list(parts)
        asked = (table, where, *(part.path for part in parts))
        if not values and asked in self._known:
            return list(self._known[asked])
        query = f"SELECT {selected(table)} FROM stored WHERE {where} ORDER BY part_number, row_number"  # noqa: S608 - our own
        found = list(from_sql(table, self.ask(table, parts, query, **values)))
        if not values and self._connections.shares:
            self._known[asked] = tuple(found)
        return found

    def ask(self, table: type[Row], parts: Iterable[Part], question: str, **values: object) -> list[tuple[Any, ...]]:
        """What a query over `stored` answers, the rows of some parts; of no parts nothing, whatever is asked.

        Args:
            table: whose columns `stored` has, beside `part_number` (from 0, in the order given) and `row_number`.
            parts: each part's hash is checked.
            question: the query, with `$names` in place of values.
            values: of those names.

        Raises:
            AlteredError: a part is missing or is not what its manifest says.
        """
        locations = self._locations(parts)
        if not locations:
            return []
        with contextlib.closing(self._connections.kept()) as connection:
            return ask(connection, table, locations, question, values)

    def snapshot(self, table: type[Row], sources: Collection[str], at: datetime) -> pa.Table:
        """The rows of `snapshot_parts`, as `read` has them."""
        return self.read(table, self.snapshot_parts(table, sources, at))

    def snapshot_parts(self, table: type[Row], sources: Collection[str], at: datetime) -> list[Part]:
        """What was true at a time: of each source the parts of its latest run until then that did not fail.

        A run that found nothing supersedes older ones; a source that failed keeps its last good snapshot.
        """
        latest: dict[str, Manifest] = {}
        for manifest in sorted(self.manifests(), key=lambda m: (m.at, m.number)):
            if manifest.at <= at:
                latest |= {name: manifest for name in sources if manifest.has_read(name)}
        return [
            part
            for source, manifest in sorted(latest.items())
            for part in manifest.parts
            if part.table == table.TABLE and part.source == source
        ]

    def raw(self, source: str, origin: str, content_sha256: str) -> bytes | None:
        """A raw object that was kept, as received; None where none with that content was.

        Raises:
            AlteredError: it is missing or is not what its manifest says.
        """
        if self._raw is None:
            every = (file for manifest in self.manifests() for file in manifest.raw)
            self._raw = {(file.source, file.origin, file.content_sha256): file for file in every}
        file = self._raw.get((source, origin, content_sha256))
        return None if file is None else read_raw(self._files, file)

    def connect(self, memory: str | None = None) -> duckdb.DuckDBPyConnection:
        """DuckDB that reads what `scan` returns, with a bound of its memory that may be another than the store's."""
        return self._connections.connect(memory)

    @contextlib.contextmanager
    def shared(self, *, soon: bool = False) -> Iterator[Store]:
        """Have all that is asked meanwhile share one DuckDB, and whole parts and the chain be read once.

        Where it is asked `soon`, DuckDB is started at once, while whoever asks does other work.
        """
        self._connections.share(self.aside if soon else None)
        try:
            with self._chain.steady():
                yield self
        finally:
            self._checks.stop()
            wait(self._asides)
            self._asides.clear()
            self._connections.end()
            self._known.clear()

    def aside(self, work: Callable[[], T]) -> Future[T]:
        """Work with it in a thread of its own; whoever shares it waits for its end."""
        self._asides.append(begun := aside(work))
        return begun

    @property
    def at_hand(self) -> bool:
        """Whether what may not be needed can be read all the same; in a bucket each read is paid for."""
        return isinstance(self._files, LocalFiles)

    def expect(self, table: type[Row], from_: datetime, to: datetime) -> None:
        """Begin to check what `scan` may be asked for, the newest first; nothing where it is not at hand."""
        if self.at_hand:
            self._checks.begin(reversed(self._between(table, from_, to)))

    def links(self) -> list[Link]:
        """Every run's place in the chain and hash, oldest first; raises AlteredError where the chain is broken."""
        return self._chain.links()

    def verify(self, head: str | None = None) -> Iterator[Problem]:
        """What is missing or altered, newest run first; `head` is the hash of a manifest that must be among them."""
        return verify(self._files, head)

    def content(self, file: RawFile) -> bytes:
        """A file that a manifest names; raises AlteredError where it is missing or is not what was stored."""
        return read_raw(self._files, file)

    def _clear(self) -> None:
        """Take away what is not stored, spilled rows among it; an engine that listed the parts knows of no newer."""
        if self._files.LISTED:
            self._connections.forget()
        clear(self.work)

    def _beside(self, parts: Sequence[Part]) -> Iterable[Part]:
        """Stored parts that may hold events of these: the same event has the same time."""
        first, last = min(part.from_time for part in parts), max(part.to_time for part in parts)
        return (
            part
            for manifest in self._chain.manifests()
            for part in manifest.parts
            if part.table == parts[0].table and part.from_time <= last and first <= part.to_time
        )

    def _between(self, table: type[Row], from_: datetime, to: datetime) -> list[Part]:
        return [part for part in self.parts(table) if part.from_time <= to and from_ <= part.to_time]

    def _locations(self, parts: Iterable[Part]) -> list[str]:
        """Where DuckDB reads parts; each is checked once, however often it is read."""
        wanted = list(parts)
        self._checks.see(wanted)
        return [self._files.location(part.path) for part in wanted]


def _with_counts(
    sources: Mapping[str, SourceRun], parts: Sequence[Part], dropped: Mapping[str, int]
) -> dict[str, SourceRun]:
    counts: dict[str, Counter[str]] = {name: Counter() for name in sources}
    for part in parts:
        counts[part.source][part.table] += part.rows
    return {
        name: msgspec.structs.replace(source, tables=dict(counts[name]), duplicates=dropped.get(name, 0))
        for name, source in sources.items()
    }
