"""Calls that moto leaves out and only tests need, beside those that the demo adds to its server.

They hold for the whole process, and change nothing of what moto answers already, but for the accounts of a permission
set, which moto knows only after they were provisioned by hand.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from auditor.demo import aws_calls

EVENTS: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
"""CloudTrail records that `lookup_events` tells of, by account and region."""
BOUNDARIES: dict[str, dict[str, Any]] = {}
"""Permissions boundaries by the permission set's ARN."""

_MOST = 50
_TELLING = {"EventId": "eventID", "EventName": "eventName", "EventSource": "eventSource"}


def add_missing_calls() -> None:
    """Teach moto the calls, the demo's too; doing it twice does no harm."""
    from moto.cloudtrail.responses import CloudTrailResponse
    from moto.ssoadmin.responses import SSOAdminResponse

    aws_calls.add_missing_calls()
    CloudTrailResponse.lookup_events = lookup_events
    for call in (get_permissions_boundary_for_permission_set, list_accounts_for_provisioned_permission_set):
        setattr(SSOAdminResponse, call.__name__, call)


def lookup_events(self: Any) -> Any:
    """CloudTrail's event history: newest first, at most fifty a page."""
    asked = json.loads(self.body or "{}")
    first, last = asked.get("StartTime", 0), asked.get("EndTime", float("inf"))
    known = EVENTS[self.current_account, self.region]
    found = [event for event in known if first <= _seconds(event) <= last]
    newest = sorted(found, key=_seconds, reverse=True)
    return _page([_event(event) for event in newest], asked, "Events", _MOST)


def get_permissions_boundary_for_permission_set(self: Any) -> Any:
    """A permission set's boundary; that there is none is an error, as AWS has it."""
    from moto.core.responses import ActionResult
    from moto.ssoadmin.exceptions import ResourceNotFoundException

    arn = json.loads(self.body)["PermissionSetArn"]
    if arn not in BOUNDARIES:
        raise ResourceNotFoundException("No permissions boundary is attached to the permission set.")
    return ActionResult({"PermissionsBoundary": BOUNDARIES[arn]})


def list_accounts_for_provisioned_permission_set(self: Any) -> Any:
    """The accounts in which a permission set is assigned: AWS provisions it there with the first assignment."""
    asked = json.loads(self.body)
    assigned = self.ssoadmin_backend.account_assignments
    accounts = {one.target_id for one in assigned if one.permission_set_arn == asked["PermissionSetArn"]}
    return _page(sorted(accounts), asked, "AccountIds", _MOST)


def _page(found: Sequence[Any], asked: Mapping[str, Any], member: str, most: int) -> Any:
    from moto.core.responses import ActionResult

    start = int(asked.get("NextToken") or 0)
    end = start + min(asked.get("MaxResults") or most, most)
    more = {"NextToken": str(end)} if end < len(found) else {}
    return ActionResult({member: found[start:end], **more})


def _event(record: Mapping[str, Any]) -> dict[str, Any]:
    named = {name: record[key] for name, key in _TELLING.items() if key in record}
    time = datetime.fromtimestamp(_seconds(record), UTC)
    return {**named, "EventTime": time, "CloudTrailEvent": json.dumps(record, ensure_ascii=False)}


def _seconds(record: Mapping[str, Any]) -> float:
    return datetime.fromisoformat(record["eventTime"]).timestamp()
