"""Which roles a principal can become: trust on the role's side, permission on the principal's, over several hops."""

import heapq
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from auditor.model.tables import Grant, Row
from auditor.providers.aws.actions import Actions, expand
from auditor.providers.aws.policy import Statement, soonest
from auditor.providers.aws.principals import Principal, Source

_NEVER = float("inf")
_ARN_PARTS = 6


@dataclass(frozen=True, slots=True, eq=False)
class Hop:
    """One way to become a role.

    Args:
        source: the policy that permits it, where the trust alone does not.
        steps: the hop in words, where it is not simply a role assumed.
        grant: what to take away, where it is neither the trust nor that policy.
    """

    role: str
    ends: datetime | None
    facts: tuple[str, ...]
    rows: tuple[Row, ...]
    source: Source | None = None
    steps: tuple[str, ...] = ()
    grant: Grant | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """The way that lasts longest from a principal to a role; among those the shortest."""

    hops: tuple[Hop, ...] = ()
    ends: datetime | None = None

    @property
    def facts(self) -> tuple[str, ...]:
        """The conditions of all its hops."""
        return tuple(fact for hop in self.hops for fact in hop.facts)

    def then(self, hop: Hop) -> "Path":
        """One hop further."""
        return Path((*self.hops, hop), soonest(self.ends, hop.ends))


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """A principal outside the evidence that a role trusts; `*` is anybody at all."""

    role: str
    principal: str
    facts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Who can become which role, among principals by ARN; `scopes` are the accounts whose IAM is in evidence."""

    principals: Mapping[str, Principal]
    scopes: frozenset[str]
    at: datetime
    _permissions: dict[str, list[tuple[Statement, Source]]] = field(default_factory=dict, repr=False)

    def hops(self) -> dict[str, list[Hop]]:
        """Every direct hop, by who can make it."""
        found: dict[str, list[Hop]] = {}
        for role in self.principals.values():
            for statement in self._trusting(role):
                for principal, by_name in self._named(statement):
                    hop = self._hop(principal, role, statement, by_name=by_name) if principal is not role else None
                    if hop:
                        found.setdefault(principal.arn, []).append(hop)
        return found

    def outsiders(self) -> Iterator[Trust]:
        """Trust in AWS principals of which there is no evidence."""
        for role in self.principals.values():
            for statement in self._trusting(role):
                for name in ("*",) if statement.other_principals else statement.principals:
                    scope = scope_of(name)
                    if name == "*" or (scope and scope not in self.scopes):
                        yield Trust(role.arn, name, statement.terms.facts)

    def used_by_machines(self, role: Principal) -> bool:
        """Whether a service or a federated provider can assume it."""
        return any(":" in name and not name.startswith("arn:") for s in role.trust if s.allow for name in s.principals)

    def _trusting(self, role: Principal) -> Iterator[Statement]:
        for statement in role.trust:
            if statement.allow and statement.actions & _assume() and _alive(statement, self.at):
                yield statement

    def _named(self, statement: Statement) -> Iterator[tuple[Principal, bool]]:
        """The principals in evidence that a Principal element means, and whether it means them in person."""
        if statement.other_principals or "*" in statement.principals:
            yield from ((principal, True) for principal in self.principals.values())
            return
        scopes = {scope_of(name) for name in statement.principals if name.isdigit() or name.endswith(":root")}
        sessions = {_role_of_session(name, self.principals) for name in statement.principals}
        for arn, principal in self.principals.items():
            if arn in statement.principals or arn in sessions:
                yield principal, True
            elif principal.row.scope in scopes:
                yield principal, False

    def _hop(self, principal: Principal, role: Principal, trust: Statement, *, by_name: bool) -> Hop | None:
        """The hop, when both sides allow what each has to."""
        enough = by_name and principal.row.scope == role.row.scope
        permitted = None if enough else self._permission(principal, role)
        if not enough and permitted is None:
            return None
        if any(_denies(deny, principal, role, self.at) for deny in role.trust):
            return None
        if self._forbidden(principal, role, by_trust=enough):
            return None
        rows: tuple[Row, ...] = (role.trust_row,) if role.trust_row else ()
        hop = Hop(role.arn, trust.terms.ends, trust.terms.facts, rows)
        if permitted is None:
            return hop
        statement, source = permitted
        return replace(
            hop,
            ends=soonest(hop.ends, statement.terms.ends, source.ends),
            facts=(*hop.facts, *statement.terms.facts),
            rows=(*rows, *source.rows),
            source=source,
        )

    def _forbidden(self, principal: Principal, role: Principal, *, by_trust: bool) -> bool:
        """Whether a Deny or a ceiling of the principal's keeps it from the role."""
        limits = principal.limits
        if any(_grants(deny, role, self.at) and not deny.terms.facts for deny in limits.denies):
            return True
        # AWS lets a user whom the trust names past the user's boundary, though not past the organisation.
        spared = by_trust and not principal.is_role
        ceilings = [limits.organisation] if spared else [limits.boundary, limits.organisation]
        return not all(any(_grants(s, role, self.at) for s in ceiling) for ceiling in ceilings if ceiling is not None)

    def _permission(self, principal: Principal, role: Principal) -> tuple[Statement, Source] | None:
        """The longest lasting statement of the principal's own that lets it assume the role."""
        if principal.arn not in self._permissions:
            self._permissions[principal.arn] = [
                (statement, source)
                for source in principal.sources
                for statement in source.statements
                if statement.allow and statement.actions & _assume()
            ]
        found = [pair for pair in self._permissions[principal.arn] if _grants(pair[0], role, self.at)]
        return max(found, key=lambda pair: _until(soonest(pair[0].terms.ends, pair[1].ends)), default=None)


