"""Answers of monitoring on their way into rows: a scope for each saved search, live or from saved answers."""

import hashlib
import json
from abc import abstractmethod
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct, field

from auditor.config.signals import SavedSearch
from auditor.config.sources.signals import SignalSource, TenantSource
from auditor.model.signals import Signal
from collectors.answers import secret
from collectors.base import Batch, Context, Normalised, Raw, Stream, printable
from collectors.checkpoints import Stretch
from collectors.files import origin_of
from collectors.log_files import new_files
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.redact import redact
from collectors.refusals import refusal
from collectors.signals.points import Points, at
from collectors.web import Server

FIRST = timedelta(days=30)
"""How far back a first run asks."""

_OLDEST = timedelta(days=400)
_MOST_TEXT = 500
_MOST_NAME = 200
_MOST_BYTES, _MOST_FILES = 32 * 2**20, 50

S = TypeVar("S", bound=SignalSource)


class Scope(Struct):
    """What one saved search came to, or all that a source tells."""

    name: str
    search: SavedSearch | None
    since: datetime
    until: datetime
    stretch: Stretch | None = None
    origins: list[Origin] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    remarks: Problems = field(default_factory=Problems)
    rows: list[Signal] = field(default_factory=list)
    points: Points = field(default_factory=Points)

    @property
    def span(self) -> tuple[int, int]:
        """From when to when, in microseconds since 1970."""
        return at(self.since.timestamp()), at(self.until.timestamp())

    @property
    def failed(self) -> bool:
        """Whether nothing that was asked for is to be had."""
        answers = self.origins[1:] if self.stretch else self.origins
        return bool(answers) and all(one.lost for one in answers)

    def has(self, time: datetime) -> bool:
        """Whether it is of the stretch that was asked for; what is not is rejected."""
        if self.since <= time <= self.until:
            return True
        self.problems.reject("its time is not of the stretch that was asked for", time.isoformat())
        return False


