"""AWS policies: documents into statements, and what statements, denials and limits leave of each other."""

import json
import operator
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.globs import LONGEST, covers, overlap
from auditor.providers.aws.actions import NONE, Actions, catalogue, expand, union
from auditor.providers.aws.callers import Caller, Gap, has_variable, settled
from auditor.providers.aws.conditions import Clause, Terms, clauses, terms
from auditor.providers.aws.resources import AccountResources

_ARN_PARTS = 6
_MOST_PIECES = 32


class MalformedPolicyError(ValueError):
    """A policy document that AWS would not accept, or that the dump does not hold."""


class Statement(Struct, frozen=True, eq=False):
    """One statement. `resources` are the patterns that it names, or with `others` everything but them."""

    allow: bool
    actions: Actions
    resources: tuple[str, ...]
    others: bool
    terms: Terms
    principals: tuple[str, ...] = ()
    other_principals: bool = False
    clauses: tuple[Clause, ...] = ()

    @property
    def patterns(self) -> tuple[str, ...]:
        """What it may be about: its resources, or anything where it names those that it is not about."""
        return ("*",) if self.others else self.resources

    def given(self, caller: Caller) -> "Statement | None":
        """What it comes to for a caller; None where it does not apply to it."""
        if not self.clauses and not any(map(has_variable, self.resources)):
            return self
        left = settled(self.clauses, caller)
        known = {pattern: caller.resolved(pattern) for pattern in self.resources}
        resources = tuple(text for text in known.values() if not isinstance(text, Gap))
        if left is None or (not resources and not self.others):
            return None
        if left == self.clauses and resources == self.resources:
            return self
        return replace(self, clauses=left, terms=terms(left), resources=resources)

    def touches(self, land: AccountResources, system: str | None) -> Actions:
        """Actions with which it can reach something of the system; None asks of the whole account."""
        if not self.others:
            return self.actions & union(land.touches(pattern, system) for pattern in self.resources)
        return self.actions & ~union(land.covers(pattern, system) for pattern in self.resources)

    def covers(self, land: AccountResources, system: str | None) -> Actions:
        """Actions for which it reaches everything of the system; None asks of the whole account."""
        if not self.others:
            return self.actions & union(land.covers(pattern, system) for pattern in self.resources)
        return self.actions & ~union(land.touches(pattern, system) for pattern in self.resources)

    def covers_pattern(self, wanted: str) -> bool:
        """Whether it reaches whatever a resource pattern names."""
        if self.others:
            return not any(overlap(pattern, wanted) for pattern in self.resources)
        return any(covers(pattern, wanted) for pattern in self.resources)

    def meets_pattern(self, wanted: str) -> bool:
        """Whether it reaches something that a resource pattern names."""
        if self.others:
            return not any(covers(pattern, wanted) for pattern in self.resources)
        return any(overlap(pattern, wanted) for pattern in self.resources)


class Held(Struct, frozen=True):
    """Actions held on a system.

    Args:
        ends: when the right ends by itself; None when it does not.
        facts: conditions that it stands under.
        narrow: whether such a condition limits what may be done.
        through: the resource pattern that gives it.
    """

    actions: Actions
    ends: datetime | None = None
    facts: tuple[str, ...] = ()
    narrow: bool = False
    through: str = "*"


class Limits(Struct, frozen=True, eq=False):
    """What stands over all of a principal's policies.

    Args:
        denies: Deny statements of all its policies, its boundary and the organisation.
        boundary: the Allow statements of its permissions boundary; None where it has none.
        organisation: those of the service control policies at each level from the organisation's root to its account.
        closed: what IAM's policies give nothing of, since only the policy of the resource itself does.
    """

    denies: tuple[Statement, ...] = ()
    boundary: tuple[Statement, ...] | None = None
    organisation: tuple[tuple[Statement, ...], ...] = ()
    closed: tuple[Statement, ...] = ()

    def given(self, caller: Caller) -> "Limits":
        """As they are for a caller."""
        boundary = None if self.boundary is None else given(self.boundary, caller)
        levels = tuple(given(level, caller) for level in self.organisation)
        return Limits(given(self.denies, caller), boundary, levels, self.closed)

    @property
    def ceilings(self) -> tuple[tuple[Statement, ...], ...]:
        """A right must be in each of these."""
        return self.organisation if self.boundary is None else (self.boundary, *self.organisation)


