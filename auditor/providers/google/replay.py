"""Changes of rights in Google Cloud as its audit log tells them: bindings added to a policy and removed."""

import json
import re
from collections.abc import Iterator

from auditor.activity.results import JudgedEvent
from auditor.model.details import details
from auditor.providers.changes import Change, Seen, grant_row
from auditor.providers.google.policy_changes import deltas_in
from auditor.providers.google.projects import ANCESTRY

_CONTAINER = re.compile(r"(?:projects/)?([a-z][a-z0-9.:-]+|\d+)|((?:folders|organizations)/\d+)")


_ACCOUNT = re.compile(r"projects/([^/]+)/serviceAccounts/([^/]+@[^/]+)")
_BUCKET = re.compile(r"projects/_/buckets/([^/]+)")
_IN_PROJECT = re.compile(r"projects/[^/]+/(.+)")


def google_changes(event: JudgedEvent, seen: Seen) -> Iterator[Change]:
    """A change for each member that a role on a project, folder, organization or resource gained or lost."""
    deltas = deltas_in(details(event.detail))
    if not deltas or (resource := _resource(event, seen)) is None:
        return
    for delta in deltas:
        action, role, member, condition = delta.get("action"), delta["role"], delta["member"], delta.get("condition")
        if action not in ("ADD", "REMOVE"):
            continue
        text = json.dumps(condition, ensure_ascii=False) if isinstance(condition, dict) else None
        yield Change(
            gives=action == "ADD",
            principal=member,
            role=role,
            resource=resource,
            condition=text,
            narrow=True,
            grant=grant_row(event, member, role, resource, text),
        )


def _resource(event: JudgedEvent, seen: Seen) -> str | None:
    """What the changed policy is of, as rows name it; None where they do not and its name may be another there."""
    name = event.resource or ""
    if container := _CONTAINER.fullmatch(name):
        return container[1] or container[2]
    if bucket := _BUCKET.fullmatch(name):
        return f"//storage.googleapis.com/{bucket[1]}"
    if account := _ACCOUNT.fullmatch(name):
        project = event.scope if account[1] == "-" else account[1]
        return f"//iam.googleapis.com/projects/{project}/serviceAccounts/{account[2]}"
    # Some full names have the project's number, where the log has its id.
    service, tail = event.action.partition(":")[0], _IN_PROJECT.fullmatch(name)
    places = [row for row in seen.policies if row.kind == ANCESTRY and event.scope in (row.policy, row.attached_to)]
    projects = {event.scope, *(str(details(row.document).get("number")) for row in places)}
    names = {f"//{service}.googleapis.com/projects/{one}/{tail[1]}" for one in projects} if tail else set()
    return next((row.resource for row in seen.grants if row.resource in names), None)
