"""Where a reader of an incident review can look: consoles, tickets, pipelines, merge requests, dashboards, issues."""

import re
from collections.abc import Iterator

from msgspec import Struct

from auditor.case.incident import Act, Incident
from auditor.model.signals import Signal, SignalKind
from auditor.model.tables import Deployment
from auditor.providers.registry import provider
from reports.links import web

_NUMBER = re.compile(r"/(\d+)/?$")
_NOTED = {SignalKind.ISSUE: "issue", SignalKind.REGRESSION: "issue", SignalKind.RELEASE: "release"}


class Link(Struct, frozen=True):
    """An address that `web` has let through, and what is there."""

    label: str
    url: str


def act_links(review: Incident, act: Act) -> tuple[Link, ...]:
    """The event in its provider's console, and the ticket that it lies in or near."""
    told = act.told
    base = _base(review, told.evidence.source)
    console = provider(told.provider).console(told.scope, told.resource, told.evidence.event_id, base)
    return (*_link("console", console), *_ticket(review, act))


def release_links(row: Deployment) -> tuple[Link, ...]:
    """The pipeline and the merge requests, where the row has their addresses."""
    told = (("pipeline", row.pipeline), *merge_requests(row))
    return tuple(link for name, url in told for link in _link(name, url))


def merge_requests(row: Deployment) -> Iterator[tuple[str, str]]:
    """What each merge request of a release is called, and as the row has it."""
    for text in filter(None, (row.merge_request or "").split(", ")):
        number = _NUMBER.search(web(text) or "")
        yield (f"merge request {number[1]}" if number else text), text


def noted_links(row: Signal) -> tuple[Link, ...]:
    """The dashboard of an annotation or an alert, the issue, or the release."""
    return tuple(_link(_NOTED.get(SignalKind(row.kind), "dashboard"), row.url))


def dashboards(review: Incident) -> tuple[Link, ...]:
    """The dashboards of the system's saved searches, at the time of the review where they take one."""
    span = {"{from}": review.from_, "{to}": review.to}
    found: dict[str, Link] = {}
    for search in review.config.signals:
        url = (search.system == review.system.id and search.dashboard) or ""
        for mark, moment in span.items():
            url = url.replace(mark, str(int(moment.timestamp() * 1000)))
        for link in _link(search.name, url):
            found.setdefault(link.url, link)
    return tuple(found.values())


def _ticket(review: Incident, act: Act) -> Iterator[Link]:
    named = review.config.policy.ticket_in([act.told.detail]) if act.placement.window is None else None
    name = act.placement.window.ticket if act.placement.window else named
    row = review.tickets.get(name or "")
    if row:
        yield from _link(row.ticket, row.url)


def _link(label: str, url: str | None) -> Iterator[Link]:
    if found := web(url):
        yield Link(label, found)


def _base(review: Incident, source: str) -> str | None:
    """The address of the server that a source is read from, where the configuration names one."""
    found = next((getattr(one, "url", None) for one in review.config.sources if one.name == source), None)
    return str(found) if found else None