class SignalReader:
    """Reads one batch. What a raw object holds is told by `take`; what is said of a whole scope by `finish`."""

    def __init__(self, source: SignalSource, context: Context) -> None:
        self.source = source
        self.context = context
        self._reading = Reading(source.name, context)
        self._scopes: dict[str, Scope] = {}

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows; a checkpoint moves on where nothing is missing."""
        for raw in batch:
            if raw.part == "checkpoint":
                self._open(self._reading.open(raw))
            elif self.source.path:
                self._read_saved(raw)
            else:
                self._read(raw, self._scopes[raw.origin.partition("|")[0]])
        for scope in self._scopes.values():
            self.finish(scope)
            self._conclude(scope)
        return self._reading.normalised()

    @abstractmethod
    def take(self, scope: Scope, origin: Origin) -> None:
        """Take in what an answer holds; raises ValueError where it is none."""

    def finish(self, scope: Scope) -> None:
        """What is to be said when all of a scope is read."""

    def row(self, scope: Scope, origin: Origin, number: int, /, **told: Any) -> None:
        """Keep a row: its words without secrets and not too long."""
        longest = {"name": _MOST_NAME, "text": _MOST_TEXT, "state": _MOST_NAME, "url": 2 * _MOST_TEXT}
        cut = {name: clean(told[name], longest[name]) for name in longest if told.get(name)}
        scope.rows.append(Signal(**origin.at(number), **(told | cut)))

    def searches(self) -> list[SavedSearch]:
        """The saved searches of this source."""
        return [one for one in self.context.signals if one.source == self.source.name]

    def _open(self, origin: Origin) -> None:
        stretch = Stretch.of(origin)
        named = [one for one in self.searches() if origin.raw.origin == name_of(self.source.kind, one)]
        search = named[0] if named else None
        name = f"{search.system} {search.name}" if search else "annotations and alerts"
        scope = Scope(name, search, stretch.since, stretch.until, stretch, [origin])
        self._scopes[origin.raw.origin] = scope

    def _read(self, raw: Raw, scope: Scope) -> None:
        origin = self._reading.read(raw, lambda origin: self.take(scope, origin))
        scope.origins.append(origin)
        scope.problems.include(origin.problems)

    def _read_saved(self, raw: Raw) -> None:
        """A saved answer: its folder names the system, and its name, or the folder below, the search."""
        system, name = self._place(raw.origin)
        search = next((one for one in self.searches() if (one.system, one.name) == (system, name)), None)
        key = f"{system} {name}" if search else raw.origin
        now = self.context.collected_at
        self._read(raw, self._scopes.setdefault(key, Scope(key, search, now - _OLDEST, now)))

    def _place(self, origin: str) -> tuple[str, str]:
        root = origin_of(self.context.path(self.source.path or ""), self.context)
        steps = origin.removeprefix(root).strip("/").split("/")
        return (steps[0], steps[1].removesuffix(".json")) if len(steps) > 1 else ("", "")

    def _conclude(self, scope: Scope) -> None:
        self._reading.extend(scope.rows)
        times = [row.time for row in scope.rows]
        number = len(scope.rows) + len(scope.points)
        if scope.points and scope.search:
            self._reading.keep(Signal, scope.points.table(scope.search))
            ends = [pick(point.time for point in scope.points.points) for pick in (min, max)]
            times += [moment(end / 1_000_000) for end in ends]
            counts = Counter(stamp["origin"] for stamp in scope.points.stamps)
            for origin in scope.origins:
                origin.rows = counts[origin.raw.origin] or None
        window = (scope.since, scope.until) if scope.stretch else (min(times, default=None), max(times, default=None))
        if scope.stretch:
            scope.stretch.conclude(scope.origins[0], scope.problems, number)
        self._reading.cover(
            scope.name,
            scope.problems,
            number,
            window=window,
            origins=scope.origins,
            failed=scope.failed,
            remark=scope.remarks.sentence(),
        )


class SignalCollector(Stream[S], frozen=True):
    """A source of monitoring: what is new since the last good run, or saved answers."""

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """A batch for each saved search, or some files at a time.

        Raises:
            SourceError: no saved search asks the source, its token is refused, or it cannot be reached.
        """
        source = self.source
        searches = [one for one in self.context.signals if one.source == source.name]
        if not searches:
            raise refusal("signals", "no searches", name=source.name)
        if source.path:
            yield from new_files(source.name, source.path, self.context, seen, most=_MOST_BYTES, most_files=_MOST_FILES)
        else:
            yield from self.asked(searches, seen)

    @abstractmethod
    def asked(self, searches: list[SavedSearch], seen: Mapping[str, str]) -> Iterator[Batch]:
        """What the server answers; raises SourceError where it answers nothing at all."""

    def stretch(self, name: str, seen: Mapping[str, str]) -> Stretch:
        """What is new of a list."""
        return Stretch.after(seen, name, self.context.collected_at, FIRST)


def name_of(kind: str, search: SavedSearch) -> str:
    """What a search's checkpoint is called: one that asks for something else begins anew."""
    asked = json.dumps([search.query, search.alive, search.project, search.seconds])
    return f"{kind}:{search.system}/{search.name}#{hashlib.sha256(asked.encode()).hexdigest()[:8]}"


def clean(text: object, longest: int) -> str:
    """What somebody wrote, on one line, without the secrets in it, and no longer than that."""
    return redact(" ".join(printable(str(text)[: 8 * longest]).split()), longest)


def moment(seconds: float) -> datetime:
    """A time in seconds since 1970; raises ValueError where it is none."""
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError) as error:
        raise ValueError(f"{seconds} is no time") from error


def server_of(source: SignalSource) -> Server:
    """The server of a source that has a `url`.

    Raises:
        SourceError: an environment variable that it names is not set.
    """
    token = secret(source.name, source.token_env) if source.token_env else ""
    user = secret(source.name, source.user_env) if source.user_env else ""
    server = Server.of(source.kind.title(), source.url or "", token=token, user=user)
    if isinstance(source, TenantSource) and source.tenant:
        server.session.headers["X-Scope-OrgID"] = source.tenant
    return server
