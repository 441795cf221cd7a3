"""What Sentry answers, as rows: curves of events, issues that were new or came back, releases."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct

from auditor.model.signals import SignalKind
from collectors.answers import Times, listed, single
from collectors.reading import Origin, shaped
from collectors.signals.points import Point, at
from collectors.signals.reader import Scope, SignalReader

_CAME_BACK = "set_regression"


class Issue(Struct, frozen=True, rename="camel"):
    """An issue: events that are alike. How many there are is text."""

    short_id: str
    first_seen: str
    last_seen: str | None = None
    title: str | None = None
    count: str | int = 0
    status: str | None = None
    permalink: str | None = None


class Activity(Struct, frozen=True, rename="camel"):
    """Something that was done to an issue, or that became of it."""

    type: str
    date_created: str
    data: dict[str, Any] | None = None


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
        """Take in a curve, an issue with its activity, a list of issues or one of releases."""
        if scope.search is None:
            raise ValueError("auditor.yaml has no saved search of the system and the name that its path has")
        records = listed(origin.data)
        if not records and origin.data.lstrip().startswith(b"["):
            return
        first = records[0] if records and isinstance(records[0], dict) else {}
        if "activity" in first:
            self._regressions(scope, origin, first)
        elif "shortId" in first:
            self._issues(scope, origin, records)
        elif "version" in first:
            self._releases(scope, origin, records)
        else:
            self._events(scope, origin)

    def _events(self, scope: Scope, origin: Origin) -> None:
        (since, until), stamp = scope.span, origin.at()
        for point in events(single(origin.data)):
            if since <= point.time <= until:
                scope.points.add(stamp, point)
            else:
                origin.problems.reject("its time is not of the stretch that was asked for", f"value {point.record}")

    def _issues(self, scope: Scope, origin: Origin, records: list[Any]) -> None:
        times = Times(origin.problems)
        for number, one in shaped(records, Issue, origin.problems, origin.raw.origin):
            time = times.read(one.first_seen, "firstSeen", one.short_id)
            self._told(scope, origin, number, time, one, kind=SignalKind.ISSUE, value=_number(one.count))

    def _regressions(self, scope: Scope, origin: Origin, record: dict[str, Any]) -> None:
        """When an issue came back after it was resolved, and in which release, as its activity tells."""
        times, place = Times(origin.problems), origin.raw.origin
        for _, one in shaped([record], Issue, origin.problems, place):
            for number, done in shaped(record["activity"], Activity, origin.problems, place):
                time = times.read(done.date_created, "dateCreated", one.short_id) if done.type == _CAME_BACK else None
                version = (done.data or {}).get("version")
                state = f"in release {version}" if version else one.status
                self._told(scope, origin, number, time, one, kind=SignalKind.REGRESSION, state=state)

    def _releases(self, scope: Scope, origin: Origin, records: list[Any]) -> None:
        times = Times(origin.problems)
        for number, one in shaped(records, Release, origin.problems, origin.raw.origin):
            time = times.read(one.date_released or one.date_created, "dateReleased", one.version)
            new = None if one.new_groups is None else float(one.new_groups)
            told: dict[str, Any] = {"name": one.short_version or one.version, "text": one.version, "url": one.url}
            self._told(scope, origin, number, time, None, kind=SignalKind.RELEASE, value=new, **told)

    def _told(
        self, scope: Scope, origin: Origin, number: int, time: datetime | None, of: Issue | None = None, **told: Any
    ) -> None:
        """Keep what is of the stretch that was asked for, with what its issue tells."""
        if not (time and scope.search and scope.since <= time <= scope.until):
            return
        if of:
            until = Times(origin.problems).read(of.last_seen, "lastSeen", of.short_id)
            known = {"name": of.short_id, "until": until, "state": of.status, "text": of.title, "url": of.permalink}
            told = known | told
        self.row(scope, origin, number, system=scope.search.system, time=time, **told)


def events(answer: Mapping[str, Any]) -> Iterator[Point]:
    """The values of a curve of events.

    Raises:
        ValueError: it is none.
    """
    for number, entry in enumerate(over_time(answer)):
        try:
            time, counts = entry
            yield Point(number, "", at(float(time)), float(sum(one["count"] for one in counts)))
        except (TypeError, ValueError, KeyError) as error:
            raise ValueError(f"value {number} is no moment with a count") from error


def over_time(answer: Mapping[str, Any]) -> list[Any]:
    """The entries of a curve of events; raises ValueError where it is none."""
    data = answer.get("data")
    if isinstance(data, list):
        return data
    raise ValueError("it holds no issues, no releases and no events over time")


def _number(count: str | int) -> float | None:
    return float(count) if str(count).isascii() and str(count).isdigit() else None
