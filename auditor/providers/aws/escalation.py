"""Ways from a principal to another's rights through IAM itself: keys, trust, groups, policies, passed roles."""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.model.globs import covers, is_literal, matches
from auditor.model.groups import distinct, grouped
from auditor.model.tables import Policy
from auditor.providers.aws.accounts import RESERVED
from auditor.providers.aws.actions import Actions, expand, parts_of
from auditor.providers.aws.callers import Gap
from auditor.providers.aws.iam_calls import iam_calls
from auditor.providers.aws.permits import Permit, permit, request, until
from auditor.providers.aws.policy import Statement, given, parse, soonest
from auditor.providers.aws.principals import Principal, Source
from auditor.providers.aws.reach import Hop
from auditor.providers.aws.running import ADMINISTRATOR, POLICY_ARN, Running, account_of, all_of, patterns_of

_REVERTING = "iam:SetDefaultPolicyVersion"
_JOINING = "iam:AddUserToGroup"
_SERVICE_LINKED = "/aws-service-role/"


@cache
def every_right() -> Source:
    """A policy that allows everything."""
    return Source(parse('{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}'), (), (), None)


class Gift(Struct, frozen=True, eq=False):
    """A right to give somebody other rights.

    Args:
        receivers: the users and roles whose rights grow, by ARN.
        words: what is done, and to what.
        statements: what they have then; None where they keep their own, without their permissions boundary.
        unfenced: those of them whose permissions boundary the giver can take away too.
    """

    receivers: frozenset[str]
    words: str
    permit: Permit
    statements: tuple[Statement, ...] | None
    unfenced: Mapping[str, Permit] = field(default_factory=dict)


class Join(Struct, frozen=True, eq=False):
    """A right to put users into a group, with those who are in it."""

    group: str
    members: frozenset[str]
    permit: Permit


