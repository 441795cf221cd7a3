"""Conditions of bindings: time becomes a beginning and an end, the resource's name a pattern, the rest plain words.

The expressions are CEL. They are read as far as bindings use it: comparisons joined by `&&`, `||`, `!` and parentheses.
What is not understood stays a condition in its own words and ends nothing.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

_TOKEN = re.compile(r"""\s+|&&|\|\||[()!]|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s()!&|"']+|.""", re.DOTALL)
_TIME = re.compile(
    r"""request\.time\s*(<=|>=|<|>)\s*timestamp\(\s*(["'])([^"']+)\2\s*\)\s*(?:([+-])\s*duration\(\s*["']([\d.]+)s["']\s*\))?"""
)
_TURNED = re.compile(r"""timestamp\(\s*(["'])([^"']+)\1\s*\)\s*(<=|>=|<|>)\s*request\.time()()""")
_STARTS = re.compile(r"""resource\.name\.startsWith\(\s*(["'])(.*)\1\s*\)""", re.DOTALL)
_ENDS = re.compile(r"""resource\.name\.endsWith\(\s*(["'])(.*)\1\s*\)""", re.DOTALL)
_IS = re.compile(r"""resource\.name\s*==\s*(["'])(.*)\1""", re.DOTALL)
_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_INVERSE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<"}
_FRACTION = re.compile(r"(\.\d{6})\d+")
_LONGEST_WORD = 160
_LONGEST = 20_000
_MOST_CASES = 64
_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class Terms:
    """One way in which a condition can be met.

    Args:
        starts: not before; None when there is no beginning.
        ends: no longer than; None when there is no end.
        patterns: name patterns with `*` that the resource must match, all of them.
        facts: every other condition in words, to follow `only when`.
    """

    starts: datetime | None = None
    ends: datetime | None = None
    patterns: tuple[str, ...] = ()
    facts: tuple[str, ...] = ()

    def holds(self, at: datetime) -> bool:
        """Whether its time has come and is not over."""
        return (self.starts is None or self.starts <= at) and (self.ends is None or at < self.ends)

    @property
    def narrows(self) -> bool:
        """Whether something beside time limits it."""
        return bool(self.patterns or self.facts)

    def also(self, other: "Terms") -> "Terms":
        """Both at once."""
        starts = max(filter(None, (self.starts, other.starts)), default=None)
        ends = min(filter(None, (self.ends, other.ends)), default=None)
        patterns = tuple(dict.fromkeys((*self.patterns, *other.patterns)))
        return Terms(starts, ends, patterns, tuple(dict.fromkeys((*self.facts, *other.facts))))


ALWAYS = Terms()


def expression_of(condition: str | None) -> str:
    """The expression in a grant's condition, which collectors keep as JSON; empty where there is none."""
    return parts_of(condition).get("expression", "")


def parts_of(condition: str | None) -> dict[str, str]:
    """Expression, title and description of a grant's condition."""
    try:
        parts = json.loads(condition or "{}")
    except ValueError:
        return {"expression": condition or ""}
    return {key: value for key, value in parts.items() if isinstance(value, str)} if isinstance(parts, dict) else {}


def alternatives(expression: str) -> tuple[Terms, ...]:
    """Every way in which an expression can be met; one that is not understood is a fact in its own words."""
    text = expression.strip()
    if not text:
        return (ALWAYS,)
    try:
        return _Reader(_TOKEN.findall(text)).whole() if len(text) <= _LONGEST else (_opaque(text),)
    except _TooMuchError:
        return (_opaque(text),)


def expiry(expression: str) -> datetime | None:
    """When a binding under the condition ends for good; None where nothing says that it does."""
    ends = [terms.ends for terms in alternatives(expression)]
    return max(end for end in ends if end) if ends and all(ends) else None


def best_at(expression: str, at: datetime) -> tuple[Terms, ...]:
    """The ways that are open at a moment, those that last longest and ask for least first."""
    return tuple(sorted((terms for terms in alternatives(expression) if terms.holds(at)), key=_worth))


def _worth(terms: Terms) -> tuple[float, int]:
    return (-(terms.ends.timestamp() if terms.ends else float("inf")), len(terms.patterns) + len(terms.facts))


