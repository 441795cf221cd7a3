"""What resources of systems give by policies of their own: to principals that are in evidence, and to strangers."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.model.entitlements import Entitlement, ForeignTrust, Identity
from auditor.model.findings import pointer
from auditor.model.levels import level_of
from auditor.model.tables import Policy
from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.aws.accounts import PARTITIONS, balancers
from auditor.providers.aws.actions import NONE, Actions, expand, types_of, union
from auditor.providers.aws.callers import OF_SERVICES, Caller, Gap, within
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.conditions import Terms
from auditor.providers.aws.policy import Limits, Statement
from auditor.providers.aws.policy import given as _given
from auditor.providers.aws.principals import Directory, Principal, Source
from auditor.providers.aws.trusted import CLOUDFRONT, is_past_boundary, meant, refusing, scope_of, stranger, strangers
from auditor.providers.systems import Systems

# Networks of one's own: nobody comes from there without having been let in.
_NETWORKS = frozenset({"aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"})


class ResourcePolicies(Struct, frozen=True, dict=True):
    """The policies of the resources that belong to systems."""

    config: Config
    directory: Directory
    at: datetime

    @cached_property
    def _rows(self) -> tuple[tuple[Policy, str], ...]:
        """Each with the system that its resource belongs to."""
        places = Systems(self.config)
        every = (row for rows in self.directory.policies_of.values() for row in rows if row.kind == "resource")
        told = ((row, places.of("aws", _account(row), f"{row.attached_to} {row.name}")) for row in every)
        return tuple((row, system) for row, system in told if system)

    @cached_property
    def _scopes(self) -> frozenset[str]:
        """The accounts whose IAM is in evidence."""
        return self.directory.scopes

    def over(self, principals: Mapping[str, Principal]) -> dict[str, Principal]:
        """The principals with what resources give them and refuse them by themselves.

        To those of another account a resource gives what a policy of their own gives them too.
        """
        found = dict(principals)
        for row, _ in self._rows:
            written = [_on(statement, row.attached_to) for statement in self.directory.read(row) or ()]
            for statement in written:
                if statement.allow and not statement.other_principals:
                    for one in self._named(row, statement, found):
                        source = self._source(row, statement, one)
                        found[one.arn] = replace(one, sources=(*one.sources, *source))
                    for one in self._named_elsewhere(row, statement, found):
                        across = self._across(row, statement, written, one)
                        found[one.arn] = replace(one, sources=(*one.sources, *across))
            denies = [one for one in written if not one.allow and one.given(within(_account(row)))]
            left = _delegating(row, written)
            for one in self._own(row, found) if denies or left is not None else ():
                denied = tuple(meant(denies, one))
                closed = tuple(gone for gone in _closed(row, left, one.caller) if gone.actions)
                if denied or closed:
                    over = one.limits
                    over = replace(over, denies=(*over.denies, *denied), closed=(*over.closed, *closed))
                    found[one.arn] = replace(one, limits=over)
        return found

    @staticmethod
    def _own(row: Policy, principals: Mapping[str, Principal]) -> list[Principal]:
        return [one for one in principals.values() if one.row.scope == _account(row)]

    def _named(self, row: Policy, statement: Statement, principals: Mapping[str, Principal]) -> list[Principal]:
        """The account's principals to whom a statement gives something by itself.

        What a policy gives anybody at all is told once, of anybody.
        """
        if "*" not in statement.principals:
            named = dict.fromkeys(map(self.directory.called, statement.principals))
            return [one for one in map(principals.get, named) if one and one.row.scope == _account(row)]
        return [] if self._is_for_anybody(row, statement) else self._own(row, principals)

    def _named_elsewhere(
        self, row: Policy, statement: Statement, principals: Mapping[str, Principal]
    ) -> list[Principal]:
        """Those of other accounts in evidence whom a statement means; a copy of data they read where they are."""
        others = self._scopes - {_account(row)}
        listed = set(map(self.directory.called, statement.principals))
        accounts = {scope_of(name) for name in listed if name.isdigit() or name.endswith(":root")}
        if "*" in listed:
            accounts |= set() if self._is_for_anybody(row, statement) else others
        if _is_of_a_copy(row) or others.isdisjoint(accounts | set(map(scope_of, listed))):
            return []
        elsewhere = (one for one in principals.values() if one.row.scope in others)
        return [one for one in elsewhere if one.row.scope in accounts or one.arn in listed]

    def _is_for_anybody(self, row: Policy, statement: Statement) -> bool:
        """Whether what is for anybody by its words is so, or for whoever is in a network."""
        is_open = "*" in strangers("*", statement) and self._left(row, "*", "*", statement)[1]
        return bool(is_open) or _is_of_a_network(statement)

    def _across(
        self, row: Policy, statement: Statement, written: Sequence[Statement], holder: Principal
    ) -> Iterator[Source]:
        """What each policy of a principal of another account gives it of what the resource does."""
        given = statement.given(holder.caller)
        if given is None or not given.actions:
            return
        if _is_of_a_cluster(row):
            yield Source((given,), (_words(row),), (row,), None, account=_account(row), within=Limits())
            return
        controls = _given(self.directory.resource_controls(_account(row)), holder.caller)
        denies = (*holder.limits.denies, *meant(written, holder), *(one for one in controls if not one.allow))
        for source in holder.sources:
            own = tuple(one for one in source.statements if one.allow and _meet(one, given))
            if own and not source.carried:
                levels = (*holder.limits.organisation, own)
                limits = Limits(denies, None if source.unfenced else holder.limits.boundary, levels)
                steps, rows = (*source.steps, _words(row)), (*source.rows, row)
                yield Source(
                    (given,), steps, rows, source.grant, source.ends, carried=True, account=_account(row), within=limits
                )

    @staticmethod
    def _source(row: Policy, statement: Statement, holder: Principal) -> Iterator[Source]:
        given = statement.given(holder.caller)
        if given:
            unfenced = is_past_boundary(holder, statement)
            unlimited = _is_of_a_cluster(row)
            yield Source((given,), (_words(row),), (row,), None, unfenced=unfenced, unlimited=unlimited, carried=True)

    def _stranger(self, row: Policy, scope: str, statement: Statement) -> Caller:
        known = stranger(self.directory, _account(row), scope, statement)
        return Caller({**known.values, **dict.fromkeys(OF_SERVICES, Gap.ABSENT)})

    def strangers(self) -> Iterator[tuple[str, Entitlement]]:
        """Those of whom there is no evidence, as policies name them, with what they hold."""
        for row, system in self._rows:
            for statement in self.directory.read(row) or ():
                for name in ("*",) if statement.other_principals else statement.principals:
                    inside = name == "*" and _is_of_a_network(statement)
                    if statement.allow and statement.terms.hold(self.at) and not inside:
                        yield from self._held(row, system, name, statement)

    def nameless(self) -> Iterator[ForeignTrust]:
        """Those let in of whom no policy tells whose they are: a distribution of CloudFront's, a canonical user."""
        for row, system in self._rows:
            alive = (one for one in self.directory.read(row) or () if one.allow and one.terms.hold(self.at))
            for name in dict.fromkeys(name for one in alive for name in one.principals if _is_nameless(name)):
                yield ForeignTrust(
                    role=row.attached_to,
                    principal=name.rpartition("/")[2],
                    system=system,
                    nameless=True,
                    evidence=(pointer(row),),
                )

    def _held(self, row: Policy, system: str, name: str, statement: Statement) -> Iterator[tuple[str, Entitlement]]:
        for scope in sorted(strangers(name, statement) - self._scopes - {_account(row)} - balancers()):
            if scope == "*" and self._is_blocked(row):
                continue
            given, actions, facts = self._left(row, name, scope, statement)
            held = capabilities(actions)
            if given and held and any(one.changes or one is Capability.READ_DATA for one in held):
                principal = scope if name == "*" else name
                yield (
                    principal,
                    Entitlement(
                        identity=Identity(account=principal, actor_class=ActorClass.UNKNOWN),
                        account=principal,
                        provider="aws",
                        scope=_account(row),
                        system=system,
                        capabilities=held,
                        level=level_of(held),
                        path=(principal, _words(row)),
                        resource=row.attached_to,
                        expires_at=given.terms.ends,
                        conditions=(*(f"only {fact}" for fact in given.terms.facts), *facts),
                        evidence=(pointer(row),),
                    ),
                )

    def _left(
        self, row: Policy, name: str, scope: str, statement: Statement
    ) -> tuple[Statement | None, Actions, tuple[str, ...]]:
        """What a statement gives somebody of whom there is no evidence.

        It comes as it is for them, with what denials (the policy's and the organisation's) leave of it on what terms.
        """
        caller = self._stranger(row, scope, statement)
        given = statement.given(caller)
        if given is None:
            return None, NONE, ()
        actions = given.actions
        if not _is_of_a_copy(row):
            actions &= union(kind.actions for kind in types_of(f"{row.attached_to}*"))
        patterns = _on(given, row.attached_to).patterns
        facts: list[str] = []
        own = refusing(self.directory.read(row) or (), name, scope)
        for written in (*own, *self.directory.resource_controls(_account(row))):
            deny = None if written.allow else _on(written, row.attached_to).given(caller)
            if deny is None or not deny.actions & actions or not deny.terms.hold(self.at):
                continue
            if deny.terms.facts:
                facts.append(f"denied {' and '.join(deny.terms.facts)}")
            elif all(map(deny.covers_pattern, patterns)):
                actions &= ~deny.actions
        return given, actions, tuple(facts)

    def _is_blocked(self, row: Policy) -> bool:
        """Whether public access is restricted, on the bucket or on the whole account."""
        places = (row.attached_to, _account(row))
        found = (one for place in places for one in self.directory.policies_of.get(place, ()))
        blocks = (json.loads(one.document) for one in found if one.kind == "public-access-block")
        return any(block.get("RestrictPublicBuckets") is True for block in blocks)