def parse(document: str) -> tuple[Statement, ...]:
    """The statements of a policy document.

    Raises:
        MalformedPolicyError: with what is wrong with it, to follow "could not be read: ".
    """
    try:
        return tuple(_statement(item) for item in _items(json.loads(document)))
    except MalformedPolicyError:
        raise
    except RecursionError as error:
        raise MalformedPolicyError("it is nested too deeply") from error
    except json.JSONDecodeError as error:
        raise MalformedPolicyError("it is no JSON") from error
    except ValueError as error:
        raise MalformedPolicyError(str(error)) from error


def _items(content: Any) -> list[Any]:
    if content is None:
        raise MalformedPolicyError("the evidence does not hold its document")
    if not isinstance(content, dict) or "Statement" not in content:
        raise MalformedPolicyError("it has no statements")
    listed = content["Statement"]
    return listed if isinstance(listed, list) else [listed]


def _completed(resource: str) -> str:
    """A resource as AWS reads it: the parts that an ARN leaves out are any. `arn:aws:sqs` is every queue."""
    parts = resource.split(":")
    return resource + ":*" * (_ARN_PARTS - len(parts)) if resource.startswith("arn:") else resource


def _statement(item: Any) -> Statement:
    if not isinstance(item, dict):
        raise MalformedPolicyError("a statement is no object")
    if item.get("Effect") not in ("Allow", "Deny"):
        raise MalformedPolicyError("a statement has no Effect of Allow or Deny")
    actions = union(expand(pattern) for pattern in _strings(item, "Action", "NotAction"))
    resources = tuple(map(_completed, _strings(item, "Resource", "NotResource")))
    trusted = _principals(item.get("Principal", item.get("NotPrincipal")))
    if not resources and not trusted:
        raise MalformedPolicyError("a statement names neither a resource nor a principal")
    asked = tuple(clauses(item.get("Condition")))
    return Statement(
        allow=item["Effect"] == "Allow",
        actions=catalogue().everything & ~actions if "NotAction" in item else actions,
        resources=resources or ("*",),
        others="NotResource" in item,
        terms=terms(asked),
        principals=trusted,
        other_principals="NotPrincipal" in item,
        clauses=asked,
    )


def given(statements: tuple[Statement, ...], caller: Caller) -> tuple[Statement, ...]:
    """Statements as they are for a caller; the very same ones where nothing in them is about callers."""
    found = tuple(settled_one for one in statements if (settled_one := one.given(caller)))
    same = len(found) == len(statements) and all(map(operator.is_, found, statements))
    return statements if same else found


def _strings(item: dict[str, Any], *names: str) -> tuple[str, ...]:
    """The texts under the first of these names that is there; one text stands for a list of one."""
    value: Any = next((item[name] for name in names if name in item), [])
    listed = value if isinstance(value, list) else [value]
    if not all(isinstance(text, str) and len(text) <= LONGEST for text in listed):
        raise MalformedPolicyError(f"its {names[0]} is no list of texts")
    return tuple(listed)


def _principals(value: Any) -> tuple[str, ...]:
    """AWS principals as they stand; services and federated providers with their kind before them."""
    if value is None:
        return ()
    if isinstance(value, str):
        return (value,)
    if not isinstance(value, dict):
        raise MalformedPolicyError("its Principal is neither * nor an object")
    found: list[str] = []
    for kind in value:
        names = _strings(value, kind)
        found += names if kind == "AWS" else (f"{kind}:{name}" for name in names)
    return tuple(found)


