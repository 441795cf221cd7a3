"""Ways from a principal to the roles that code runs as: roles passed to what runs code, and code changed."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cache, cached_property

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.groups import grouped
from auditor.providers.aws.actions import Actions, expand, union
from auditor.providers.aws.callers import Gap, tags_of
from auditor.providers.aws.openers import service_name
from auditor.providers.aws.permits import Permit, permit, request, until
from auditor.providers.aws.principals import Directory, Principal
from auditor.providers.aws.reach import Hop
from auditor.providers.aws.runners import runners

ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
POLICY_ARN = "iam:policyarn"
_PASSING = "iam:PassRole"
_SERVICE = "Service:"


class Running(Struct, frozen=True, dict=True):
    """What the users and roles of the audited accounts can have run, and as whom."""

    directory: Directory
    principals: Mapping[str, Principal]
    at: datetime

    def further(self, principal: Principal) -> Iterator[Hop]:
        """The roles that a principal can have code run as."""
        yield from self._passed(principal)
        yield from self._run(principal)

    def permit(self, principal: Principal, action: str, target: str, **known: str) -> Permit | None:
        """The right to do something to a user, role, group or policy; None where it is narrowed to the unknown."""
        fences = (row.policy for row in self.directory.policies_of.get(target, ()) if row.kind == "boundary")
        values = {POLICY_ARN: ADMINISTRATOR, "iam:permissionsboundary": next(fences, Gap.ABSENT), **known}
        row = self.directory.accounts.get(target)
        wanted = request(action, target, account_of(target), values, tags_of(row) if row else None)
        found = permit(principal, wanted, self.at)
        return None if found is None or found.narrow else found

    def _passed(self, principal: Principal) -> Iterator[Hop]:
        """The roles that a principal can have code run as."""
        if not _may(principal, (_PASSING,)):
            return
        passed: set[str] = set()
        for service, (calls, permits) in self._runners(principal).items():
            for role, named in self._serving.get((principal.row.scope, service), ()):
                if role is principal or role.arn in passed:
                    continue
                passing = self.permit(principal, _PASSING, role.arn, **{"iam:passedtoservice": named})
                if passing:
                    passed.add(role.arn)
                    words = f"passes role {role.name} to {named} ({', '.join(calls)})"
                    yield self.hop(role, words, [passing, *permits])

    def _run(self, principal: Principal) -> Iterator[Hop]:
        """The roles as which code runs that a principal can change wherever it is: those that were used."""
        partition, account = principal.arn.split(":")[1], principal.row.scope
        if not _may(principal, tuple(call for call, _ in runners().deciding)):
            return
        for call, code in runners().deciding:
            roles = [
                one
                for one, _ in self._serving.get((account, code.service), ())
                if one is not principal and (one.row.last_used_at or account not in self._watched)
            ]
            if not roles or not _may(principal, (call,)):
                continue
            wanted = request(call, code.resource.format(partition, account), account)
            found = permit(principal, wanted, self.at)
            for role in roles if found and not found.narrow else ():
                words = f"acts as {code.kind} with role {role.name} ({call})"
                hop = self.hop(role, words, [found] if found else [])
                yield replace(hop, facts=(*hop.facts, f"where {code.kind} runs as role {role.name}"))

    @cached_property
    def _watched(self) -> frozenset[str]:
        """The accounts of which it is known when roles were last used."""
        return frozenset(one.row.scope for one in self.principals.values() if one.is_role and one.row.last_used_at)

    def _runners(self, principal: Principal) -> dict[str, tuple[tuple[str, ...], list[Permit]]]:
        """The services that a principal can have run something, each with the calls that do it."""
        found: dict[str, tuple[tuple[str, ...], list[Permit]]] = {}
        for service, calls in runners().passing:
            if not all(_may(principal, (call,)) for call in calls):
                continue
            permits = [one for call in calls if (one := self._anywhere(principal, call))]
            if len(permits) == len(calls):
                found.setdefault(service, ((_PASSING, *calls), permits))
        return found

    def _anywhere(self, principal: Principal, call: str) -> Permit | None:
        """The right to make a call on something of the caller's own choosing."""
        patterns = sorted(patterns_of(principal, expand(call)))
        asked = (permit(principal, request(call, pattern, principal.row.scope), self.at) for pattern in patterns)
        found = [one for one in asked if one and not one.narrow]
        return max(found, key=lambda one: (until(one.ends), -len(one.facts)), default=None)

    @staticmethod
    def hop(other: Principal, words: str, permits: Iterable[Permit]) -> Hop:
        """The step to another by rights of one's own."""
        listed = list(permits)
        return Hop(
            other.arn,
            min((one.ends for one in listed if one.ends), default=None),
            tuple(dict.fromkeys(fact for one in listed for fact in one.facts)),
            tuple(row for one in listed for row in one.source.rows),
            source=listed[0].source,
            steps=(words,),
        )

    @cached_property
    def _serving(self) -> Mapping[tuple[str, str], list[tuple[Principal, str]]]:
        """The roles that each service may become, with how they name it, by account and service."""
        said = ((one, s) for one in self.principals.values() for s in one.trust if s.allow)
        listed = ((one, name) for one, s in said for name in s.principals if name.startswith(_SERVICE))
        named = ((one, name.removeprefix(_SERVICE)) for one, name in dict.fromkeys(listed))
        return grouped(((one.row.scope, service_name(name)), (one, name)) for one, name in named)


def _may(principal: Principal, calls: tuple[str, ...]) -> bool:
    """Whether some statement of the principal's own allows one of the calls on something."""
    wanted = all_of(calls)
    return any(one.allow and one.actions & wanted for source in principal.sources for one in source.statements)


def patterns_of(principal: Principal, actions: Actions) -> set[str]:
    """What a principal's own policies allow any of these actions on."""
    return {
        pattern
        for source in principal.sources
        for statement in source.statements
        if statement.allow and statement.actions & actions
        for pattern in statement.patterns
    }


@cache
def all_of(calls: tuple[str, ...]) -> Actions:
    """Several calls as actions."""
    return union(map(expand, calls))


def account_of(arn: str) -> str:
    """The account that something of IAM is in."""
    return arn.split(":")[4]
