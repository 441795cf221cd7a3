"""Sentry: how many events there were, which issues were new, and what was released."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import quote as quoted_part

from msgspec import Struct

from auditor.config.signals import SavedSearch
from auditor.config.sources.signals import Sentry
from auditor.errors import SourceError
from auditor.model.signals import SignalKind
from collectors.base import Batch, Normalised, Raw, missing
from collectors.checkpoints import Stretch, written
from collectors.reading import Origin, shaped
from collectors.signals.curves import spans
from collectors.signals.points import Point, at
from collectors.signals.reader import Scope, SignalCollector, SignalReader, moment, name_of
from collectors.signals.web import Server, hopeless
from collectors.tickets.answers import kept, listed, quoted, single
from collectors.tickets.times import Times

_PAGE = 100


class Issue(Struct, frozen=True, rename="camel"):
    """An issue: events that are alike. How many there are is text."""

    short_id: str
    first_seen: str
    last_seen: str | None = None
    title: str | None = None
    count: str | int = 0
    status: str | None = None
    permalink: str | None = None


class Release(Struct, frozen=True, rename="camel"):
    """A release that Sentry was told of."""

    version: str
    date_created: str
    date_released: str | None = None
    short_version: str | None = None
    new_groups: int | None = None
    url: str | None = None


class SentryReader(SignalReader):
    """Reads what Sentry answers; of saved answers, their shape tells what they are."""

    def take(self, scope: Scope, origin: Origin) -> None:
        """Take in a curve, a list of issues or one of releases."""
        if scope.search is None:
            raise ValueError("auditor.yaml has no saved search of the system and the name that its path has")
        records = listed(origin.data)
        if not records and origin.data.lstrip().startswith(b"["):
            return
        first = records[0] if records and isinstance(records[0], dict) else {}
        if "shortId" in first:
            self._issues(scope, origin, records, scope.search)
        elif "version" in first:
            self._releases(scope, origin, records, scope.search)
        else:
            self._events(scope, origin)

    def _events(self, scope: Scope, origin: Origin) -> None:
        (since, until), stamp = scope.span, origin.at()
        for point in events(single(origin.data)):
            if since <= point.time <= until:
                scope.points.add(stamp, point)
            else:
                origin.problems.reject("its time is not of the stretch that was asked for", f"value {point.record}")

    def _issues(self, scope: Scope, origin: Origin, records: list[Any], search: SavedSearch) -> None:
        times = Times(origin.problems)
        for number, one in shaped(records, Issue, origin.problems, origin.raw.origin):
            first = times.read(one.first_seen, "firstSeen", one.short_id)
            if first and scope.since <= first <= scope.until:
                self.row(
                    scope,
                    origin,
                    number,
                    kind=SignalKind.ISSUE,
                    system=search.system,
                    name=one.short_id,
                    time=first,
                    until=times.read(one.last_seen, "lastSeen", one.short_id),
                    value=_number(one.count),
                    state=one.status,
                    text=one.title,
                    url=one.permalink,
                )

    def _releases(self, scope: Scope, origin: Origin, records: list[Any], search: SavedSearch) -> None:
        times = Times(origin.problems)
        for number, one in shaped(records, Release, origin.problems, origin.raw.origin):
            time = times.read(one.date_released or one.date_created, "dateReleased", one.version)
            if time and scope.since <= time <= scope.until:
                self.row(
                    scope,
                    origin,
                    number,
                    kind=SignalKind.RELEASE,
                    system=search.system,
                    name=one.short_version or one.version,
                    time=time,
                    value=None if one.new_groups is None else float(one.new_groups),
                    text=one.version,
                    url=one.url,
                )


def events(answer: Mapping[str, Any]) -> Iterator[Point]:
    """The values of a curve of events.

    Raises:
        ValueError: it is none.
    """
    for number, entry in enumerate(_over_time(answer)):
        try:
            time, counts = entry
            yield Point(number, "", at(float(time)), float(sum(one["count"] for one in counts)))
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(f"value {number} is no moment with a count") from error


def _over_time(answer: Mapping[str, Any]) -> list[Any]:
    data = answer.get("data")
    if isinstance(data, list):
        return data
    raise ValueError("it holds no issues, no releases and no events over time")


def _number(count: str | int) -> float | None:
    return float(count) if str(count).isascii() and str(count).isdigit() else None


@dataclass(frozen=True, slots=True)
class SentryCollector(SignalCollector[Sentry]):
    """Sentry, over its web API."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ("scope:org:read", "scope:project:read", "scope:event:read")
    READS: ClassVar[str] = (
        "How many events a saved search (`signals`) of a project finds, minute by minute, the issues that were first "
        "seen, and the project's releases; no event itself."
    )

    def asked(self, searches: list[SavedSearch], seen: Mapping[str, str]) -> Iterator[Batch]:
        """A batch for each saved search."""
        server = Server.of(self.source)
        organization = _part(self.source.organization)
        for number, search in enumerate(searches):
            name = name_of("sentry", search)
            stretch = self.stretch(name, seen)
            batch = [stretch.checkpoint(name)]
            try:
                # What came before a refusal stays.
                batch.extend(_Project(server, organization, search, name, stretch).answers())
            except SourceError as error:
                if number == 0 and hopeless(error):
                    raise
                batch.append(missing(f"{name}|rest", error.why))
            yield batch

    def normalise(self, batch: Batch) -> Normalised:
        """Curves, issues and releases, with a line of coverage for each search."""
        return SentryReader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """One issue, release or count."""
        found = listed(data)
        return quoted(json.dumps(_over_time(found[0])).encode() if "data" in found[0] else data, record)