def paths(start: str, hops: Mapping[str, list[Hop]]) -> dict[str, Path]:
    """The best path from a principal to every role that it can reach."""
    best: dict[str, Path] = {}
    queue: list[tuple[float, int, int, str, Path]] = [(-_NEVER, 0, 0, start, Path())]
    order = 0
    while queue:
        _, length, _, arn, path = heapq.heappop(queue)
        if arn in best:
            continue
        best[arn] = path
        for hop in hops.get(arn, ()):
            if hop.role not in best:
                order += 1
                further = path.then(hop)
                heapq.heappush(queue, (-_until(further.ends), length + 1, order, hop.role, further))
    del best[start]
    return best


def scope_of(name: str) -> str | None:
    """The account that a principal of a trust policy belongs to; None for ids of deleted ones and for non-AWS ones."""
    parts = name.split(":", 5)
    if len(parts) == _ARN_PARTS and parts[0] == "arn":
        return parts[4] or None
    return name if name.isdigit() else None


def _role_of_session(name: str, principals: Mapping[str, Principal]) -> str | None:
    """The role behind a role session's ARN."""
    if ":assumed-role/" not in name:
        return None
    role = name.split("/")[1]
    return next(
        (p.arn for p in principals.values() if p.is_role and p.row.scope == scope_of(name) and p.name == role), None
    )


def _assume() -> Actions:
    return expand("sts:AssumeRole")


def _alive(statement: Statement, at: datetime) -> bool:
    asked = statement.terms
    return (asked.starts is None or asked.starts <= at) and (asked.ends is None or at < asked.ends)


def _grants(statement: Statement, role: Principal, at: datetime) -> bool:
    """Whether a statement, Allow or Deny, is about assuming this role."""
    return bool(statement.actions & _assume()) and _alive(statement, at) and statement.covers_pattern(role.arn)


def _denies(statement: Statement, principal: Principal, role: Principal, at: datetime) -> bool:
    """Whether a Deny of the role's trust policy keeps the principal out whatever the circumstances."""
    if statement.allow or statement.terms.facts or not statement.actions & _assume() or not _alive(statement, at):
        return False
    accounts = {principal.row.scope, f"arn:{role.arn.split(':')[1]}:iam::{principal.row.scope}:root"}
    named = bool({principal.arn, "*", *accounts} & set(statement.principals))
    return named is not statement.other_principals


def _until(ends: datetime | None) -> float:
    return ends.timestamp() if ends else _NEVER
