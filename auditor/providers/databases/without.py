"""Rows of a database server as they would be without some rights."""

from collections.abc import Collection

from msgspec.structs import replace

from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import Handle
from auditor.providers.permitted import rows_without, without_members


def database_without(provider: str, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
    """Without what handles name: grants and what was given with them, memberships, and logins, which are shut."""
    members = [handle for handle in handles if handle.get("type") == "member"]
    others = [handle for handle in handles if handle.get("type") != "member"]
    left = rows_without(provider, rows, others)
    if left is None:
        return None
    kept = {id(row) for row in left.grants}
    # One statement gives CONNECT or USAGE beside the rest, and takes it away with it.
    given = {(row.source, row.origin, row.record, row.principal) for row in rows.grants if id(row) not in kept}
    open_ = {id(row) for row in left.credentials}
    shut = {row.account for row in rows.credentials if id(row) not in open_}
    left = replace(
        left,
        grants=[row for row in left.grants if (row.source, row.origin, row.record, row.principal) not in given],
        accounts=[replace(row, enabled=False) if row.account in shut else row for row in rows.accounts],
    )
    names = [tuple(f"{provider}:{one[key]}@{one['account']}" for key in ("role", "member")) for one in members]
    return without_members(left, [(group, member) for group, member in names])
