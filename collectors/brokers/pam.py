"""The grants of Google's Privileged Access Manager, over its REST API (v1) or from saved answers.

Google keeps a grant for 30 days after its end. Its timeline says who approved and when; its audit trail when access was
given and taken away.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auditor.config.sources.brokers import GooglePam
from auditor.errors import SourceError
from auditor.model.tables import Ticket
from collectors.answers import kept
from collectors.base import Raw, missing
from collectors.brokers.requests import BrokerCollector, joined, recorded
from collectors.google.client import authorized, fetched_items
from collectors.google.restrictions_live import is_off
from collectors.reading import Stamp
from collectors.record import Record

_HOST = "https://privilegedaccessmanager.googleapis.com"
_NAME = re.compile(r"(projects/([^/\s]+)|[fo]\w+/[^/\s]+)/locations/[^/\s]+/entitlements/([^/\s]+)/grants/([\w-]+)")
_PROJECT = re.compile(r"//cloudresourcemanager\.googleapis\.com/projects/([^/\s]+)")
_SECONDS = re.compile(r"(\d{1,9}(?:\.\d{1,9})?)s")
_WAITS, _GIVEN = ("APPROVAL_AWAITED",), ("SCHEDULED", "ACTIVATING", "ACTIVE", "ENDED")
_DROPPED = {
    "DENIED": "Rejected",
    "EXPIRED": "Withdrawn: nobody answered in time",
    "WITHDRAWN": "Withdrawn",
    "WITHDRAWING": "Withdrawn",
    "REVOKED": "Revoked: before it began",
    "REVOKING": "Revoked: before it began",
    "ACTIVATION_FAILED": "Cancelled: Google could not give it",
}


class GooglePamCollector(BrokerCollector[GooglePam], frozen=True):
    """Privileged Access Manager, scope by scope."""

    BROKER = "PAM"
    PERMISSIONS = (
        "privilegedaccessmanager.entitlements.list",
        "privilegedaccessmanager.grants.list",
    )
    READS = (
        "The grants of Privileged Access Manager's entitlements: who asked for which roles and why, who approved, from "
        "when to when they were given and who took them back. Google forgets them after 30 days; the evidence does not."
    )

    def raws(self) -> Iterator[Raw]:
        """The grants of each entitlement, or the files; raises SourceError without credentials or file."""
        if self.source.path:
            yield from self.files(self.source.path)
            return
        http, base = authorized(self.source, self.context), (self.source.endpoint_url or _HOST).rstrip("/")
        for scope in self.source.scopes:
            path = f"{scope.strip('/')}/locations/global/entitlements"
            known = _asked(http, base, path)
            if isinstance(known, Raw):
                yield known
                continue
            for name in sorted(str(one.get("name")) for one in known):
                found = _asked(http, base, f"{name}/grants")
                yield found if isinstance(found, Raw) else kept(f"{name}/grants", "", found)

    @property
    def place(self) -> str:
        """The scopes."""
        return ", ".join(self.source.scopes)

    @staticmethod
    def records(data: bytes) -> list[Any]:
        """The grants of a page, a list, or one alone."""
        return recorded(data, "grants")

    def ticket(self, one: Record, at: Stamp) -> Ticket | None:
        """A grant as a ticket."""
        state, name = one.text("state"), _NAME.fullmatch(one.text("name"))
        if name is None or state not in (*_WAITS, *_GIVEN, *_DROPPED):
            raise ValueError(f"its name is {one.text('name')!r:.80} and its state {state!r:.40}")
        if state in _WAITS:
            return None
        steps = {step: event for event in one.each("timeline", "events") for step in event.value}
        agreed = [event for event in one.each("timeline", "events") if "approved" in event.value]
        gave = one.time("auditTrail", "accessGrantTime") or _when(steps, "activated")
        due = steps["scheduled"].time("scheduled", "scheduledActivationTime") if "scheduled" in steps else None
        came, begins = gave is not None or state in _GIVEN, gave or due
        over = one.time("auditTrail", "accessRemoveTime") or _when(steps, "revoked", "withdrawn", "ended")
        back = steps.get("revoked")
        return self.row(
            at,
            f"{name[3]} {name[4]}",
            person=one.text("requester"),
            roles=[bound.text("role") for bound in one.each("privilegedAccess", "gcpIamAccess", "roleBindings")],
            places=[_place(name, one.text("privilegedAccess", "gcpIamAccess", "resource"))],
            dropped="" if came else _DROPPED[state],
            reason=one.text("justification", "unstructuredJustification"),
            approver=joined(event.text("approved", "actor") for event in agreed),
            approved_at=agreed[-1].time("eventTime") if agreed else None,
            approval=" ".join(event.text("approved", "reason") or "approved" for event in agreed) or None,
            opened_at=one.time("createTime"),
            starts_at=begins,
            ends_at=one.end(begins, _SECONDS, timedelta(seconds=1), "requestedDuration"),
            closed_at=over or (None if came else one.time("updateTime")),
            removal_confirmed=True if over else None,
            closeout=f"Revoked by {back.text('revoked', 'actor')}. {back.text('revoked', 'reason')}" if back else None,
            unread=tuple(one.unread),
        )


def _asked(http: Any, base: str, path: str) -> list[dict[str, Any]] | Raw:
    """What a list holds; a sentence for one that cannot be had, quiet where the interface is not switched on."""
    kind = path.rpartition("/")[2]
    try:
        return fetched_items(http, f"{base}/v1/{path}", kind, f"asking for {path}")
    except SourceError as error:
        if is_off(error):
            return Raw(path, bytes, skipped="Privileged Access Manager is not switched on there")
        return missing(path, f"{error.why}; listing them takes privilegedaccessmanager.{kind}.list")


def _place(name: re.Match[str], resource: str) -> str:
    """The project by its id, which either may write as a number; what is known by a number alone is no known place."""
    ids = [one for one in (*_PROJECT.findall(resource), name[2]) if one and not one.isdecimal()]
    return f"gcp:{ids[0]}" if ids else name[1]


def _when(steps: dict[str, Record], *names: str) -> Any:
    return next((steps[name].time("eventTime") for name in names if name in steps), None)
