"""Conditions of bindings: time becomes a beginning and an end, the resource's name a pattern, the rest plain words.

The expressions are CEL. What comes to the same whatever is asked for is worked out; what is not understood stays a
condition in its own words and ends nothing. `has({}.jitAccessConstraint)` and its like are never true: access brokers
write them on what somebody may ask for, and put a time in their place when it is given.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from msgspec import Struct
from msgspec.structs import replace

from auditor.model.few import cut
from auditor.providers.google.cel import Node, NotUnderstoodError, parse
from auditor.providers.google.constants import NotConstantError, constant

_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}
_INVERSE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_GLOBS = {"startsWith": "{}*", "endsWith": "*{}", "contains": "*{}*"}
_LONGEST_WORD = 160
_MOST_CASES = 64


class Terms(Struct, frozen=True):
    """One way in which a condition can be met.

    Args:
        starts: not before; None when there is no beginning.
        ends: no longer than; None when there is no end.
        patterns: name patterns with `*` that the resource must match, all of them.
        facts: every other condition in words, to follow `only when`.
        awaits: what an access broker puts something else in the place of: until then nothing is held.
    """

    starts: datetime | None = None
    ends: datetime | None = None
    patterns: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()
    awaits: tuple[str, ...] = ()

    def holds(self, at: datetime) -> bool:
        """Whether it is held, and its time has come and is not over."""
        return not self.awaits and self.is_time(at)

    def is_time(self, at: datetime) -> bool:
        """Whether its time has come and is not over."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)

    def within(self, other: "Terms") -> bool:
        """Whether it asks for all that the other asks for, and lasts no longer."""
        starts = other.starts is None or (self.starts is not None and self.starts >= other.starts)
        ends = other.ends is None or (self.ends is not None and self.ends <= other.ends)
        asked = zip((self.patterns, self.facts, self.awaits), (other.patterns, other.facts, other.awaits), strict=True)
        return starts and ends and all(set(more) >= set(less) for more, less in asked)

    def also(self, other: "Terms") -> "Terms":
        """Both at once."""
        starts = max(filter(None, (self.starts, other.starts)), default=None)
        ends = min(filter(None, (self.ends, other.ends)), default=None)
        patterns = tuple(dict.fromkeys((*self.patterns, *other.patterns)))
        facts, awaits = dict.fromkeys((*self.facts, *other.facts)), dict.fromkeys((*self.awaits, *other.awaits))
        return Terms(starts, ends, patterns, tuple(facts), tuple(awaits))


ALWAYS = Terms()


def parts_of(condition: str | None) -> dict[str, str]:
    """Expression, title and description of a grant's condition, which collectors keep as JSON."""
    try:
        parts = json.loads(condition or "{}")
    except ValueError:
        return {"expression": condition or ""}
    return {key: value for key, value in parts.items() if isinstance(value, str)} if isinstance(parts, dict) else {}


def alternatives(expression: str, known: Mapping[str, str] | None = None) -> tuple[Terms, ...]:
    """Every way in which an expression can be met; one that is not understood is a fact in its own words.

    `known` is what is told of the caller, as in `principal.type`.
    """
    if not expression.strip():
        return (ALWAYS,)
    try:
        return _ways(_told(parse(expression), known or {}), negated=False)
    except (NotUnderstoodError, _TooMuchError):
        return (Terms(facts=(_words(expression),)),)


def _told(node: Node, known: Mapping[str, str]) -> Node:
    """An expression with what is known in the place of its names."""
    if node.op == "." and node.text in known:
        return Node("literal", value=known[node.text], text=node.text)
    return replace(node, parts=tuple(_told(part, known) for part in node.parts)) if known else node


def expiry(expression: str) -> datetime | None:
    """When a binding under the condition ends for good; None where nothing says that it does."""
    ways = alternatives(expression)
    ends = [terms.ends for terms in ways if not terms.awaits] or [terms.ends for terms in ways]
    known = [end for end in ends if end]
    return max(known, default=None) if len(known) == len(ends) else None