class Evaluation(Struct, frozen=True):
    """What policies give in one account at one moment."""

    land: AccountResources
    at: datetime

    def held(self, policy: Iterable[Statement], limits: Limits, system: str | None) -> tuple[Held, ...]:
        """What the Allow statements of one policy give on a system, after denials and ceilings.

        With None as the system: what is held on the whole account without exception.
        """
        found: list[Held] = []
        for statement in policy:
            if statement.allow and statement.terms.hold(self.at):
                for right in self._raw(statement, system):
                    found += self._within(self._after_denials(right, limits, system), limits, system)
        return tuple(right for right in found if right.actions)

    def _raw(self, statement: Statement, system: str | None) -> Iterator[Held]:
        """What a statement gives by itself, by the resource pattern that gives it."""
        asked = statement.terms
        right = Held(NONE, asked.ends, asked.facts, asked.narrows)
        if system is None:
            yield replace(right, actions=statement.covers(self.land, None))
        elif statement.others:
            yield replace(right, actions=statement.touches(self.land, system))
        else:
            for pattern in statement.resources:
                actions = statement.actions & self.land.touches(pattern, system)
                if actions:
                    yield replace(right, actions=actions, through=pattern)

    def _after_denials(self, right: Held, limits: Limits, system: str | None) -> list[Held]:
        pieces = [right]
        for deny in (*limits.denies, *limits.closed):
            asked = deny.terms
            if not deny.actions & right.actions or (asked.ends and asked.ends <= self.at):
                continue
            hit = right.actions & self._denied(deny, right, system)
            if not hit:
                continue
            if asked.facts:
                pieces = _split(pieces, hit, None, (f"denied {' and '.join(asked.facts)}",))
            elif asked.starts and asked.starts > self.at:
                pieces = _split(pieces, hit, asked.starts, ())
            else:
                pieces = [replace(piece, actions=piece.actions & ~hit) for piece in pieces]
        return [piece for piece in pieces if piece.actions]

    def _denied(self, deny: Statement, right: Held, system: str | None) -> Actions:
        """The actions that a Deny takes from a right; a conditional one is a fact wherever it touches."""
        if system is None or deny.terms.facts:
            # Held without exception means that nothing of it may be denied.
            return deny.touches(self.land, system)
        if deny.covers_pattern(right.through):
            return deny.actions
        return deny.covers(self.land, system)

    def _within(self, pieces: Iterable[Held], limits: Limits, system: str | None) -> list[Held]:
        """The rights that are also in every ceiling, with the ceiling's end and conditions."""
        inside = list(pieces)
        for ceiling in limits.ceilings:
            open_ = [statement for statement in ceiling if statement.terms.hold(self.at)]
            # The statement that lasts longest, and asks for nothing, counts first.
            open_.sort(key=lambda s: (bool(s.terms.facts), s.terms.ends is not None, -_stamp(s.terms.ends)))
            inside = [part for piece in inside for part in self._under(piece, open_, system)]
        return inside

    def _under(self, piece: Held, ceiling: Iterable[Statement], system: str | None) -> Iterator[Held]:
        left = piece.actions
        for statement in ceiling:
            if system is None:
                inside = left & statement.covers(self.land, None)
            else:
                inside = left & statement.touches(self.land, system) if statement.meets_pattern(piece.through) else NONE
            if inside:
                asked = statement.terms
                facts = (*piece.facts, *asked.facts)
                yield Held(inside, soonest(piece.ends, asked.ends), facts, piece.narrow or asked.narrows, piece.through)
                left &= ~inside


def soonest(*ends: datetime | None) -> datetime | None:
    """The earliest of several ends; None never ends."""
    return min((end for end in ends if end), default=None)


def _stamp(end: datetime | None) -> float:
    return end.timestamp() if end else 0.0


def _split(pieces: list[Held], hit: Actions, ends: datetime | None, facts: tuple[str, ...]) -> list[Held]:
    """Part of the actions under other terms than the rest; a whole piece where there would be too many."""
    found: list[Held] = []
    for piece in pieces:
        cut = piece.actions if len(pieces) > _MOST_PIECES and piece.actions & hit else piece.actions & hit
        found.append(replace(piece, actions=cut, ends=soonest(piece.ends, ends), facts=(*piece.facts, *facts)))
        found.append(replace(piece, actions=piece.actions & ~cut))
    return [piece for piece in found if piece.actions]
