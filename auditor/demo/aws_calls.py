"""Calls that moto leaves out, added to its server: they answer as AWS does, written by botocore's own models.

They hold for the whole process, and change nothing of what moto answers already, but for the accounts of a permission
set, which moto knows only after they were provisioned by hand, and the list of trails, where it forgets other regions.
"""

import json
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

EVENTS: defaultdict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
"""CloudTrail records that `lookup_events` tells of, by account and region."""
BOUNDARIES: dict[str, dict[str, Any]] = {}
"""Permissions boundaries by the permission set's ARN."""
PUBLIC_KEYS: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
"""CloudTrail's public keys by region, as `list_public_keys` tells them: `Fingerprint` and `Value`."""
SERVICES: defaultdict[str, dict[str, datetime | None]] = defaultdict(dict)
"""When a user or role last called each service that its policies allow, by ARN and the service's name in actions."""

_MOST_SERVICES = 100
_MOST_EVENTS = 50
_JOBS: dict[str, str] = {}
_TELLING = {"EventId": "eventID", "EventName": "eventName", "EventSource": "eventSource"}


def add_missing_calls() -> None:
    """Teach moto the calls; doing it twice does no harm."""
    from moto.cloudtrail.responses import CloudTrailResponse
    from moto.iam.responses import IamResponse
    from moto.ssoadmin.responses import SSOAdminResponse

    calls = {
        CloudTrailResponse: (lookup_events, list_public_keys, list_trails),
        IamResponse: (generate_service_last_accessed_details, get_service_last_accessed_details),
        SSOAdminResponse: (get_permissions_boundary_for_permission_set, list_accounts_for_provisioned_permission_set),
    }
    for response, added in calls.items():
        for call in added:
            setattr(response, call.__name__, call)


def lookup_events(self: Any) -> Any:
    """CloudTrail's event history: newest first, at most fifty a page."""
    asked = json.loads(self.body or "{}")
    first, last = asked.get("StartTime", 0), asked.get("EndTime", float("inf"))
    known = EVENTS[self.current_account, self.region]
    found = [event for event in known if first <= _seconds(event) <= last]
    newest = sorted(found, key=_seconds, reverse=True)
    return _page([_event(event) for event in newest], asked, "Events", _MOST_EVENTS)


def list_public_keys(self: Any) -> Any:
    """The keys that CloudTrail signs a region's digests with; all of them, whatever time is asked for."""
    from moto.core.responses import ActionResult

    return ActionResult({"PublicKeyList": PUBLIC_KEYS[self.region]})


def list_trails(self: Any) -> Any:
    """The trails of the account in all regions."""
    from moto.cloudtrail.models import cloudtrail_backends
    from moto.core.responses import ActionResult

    regions = cloudtrail_backends[self.current_account].values()
    trails = [trail for region in regions for trail in region.trails.values()]
    told = [{"TrailARN": t.arn, "Name": t.trail_name, "HomeRegion": t.region_name} for t in trails]
    return ActionResult({"Trails": told})


def generate_service_last_accessed_details(self: Any) -> Any:
    """Begin the job that looks up when a user or role last called its services."""
    from moto.core.responses import ActionResult

    job = str(uuid.uuid4())
    _JOBS[job] = self._get_param("Arn")
    return ActionResult({"JobId": job})


def get_service_last_accessed_details(self: Any) -> Any:
    """What the job found: it is over at once, and tells at most a hundred services a page."""
    from moto.core.responses import ActionResult
    from moto.core.utils import utcnow
    from moto.iam.exceptions import NotFoundException

    job = self._get_param("JobId")
    if job not in _JOBS:
        raise NotFoundException(f"There is no job {job}.")
    found = [
        {"ServiceName": name, "ServiceNamespace": name, "TotalAuthenticatedEntities": int(last is not None)}
        | ({"LastAuthenticated": last} if last else {})
        for name, last in sorted(SERVICES[_JOBS[job]].items())
    ]
    start = int(self._get_param("Marker") or 0)
    end = start + _MOST_SERVICES
    more = {"IsTruncated": end < len(found)} | ({"Marker": str(end)} if end < len(found) else {})
    now = utcnow()
    told = {"JobStatus": "COMPLETED", "JobType": "SERVICE_LEVEL", "JobCreationDate": now, "JobCompletionDate": now}
    return ActionResult({**told, "ServicesLastAccessed": found[start:end], **more})


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
    return _page(sorted(accounts), asked, "AccountIds", _MOST_EVENTS)


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