def best_at(expression: str, at: datetime) -> tuple[Terms, ...]:
    """The ways that are open at a moment, those that last longest and ask for least first."""
    return tuple(sorted((terms for terms in alternatives(expression) if terms.holds(at)), key=_worth))


def asked_for_at(expression: str, at: datetime) -> tuple[Terms, ...]:
    """The ways that an access broker would open when it is asked; none where a way is open already."""
    ways = sorted((terms for terms in alternatives(expression) if terms.is_time(at)), key=_worth)
    return () if any(terms.holds(at) for terms in ways) else tuple(ways)


def held_and_eligible(condition: str | None, at: datetime) -> tuple[tuple[Terms, ...], tuple[Terms, ...]]:
    """The ways of a grant's condition that are open at a moment, and those that can be asked for."""
    parts = parts_of(condition)
    expression, entitlement = parts.get("expression", ""), parts.get("entitlement")
    if not entitlement:
        return best_at(expression, at), asked_for_at(expression, at)
    asked = (replace(terms, awaits=(entitlement,)) for terms in alternatives(expression) if terms.is_time(at))
    return (), tuple(sorted(asked, key=_worth))


def no_wider(expression: str, other: str) -> bool:
    """Whether a condition lets in nothing that another one does not."""
    others = alternatives(other)
    return all(any(one.within(way) for way in others) for one in alternatives(expression))


def _worth(terms: Terms) -> tuple[float, int]:
    return (-(terms.ends.timestamp() if terms.ends else float("inf")), len(terms.patterns) + len(terms.facts))


class _TooMuchError(Exception):
    """The expression is of more cases than any that people write."""


def _ways(node: Node, *, negated: bool) -> tuple[Terms, ...]:
    """`||` adds ways, `&&` multiplies them, `!` turns a comparison round."""
    if node.op == "!":
        return _ways(node.parts[0], negated=not negated)
    if node.op in ("&&", "||"):
        both = [_ways(part, negated=negated) for part in node.parts]
        return _all_of(*both) if (node.op == "&&") is not negated else _bounded((*both[0], *both[1]))
    if node.op == "?:":
        asked, then, other = node.parts
        first = _all_of(_ways(asked, negated=False), _ways(then, negated=negated))
        return _bounded((*first, *_all_of(_ways(asked, negated=True), _ways(other, negated=negated))))
    if _awaits(node):
        return (ALWAYS,) if negated else (Terms(awaits=(_words(node.text),)),)
    try:
        return (ALWAYS,) if bool(constant(node)) is not negated else ()
    except NotConstantError:
        return _compared(node, negated=negated)


def _awaits(node: Node) -> bool:
    """Whether it asks for something in nothing, as only those write who will put something in its place."""
    if node.op != "call" or node.value != "has" or len(node.parts) != 1 or node.parts[0].op != ".":
        return False
    inside = node.parts[0]
    while inside.op == ".":
        inside = inside.parts[0]
    return inside.op == "map" and not inside.parts


def _all_of(one: tuple[Terms, ...], other: tuple[Terms, ...]) -> tuple[Terms, ...]:
    return _bounded(tuple(first.also(second) for first in one for second in other))


def _bounded(found: tuple[Terms, ...]) -> tuple[Terms, ...]:
    if len(found) > _MOST_CASES:
        raise _TooMuchError
    return found


def _compared(node: Node, *, negated: bool) -> tuple[Terms, ...]:
    """A comparison, or a call that tells yes or no."""
    timed = _timed(node, negated=negated)
    if timed is not None:
        return timed
    patterns = None if negated else _patterns(node)
    if patterns is not None:
        return tuple(Terms(patterns=(pattern,)) for pattern in patterns)
    words = _words(node.text)
    return (Terms(facts=(f"not {words}" if negated else words,)),)


