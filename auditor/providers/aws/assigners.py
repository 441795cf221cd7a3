"""Who administers Identity Center: whoever may assign permission sets gives themselves a role in any account."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.tables import Grant, Row
from auditor.providers.aws.accounts import IDENTITY_CENTER_GROUP, RESERVED
from auditor.providers.aws.assigned import Assigned, stand_in
from auditor.providers.aws.escalation import Gift, every_right
from auditor.providers.aws.permits import Permit, is_meant, permit, request
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop
from auditor.providers.aws.running import Running, all_of, patterns_of

_SERVICE = "sso.amazonaws.com"
_ASSIGN, _MAKE, _PROVISION = "sso:CreateAccountAssignment", "sso:CreatePermissionSet", "sso:ProvisionPermissionSet"
_WRITE = ("sso:PutInlinePolicyToPermissionSet", "sso:AttachManagedPolicyToPermissionSet")
_JOIN = "identitystore:CreateGroupMembership"
_NEW_USER = ("identitystore:CreateUser", "sso-directory:CreateUser")
_CALLS = (_ASSIGN, *_WRITE, _JOIN)
_OWN_USER = "with a user of Identity Center"


class Assigners(Struct, frozen=True, dict=True):
    """What those who administer Identity Center can assign to themselves.

    Args:
        principals: IAM's users and roles and Identity Center's roles, by ARN.
    """

    directory: Directory
    assigned: Assigned
    principals: Mapping[str, Principal]
    at: datetime

    @cached_property
    def roles(self) -> Mapping[str, Principal]:
        """The roles that permission sets would make where they are not assigned, with those of one of one's own."""
        return {role.arn: role for role in (*self._any_right.values(), *self._of_sets.values())}

    @cached_property
    def _evidence(self) -> Mapping[str, Row]:
        """A row for each permission set: that somebody is assigned it."""
        return {grant.role: grant for grant, _ in self.assigned.given}

    @cached_property
    def _accounts(self) -> tuple[str, ...]:
        """The accounts whose rights are told."""
        return tuple(sorted({one.row.scope for one in self.principals.values()}))

    @cached_property
    def _any_right(self) -> Mapping[str, Principal]:
        """By account, the role of a permission set made or changed to give everything."""
        first = next(iter(self._evidence.items()), None)
        if first is None:
            return {}
        made = {one: stand_in(self.directory, first[1], (first[0], one, "*"), self.at) for one in self._accounts}
        return {account: replace(role, sources=(every_right(),)) for account, role in made.items()}

    @cached_property
    def _of_sets(self) -> Mapping[tuple[str, str], Principal]:
        """By permission set and account, its role: the one that is there, or would be."""
        found = {(grant.role, grant.resource): role for grant, role in self.assigned.given}
        for arn, name in self.assigned.sets.items():
            for account in self._accounts:
                if (arn, account) not in found:
                    found[arn, account] = stand_in(self.directory, self._evidence[arn], (arn, account, name), self.at)
        return found

    def hops(self, principals: Iterable[Principal]) -> Iterator[tuple[str, Hop]]:
        """Each role that somebody can assign to themselves, with who can."""
        for one in principals if self.assigned.given else ():
            if (facts := self._facts(one)) is not None:
                yield from ((one.arn, hop) for hop in self._hops(one, (*facts, *self._as_whom(one))))

    def _hops(self, one: Principal, facts: tuple[str, ...]) -> Iterator[Hop]:
        done: set[str] = set()
        wide = list(self._wide(one))
        for account in self._accounts_of(one):
            ways = ((self._assigning(one, arn, account), permits) for arn, permits in wide)
            if free := next(([*assigning, *permits] for assigning, permits in ways if assigning), None):
                words = f"assigns itself a permission set with every right in account {account} ({_ASSIGN})"
                yield _hop(self._any_right[account], words, free, facts)
                done.add(account)
                continue
            for arn, name in self.assigned.sets.items():
                words = f"assigns itself permission set {name} in account {account} ({_ASSIGN})"
                if found := self._assigning(one, arn, account):
                    yield _hop(self._of_sets[arn, account], words, found, facts)
        for grant, role in self.assigned.given:
            group = grant.principal.removeprefix(IDENTITY_CENTER_GROUP)
            if group == grant.principal or grant.resource in done or grant.resource not in self._accounts_of(one):
                continue
            if joining := self._all(one, _JOIN, [f"arn:aws:identitystore:::group/{group}"]):
                yield _hop(
                    role, f"puts itself into Identity Center group {self._name(grant)} ({_JOIN})", joining, facts
                )

    def gifts(self, one: Principal) -> Iterator[Gift]:
        """The permission sets whose rights a principal can widen, for the roles that they make."""
        facts = self._facts(one) if self.assigned.given else None
        for arn, name in self.assigned.sets.items() if facts is not None else ():
            found = self._widening(one, arn)
            accounts = self._accounts_of(one)
            made = ((grant, role) for grant, role in self.assigned.given if grant.role == arn)
            receivers = frozenset(role.arn for grant, role in made if grant.resource in accounts)
            if found and receivers:
                asked = replace(found[0], facts=tuple(dict.fromkeys(f for p in found for f in p.facts)) + (facts or ()))
                yield Gift(
                    receivers, f"gives permission set {name} any right ({_WRITE[0]})", asked, every_right().statements
                )

    def _facts(self, one: Principal) -> tuple[str, ...] | None:
        """What it rests on that one administers Identity Center; None where one does not."""
        if not patterns_of(one, all_of(_CALLS)):
            return None
        administers = self.directory.administers(one.row.scope, _SERVICE)
        if administers is None and any(is_meant(one, call) for call in _CALLS):
            return (f"where account {one.row.scope} administers Identity Center",)
        return () if administers else None

    def _accounts_of(self, one: Principal) -> list[str]:
        """Where a principal can assign: not in the account that manages the organisation, but from there."""
        home = one.row.scope
        return [account for account in self._accounts if account == home or self.directory.is_under(account, home)]

    def _wide(self, one: Principal) -> Iterator[tuple[str, list[Permit]]]:
        """The permission sets that a principal can make or change as it likes, with the rights to do so."""
        for arn in self.assigned.sets:
            if widening := self._widening(one, arn):
                yield arn, widening
            anything = f"{arn.rpartition('/')[0]}/*"
            making = self._all(one, _MAKE, [_instance(arn)])
            writing = next(filter(None, (self._all(one, call, [_instance(arn), anything]) for call in _WRITE)), None)
            if making and writing:
                yield anything, [*making, *writing]

    def _widening(self, one: Principal, permission_set: str) -> list[Permit] | None:
        """The rights to give a permission set any right, and to bring that to its roles."""
        about = [_instance(permission_set), permission_set]
        written = next(filter(None, (self._all(one, call, about) for call in _WRITE)), None)
        brought = self._all(one, _PROVISION, about) if written else None
        return [*written, *brought] if written and brought else None

    def _assigning(self, one: Principal, permission_set: str, account: str) -> list[Permit] | None:
        about = [_instance(permission_set), permission_set, f"arn:aws:sso:::account/{account}"]
        return self._all(one, _ASSIGN, about)

    def _all(self, one: Principal, call: str, resources: Iterable[str]) -> list[Permit] | None:
        """The right to make a call that names all of these."""
        found = [permit(one, request(call, resource, one.row.scope), self.at) for resource in resources]
        sure = [one for one in found if one and not one.narrow]
        return sure if len(sure) == len(found) else None

    def _as_whom(self, one: Principal) -> tuple[str, ...]:
        """Nothing where one surely has a user of Identity Center, or can make one."""
        made = any(self._all(one, call, ["*"]) for call in _NEW_USER)
        return () if made or RESERVED in one.arn else (_OWN_USER,)

    def _name(self, grant: Grant) -> str:
        row = self.assigned.known.get(grant.principal)
        return (row and row.name) or grant.principal.removeprefix(IDENTITY_CENTER_GROUP)


def _hop(role: Principal, words: str, permits: Iterable[Permit], facts: Iterable[str]) -> Hop:
    hop = Running.hop(role, words, permits)
    return replace(hop, facts=(*facts, *hop.facts))


def _instance(permission_set: str) -> str:
    """The ARN of a permission set's instance."""
    partition, name = permission_set.split(":")[1], permission_set.split("/")[1]
    return f"arn:{partition}:sso:::instance/{name}"
