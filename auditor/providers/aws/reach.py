"""Which roles a principal can become: trust on the role's side, permission on the principal's, over several hops."""

import heapq
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.groups import grouped
from auditor.model.tables import Grant, Row
from auditor.providers.aws.accounts import RESERVED
from auditor.providers.aws.actions import Actions, expand
from auditor.providers.aws.callers import tags_of
from auditor.providers.aws.openers import Opener, openers
from auditor.providers.aws.permits import Request, allowing_each, request, until, within
from auditor.providers.aws.policy import Statement, soonest
from auditor.providers.aws.principals import Directory, Principal, Source
from auditor.providers.aws.trusted import (
    is_past_boundary,
    meant,
    named_as,
    refusing,
    scope_of,
    sessions,
    stranger,
    strangers,
)

_NEVER = float("inf")


class Hop(Struct, frozen=True, eq=False):
    """One way to become a role.

    Args:
        source: the policy that permits it, where the trust alone does not.
        steps: the hop in words, where it is not simply a role assumed.
        grant: what to take away, where it is neither the trust nor that policy.
        sessions: the only sessions of whoever makes it that are let in, by name; none: every one.
    """

    role: str
    ends: datetime | None
    facts: tuple[str, ...]
    rows: tuple[Row, ...]
    source: Source | None = None
    steps: tuple[str, ...] = ()
    grant: Grant | None = None
    sessions: tuple[str, ...] = ()


class Path(Struct, frozen=True, eq=False):
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

    def joined(self, other: "Path") -> "Path":
        """All the hops of two ways that begin at one principal."""
        further = tuple(hop for hop in other.hops if hop not in self.hops)
        return Path((*self.hops, *further), soonest(self.ends, other.ends))


class Trust(Struct, frozen=True, eq=False):
    """A principal outside the evidence that a role trusts; `*` is anybody at all."""

    role: str
    principal: str
    statement: Statement
    denied: tuple[str, ...] = ()

    @property
    def facts(self) -> tuple[str, ...]:
        """The conditions that it stands under."""
        return (*self.statement.terms.facts, *self.denied)

    @property
    def external_ids(self) -> tuple[str, ...]:
        """The external ids of which it asks for one."""
        asked = (c for c in self.statement.clauses if c.key.lower() == "sts:externalid" and "not" not in c.operator)
        return next((clause.values for clause in asked), ())


