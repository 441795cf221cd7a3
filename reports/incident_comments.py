"""What people wrote below an incident's ticket while it lasted, as lines of its review."""

import re
from collections.abc import Iterator
from datetime import datetime

from auditor.case.incident import Incident
from auditor.model.findings import pointer
from auditor.model.tables import Ticket
from reports.incident_lines import Line, Part
from reports.incident_links import Link
from reports.links import web
from reports.words import clipped, person

_LONGEST = 500
_COMMENT = re.compile(r"(\S+) (.{1,200}?): (.*)", re.DOTALL)


def comments(review: Incident, asked_by: Ticket | None) -> Iterator[Line]:
    """Comments on the tickets that allowed somebody something, and on the one that was asked for, within the time."""
    named = {window.ticket for window in review.windows} | ({asked_by.ticket} if asked_by else set())
    rows = {**review.tickets, **({asked_by.ticket: asked_by} if asked_by else {})}
    for name in sorted(named & rows.keys()):
        for comment in rows[name].comments:
            if (line := _line(review, rows[name], comment)) and review.from_ <= line.at < review.to:
                yield line


def _line(review: Incident, row: Ticket, comment: str) -> Line | None:
    """One as a line; None where it does not tell when it was written."""
    found = _COMMENT.match(comment)
    try:
        at = datetime.fromisoformat(found[1]) if found else None
    except ValueError:
        at = None
    if found is None or at is None or at.tzinfo is None:
        return None
    url = web(row.url)
    return Line(
        part=Part.SAID,
        at=at,
        until=at,
        kind="comment",
        who=person(review.then.people.called(found[2]) or found[2], review.config),
        did="wrote",
        what=clipped(found[3], _LONGEST),
        target="",
        ticket=row.ticket,
        links=(Link(row.ticket, url),) if url else (),
        evidence=pointer(row),
    )
