"""AWS TEAM's requests, from its DynamoDB table or an export of it.

TEAM writes into `startTime` when it gave access, and into `endTime` when it took it away; `duration` is in hours. When
somebody approved it does not write: it gives nothing before that.
"""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from auditor.config.sources.brokers import TeamRequests
from auditor.model.tables import Ticket
from collectors.aws import session as aws
from collectors.aws.calls import Calls
from collectors.base import Raw, answer, missing
from collectors.brokers.requests import BrokerCollector, recorded
from collectors.reading import Stamp
from collectors.record import Record
from collectors.tickets.records import Layout, read_records

_WAITS, _GIVEN, _OVER = ("pending",), ("approved", "scheduled", "in progress"), ("ended", "revoked")
_DROPPED = {
    "rejected": "Rejected",
    "cancelled": "Cancelled",
    "expired": "Withdrawn: nobody answered in time",
    "error": "Cancelled: an error at TEAM",
}
_HOURS, _ACCOUNT = re.compile(r"(\d{1,4}(?:\.\d{1,3})?)"), re.compile(r"\d{12}")
_NOTHING = ("", "null", "undefined", "-")


class TeamRequestsCollector(BrokerCollector[TeamRequests], frozen=True):
    """Temporary elevated access management for AWS IAM Identity Center."""

    BROKER = "TEAM"
    PERMISSIONS = ("dynamodb:Scan",)
    READS = (
        "AWS TEAM's requests: who asked for which permission set in which account, who approved, from when to when it "
        "was given and who took it back; what was done in that time stands in any trail that is read."
    )

    def raws(self) -> Iterator[Raw]:
        """The table's pages, or the export; raises SourceError where signing in failed, or there is no such file."""
        if self.source.path:
            yield from self.files(self.source.path)
            return
        for number, page in enumerate(Calls(self.source).pages("dynamodb", "scan", {"TableName": self.place}), 1):
            name = f"dynamodb:{self.place}/page-{number:04}"
            yield missing(name, page["error"]) if "error" in page else answer(name, aws.as_json(page["reply"]))

    @property
    def place(self) -> str:
        """The table."""
        return str(self.source.table)

    @staticmethod
    def records(data: bytes) -> list[Any]:
        """The items, their values plain and their names in small letters."""
        if data.lstrip(b"\xef\xbb\xbf \r\n\t")[:1] in (b"{", b"["):
            return [_plain(item) for item in recorded(data, "Items")]
        found = [_plain(one.values) or one.problem for one in read_records(data, Layout(ticket=None, doubled=True))]
        if not any(isinstance(one, dict) and {"id", "status"} <= one.keys() for one in found):
            raise ValueError("it has no columns id and status: export the table whole")
        return found

    def ticket(self, one: Record, at: Stamp) -> Ticket | None:
        """An item as a ticket."""
        id_, status, approver = one.text("id"), one.text("status").lower(), _user(one.text("approver"))
        if not id_ or status not in (*_WAITS, *_GIVEN, *_OVER, *_DROPPED):
            raise ValueError(f"its id is {id_!r:.60} and its status {status!r:.60}, which TEAM does not write")
        if status in _WAITS:
            return None
        begins, over = one.time("starttime"), one.time("endtime") if status in _OVER else None
        dropped = _DROPPED.get(status, "") + (f": by {approver}" if status == "rejected" and approver else "")
        back = f"Revoked by {one.text('revoker') or 'somebody'}. {one.text('revokecomment')}".strip()
        account, number = one.text("accountid"), one.text("ticketno")
        return self.row(
            at,
            id_,
            person=one.text("email") or _user(one.text("username")),
            roles=[one.text("role")],
            places=[f"aws:{account}" if _ACCOUNT.fullmatch(account) else one.text("accountname") or account],
            dropped="Revoked: before it began" if begins and over and over < begins else dropped,
            reason=f"{'#' * number.isdecimal()}{number} {one.text('justification')}".strip(),
            approver=approver or None,
            approval=one.text("comment") or ("approved" if approver else None),
            opened_at=one.time("createdat"),
            starts_at=begins,
            ends_at=one.end(begins, _HOURS, timedelta(hours=1), "duration"),
            closed_at=over or (one.time("updatedat") if dropped else None),
            removal_confirmed=True if over else None,
            closeout=back if status == "revoked" else None,
            unread=tuple(one.unread),
        )


def _user(name: str) -> str:
    """Somebody by their name in Identity Center: its sign-in puts a mark before it."""
    return name.removeprefix("idc_")


def _plain(item: Any) -> Any:
    """An item with plain values, whether it says their types as DynamoDB does or not."""
    if not isinstance(item, dict):
        return item
    # As DynamoDB exports a table to S3, each stands alone.
    only = item["Item"] if item.keys() == {"Item"} and isinstance(item["Item"], dict) else item
    return {re.sub(r"[\W_]+", "", str(name)).casefold(): _value(value) for name, value in only.items()}


def _value(value: Any) -> Any:
    if isinstance(value, dict) and len(value) == 1:
        kind, value = next(iter(value.items()))
        value = None if kind == "NULL" else value
    return None if isinstance(value, str) and value.strip().lower() in _NOTHING else value