class Escalation(Running, frozen=True, dict=True):
    """What the users and roles of the audited accounts can make of their rights on IAM.

    Args:
        passwords: users who have a password; None where that was not read.
    """

    passwords: frozenset[str] | None

    @cached_property
    def _holders(self) -> Mapping[str, set[str]]:
        """Who is in each group, and to whom each policy gives rights."""
        found = distinct((row.group, member) for member, rows in self.directory.groups_of.items() for row in rows)
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
        own = {policy for policy in attached if policy.startswith("arn:") and account_of(policy).isdigit()}
        every = (*self.directory.accounts, *sorted(own))
        free = (a for a in every if not (a.endswith(":root") or _SERVICE_LINKED in a or RESERVED in a or "#" in a))
        return grouped((arn.rpartition("/")[2], arn) for arn in free)

    def hops(self, principal: Principal) -> Iterator[Hop]:
        """Whom a principal can become."""
        for action, target in self._on(principal, all_of(iam_calls().all_becoming)):
            words = iam_calls().becoming.get(_sort(target), {}).get(action)
            other = self.principals.get(target)
            if words is None or other is None or other is principal or not self._has_way_in(action, target):
                continue
            if found := self.permit(principal, action, other.arn):
                yield self.hop(other, f"{words} {other.name} ({action})", [found])
        yield from self.further(principal)

    def gifts(self, principal: Principal) -> Iterator[Gift]:
        """To whom a principal can give other rights: any, those of a policy, or those that a boundary holds back."""
        free = {target: self._unfencing(principal, target) for target in self._fenced}
        unfenced = {target: found for target, found in free.items() if found}
        for target, freeing in unfenced.items():
            words = f"takes the permissions boundary off {target.rpartition('/')[2]}"
            yield Gift(frozenset({target}), words, freeing, None, unfenced)
        for words, making in self._made(principal):
            yield Gift(frozenset({principal.arn}), words, making, every_right().statements, {principal.arn: making})
        for action, target in self._on(principal, all_of((*iam_calls().all_giving, _REVERTING))):
            sort, name = _sort(target), target.rpartition("/")[2]
            if action != _REVERTING and action not in iam_calls().giving.get(sort, ()):
                continue
            receivers = frozenset((self._holders.get(target, set()) | {target}) & self.principals.keys())
            found = self.permit(principal, action, target) if receivers else None
            if not found:
                if receivers and "Attach" in action:
                    yield from self._attached(principal, action, target, receivers, unfenced)
            elif action == _REVERTING:
                for version in self.directory.policies_of.get(target, ()):
                    words = f"puts {version.name} of policy {name} in force ({action})"
                    yield Gift(receivers, words, found, self.directory.read(version) or (), unfenced)
            else:
                words = f"gives itself any right by {action} on {sort} {name}"
                yield Gift(receivers, words, found, every_right().statements, {**self._freed(receivers), **unfenced})

    def _made(self, principal: Principal) -> Iterator[tuple[str, Permit]]:
        """The ways to everything through a new user or role: no boundary stands over what is not there yet."""
        chosen: dict[str, str | Gap] = {POLICY_ARN: ADMINISTRATOR, "iam:permissionsboundary": Gap.ABSENT}
        for sort, calls in iam_calls().making:
            for pattern in sorted(patterns_of(principal, all_of(calls))):
                if not _is_within(pattern, principal.row.scope):
                    continue
                asked = (request(call, pattern, principal.row.scope, chosen) for call in calls)
                permits = [permit(principal, one, self.at) for one in asked]
                found = [one for one in permits if one and not one.narrow]
                if len(found) == len(calls):
                    yield f"makes a {sort} with every right ({', '.join(calls)})", max(found, key=_demands)
                    break

    def _freed(self, receivers: frozenset[str]) -> dict[str, Permit]:
        """Whose boundary lets its holder take it off, once they have every right within it."""
        grown = {
            arn: replace(self.principals[arn], sources=(every_right(),)) for arn in receivers.intersection(self._fenced)
        }
        found = {arn: self._unfencing(holder, arn) for arn, holder in grown.items()}
        return {arn: permit for arn, permit in found.items() if permit}

    def _attached(
        self, principal: Principal, action: str, target: str, receivers: frozenset[str], unfenced: Mapping[str, Permit]
    ) -> Iterator[Gift]:
        """What attaching a policy gives where not every policy may be attached."""
        named = {
            value
            for source in principal.sources
            for statement in source.statements
            if statement.allow and statement.actions & expand(action)
            for clause in statement.clauses
            if clause.key.lower() == POLICY_ARN and "not" not in clause.operator
            for value in clause.values
        }
        for arn in sorted(arn for arn in self._documents if any(covers(value, arn) for value in named)):
            statements = self.directory.read(self._documents[arn])
            found = self.permit(principal, action, target, **{POLICY_ARN: arn}) if statements else None
            if found and statements:
                words = f"attaches policy {arn.rpartition('/')[2]} to {_sort(target)} {target.rpartition('/')[2]}"
                yield Gift(receivers, f"{words} ({action})", found, statements, unfenced)

    @cached_property
    def _documents(self) -> Mapping[str, Policy]:
        """Managed policies whose text is in evidence, by ARN."""
        every = (row for rows in self.directory.policies_of.values() for row in rows if row.kind == "identity")
        return {row.policy: row for row in every if ":policy/" in row.policy}

    @cached_property
    def _fenced(self) -> tuple[str, ...]:
        """The users and roles under a permissions boundary."""
        return tuple(arn for arn, one in self.principals.items() if one.limits.boundary is not None)

    def _unfencing(self, principal: Principal, target: str) -> Permit | None:
        """The right to take a user's or role's boundary away, or to put a wide one in its place."""
        calls = iam_calls().unfencing.get(_sort(target), ())
        if account_of(target) != principal.row.scope or not patterns_of(principal, all_of(calls)):
            return None
        wide = {"iam:permissionsboundary": ADMINISTRATOR}
        found = (self.permit(principal, call, target, **wide if "Put" in call else {}) for call in calls)
        return next((one for one in found if one), None)

    def joins(self, principal: Principal) -> Iterator[Join]:
        """The groups that a principal can put users into."""
        for action, target in self._on(principal, expand(_JOINING)):
            if _sort(target) == "group" and (found := self.permit(principal, action, target)):
                yield Join(target, frozenset(self._holders.get(target, ())), found)

    def in_group(self, user: Principal, join: Join) -> tuple[Principal, Hop] | None:
        """A user as a member of a group, with that step; None where they are one, or cannot be."""
        if user.is_role or user.arn in join.members or user.row.scope != account_of(join.group):
            return None
        words = f"puts user {user.name} into group {join.group.rpartition('/')[2]} ({_JOINING})"
        return self.directory.in_group(user, join.group), self.hop(user, words, [join.permit])

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
                if account_of(arn) == account and statement.covers_pattern(arn):
                    yield arn

    def _has_way_in(self, action: str, user: str) -> bool:
        """Whether a call on a user's password does something: it makes one, or changes one that is there."""
        if self.passwords is None or "LoginProfile" not in action:
            return True
        return (user in self.passwords) is (action == "iam:UpdateLoginProfile")


def with_gift(principal: Principal, gift: Gift) -> tuple[Principal, Hop]:
    """A principal that has been given rights, as far as its limits let it, with that step."""
    lifted = gift.unfenced.get(principal.arn)
    permits = [gift.permit, lifted] if lifted and lifted is not gift.permit else [gift.permit]
    hop = Hop(
        principal.arn,
        soonest(*(one.ends for one in permits)),
        tuple(dict.fromkeys(fact for one in permits for fact in one.facts)),
        gift.permit.source.rows,
        source=gift.permit.source,
        steps=(gift.words,),
    )
    limits = replace(principal.limits, boundary=None) if lifted else principal.limits
    if gift.statements is None:
        return replace(principal, limits=limits), hop
    statements = given(gift.statements, principal.caller)
    return replace(principal, sources=(Source(statements, (), (), None),), limits=limits), hop


def _is_within(pattern: str, account: str) -> bool:
    """Whether a pattern can name something of an account."""
    parts = parts_of(pattern)
    return parts is None or matches(parts[4], account)


def _demands(one: Permit) -> tuple[float, int]:
    """How soon it ends, and how much it asks."""
    return -until(one.ends), len(one.facts)


@cache
def _named(actions: Actions) -> tuple[str, ...]:
    """The names of those actions that lead further."""
    every = (*iam_calls().all_becoming, *iam_calls().all_giving, _JOINING, _REVERTING)
    return tuple(one for one in every if actions & expand(one))


def _sort(arn: str) -> str:
    """user, role, group or policy."""
    return arn.split(":", 5)[5].partition("/")[0]
