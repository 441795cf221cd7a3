"""Everybody's paths to every system, from one set of snapshot rows, whichever provider they are of."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from itertools import chain

from auditor.case.grant_events import linked
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, Identity
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
        ticket = next(linked(pattern, texts), None)
        return replace(path, ticket=ticket) if ticket else path

    return Rights(
        access=tuple(with_ticket(path) for one in found for path in one.access),
        foreign_trusts=tuple(chain.from_iterable(one.foreign_trusts for one in found)),
        writing_roles=frozenset(chain.from_iterable(one.writing_roles for one in found)),
        unresolved=tuple(chain.from_iterable(one.unresolved for one in found)),
    )
