"""Grafana: annotations, and the states that its alerts came to."""

from collections.abc import Iterator, Mapping
from urllib.parse import quote as quoted_part

from msgspec import Struct, field

from auditor.config.signals import SavedSearch
from auditor.config.sources.signals import Grafana
from auditor.errors import SourceError
from auditor.model.signals import SignalKind
from collectors.answers import kept, listed, quoted
from collectors.base import Batch, Normalised, Raw, missing
from collectors.reading import Origin, shaped
from collectors.signals.reader import Scope, SignalCollector, SignalReader, moment, server_of
from collectors.web import Server, hopeless

_LIMIT = 1000
_SHORTEST, _AROUND = 1000, 30 * 60 * 1000  # milliseconds
_NAME = "grafana:annotations"
_PATH = "/api/annotations"


class Annotation(Struct, frozen=True, rename="camel"):
    """An annotation, or a change of an alert's state; times in milliseconds since 1970."""

    time: int
    time_end: int = 0
    text: str | None = None
    tags: tuple[str, ...] = ()
    alert_name: str | None = None
    new_state: str | None = None
    dashboard_uid: str | None = field(default=None, name="dashboardUID")
    panel_id: int = 0

    @property
    def words(self) -> str:
        """Everything that a saved search may name."""
        return " ".join([*self.tags, self.alert_name or "", self.text or ""]).casefold()


class AnnotationReader(SignalReader):
    """Reads lists of annotations. Each belongs to the systems whose saved searches name a word of it."""

    def take(self, scope: Scope, origin: Origin) -> None:
        """Take in one list."""
        for number, one in shaped(listed(origin.data), Annotation, origin.problems, origin.raw.origin):
            time, until = moment(one.time / 1000), moment(one.time_end / 1000) if one.time_end else None
            systems = {search.system for search in self.searches() if concerns(one, search)}
            if not systems:
                scope.remarks.note("an annotation is of no saved search")
            elif scope.has(time):
                for system in sorted(systems):
                    self.row(
                        scope,
                        origin,
                        number,
                        kind=SignalKind.ALERT if one.new_state or one.alert_name else SignalKind.ANNOTATION,
                        system=system,
                        name=one.alert_name or next(iter(one.tags), "annotation"),
                        time=time,
                        until=until if until and until > time else None,
                        state=one.new_state or None,
                        text=one.text or None,
                        url=self._url(one),
                    )

    def _url(self, one: Annotation) -> str | None:
        """The panel that it stands in, or the dashboard, with some time on both sides."""
        if not (self.source.url and one.dashboard_uid):
            return None
        panel = f"&viewPanel={one.panel_id}" if one.panel_id else ""
        span = f"from={one.time - _AROUND}&to={max(one.time, one.time_end) + _AROUND}"
        return f"{self.source.url.rstrip('/')}/d/{quoted_part(one.dashboard_uid, safe='')}?{span}{panel}"


def concerns(one: Annotation, search: SavedSearch) -> bool:
    """Whether one of the words that a saved search names stands in its tags, its alert's name or its text."""
    words = (word.strip().casefold() for word in search.query.split(","))
    return any(word in one.words for word in words if word)


class GrafanaCollector(SignalCollector[Grafana], frozen=True):
    """Grafana, over its HTTP API."""

    PERMISSIONS = ("permission:annotations:read",)
    READS = (
        "Annotations and changes of alerts' states that name a word of a saved search (`signals`) in their tags, "
        "alert's name or text."
    )

    quote = staticmethod(quoted)

    def asked(self, searches: list[SavedSearch], seen: Mapping[str, str]) -> Iterator[Batch]:
        """All that is new, in one batch."""
        del searches
        stretch = self.stretch(_NAME, seen)
        server = server_of(self.source)
        yield [
            stretch.checkpoint(_NAME),
            *_lists(server, *(int(t.timestamp() * 1000) for t in (stretch.since, stretch.until))),
        ]

    def normalise(self, batch: Batch) -> Normalised:
        """Annotations and alerts, with a line of coverage."""
        return AnnotationReader(self.source, self.context).read(batch)


def _lists(server: Server, from_: int, to: int) -> Iterator[Raw]:
    """The list of a stretch; Grafana has no pages, so one that is full is asked for again in halves.

    Raises:
        SourceError: Grafana does not let the token in, or cannot be reached.
    """
    origin = f"{_NAME}|{from_}-{to}"
    try:
        content = server.get(_PATH, {"from": from_, "to": to, "limit": _LIMIT}, "listing annotations").content
    except SourceError as error:
        if hopeless(error):
            raise
        yield missing(origin, error.why)
        return
    try:
        full = len(listed(content)) >= _LIMIT
    except ValueError:
        full = False  # reading it says what is wrong
    if full and to - from_ > _SHORTEST:
        middle = (from_ + to) // 2
        yield from _lists(server, from_, middle)
        yield from _lists(server, middle + 1, to)
        return
    yield kept(origin, "annotations", content)
    if full:
        yield missing(f"{origin}/rest", f"there are more than {_LIMIT} annotations in one second")
