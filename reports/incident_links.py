"""Where a reader of an incident review can look: consoles, tickets and pipelines. Nothing else becomes a link."""

from collections.abc import Iterator
from dataclasses import dataclass

from auditor.case.incident import Act, Incident
from auditor.model.findings import Evidence
from auditor.model.tables import Deployment
from auditor.providers.registry import provider
from reports.links import web


@dataclass(frozen=True, slots=True)
class Link:
    """An address that `web` has let through, and what is there."""

    label: str
    url: str


def act_links(review: Incident, act: Act) -> tuple[Link, ...]:
    """The event in its provider's console, and the ticket that it lies in or near."""
    told = act.told
    base = _base(review, told.evidence)
    console = provider(told.provider).console(told.scope, told.resource, told.evidence.event_id, base)
    return (*_link("console", console), *_ticket(review, act))


def release_links(review: Incident, row: Deployment) -> tuple[Link, ...]:
    """The pipeline, where it is on the server that the configuration names."""
    base = next((str(url) for one in review.config.sources if one.name == row.source and (url := _url(one))), "")
    own = row.pipeline if base and (row.pipeline or "").startswith(f"{base.rstrip('/')}/") else None
    return tuple(_link("pipeline", own))


def _ticket(review: Incident, act: Act) -> Iterator[Link]:
    named = review.config.policy.ticket_in([act.told.detail]) if act.placement.window is None else None
    name = act.placement.window.ticket if act.placement.window else named
    row = review.tickets.get(name or "")
    if row:
        yield from _link(row.ticket, row.url)


def _link(label: str, url: str | None) -> Iterator[Link]:
    if found := web(url):
        yield Link(label, found)


def _base(review: Incident, pointer: Evidence) -> str | None:
    return next((_url(one) for one in review.config.sources if one.name == pointer.source), None)


def _url(source: object) -> str | None:
    """The address of the server that a source is read from, where the configuration names one."""
    found = getattr(source, "url", None)
    return str(found) if found else None
