"""Patterns with `*` and `?`, as AWS policies write them: matching, covering and overlapping, in bounded time.

Policies come from outside, so nothing here backtracks: the worst case is the product of the two lengths.
"""

import re
from collections.abc import Callable
from functools import cache, lru_cache, partial

# An ARN has at most 2048 characters; a longer pattern is not one.
LONGEST = 2048


@lru_cache(maxsize=65536)
def matches(pattern: str, text: str) -> bool:
    """Whether the text, taken literally, is one that the pattern describes."""
    return _match(pattern, text, joker="")


def matcher(pattern: str) -> Callable[[str], bool]:
    """`matches` for many texts; to compile an expression for it took longer than most patterns are looked for."""
    return partial(_match, pattern, joker="") if "?" in pattern else partial(_in_order, pattern.split("*"))


@lru_cache(maxsize=65536)
def covers(outer: str, inner: str) -> bool:
    """Whether every text that `inner` describes is also described by `outer`."""
    # Inner's `*` can stand for anything, so only outer's `*` may take it up.
    return outer == inner or _match(outer, inner, joker="*")


@lru_cache(maxsize=65536)
def overlap(one: str, other: str) -> bool:
    """Whether some text is described by both."""
    reachable = {0}
    for symbol in one:
        if symbol == "*":
            start = min(reachable)
            reachable = set(range(start, len(other) + 1))
            continue
        reachable = {step for at in _closed(reachable, other) for step in _steps(symbol, other, at)}
        if not reachable:
            return False
    return len(other) in _closed(reachable, other)


def literal_head(pattern: str) -> str:
    """The text before the first wildcard."""
    ends = [at for at in (pattern.find("*"), pattern.find("?")) if at >= 0]
    return pattern[: min(ends)] if ends else pattern


def is_literal(pattern: str) -> bool:
    """Whether it describes exactly one text."""
    return "*" not in pattern and "?" not in pattern


def literal_length(pattern: str) -> int:
    """How much of it is literal: the more, the more specific."""
    return len(pattern) - pattern.count("*") - pattern.count("?")


def _match(pattern: str, text: str, joker: str) -> bool:
    """Greedy matching; a `joker` in the text is taken up by `*` only."""
    if "?" not in pattern:
        return _in_order(pattern.split("*"), text)
    at = p = 0
    star, resume = -1, 0
    while at < len(text):
        if p < len(pattern) and pattern[p] == "*":
            star, resume = p, at
            p += 1
        elif p < len(pattern) and (pattern[p] == text[at] or pattern[p] == "?") and text[at] != joker:
            p += 1
            at += 1
        elif star >= 0:
            resume += 1
            p, at = star + 1, resume
        else:
            return False
    return all(symbol == "*" for symbol in pattern[p:])


def _in_order(parts: list[str], text: str) -> bool:
    """Whether a text is made of these parts in this order, with anything between them."""
    head, *inner = parts
    if not inner:
        return text == head
    tail, at = inner.pop(), len(head)
    end = len(text) - len(tail)
    if end < at or not text.startswith(head) or not text.endswith(tail):
        return False
    for part in inner:
        found = text.find(part, at, end)
        if found < 0:
            return False
        at = found + len(part)
    return True


def _closed(reachable: set[int], other: str) -> set[int]:
    """The positions, with those that a `*` of `other` lets one skip to."""
    closed = set(reachable)
    for at in sorted(reachable):
        step = at
        while step < len(other) and other[step] == "*":
            step += 1
            closed.add(step)
    return closed


def _steps(symbol: str, other: str, at: int) -> tuple[int, ...]:
    """Where one symbol of the one pattern leads in the other."""
    if at == len(other):
        return ()
    if other[at] == "*":
        return (at,)
    fits = symbol == other[at] or "?" in (symbol, other[at])
    return (at + 1,) if fits else ()


@cache
def glob_regex(glob: str) -> re.Pattern[str]:
    """A pattern with `*` and `?`, and nothing else special, as a regular expression."""
    return re.compile(re.escape(glob).replace(r"\*", ".*").replace(r"\?", "."), re.DOTALL)