def _patterns(node: Node) -> list[str] | None:
    """Patterns of which the resource's name matches one; None where it is not about that."""
    if not node.parts or not _is_field(node.parts[0], "resource", "name"):
        turned = node.op == "==" and _is_field(node.parts[1], "resource", "name")
        return _patterns(Node("==", node.parts[::-1])) if turned else None
    try:
        told = [constant(part) for part in node.parts[1:]]
    except NotConstantError:
        return None
    if node.op == "in" and isinstance(told[0], list):
        return [_literal(one) for one in told[0] if isinstance(one, str)]
    if len(told) != 1 or not isinstance(told[0], str):
        return None
    if node.op == "==":
        return [_literal(told[0])]
    glob = _GLOBS.get(node.value) if node.op == "call" else None
    return [glob.format(_literal(told[0]))] if glob else None


def _literal(text: str) -> str:
    return text.replace("*", "?")


def _is_field(node: Node, *names: str) -> bool:
    return node.op == "." and node.value == names[-1] and node.parts[0].op == "name" and node.parts[0].value == names[0]


def _timed(node: Node, *, negated: bool) -> tuple[Terms, ...] | None:
    """A comparison of the time of the request with a moment or a year; None where it is none."""
    if node.op not in _MIRROR:
        return None
    operator = _INVERSE[node.op] if negated else node.op
    for (one, other), sign in ((node.parts, operator), (node.parts[::-1], _MIRROR[operator])):
        if year := _year(one, other):
            return _within_years(sign, *year)
    left, right = map(_sum, node.parts)
    if left is None or right is None or abs(times := left[0] - right[0]) != 1:
        return None
    try:
        moment = _EPOCH + (right[1] - left[1]) * times
    except OverflowError:
        return None
    return _bound(operator if times == 1 else _MIRROR[operator], moment)


def _sum(node: Node) -> tuple[int, timedelta] | None:
    """How often the time of the request stands in a sum, and what else: moments count from 1970; None if it is none."""
    if _is_field(node, "request", "time"):
        return 1, timedelta()
    if node.op in ("+", "-"):
        one, other = map(_sum, node.parts)
        if one is None or other is None:
            return None
        sign = 1 if node.op == "+" else -1
        return one[0] + sign * other[0], one[1] + sign * other[1]
    try:
        value = constant(node)
    except NotConstantError:
        return None
    if isinstance(value, datetime):
        return 0, value - _EPOCH
    return (0, value) if isinstance(value, timedelta) else None


def _bound(operator: str, moment: datetime) -> tuple[Terms, ...] | None:
    if operator in ("<", "<="):
        return (Terms(ends=moment),)
    return (Terms(starts=moment),) if operator in (">", ">=") else None


def _year(call: Node, number: Node) -> tuple[datetime, datetime] | None:
    """The beginning and the end of the year with which the year of the request is compared."""
    if call.op != "call" or call.value != "getFullYear" or not _is_field(call.parts[0], "request", "time"):
        return None
    try:
        year, zones = constant(number), [constant(part) for part in call.parts[1:]]
        zone = ZoneInfo(str(zones[0])) if zones else UTC
        return datetime(year, 1, 1, tzinfo=zone).astimezone(UTC), datetime(year + 1, 1, 1, tzinfo=zone).astimezone(UTC)
    except (NotConstantError, TypeError, ValueError, OverflowError, ZoneInfoNotFoundError):
        return None


def _within_years(operator: str, begins: datetime, ends: datetime) -> tuple[Terms, ...]:
    found = {
        "<": (Terms(ends=begins),),
        "<=": (Terms(ends=ends),),
        ">": (Terms(starts=ends),),
        ">=": (Terms(starts=begins),),
        "==": (Terms(starts=begins, ends=ends),),
        "!=": (Terms(ends=begins), Terms(starts=ends)),
    }
    return found[operator]


def _words(text: str) -> str:
    return cut(" ".join(text.split()), _LONGEST_WORD)
