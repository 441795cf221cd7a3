"""Changes of rights in GitLab as its audit events tell them: members who come, go, and change their level."""

from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.model.details import details
from auditor.model.tables import Account, Membership, Policy
from auditor.providers.changes import Change, grant_row, stamp
from auditor.providers.gitlab.grant_events import MEMBERS, end_of, recipient
from auditor.providers.gitlab.rights import access_level, role_in

_GONE = frozenset({"member_destroyed", "remove_user_access"})
_GROUP, _PROJECT = "gitlab-group:", "#project"


def gitlab_changes(event: JudgedEvent, accounts: Sequence[Account], policies: Sequence[Policy]) -> Iterator[Change]:
    """The changes of a member's role: in a project, or in a group and in the projects and groups below it.

    None where the event tells no level of GitLab's own: a new end of a membership, a custom role.
    """
    action, told = event.action.removeprefix("gitlab:"), details(event.detail)
    who, role = recipient(told, accounts), role_in(told.get("as") or told.get("to"))
    gone, joins = action in _GONE, action in ("member_created", "add_user_access")
    if who is None or not (gone or (action in MEMBERS and access_level(role))):
        return
    before = role_in(told.get("from"))
    if role and role == before:
        return
    for resource, condition in _places(event.scope, policies):
        one = Change(
            gives=False, principal=who, role="", resource=resource, condition=condition, narrow=True,
            any_role=True, whole=False,
        )  # fmt: skip
        if access_level(before):
            row = grant_row(event, who, before, resource, condition)
            yield replace(one, role=before, any_role=False, whole=True, grant=row)
        elif not joins:
            yield one
        if not gone:
            row = replace(grant_row(event, who, role, resource, condition), expires_at=end_of(told.get("expiry_to")))
            yield replace(one, gives=True, role=role, any_role=False, whole=True, grant=row)
    if gone or joins:
        yield from _memberships(event, who, accounts, gives=joins)


def _places(scope: str, policies: Sequence[Policy]) -> Iterator[tuple[str, str | None]]:
    """Where a role in a project or group counts, each with how it comes there."""
    yield scope, None
    for row in policies:
        if row.policy == f"gitlab:{row.attached_to}{_PROJECT}" and row.attached_to.startswith(f"{scope}/"):
            yield row.attached_to, f"inherited from {scope}"


def _memberships(event: JudgedEvent, who: str, accounts: Sequence[Account], *, gives: bool) -> Iterator[Change]:
    """Being one of a group, and of the groups below it."""
    for row in accounts:
        path = row.account.removeprefix(_GROUP)
        if row.account.startswith(_GROUP) and f"{path}/".startswith(f"{event.scope}/"):
            membership = Membership(**stamp(event), group=row.account, member=who)
            yield Change(gives=gives, principal=who, role=row.account, resource=path, membership=membership)
