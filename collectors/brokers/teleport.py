"""Teleport's access requests, as tctl prints them: version 3 of `access_request`.

Teleport forgets a request when it expires, and `tctl requests ls` shows those alone that have not. What it gave ends
with the certificate. Who let one through with `tctl requests approve`, without a review, it does not write.
"""

from collections.abc import Iterator
from typing import Any

from auditor.config.sources.brokers import TeleportRequests
from auditor.model.tables import Ticket
from collectors.base import Raw
from collectors.brokers.requests import BrokerCollector, joined, recorded
from collectors.reading import Stamp
from collectors.record import Record

_STATES = {"1": "PENDING", "2": "APPROVED", "3": "DENIED", "4": "PROMOTED"}
_PENDING, _APPROVED, _DENIED, _ = _STATES.values()


class TeleportRequestsCollector(BrokerCollector[TeleportRequests], frozen=True):
    """Teleport's access requests, from files."""

    BROKER = "Teleport"
    PERMISSIONS = ()
    READS = (
        "Teleport's access requests as tctl prints them: who asked for which roles and resources and why, who reviewed "
        "them, and until when they were given. Teleport forgets them when they expire: print them each night."
    )

    def raws(self) -> Iterator[Raw]:
        """The file, or those of the folder; raises SourceError where there is none."""
        yield from self.files(self.source.path)

    @staticmethod
    def records(data: bytes) -> list[Any]:
        """The requests of a list, or one alone."""
        return recorded(data)

    def ticket(self, one: Record, at: Stamp) -> Ticket | None:
        """An access request as a ticket. One that was promoted to an access list has no end of its own."""
        id_, state = one.text("metadata", "name"), _state(one.text("spec", "state"))
        if one.text("kind") != "access_request" or not id_ or state not in _STATES.values():
            raise ValueError(f"its kind is {one.text('kind')!r:.40}, its name {id_!r:.60} and its state {state!r:.40}")
        if state == _PENDING:
            return None
        roles = [role.value for role in one.each("spec", "roles") if isinstance(role.value, str)]
        reviews = one.each("spec", "reviews")
        agreed = [each for each in reviews if _state(each.text("proposed_state")) != _DENIED]
        refused = joined(each.text("author") for each in reviews if each not in agreed) or "somebody"
        approved_at = max((moment for each in agreed if (moment := each.time("created"))), default=None)
        opened, ends = one.time("spec", "created"), one.time("spec", "expires") if state == _APPROVED else None
        words = [each.text("reason") for each in agreed] or [one.text("spec", "resolve_reason")]
        resources = dict.fromkeys(each.text("name") for each in one.each("spec", "resource_ids"))
        return self.row(
            at,
            id_,
            person=_account(one.text("spec", "user")),
            roles=roles,
            places=resources or roles,
            dropped=f"Rejected: by {refused}" if state == _DENIED else "",
            reason=one.text("spec", "request_reason"),
            approver=joined(_account(each.text("author")) for each in agreed),
            approved_at=approved_at,
            approval=" ".join(filter(None, words)) or "approved",
            opened_at=opened,
            starts_at=one.time("spec", "assume_start_time") or approved_at or opened,
            ends_at=ends,
            closed_at=ends,
            removal_confirmed=True if ends else None,
            unread=tuple(one.unread),
        )


def _state(value: str) -> str:
    """A state by its name, with which number or name ever it is written."""
    text = value.upper().rpartition("_")[2]
    return _STATES.get(text, text)


def _account(user: str) -> str:
    """Users of an identity provider are called by their addresses; others are accounts of Teleport's own."""
    return user if "@" in user or not user else f"teleport:{user}"