def _on(statement: Statement, arn: str) -> Statement:
    """A statement about its resource, also where it says `*`."""
    if not statement.others and all(pattern.strip("*") for pattern in statement.resources):
        return statement
    return replace(statement, resources=(arn, f"{arn}/*", f"{arn}:*"), others=False)


def _meet(one: Statement, other: Statement) -> bool:
    """Whether two statements are both about something."""
    return bool(one.actions & other.actions) and any(map(one.meets_pattern, other.patterns))


def _delegating(row: Policy, written: Iterable[Statement]) -> tuple[Statement, ...] | None:
    """What a key's policy leaves to IAM; None where that is all, and for whatever is no key."""
    if row.attached_to.split(":")[2] != "kms" or not row.policy.endswith("#policy"):
        return None
    account = _account(row)
    names = {"*", account, *(f"arn:{part}:iam::{account}:root" for part in PARTITIONS)}
    found = tuple(one for one in written if one.allow and names.intersection(one.principals))
    whole = any(not one.clauses and one.actions & expand("kms:*") == expand("kms:*") for one in found)
    return None if whole else found


def _closed(row: Policy, delegating: Iterable[Statement] | None, caller: Caller) -> Iterator[Statement]:
    """What IAM's policies give a caller nothing of, or only under a condition of the key's policy."""
    closed, under = (NONE if delegating is None else expand("kms:*")), []
    for one in filter(None, (written.given(caller) for written in delegating or ())):
        if one.terms.facts:
            under.append(one)
        else:
            closed &= ~one.actions
    for one in under:
        facts = Terms(facts=tuple(f"unless {fact}" for fact in one.terms.facts))
        yield Statement(False, closed & one.actions, (row.attached_to,), others=False, terms=facts)
        closed &= ~one.actions
    yield Statement(False, closed, (row.attached_to,), others=False, terms=Terms())


def _is_nameless(principal: str) -> bool:
    return principal.startswith("CanonicalUser:") or f":iam::{CLOUDFRONT}:" in principal


def _is_of_a_network(statement: Statement) -> bool:
    return any(
        one.key.lower() in _NETWORKS and "not" not in one.operator and not one.if_exists for one in statement.clauses
    )


def _account(row: Policy) -> str:
    return row.policy.partition("#")[0]


def _words(row: Policy) -> str:
    """What gives, in words: a policy, a grant, an access entry."""
    return f"{row.policy.split('#')[2]} of {row.attached_to.split(':', 5)[5]}"


def _is_of_a_cluster(row: Policy) -> bool:
    """Whether it is said of Kubernetes, which asks IAM who somebody is and not what they may do."""
    return row.attached_to.split(":")[2] == "eks"


def _is_of_a_copy(row: Policy) -> bool:
    """Whether it says with whom a copy of data is shared: they read it where they are."""
    return row.policy.endswith("#sharing")
