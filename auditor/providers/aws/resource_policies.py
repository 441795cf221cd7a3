"""What resources of systems give by policies of their own: to the account's principals by name, and to strangers."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from auditor.config.models import Config
from auditor.model.entitlements import Entitlement, Identity
from auditor.model.findings import pointer
from auditor.model.levels import level_of
from auditor.model.tables import Policy
from auditor.model.vocabulary import ActorClass, Capability
from auditor.providers.aws.actions import Actions, types_of, union
from auditor.providers.aws.callers import OF_SERVICES, Caller, Gap
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.permits import is_alive
from auditor.providers.aws.policy import Statement
from auditor.providers.aws.principals import Directory, Principal, Source
from auditor.providers.aws.reach import stranger, strangers
from auditor.providers.systems import Systems

# Networks of one's own: nobody comes from there without having been let in.
_NETWORKS = frozenset({"aws:sourcevpce", "aws:sourcevpc", "aws:vpcsourceip"})


@dataclass(frozen=True)
class ResourcePolicies:
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

    def over(self, principals: Mapping[str, Principal]) -> dict[str, Principal]:
        """The account's own principals, with what resources give them by name."""
        found = dict(principals)
        for row, _ in self._rows:
            for statement in self.directory.read(row) or ():
                if not statement.allow or statement.other_principals:
                    continue
                named = [found[name] for name in statement.principals if name in found]
                for one in named:
                    given = _on(statement, row.attached_to).given(one.caller)
                    if given and one.row.scope == _account(row):
                        step = f"policy of {_short(row)}"
                        source = Source((given,), (step,), (row,), None)
                        found[one.arn] = replace(found[one.arn], sources=(*found[one.arn].sources, source))
        return found

    def strangers(self) -> Iterator[tuple[str, Entitlement]]:
        """Those of whom there is no evidence, as policies name them, with what they hold."""
        for row, system in self._rows:
            statements = self.directory.read(row) or ()
            for statement in statements:
                if statement.allow and is_alive(statement, self.at) and not _is_of_a_network(statement):
                    for name in ("*",) if statement.other_principals else statement.principals:
                        yield from self._held(row, system, name, statement, statements)

    def _held(
        self, row: Policy, system: str, name: str, statement: Statement, every: tuple[Statement, ...]
    ) -> Iterator[tuple[str, Entitlement]]:
        for scope in sorted(strangers(name, statement) - self.directory.scopes - {_account(row)}):
            if scope == "*" and self._is_blocked(row):
                continue
            known = stranger(self.directory, _account(row), scope, statement)
            caller = Caller({**known.values, **dict.fromkeys(OF_SERVICES, Gap.ABSENT)})
            given = statement.given(caller)
            actions, facts = self._left(row, caller, given, every) if given else (0, ())
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
                        path=(principal, f"policy of {_short(row)}"),
                        resource=row.attached_to,
                        expires_at=given.terms.ends,
                        conditions=(*(f"only {fact}" for fact in given.terms.facts), *facts),
                        evidence=(pointer(row),),
                    ),
                )

    @staticmethod
    def _left(
        row: Policy, caller: Caller, given: Statement, every: tuple[Statement, ...]
    ) -> tuple[Actions, tuple[str, ...]]:
        """What the policy's own denials leave of a statement, and on what terms."""
        actions = given.actions & union(kind.actions for kind in types_of(f"{row.attached_to}*"))
        facts: list[str] = []
        for written in every:
            deny = None if written.allow else written.given(caller)
            if deny is None or not deny.actions & actions or ("*" in deny.principals) is deny.other_principals:
                continue
            if deny.terms.facts:
                facts.append(f"denied {' and '.join(deny.terms.facts)}")
            else:
                actions &= ~deny.actions
        return actions, tuple(facts)

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


def _is_of_a_network(statement: Statement) -> bool:
    return any(one.key.lower() in _NETWORKS and "not" not in one.operator for one in statement.clauses)


def _account(row: Policy) -> str:
    return row.policy.partition("#")[0]


def _short(row: Policy) -> str:
    return row.attached_to.split(":", 5)[5]
