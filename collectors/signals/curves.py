"""Prometheus and Loki: the curves of saved searches, as range queries answer them."""

import json
import math
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, TypeVar

from auditor.config.signals import SavedSearch
from auditor.config.sources.signals import Loki, Prometheus, SignalSource
from auditor.errors import SourceError
from collectors.answers import kept, single
from collectors.base import Batch, Normalised, Raw, missing
from collectors.checkpoints import Stretch
from collectors.reading import Origin, Stamp
from collectors.signals.points import Point, at
from collectors.signals.reader import Scope, SignalCollector, SignalReader, clean, name_of, server_of
from collectors.web import Server, hopeless

MOST_POINTS = 10_000
"""Values in one answer: Prometheus and Loki give 11,000 of a curve, Sentry 10,000."""

_MOST_CURVES = 20
_MOST_LABELS = 300


class CurveReader(SignalReader):
    """Reads matrices: values at even steps."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._seen: dict[str, dict[str, set[int]]] = {}
        self._alive: dict[str, dict[int, Stamp]] = {}

    def take(self, scope: Scope, origin: Origin) -> None:
        """Take in a matrix, or when what it counts would have been seen."""
        answer = single(origin.data)
        for warning in answer.get("warnings") or ():
            origin.problems.note(f"{self.source.kind.title()} warns: {clean(warning, _MOST_LABELS)}")
        if scope.search is None:
            raise ValueError("auditor.yaml has no saved search of the system and the name that its path has")
        points = matrix(answer)
        if origin.raw.part == "alive":
            alive = self._alive.setdefault(scope.name, {})
            stamp, (since, until) = origin.at(), scope.span
            alive.update({one.time: stamp for one in points if one.value > 0 and since <= one.time <= until})
            return
        left: set[str] = set()
        (since, until), stamp = scope.span, origin.at()
        curves = self._seen.setdefault(scope.name, {})
        for one in points:
            if one.labels not in curves and len(curves) >= _MOST_CURVES:
                left.add(one.labels)
            elif since <= one.time <= until:
                curves.setdefault(one.labels, set()).add(one.time)
                scope.points.add(stamp, one)
            else:
                origin.problems.reject("its time is not of the stretch that was asked for", f"value {one.record}")
        if left:
            origin.problems.note(
                f"it has {len(left)} curves more than the {_MOST_CURVES} that are kept: let the query sum them up"
            )

    def finish(self, scope: Scope) -> None:
        """Where there is no value and there would have been one, it is zero; else it is not known, and said."""
        if not scope.search or scope.failed:
            return
        curves = self._seen.get(scope.name) or {"": set()}
        for time, stamp in self._alive.get(scope.name, {}).items():
            for labels in (labels for labels, seen in curves.items() if time not in seen):
                curves[labels].add(time)
                scope.points.add(stamp, Point(0, labels, time, 0.0))
        if not scope.stretch:
            return
        due = int((scope.until - scope.since) / scope.search.step)
        found = len(set().union(*curves.values()))
        if not found and not scope.problems:
            why = "it gave no value at all: nothing was counted, or there is nothing of that name"
            scope.problems.note_once(why if scope.search.alive else f"{why}; `alive` would tell which")
        elif found < due:
            scope.remarks.note_once(f"no value at {due - found:,} of {due:,} moments")


def matrix(answer: Mapping[str, Any]) -> Iterator[Point]:
    """The values of a matrix, numbered; what is no number is no value.

    Raises:
        ValueError: it is no answer of a range query, or not a matrix.
    """
    if answer.get("status") != "success":
        raise ValueError(f"it says {clean(answer.get('error') or 'nothing of success', _MOST_LABELS)}")
    data = answer.get("data")
    if not isinstance(data, dict) or data.get("resultType") != "matrix" or not isinstance(data.get("result"), list):
        kind = data.get("resultType") if isinstance(data, dict) else "nothing"
        raise ValueError(f"it holds {clean(kind, 40)} and no matrix: the query has to give numbers over time")
    number = 0
    for curve in data["result"]:
        labels, values = _labels(curve), curve.get("values")
        for value in values if isinstance(values, list) else ():
            point = _point(number, labels, value)
            number += 1
            if math.isfinite(point.value):
                yield point


def _labels(curve: Any) -> str:
    """A curve's labels, in an order of their own; raises ValueError where it is none."""
    try:
        named = sorted(curve.get("metric", {}).items())
    except AttributeError as error:
        raise ValueError("one of its curves is no object with labels") from error
    if "histograms" in curve:
        raise ValueError("it holds native histograms and no numbers: ask for a quantile or a sum of them")
    labels = {clean(name, 80): clean(value, _MOST_LABELS) for name, value in named}
    return json.dumps(labels, ensure_ascii=False) if labels else ""


