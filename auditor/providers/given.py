"""What a grant event says of any provider's grant: when, by whom, on what evidence."""

from collections.abc import Iterable, Iterator
from datetime import datetime

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.tables import Grant as Row
from auditor.model.vocabulary import Level


def given(
    event: JudgedEvent,
    recipient: str,
    who: IdentityOf,
    *,
    systems: tuple[str, ...],
    level: Level,
    what: str,
    written: tuple[str | None, ...] = (),
    expires_at: datetime | None = None,
) -> Grant:
    """A grant to an account: beside what its event says of it, what the provider alone can tell.

    Its ticket's id may stand in what is `written`.
    """
    return Grant(
        time=event.time,
        granted_by=event.account or event.actor,
        recipient=recipient,
        identity=who(recipient),
        systems=systems,
        level=level,
        what=what,
        ticket=event.ticket,
        evidence=event.evidence,
        written=written,
        expires_at=expires_at,
        resource=event.resource,
        giver=event.person,
        by=event.actor_class,
        place=event.place,
    )


def unplaced(joined: Grant, provider: str, rows: Iterable[Row]) -> Iterator[Grant]:
    """Membership of a group or team that gives nothing known, where no grant of its provider was read that tells it."""
    if not any(row.provider == provider for row in rows):
        yield replace(joined, unplaced=f"no source reads what {joined.what} gives")
