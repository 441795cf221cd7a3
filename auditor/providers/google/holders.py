"""Who holds a binding in the end: members, the members of groups, holders of basic roles."""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Unresolved
from auditor.model.groups import grouped
from auditor.model.handles import write_handle
from auditor.model.tables import Grant, Membership, Row
from auditor.model.vocabulary import Capability
from auditor.providers.google.denials import Denial, Left, left_of
from auditor.providers.google.permissions import capabilities
from auditor.providers.google.roles import acts, is_custom, of_role, opens_root, starts, within_databases

_BASIC = {"projectOwner": "roles/owner", "projectEditor": "roles/editor", "projectViewer": "roles/viewer"}
_DEEPEST = 8


class Holder(Struct, frozen=True, eq=False):
    """Somebody who has a binding, and how.

    Args:
        steps: the groups that lead there, in words.
        handle: what takes it from this holder alone, where a group stands between.
    """

    account: str
    steps: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    ends: datetime | None = None
    handle: str | None = None


class Directory(Struct, frozen=True):
    """Groups and roles, indexed. What it cannot make out is collected in `unresolved`."""

    members: Mapping[str, Sequence[Membership]]
    known_groups: frozenset[str]
    roles: Mapping[str, frozenset[str] | None]
    basic: Mapping[tuple[str, str], Sequence[Grant]]
    unresolved: dict[tuple[str, str], Unresolved]

    @classmethod
    def of(cls, rows: Snapshots) -> "Directory":
        """Index the rows of Google among these."""
        members = grouped((row.group, row) for row in rows.memberships if row.group.startswith("group:"))
        groups = (row for row in rows.accounts if row.provider == "gcp" and row.kind == "group")
        read = {row.account for row in groups if row.enabled is not None}
        roles = {row.policy: _permissions(row.document) for row in rows.policies if row.kind == "role-definition"}
        whole = (row for row in rows.grants if row.role in _BASIC.values() and row.condition is None)
        basic = grouped(((row.resource, row.role), row) for row in whole)
        return cls(members, frozenset({*read, *members}), roles, basic, {})

    def holders(self, member: str, at: datetime) -> Iterator[Holder]:
        """Everyone who has what the member has; a group whose members are not known has nobody, and is unresolved.

        Crowds hold it by their one name.
        """
        kind, _, name = member.partition(":")
        if kind == "deleted":
            return
        if kind == "group":
            yield from self._of_group(member, at, Holder(""), frozenset())
        elif kind in _BASIC:
            for grant in self.basic.get((name, _BASIC[kind]), ()):
                yield from self.holders(grant.principal, at)
        else:
            if kind == "domain":
                self._lost(member, f"Everybody of the domain {name} holds rights; who that is, is not in the evidence.")
            yield Holder(member)

    def capabilities(self, role: str) -> frozenset[Capability]:
        """What a role gives; a custom role that could not be read gives nothing and is unresolved."""
        if not is_custom(role):
            return of_role(role)
        permissions = self.roles.get(role)
        if permissions is None:
            self._lost(role, f"What is in the custom role {role} is not in the evidence.")
            return frozenset()
        return capabilities(permissions)

    def within_databases(self, role: str) -> frozenset[Capability]:
        """What of it is only to log in to databases, whose own grants tell what that allows."""
        return within_databases(role, self.roles.get(role) or ())

    def opens_root(self, role: str) -> bool:
        """Whether its holder is root on the machines."""
        return opens_root(role, self.roles.get(role) or ())

    def acts(self, role: str, denials: Sequence[Denial] = ()) -> tuple[str, ...]:
        """The ways in which its holder can act as service accounts, as `roles.acts` words them."""
        return acts(role, self.roles.get(role) or (), lambda permission: any(one.takes(permission) for one in denials))

    def starts(self, role: str) -> bool:
        """Whether its holder may start something that runs as an account of their choice."""
        return starts(role, self.roles.get(role) or frozenset())

    def left(self, role: str, held: frozenset[Capability], denials: Sequence[Denial]) -> Left:
        """What denials leave of what a role gives."""
        return left_of(role, held, self.roles.get(role), denials)

    def _of_group(self, group: str, at: datetime, so_far: Holder, above: frozenset[str]) -> Iterator[Holder]:
        if group not in self.known_groups:
            self._lost(group, f"The members of {group} could not be read.")
            return
        if group in above or len(above) >= _DEEPEST:
            return
        for membership in self.members.get(group, ()):
            if not membership.lasts(at):
                continue
            ends = min(filter(None, (so_far.ends, membership.expires_at)), default=None)
            step = f"group {group.partition(':')[2]}"
            holder = Holder(
                account=membership.member,
                steps=(*so_far.steps, step),
                rows=(*so_far.rows, membership),
                ends=ends,
                handle=write_handle(
                    "gcp", "group-membership", group.partition("@")[2], group=group, member=membership.member
                ),
            )
            if membership.member.startswith("group:"):
                yield from self._of_group(membership.member, at, holder, above | {group})
            else:
                if membership.member.startswith("domain:"):
                    self._lost(group, f"Everybody of a domain is in {group}; who that is, is not in the evidence.")
                yield holder

    def _lost(self, subject: str, reason: str) -> None:
        self.unresolved.setdefault((subject, reason), Unresolved.of_account(subject, reason, Membership.TABLE))


def _permissions(text: str) -> frozenset[str] | None:
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict):
        return None
    # Bindings to a role that is disabled, or deleted and kept for a while, stand and give nothing.
    if document.get("deleted") is True or document.get("stage") == "DISABLED":
        return frozenset()
    listed = document.get("includedPermissions", [])
    return frozenset(name for name in listed if isinstance(name, str)) if isinstance(listed, list) else None
