"""Everybody's paths to every system, from one set of snapshot rows, whichever provider they are of."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, Grant, Identity
from auditor.model.vocabulary import Category
from auditor.providers.registry import providers_of
from auditor.providers.rights import Rights


def rights(config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
    """The rights that snapshot rows come to at a moment; `who` gives the identity behind an account."""
    found = [one.rights(config, rows, who, at) for one in providers_of(rows)]
    pattern = re.compile(config.policy.ticket_pattern)
    comments = {(row.credential, row.account): row.comment for row in rows.credentials}

    def with_ticket(path: Entitlement) -> Entitlement:
        """The path with the ticket that is written on it: in a policy's name or in the comment of its key."""
        texts = (*path.path, comments.get((path.credential or "", path.account)))
        ticket = next(_linked(pattern, texts), None)
        return replace(path, ticket=ticket) if ticket else path

    return Rights(
        access=tuple(with_ticket(path) for one in found for path in one.access),
        foreign_trusts=tuple(chain.from_iterable(one.foreign_trusts for one in found)),
        writing_roles=frozenset(chain.from_iterable(one.writing_roles for one in found)),
        unresolved=tuple(chain.from_iterable(one.unresolved for one in found)),
    )


def grants(
    config: Config, judged_events: Sequence[JudgedEvent], rows: Snapshots, who: Callable[[str], Identity]
) -> list[Grant]:
    """The rights that were given to somebody in a period, read off the log: to whom, on which systems, until when."""
    given = [event for event in judged_events if event.category == Category.GRANT and event.outcome == "ok"]
    return [
        grant
        for one in providers_of(rows)
        for grant in one.grant_events(config, [event for event in given if event.provider == one.name], rows, who)
    ]


def _linked(pattern: re.Pattern[str], texts: Iterable[str | None]) -> Iterator[str]:
    """Ticket ids that stand in names and comments."""
    for text in texts:
        if text and (match := pattern.search(text)):
            yield match.group()
