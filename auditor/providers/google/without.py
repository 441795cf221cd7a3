"""Google's rows as they would be without some rights."""

from collections.abc import Collection

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import Handle
from auditor.providers.permitted import rows_without, without_members

# What opens logins of machines, of which their own logs tell and Google's do not.
_OF_MACHINES = ("metadata-ssh-key", "os-login-key")


def google_without(rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
    """Without bindings, keys and members of groups; None where one is not in the rows, or no log tells of its use."""
    if any(handle.get("type") in _OF_MACHINES for handle in handles):
        return None
    members = [handle for handle in handles if handle.get("type") == "group-membership"]
    left = rows_without("gcp", rows, [handle for handle in handles if handle not in members])
    return left and without_members(left, [(str(one.get("group")), str(one.get("member"))) for one in members])
