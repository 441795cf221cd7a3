"""GitLab's rows as they would be without some rights."""

from collections.abc import Collection

from msgspec.structs import replace

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import Handle
from auditor.providers.gitlab.protections import groups_above
from auditor.providers.permitted import rows_without

# By which of their keys and tokens somebody came is in no audit event.
_UNTOLD = ("user-key", "project-key", "personal-access-token", "deploy-token")


def gitlab_without(rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
    """Without members and bots' tokens; None where one is not in the rows, or no log tells of its use."""
    left = None if any(one.get("type") in _UNTOLD for one in handles) else rows_without("gitlab", rows, handles)
    if left is None:
        return None
    # What is no member of a group names no group either.
    gone = {(f"gitlab-group:{one.get('path')}", f"gitlab:{one.get('username')}") for one in handles}
    held = {(grant.resource, grant.principal) for grant in left.grants if grant.provider == "gitlab"}
    # Who was a member of a group above as well is one still.
    memberships = [
        row
        for row in left.memberships
        if (row.group, row.member) not in gone
        or any((path, row.member) in held for path in groups_above(row.group.partition(":")[2]))
    ]
    return replace(left, memberships=memberships)