@dataclass(frozen=True, slots=True)
class _Project:
    """What is asked of one project for one saved search."""

    server: Server
    organization: str
    search: SavedSearch
    name: str
    stretch: Stretch

    def answers(self) -> Iterator[Raw]:
        """Every answer; raises SourceError where one is not to be had."""
        search, doing = self.search, f"looking for the project {self.search.project}"
        found = self.server.get(f"/api/0/projects/{self.organization}/{_part(search.project)}/", {}, doing)
        try:
            of = {"project": str(single(found.content)["id"])}
        except (ValueError, KeyError) as error:
            raise SourceError(f"Sentry's answer cannot be read, while {doing}: {error}.") from error
        yield from self._events(of)
        yield from self._issues(of)
        yield from self._releases(of)

    def _events(self, of: Mapping[str, str]) -> Iterator[Raw]:
        asked = {"dataset": "errors", "yAxis": "count()", "query": self.search.query, "interval": self._interval}
        for from_, to in spans(self.stretch, self.search):
            span = {"start": _day(moment(from_)), "end": _day(moment(to))}
            doing = f"counting {self.search.name} of {self.search.system}"
            answer = self.server.get(self._path("events-stats"), {**of, **asked, **span}, doing)
            yield kept(f"{self.name}|events/{from_}", "events", answer.content)

    def _issues(self, of: Mapping[str, str]) -> Iterator[Raw]:
        since, until = self.stretch.since, self.stretch.until
        query = f"{self.search.query} firstSeen:>={_day(since)}".strip()
        span = {"start": _day(since), "end": _day(until)}
        asked = {**of, **span, "query": query, "sort": "new", "limit": _PAGE}
        pages = self.server.pages(self._path("issues"), asked, f"listing issues of {self.search.project}")
        for number, page in enumerate(pages, 1):
            yield kept(f"{self.name}|issues/page-{number:04}", "issues", page.content)

    def _releases(self, of: Mapping[str, str]) -> Iterator[Raw]:
        """Newest first, up to those that the last run has seen."""
        asked = {**of, "per_page": _PAGE, "sort": "date"}
        pages = self.server.pages(self._path("releases"), asked, f"listing releases of {self.search.project}")
        for number, page in enumerate(pages, 1):
            yield kept(f"{self.name}|releases/page-{number:04}", "releases", page.content)
            if _oldest(page.content) < written(self.stretch.since):
                return

    def _path(self, what: str) -> str:
        return f"/api/0/organizations/{self.organization}/{what}/"

    @property
    def _interval(self) -> str:
        minutes, rest = divmod(self.search.seconds, 60)
        return f"{self.search.seconds}s" if rest else f"{minutes}m"


def _part(name: str | None) -> str:
    return quoted_part(name or "", safe="")


def _day(time: datetime) -> str:
    """A time as Sentry takes it: UTC, without a zone."""
    return time.strftime("%Y-%m-%dT%H:%M:%S")


def _oldest(content: bytes) -> str:
    """When the last release of a page was made, as it is written; empty where it cannot be read."""
    try:
        last = listed(content)[-1]
        return str(last["dateCreated"])
    except (ValueError, LookupError, TypeError):
        return ""  # reading it says what is wrong
