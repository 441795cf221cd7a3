"""A right given or taken, as rows: what replay puts into snapshots, or takes out again."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from auditor.activity.results import JudgedEvent
from auditor.model.tables import Account, Credential, Grant, Membership, Policy

UNKNOWN_TEXT = "null"
"""In the place of a policy's text that is not in evidence, so that nobody takes it for one that says nothing."""


class Seen(Struct, frozen=True):
    """What is known when a change is worked in: the rows as they stand then, and the log of all changes."""

    accounts: Sequence[Account]
    policies: Sequence[Policy]
    grants: Sequence[Grant] = ()
    log: Sequence[JudgedEvent] = ()

    def text_of(self, policy: str) -> str | None:
        """A policy's text, from wherever it stands."""
        texts = (row.document for row in self.policies if row.policy == policy and row.kind in ("identity", "boundary"))
        return next((text for text in texts if text != UNKNOWN_TEXT), None)


class Change(Struct, frozen=True, kw_only=True):
    """One right given to or taken from one holder, as rows.

    Args:
        narrow: whether it is the right on this resource under this condition alone, not any of its role.
        any_role: whether it is whatever role was held there; which, an earlier change may tell.
        whole: whether the rows say what the right allows.
        overwrites: whether something of that name may have stood there before.
        kind: of which policies it is one, as the table has them.
        restricts: whether it is a policy that takes rights away where it stands.
        rewrites: whether it changes the text alone of a policy that stands there, and neither gives nor takes that.
        account: the holder's row, where none is known yet.
        credential: a key as it is afterwards, where the change is one of a key.
    """

    gives: bool
    principal: str
    role: str
    resource: str
    condition: str | None = None
    narrow: bool = False
    any_role: bool = False
    whole: bool = True
    overwrites: bool = False
    kind: str = "identity"
    restricts: bool = False
    rewrites: bool = False
    account: Account | None = None
    membership: Membership | None = None
    policies: tuple[Policy, ...] = ()
    grant: Grant | None = None
    credential: Credential | None = None


def grant_row(event: JudgedEvent, principal: str, role: str, resource: str, condition: str | None = None) -> Grant:
    """The row of a right that an event gave."""
    return Grant(
        **stamp(event),
        principal=principal,
        role=role,
        resource=resource,
        provider=event.provider,
        granted_at=event.time,
        granted_by=event.account or event.actor,
        condition=condition,
        ticket=event.ticket,
    )


def stamp(event: JudgedEvent) -> dict[str, Any]:
    """The columns that every row has; a row made from the log points at the log."""
    pointer = event.evidence
    return {
        "source": pointer.source,
        "collected_at": event.time,
        "origin": pointer.origin,
        "record": pointer.record,
        "sha256": pointer.sha256,
    }