class _TooMuchError(Exception):
    """The expression is longer, deeper or of more cases than any that people write."""


class _Reader:
    """Reads tokens into alternatives: `||` adds some, `&&` multiplies them, `!` turns an atom round."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = list(tokens)
        self._at = 0
        self._depth = 0

    def whole(self) -> tuple[Terms, ...]:
        found = self._either(negated=False)
        if self._at < len(self._tokens):
            raise _TooMuchError
        return found

    def _peek(self) -> str:
        while self._at < len(self._tokens) and self._tokens[self._at].isspace():
            self._at += 1
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def _either(self, *, negated: bool) -> tuple[Terms, ...]:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _TooMuchError
        parts = [self._both(negated=negated)]
        while self._peek() == "||":
            self._at += 1
            parts.append(self._both(negated=negated))
        self._depth -= 1
        return _all_of(parts) if negated else _any_of(parts)

    def _both(self, *, negated: bool) -> tuple[Terms, ...]:
        parts = [self._one(negated=negated)]
        while self._peek() == "&&":
            self._at += 1
            parts.append(self._one(negated=negated))
        return _any_of(parts) if negated else _all_of(parts)

    def _one(self, *, negated: bool) -> tuple[Terms, ...]:
        word = self._peek()
        if word == "!":
            self._at += 1
            return self._one(negated=not negated)
        if word == "(":
            self._at += 1
            found = self._either(negated=negated)
            if self._peek() != ")":
                raise _TooMuchError
            self._at += 1
            return found
        return (_atom(self._text(), negated=negated),)

    def _text(self) -> str:
        """One comparison: up to the next operator outside its own parentheses."""
        start, depth = self._at, 0
        while self._at < len(self._tokens):
            word = self._tokens[self._at]
            if depth == 0 and word in ("&&", "||", ")"):
                break
            depth += (word == "(") - (word == ")")
            self._at += 1
        text = "".join(self._tokens[start : self._at]).strip()
        if not text:
            raise _TooMuchError
        return text


def _any_of(parts: list[tuple[Terms, ...]]) -> tuple[Terms, ...]:
    return _bounded(tuple(terms for part in parts for terms in part))


def _all_of(parts: list[tuple[Terms, ...]]) -> tuple[Terms, ...]:
    found: tuple[Terms, ...] = (ALWAYS,)
    for part in parts:
        found = _bounded(tuple(one.also(other) for one in found for other in part))
    return found


def _bounded(found: tuple[Terms, ...]) -> tuple[Terms, ...]:
    if len(found) > _MOST_CASES:
        raise _TooMuchError
    return found


def _atom(text: str, *, negated: bool) -> Terms:
    timed = _timed(text, negated=negated)
    if timed is not None:
        return timed
    if not negated:
        for pattern, glob in ((_STARTS, "{}*"), (_ENDS, "*{}"), (_IS, "{}")):
            if match := pattern.fullmatch(text):
                return Terms(patterns=(glob.format(match[2].replace("*", "?")),))
    return Terms(facts=(f"not {_words(text)}" if negated else _words(text),))


def _timed(text: str, *, negated: bool) -> Terms | None:
    if match := _TIME.fullmatch(text):
        operator, _, stamp, sign, seconds = match.groups()
    elif match := _TURNED.fullmatch(text):
        _, stamp, operator, sign, seconds = match.groups()
        operator = _MIRROR[operator]
    else:
        return None
    moment = _moment(stamp)
    if moment is None:
        return None
    if seconds:
        try:
            moment += timedelta(seconds=float(seconds)) * (1 if sign == "+" else -1)
        except (OverflowError, ValueError):
            return None
    operator = _INVERSE[operator] if negated else operator
    return replace(ALWAYS, ends=moment) if operator.startswith("<") else replace(ALWAYS, starts=moment)


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
        return found.astimezone(UTC) if found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _opaque(text: str) -> Terms:
    return Terms(facts=(_words(text),))


def _words(text: str) -> str:
    short = " ".join(text.split())
    return short if len(short) <= _LONGEST_WORD else short[: _LONGEST_WORD - 1] + "…"
