"""Ways from a principal to another's rights through IAM itself: keys, trust, groups, policies, passed roles."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache, cached_property

from auditor.model.globs import is_literal
from auditor.providers.aws.accounts import RESERVED
from auditor.providers.aws.actions import Actions, expand, union
from auditor.providers.aws.callers import Gap, tags_of
from auditor.providers.aws.permits import Permit, permit, request, until
from auditor.providers.aws.policy import Statement, given, parse
from auditor.providers.aws.principals import Directory, Principal, Source
from auditor.providers.aws.reach import Hop
from auditor.providers.aws.runners import CODE, RUNNERS

_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
# With one of these on a user or role, whoever has it becomes that user or role.
_BECOMING = {
    "user": {
        "iam:CreateAccessKey": "creates an access key of user",
        "iam:CreateLoginProfile": "sets a password for user",
        "iam:UpdateLoginProfile": "changes the password of user",
    },
    "role": {"iam:UpdateAssumeRolePolicy": "rewrites the trust policy of role"},
}
# With one of these, whoever holds what it is done to gets any right.
_GIVING = {
    "user": ("iam:PutUserPolicy", "iam:AttachUserPolicy"),
    "role": ("iam:PutRolePolicy", "iam:AttachRolePolicy"),
    "group": ("iam:PutGroupPolicy", "iam:AttachGroupPolicy"),
    "policy": ("iam:CreatePolicyVersion",),
}
_BECOMING_CALLS = tuple(call for calls in _BECOMING.values() for call in calls)
_GIVING_CALLS = tuple(call for calls in _GIVING.values() for call in calls)
_REVERTING = "iam:SetDefaultPolicyVersion"
_JOINING = "iam:AddUserToGroup"
_PASSING = "iam:PassRole"
_SERVICE = "Service:"
_SERVICE_LINKED = "/aws-service-role/"
_EVERYTHING = parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}')


@dataclass(frozen=True, slots=True, eq=False)
class Gift:
    """A right to give somebody other rights.

    Args:
        receivers: the users and roles whose rights grow, by ARN.
        words: what is done, and to what.
        statements: what they have then.
    """

    receivers: frozenset[str]
    words: str
    permit: Permit
    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Join:
    """A right to put users into a group, with those who are in it."""

    group: str
    members: frozenset[str]
    permit: Permit


@dataclass(frozen=True)
class Escalation:
    """What the users and roles of the audited accounts can make of their rights on IAM.

    Args:
        principals: users and roles, by ARN.
        passwords: users who have a password; None where that was not read.
    """

    directory: Directory
    principals: Mapping[str, Principal]
    passwords: frozenset[str] | None
    at: datetime

    @cached_property
    def _holders(self) -> Mapping[str, set[str]]:
        """Who is in each group, and to whom each policy gives rights."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for member, memberships in self.directory.groups_of.items():
            for membership in memberships:
                found[membership.group].add(member)
        for holder, policies in self.directory.policies_of.items():
            for policy in policies:
                if policy.kind == "identity":
                    found[policy.policy] |= {holder, *found.get(holder, ())}
        return found

    @cached_property
    def _names(self) -> Mapping[str, list[str]]:
        """What of IAM can be changed (its users, roles, groups and policies), by the last part of its name."""
        attached = {
            row.policy for rows in self.directory.policies_of.values() for row in rows if row.kind == "identity"
        }
        own = {policy for policy in attached if policy.startswith("arn:") and _account(policy).isdigit()}
        found: defaultdict[str, list[str]] = defaultdict(list)
        for arn in (*self.directory.accounts, *sorted(own)):
            if not (arn.endswith(":root") or _SERVICE_LINKED in arn or RESERVED in arn or "#" in arn):
                found[arn.rpartition("/")[2]].append(arn)
        return found

    @cached_property
    def _serving(self) -> Mapping[tuple[str, str], list[Principal]]:
        """The roles that each service may become, by account and service."""
        found: defaultdict[tuple[str, str], list[Principal]] = defaultdict(list)
        for principal in self.principals.values():
            named = {name for s in principal.trust if s.allow for name in s.principals if name.startswith(_SERVICE)}
            for name in named:
                found[principal.row.scope, name.removeprefix(_SERVICE)].append(principal)
        return found

    def hops(self, principal: Principal) -> Iterator[Hop]:
        """Whom a principal can become."""
        for action, target in self._on(principal, _all(_BECOMING_CALLS)):
            words = _BECOMING.get(_sort(target), {}).get(action)
            other = self.principals.get(target)
            if words is None or other is None or other is principal or not self._has_way_in(action, target):
                continue
            if found := self._permit(principal, action, other.arn):
                yield self._hop(other, f"{words} {other.name} ({action})", [found])
        yield from self._passed(principal)
        yield from self._run(principal)

    def gifts(self, principal: Principal) -> Iterator[Gift]:
        """To whom a principal can give other rights: any, or those of an older version of a policy."""
        for action, target in self._on(principal, _all((*_GIVING_CALLS, _REVERTING))):
            sort, name = _sort(target), target.rpartition("/")[2]
            if action != _REVERTING and action not in _GIVING.get(sort, ()):
                continue
            receivers = frozenset((self._holders.get(target, set()) | {target}) & self.principals.keys())
            if not receivers or not (found := self._permit(principal, action, target)):
                continue
            if action == _REVERTING:
                for version in self.directory.policies_of.get(target, ()):
                    words = f"puts {version.name} of policy {name} in force ({action})"
                    yield Gift(receivers, words, found, self.directory.read(version) or ())
            else:
                yield Gift(receivers, f"gives itself any right by {action} on {sort} {name}", found, _EVERYTHING)

    def joins(self, principal: Principal) -> Iterator[Join]:
        """The groups that a principal can put users into."""
        for action, target in self._on(principal, expand(_JOINING)):
            if _sort(target) == "group" and (found := self._permit(principal, action, target)):
                yield Join(target, frozenset(self._holders.get(target, ())), found)

    def in_group(self, user: Principal, join: Join) -> tuple[Principal, Hop] | None:
        """A user as a member of a group, with that step; None where they are one, or cannot be."""
        if user.is_role or user.arn in join.members or user.row.scope != _account(join.group):
            return None
        words = f"puts user {user.name} into group {join.group.rpartition('/')[2]} ({_JOINING})"
        return self.directory.in_group(user, join.group), self._hop(user, words, [join.permit])

    def _on(self, principal: Principal, actions: Actions) -> Iterator[tuple[str, str]]:
        """Each action of these that some policy of the principal's allows, with each thing that it may be done to."""
        seen: set[tuple[str, str]] = set()
        for source in principal.sources:
            for statement in source.statements:
                held = statement.actions & actions if statement.allow else 0
                for action in _named(held) if held else ():
                    seen |= {(action, target) for target in self._targets(statement, principal.row.scope)}
        yield from sorted(seen)

    def _targets(self, statement: Statement, account: str) -> Iterator[str]:
        """What of IAM a statement's resources may name, in an account."""
        for pattern in statement.patterns:
            name = pattern.rpartition("/")[2]
            names = (
                self._names.get(name, ())
                if is_literal(name)
                else (arn for found in self._names.values() for arn in found)
            )
            for arn in names:
                if _account(arn) == account and statement.covers_pattern(arn):
                    yield arn

    def _permit(self, principal: Principal, action: str, target: str, **known: str) -> Permit | None:
        """The right to do something to a user, role, group or policy; None where it is narrowed to the unknown."""
        fences = (row.policy for row in self.directory.policies_of.get(target, ()) if row.kind == "boundary")
        values = {"iam:policyarn": _ADMINISTRATOR, "iam:permissionsboundary": next(fences, Gap.ABSENT), **known}
        row = self.directory.accounts.get(target)
        wanted = request(action, target, _account(target), values, tags_of(row) if row else None)
        found = permit(principal, wanted, self.at)
        return None if found is None or found.narrow else found

    def _passed(self, principal: Principal) -> Iterator[Hop]:
        """The roles that a principal can have code run as."""
        if not any(s.allow and s.actions & expand(_PASSING) for source in principal.sources for s in source.statements):
            return
        passed: set[str] = set()
        for service, (calls, permits) in self._runners(principal).items():
            for role in self._serving.get((principal.row.scope, service), ()):
                if role is principal or role.arn in passed:
                    continue
                passing = self._permit(principal, _PASSING, role.arn, **{"iam:passedtoservice": service})
                if passing:
                    passed.add(role.arn)
                    words = f"passes role {role.name} to {service} ({', '.join(calls)})"
                    yield self._hop(role, words, [passing, *permits])

    def _run(self, principal: Principal) -> Iterator[Hop]:
        """The roles as which code runs that a principal can change wherever it is: those that were used."""
        partition, account = principal.arn.split(":")[1], principal.row.scope
        for service, (call, shape, kind) in CODE.items():
            roles = [
                one
                for one in self._serving.get((account, f"{service}.amazonaws.com"), ())
                if one.row.last_used_at and one is not principal
            ]
            found = (
                permit(principal, request(call, shape.format(partition, account), account), self.at) if roles else None
            )
            for role in roles if found and not found.narrow else ():
                hop = self._hop(role, f"acts as {kind} with role {role.name} ({call})", [found] if found else [])
                yield replace(hop, facts=(*hop.facts, f"where {kind} runs as role {role.name}"))

    def _runners(self, principal: Principal) -> dict[str, tuple[tuple[str, ...], list[Permit]]]:
        """The services that a principal can have run something, each with the calls that do it."""
        found: dict[str, tuple[tuple[str, ...], list[Permit]]] = {}
        for service, calls in RUNNERS:
            permits = [one for call in calls if (one := self._anywhere(principal, call))]
            if len(permits) == len(calls):
                found.setdefault(f"{service}.amazonaws.com", ((_PASSING, *calls), permits))
        return found

    def _anywhere(self, principal: Principal, call: str) -> Permit | None:
        """The right to make a call on something of the caller's own choosing."""
        action = expand(call)
        patterns = {
            pattern
            for source in principal.sources
            for statement in source.statements
            if statement.allow and statement.actions & action
            for pattern in statement.patterns
        }
        asked = (
            permit(principal, request(call, pattern, principal.row.scope), self.at) for pattern in sorted(patterns)
        )
        found = [one for one in asked if one and not one.narrow]
        return max(found, key=lambda one: (until(one.ends), -len(one.facts)), default=None)

    def _has_way_in(self, action: str, user: str) -> bool:
        """Whether a call on a user's password does something: it makes one, or changes one that is there."""
        if self.passwords is None or "LoginProfile" not in action:
            return True
        return (user in self.passwords) is (action == "iam:UpdateLoginProfile")

    @staticmethod
    def _hop(other: Principal, words: str, permits: Iterable[Permit]) -> Hop:
        listed = list(permits)
        return Hop(
            other.arn,
            min((one.ends for one in listed if one.ends), default=None),
            tuple(dict.fromkeys(fact for one in listed for fact in one.facts)),
            tuple(row for one in listed for row in one.source.rows),
            source=listed[0].source,
            steps=(words,),
        )


def with_gift(principal: Principal, gift: Gift) -> tuple[Principal, Hop]:
    """A principal that has been given rights, as far as its limits let it, with that step."""
    found = gift.permit
    hop = Hop(principal.arn, found.ends, found.facts, found.source.rows, source=found.source, steps=(gift.words,))
    statements = given(gift.statements, principal.caller)
    return replace(principal, sources=(Source(statements, (), (), None),)), hop


@cache
def _named(actions: Actions) -> tuple[str, ...]:
    """The names of those actions that lead further."""
    every = (*_BECOMING_CALLS, *_GIVING_CALLS, _JOINING, _REVERTING)
    return tuple(one for one in every if actions & expand(one))


@cache
def _all(calls: tuple[str, ...]) -> Actions:
    """Several calls as actions."""
    return union(map(expand, calls))


def _sort(arn: str) -> str:
    """user, role, group or policy."""
    return arn.split(":", 5)[5].partition("/")[0]


def _account(arn: str) -> str:
    return arn.split(":")[4]
