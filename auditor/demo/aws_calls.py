"""Calls that moto leaves out, added to its server: they answer as AWS does, written by botocore's own models.

They hold for the whole process, and change nothing of what moto answers already, but for the list of trails, where it
forgets other regions.
"""

import uuid
from collections import defaultdict
from datetime import datetime
from typing import Any

PUBLIC_KEYS: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
"""CloudTrail's public keys by region, as `list_public_keys` tells them: `Fingerprint` and `Value`."""
SERVICES: defaultdict[str, dict[str, datetime | None]] = defaultdict(dict)
"""When a user or role last called each service that its policies allow, by ARN and the service's name in actions."""

_MOST_SERVICES = 100
_JOBS: dict[str, str] = {}


def add_missing_calls() -> None:
    """Teach moto the calls; doing it twice does no harm."""
    from moto.cloudtrail.responses import CloudTrailResponse
    from moto.iam.responses import IamResponse

    calls = {
        CloudTrailResponse: (list_public_keys, list_trails),
        IamResponse: (generate_service_last_accessed_details, get_service_last_accessed_details),
    }
    for response, added in calls.items():
        for call in added:
            setattr(response, call.__name__, call)


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