def _point(number: int, labels: str, value: Any) -> Point:
    try:
        time, told = value
        return Point(number, labels, at(float(time)), float(told))
    except (TypeError, ValueError) as error:
        raise ValueError(f"value {number} is no moment with a number") from error


C = TypeVar("C", bound=SignalSource)


class CurveCollector(SignalCollector[C], frozen=True):
    """A source whose saved searches are queries over time, at even steps."""

    PATH: ClassVar[str]

    def asked(self, searches: list[SavedSearch], seen: Mapping[str, str]) -> Iterator[Batch]:
        """A batch for each saved search."""
        server = server_of(self.source)
        for number, search in enumerate(searches):
            name = name_of(self.source.kind, search)
            stretch = self.stretch(name, seen)
            yield [stretch.checkpoint(name), *self._pages(server, search, name, stretch, first=number == 0)]

    def normalise(self, batch: Batch) -> Normalised:
        """Values of curves, with a line of coverage for each search."""
        return CurveReader(self.source, self.context).read(batch)

    def _pages(self, server: Server, search: SavedSearch, name: str, stretch: Stretch, *, first: bool) -> Iterator[Raw]:
        """Answers of as many values as one may have; what cannot be had ends the list."""
        for from_, to in spans(stretch, search):
            for part, query in (("matrix", search.query), ("alive", search.alive)):
                if not query:
                    continue
                origin = f"{name}|{part}/{from_}"
                asked = {"query": query, "start": from_, "end": to, "step": search.seconds}
                try:
                    answer = server.get(self.PATH, asked, f"asking for {search.name} of {search.system}")
                except SourceError as error:
                    if first and hopeless(error):
                        raise
                    yield missing(origin, error.why)
                    return
                yield kept(origin, part, answer.content)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """One value with its curve."""
        for one in matrix(single(data)):
            if one.record == record:
                return json.dumps([one.labels, one.time / 1_000_000, one.value], ensure_ascii=False)
        raise LookupError(record)


def spans(stretch: Stretch, search: SavedSearch) -> Iterator[tuple[int, int]]:
    """From when to when each query goes, in seconds since 1970: on the same grid each night."""
    step = search.seconds
    begin = -int(-stretch.since.timestamp() // step) * step
    end = int(stretch.until.timestamp() // step) * step
    while begin <= end:
        until = min(begin + (MOST_POINTS - 1) * step, end)
        yield begin, until
        begin = until + step


class PrometheusCollector(CurveCollector[Prometheus], frozen=True):
    """Prometheus, over its HTTP API."""

    PERMISSIONS = ()
    READS = (
        "The curves that saved searches (`signals`) ask for, through range queries; Mimir, Thanos and VictoriaMetrics "
        "answer the same. What it cannot read for want of data is told, and never taken for calm."
    )
    PATH = "/api/v1/query_range"


class LokiCollector(CurveCollector[Loki], frozen=True):
    """Loki, over its HTTP API."""

    PERMISSIONS = ()
    READS = (
        "How many lines saved searches (`signals`) count, through range queries of LogQL that give numbers; never the "
        "lines themselves."
    )
    PATH = "/loki/api/v1/query_range"
