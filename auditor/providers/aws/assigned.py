"""Identity Center: whoever is assigned a permission set in an account becomes the role that it makes there."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Unresolved
from auditor.model.groups import grouped
from auditor.model.tables import Account, Grant, Membership, Row
from auditor.model.vocabulary import AccountKind
from auditor.providers.aws.accounts import IDENTITY_CENTER, IDENTITY_CENTER_GROUP, OF_IDENTITY_CENTER, RESERVED
from auditor.providers.aws.policy import Limits, soonest
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop

_ROLE = re.compile(rf"{RESERVED}(?P<name>.+?)(_[0-9a-z]+)?$")


class Assigned(Struct):
    """What Identity Center's assignments come to.

    Args:
        people: its users, as principals that hold nothing by themselves.
        roles: stand-ins for the roles of accounts whose IAM does not show them, with the permission sets' own policies.
        hops: the roles that each user becomes.
        given: each assignment that counts, with the role that it leads to.
        sets: the permission sets' names, by ARN.
        known: rows of Identity Center's users and groups.
    """

    people: dict[str, Principal] = field(default_factory=dict)
    roles: dict[str, Principal] = field(default_factory=dict)
    hops: dict[str, list[Hop]] = field(default_factory=dict)
    unresolved: list[Unresolved] = field(default_factory=list)
    given: list[tuple[Grant, Principal]] = field(default_factory=list)
    sets: dict[str, str] = field(default_factory=dict)
    known: Mapping[str, Account] = field(default_factory=dict)

    @classmethod
    def of(cls, directory: Directory, principals: Mapping[str, Principal], rows: Snapshots, at: datetime) -> "Assigned":
        """Follow every assignment to the people who hold it."""
        known = {row.account: row for row in rows.accounts if row.account.startswith(OF_IDENTITY_CENTER)}
        lasting = (row for row in rows.memberships if row.group.startswith(IDENTITY_CENTER_GROUP) and row.lasts(at))
        members = grouped((row.group, row) for row in lasting)
        following = _Following(directory, _reserved(principals), known, members, at, cls(known=known))
        for grant in rows.grants:
            if _is_assignment(grant) and grant.lasts(at):
                following.assignment(grant)
        following.left_over()
        return following.found

    def names(self, user: str) -> frozenset[str] | None:
        """What the sessions of a user of Identity Center may be called, in lower case; None where it is not known."""
        row = self.known.get(user)
        found = {one.casefold() for one in (row.name, row.email) if one} if row else ()
        return frozenset(found) or None


class _Following(Struct):
    directory: Directory
    reserved: Mapping[tuple[str, str], Principal]
    known: Mapping[str, Account]
    members: Mapping[str, Sequence[Membership]]
    at: datetime
    found: Assigned
    used: set[tuple[str, str]] = field(default_factory=set)

    def assignment(self, grant: Grant) -> None:
        """Let the people behind an assignment become its role."""
        name = self._name(grant.role)
        self.used.add((grant.resource, name))
        role = self.reserved.get((grant.resource, name)) or self._stand_in(grant, name)
        self.found.given.append((grant, role))
        self.found.sets[grant.role] = name
        step = f"permission set {name}"
        if not grant.principal.startswith(IDENTITY_CENTER_GROUP):
            self._hop(grant.principal, Hop(role.arn, grant.expires_at, (), (grant,), steps=(step,), grant=grant))
            return
        group = self.known.get(grant.principal)
        if group is None:
            reason = (
                f"The members of {grant.principal} were not read: who may use permission set {name} in account "
                f"{grant.resource} through it is not known."
            )
            self.found.unresolved.append(Unresolved.of_account(grant.principal, reason, Membership.TABLE))
        for membership in self.members.get(grant.principal, ()):
            words = (
                f"Identity Center group {(group and group.name) or grant.principal.removeprefix(IDENTITY_CENTER_GROUP)}"
            )
            hop = Hop(
                role.arn,
                soonest(grant.expires_at, membership.expires_at),
                (),
                (membership, grant),
                steps=(words, step),
                grant=self.directory.grant(membership.member, grant.principal) or grant,
            )
            self._hop(membership.member, hop)

    def left_over(self) -> None:
        """Roles of Identity Center that no assignment explains."""
        scopes = {scope for scope, _ in self.used}
        for scope in sorted({scope for scope, _ in self.reserved} - scopes):
            reason = (
                f"Account {scope} has roles of Identity Center; who may use them is known to Identity Center only, "
                "of which there is no evidence."
            )
            self.found.unresolved.append(Unresolved.of_account(scope, reason, Membership.TABLE))
        for (scope, name), role in sorted(self.reserved.items()):
            if scope in scopes and (scope, name) not in self.used:
                reason = f"Nobody is known to hold permission set {name} in account {scope}, whose role is there."
                self.found.unresolved.append(Unresolved.of_account(role.arn, reason, Grant.TABLE))

    def _hop(self, user: str, hop: Hop) -> None:
        self.found.hops.setdefault(user, []).append(hop)
        if user not in self.found.people:
            row = self.known.get(user) or _unknown_user(user, hop.rows)
            row = replace(row, name=row.email or row.name)
            self.found.people[user] = Principal(row=row, sources=(), limits=Limits())

    def _name(self, permission_set: str) -> str:
        defined = self.directory.policies_of.get(permission_set, ())
        names = (policy.name for policy in defined if policy.kind == "role-definition")
        return next(names, permission_set.rpartition("/")[2])

    def _stand_in(self, grant: Grant, name: str) -> Principal:
        """The role that the permission set makes, as far as the set itself tells it."""
        role = stand_in(self.directory, grant, (grant.role, grant.resource, name), self.at)
        return self.found.roles.setdefault(role.arn, role)


def stand_in(directory: Directory, row: Row, made: tuple[str, str, str], at: datetime) -> Principal:
    """The role that a permission set makes in an account, as far as the set itself tells it."""
    permission_set, account, name = made
    arn = f"arn:{permission_set.split(':')[1]}:iam::{account}:role/aws-reserved/sso.amazonaws.com{RESERVED}{name}"
    as_account = _account(row, permission_set, account, AccountKind.ROLE, name)
    return replace(directory.principal(as_account, at), row=replace(as_account, account=arn))


def _is_assignment(grant: Grant) -> bool:
    """Whether it gives a permission set; being in a group is the other thing that Identity Center's users hold."""
    return grant.principal.startswith(OF_IDENTITY_CENTER) and not grant.role.startswith(IDENTITY_CENTER_GROUP)


def _reserved(principals: Mapping[str, Principal]) -> dict[tuple[str, str], Principal]:
    """Identity Center's own roles by account and permission set."""
    matches = ((_ROLE.search(role.arn), role) for role in principals.values() if role.is_role)
    return {(role.row.scope, match["name"]): role for match, role in matches if match}


def _unknown_user(user: str, rows: Iterable[Row]) -> Account:
    """A user who is assigned something and is not in the directory, or whose directory was not read."""
    named = user.removeprefix(IDENTITY_CENTER)
    return _account(next(iter(rows)), user, named, AccountKind.UNKNOWN, named)


def _account(row: Row, account: str, scope: str, kind: AccountKind, name: str) -> Account:
    """An account that no row is of, on the evidence of another row."""
    return Account(
        source=row.source,
        collected_at=row.collected_at,
        origin=row.origin,
        record=row.record,
        sha256=row.sha256,
        account=account,
        provider="aws",
        scope=scope,
        kind=kind,
        name=name,
    )
