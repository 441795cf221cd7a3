"""Changes of rights in Google Cloud as its audit log tells them: bindings added to a policy and removed."""

import json
import re
from collections.abc import Iterator

from auditor.activity.results import JudgedEvent
from auditor.model.details import details
from auditor.providers.changes import Change, grant_row

_CONTAINER = re.compile(r"(?:projects/)?([a-z][a-z0-9.:-]+|\d+)|((?:folders|organizations)/\d+)")


def google_changes(event: JudgedEvent) -> Iterator[Change]:
    """A change for each member that a role on a project, folder or organization gained or lost."""
    container = _CONTAINER.fullmatch(event.resource or "")
    deltas = details(event.detail).get("bindingDeltas")
    if container is None or not isinstance(deltas, list):
        return
    resource = container[1] or container[2]
    for delta in deltas:
        said = delta if isinstance(delta, dict) else {}
        action, role, member = said.get("action"), said.get("role"), said.get("member")
        if not (isinstance(role, str) and isinstance(member, str) and action in ("ADD", "REMOVE")):
            continue
        condition = said.get("condition")
        text = json.dumps(condition, ensure_ascii=False) if isinstance(condition, dict) else None
        yield Change(
            gives=action == "ADD",
            provider="gcp",
            principal=member,
            role=role,
            resource=resource,
            condition=text,
            narrow=True,
            grant=grant_row(event, member, role, resource, text),
        )