class Reach(Struct, frozen=True, dict=True):
    """Who can become which role, among principals by ARN."""

    principals: Mapping[str, Principal]
    directory: Directory
    at: datetime

    @cached_property
    def scopes(self) -> frozenset[str]:
        """The accounts whose IAM is in evidence."""
        return self.directory.scopes

    def hops(self) -> dict[str, list[Hop]]:
        """Every direct hop, by who can make it."""
        found: dict[str, list[Hop]] = {}
        for role in self.principals.values():
            for statement in self._trusting(role):
                for principal, by_name in self._named(statement):
                    hops = self._hops(principal, role, statement, by_name=by_name) if principal is not role else ()
                    if hops:
                        found.setdefault(principal.arn, []).extend(hops)
        return found

    def outsiders(self) -> Iterator[Trust]:
        """Trust in AWS principals of which there is no evidence."""
        for role in self.principals.values():
            for statement in self._trusting(role):
                for name in ("*",) if statement.other_principals else statement.principals:
                    yield from self._outsiders(role, name, statement)

    def _outsiders(self, role: Principal, name: str, statement: Statement) -> Iterator[Trust]:
        """Whom a name means elsewhere, as far as conditions and the organisation let them in."""
        for scope in strangers(name, statement) - self.scopes:
            caller = stranger(self.directory, role.row.scope, scope, statement)
            trusting = statement.given(caller)
            asked = Request(_assume(), role.arn, caller)
            denies = (*refusing(role.trust, name, scope), *self.directory.resource_controls(role.row.scope))
            denied = within(denies, (), asked, self.at) if trusting else None
            if trusting and denied is not None:
                yield Trust(role.arn, scope if name == "*" else name, trusting, denied)

    def openers(self, role: Principal) -> tuple[Opener, ...]:
        """Who and what else may become a role: machines, and whoever an identity provider vouches for."""
        return openers(statement for statement in role.trust if statement.terms.hold(self.at))

    def _trusting(self, role: Principal) -> Iterator[Statement]:
        for statement in role.trust:
            if statement.allow and statement.actions & _assume() and statement.terms.hold(self.at):
                yield statement

    def _named(self, statement: Statement) -> Iterator[tuple[Principal, bool]]:
        """The principals in evidence that a Principal element means, and whether it means them in person."""
        if statement.other_principals:
            yield from ((one, True) for one in self.principals.values() if named_as(one, statement) is None)
            return
        if "*" in statement.principals:
            yield from ((principal, True) for principal in self.principals.values())
            return
        named = {*statement.principals, *(_role_of_session(name, self.principals) for name in statement.principals)}
        yield from ((self.principals[arn], True) for arn in sorted(self.principals.keys() & named))
        for scope in {scope_of(name) for name in named if name and (name.isdigit() or name.endswith(":root"))}:
            yield from ((one, False) for one in self._by_scope.get(scope or "", ()) if one.arn not in named)

    @cached_property
    def _by_scope(self) -> Mapping[str, list[Principal]]:
        return grouped((principal.row.scope, principal) for principal in self.principals.values())

    def _hops(self, principal: Principal, role: Principal, trust: Statement, *, by_name: bool) -> Sequence[Hop]:
        """The hop, when both sides allow what each has to; one for each policy of the principal that does."""
        caller = replace(principal.caller, resource_tags=tags_of(role.row))
        trusting = trust.given(caller)
        enough = by_name and principal.row.scope == role.row.scope
        owner = self.directory.place(role.row.scope).get("organisation")
        known = {"aws:resourceorgid": owner} if owner else None
        wanted = request("sts:AssumeRole", role.arn, role.row.scope, known, caller.resource_tags)
        permitted = () if enough else tuple(allowing_each(principal, wanted, self.at))
        if trusting is None or not (enough or permitted):
            return ()
        limits = principal.limits
        ceilings = limits.organisation if enough and is_past_boundary(principal, trust) else limits.ceilings
        kept = within(limits.denies, ceilings, wanted, self.at)
        asked = Request(_assume(), role.arn, caller)
        denied = within(meant(role.trust, principal), (), asked, self.at)
        same = principal.row.scope == role.row.scope
        controls = () if same else self.directory.resource_controls(role.row.scope)
        controlled = within(controls, (), asked, self.at)
        if kept is None or denied is None or controlled is None:
            return ()
        rows: tuple[Row, ...] = (role.trust_row,) if role.trust_row else ()
        facts = (*trusting.terms.facts, *denied, *controlled, *kept)
        hop = Hop(role.arn, trusting.terms.ends, facts, rows, sessions=sessions(principal, trust))
        return [
            replace(
                hop,
                ends=soonest(hop.ends, one.ends),
                facts=(*hop.facts, *one.facts),
                rows=(*rows, *one.source.rows),
                source=one.source,
                # Where several let it in, each says which it is.
                steps=(*one.source.steps, f"assumes role {role.name}") if len(permitted) > 1 else (),
            )
            for one in permitted
        ] or [hop]


def paths(start: str, hops: Mapping[str, list[Hop]], names: Collection[str] | None = None) -> dict[str, Path]:
    """The best path from a principal to every role that it can reach.

    `names` is what Identity Center may call the sessions that it opens for a user of its own; None: not known.
    """
    best: dict[str, Path] = {}
    queue: list[tuple[float, int, int, str, Path]] = [(-_NEVER, 0, 0, start, Path())]
    order = 0
    while queue:
        _, length, _, arn, path = heapq.heappop(queue)
        if arn in best:
            continue
        best[arn] = path
        for hop in hops.get(arn, ()):
            of_user = _of_user(hop, names) if path.hops and RESERVED in arn else hop
            if of_user and hop.role not in best:
                order += 1
                further = path.then(of_user)
                heapq.heappush(queue, (-until(further.ends), length + 1, order, hop.role, further))
    del best[start]
    return best


def _of_user(hop: Hop, names: Collection[str] | None) -> Hop | None:
    """A hop out of a session that Identity Center opened and named for a user; nobody chooses that name."""
    if not hop.sessions:
        return hop
    if names is None:
        return replace(hop, facts=(*hop.facts, f"in the session {' or '.join(hop.sessions)}"))
    return None if {one.casefold() for one in hop.sessions}.isdisjoint(names) else hop


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
