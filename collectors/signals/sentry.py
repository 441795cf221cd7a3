"""Sentry: how many events there were, which issues were new or came back, and what was released."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote as quoted_part

from msgspec import Struct

from auditor.config.signals import SavedSearch
from auditor.config.sources.signals import Sentry
from auditor.errors import SourceError
from auditor.model.details import as_objects
from collectors.answers import kept, listed, quoted, single
from collectors.base import Batch, Normalised, Raw, missing
from collectors.checkpoints import Stretch, written
from collectors.signals.curves import spans
from collectors.signals.reader import SignalCollector, moment, name_of, server_of
from collectors.signals.sentry_reader import SentryReader, over_time
from collectors.web import Answer, Server, hopeless

_PAGE = 100
# One that was resolved again since has come back as well.
_MAY_HAVE_COME_BACK = ("is:regressed", "is:resolved")
_MOST_LOOKED_UP = 200


class SentryCollector(SignalCollector[Sentry], frozen=True):
    """Sentry, over its web API."""

    PERMISSIONS = ("scope:org:read", "scope:project:read", "scope:event:read")
    READS = (
        "How many events a saved search (`signals`) of a project finds, minute by minute, the issues that were first "
        "seen or came back after they were resolved, and the project's releases; no event itself."
    )

    def asked(self, searches: list[SavedSearch], seen: Mapping[str, str]) -> Iterator[Batch]:
        """A batch for each saved search."""
        server = server_of(self.source)
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
        """One issue, what became of it, a release or a count."""
        found = listed(data)
        inner = over_time(found[0]) if "data" in found[0] else found[0].get("activity")
        return quoted(json.dumps(inner).encode() if inner else data, record)


class _Project(Struct, frozen=True):
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
        yield from self._came_back(of)

    def _events(self, of: Mapping[str, str]) -> Iterator[Raw]:
        asked = {"dataset": "errors", "yAxis": "count()", "query": self.search.query, "interval": self._interval}
        for from_, to in spans(self.stretch, self.search):
            span = {"start": _day(moment(from_)), "end": _day(moment(to))}
            doing = f"counting {self.search.name} of {self.search.system}"
            answer = self.server.get(self._path("events-stats"), {**of, **asked, **span}, doing)
            yield kept(f"{self.name}|events/{from_}", "events", answer.content)

    def _issues(self, of: Mapping[str, str]) -> Iterator[Raw]:
        for number, page in enumerate(self._listed(of, "firstSeen", "new"), 1):
            yield kept(f"{self.name}|issues/page-{number:04}", "issues", page.content)

    def _came_back(self, of: Mapping[str, str]) -> Iterator[Raw]:
        """Each issue that may have come back, with its activity: that alone tells when it did."""
        found: dict[str, None] = {}
        for state in _MAY_HAVE_COME_BACK:
            for page in self._listed(of, "lastSeen", "date", state):
                found |= dict.fromkeys(str(one["id"]) for one in _objects(page.content) if one.get("id"))
        for id_ in list(found)[:_MOST_LOOKED_UP]:
            answer = self.server.get(self._path(f"issues/{_part(id_)}"), {}, f"reading what became of issue {id_}")
            yield kept(f"{self.name}|issues/{id_}", "issue", answer.content)
        if len(found) > _MOST_LOOKED_UP:
            why = f"of {len(found):,} issues that may have come back {_MOST_LOOKED_UP} were looked up"
            yield missing(f"{self.name}|issues/rest", why)

    def _listed(self, of: Mapping[str, str], time: str, sort: str, state: str = "") -> Iterator[Answer]:
        """Pages of the issues of which a time lies in the stretch."""
        since, until = self.stretch.since, self.stretch.until
        query = " ".join(filter(None, (self.search.query, state, f"{time}:>={_day(since)}")))
        span = {"start": _day(since), "end": _day(until)}
        asked = {**of, **span, "query": query, "sort": sort, "limit": _PAGE}
        return self.server.pages(self._path("issues"), asked, f"listing issues of {self.search.project}")

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


def _objects(content: bytes) -> list[dict[str, Any]]:
    """The objects of a page; none where it cannot be read: then reading it says what is wrong."""
    try:
        return as_objects(listed(content))
    except ValueError:
        return []


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
