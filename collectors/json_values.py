"""JSON values that follow each other in a text: what is broken between them costs itself only."""

import json
import re
from collections.abc import Callable, Iterator
from typing import Any

_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,\]}]*")
_BOUNDARY = re.compile(r'\{(?=\s*")')
_MARK = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]')
_MOST_ATTEMPTS = 10_000


TOO_DEEP = "it is nested too deeply to be read"
"""What is said of a value that cannot be gone through."""


def why_unread(error: Exception) -> str:
    """What is said of a record that cannot be read."""
    return TOO_DEEP if isinstance(error, RecursionError) else str(error)


class Broken(str):
    """What stands in for a piece that is no JSON: a sentence that says so."""

    __slots__ = ()


def values(text: str, start: int, is_record: Callable[[dict[str, Any]], bool]) -> Iterator[Any]:
    """Each value from a position on, commas and closing brackets between them passed over.

    Args:
        text: holds them.
        start: where the first begins.
        is_record: whether an object that follows a broken piece is one of the values, and not part of the piece.
    """
    position, attempts = start, 0
    while True:
        position = _BETWEEN.match(text, position).end()  # type: ignore[union-attr]
        if position >= len(text):
            return
        try:
            value, position = _DECODER.raw_decode(text, position)
        except (ValueError, RecursionError) as error:
            deep = isinstance(error, RecursionError)
            following, attempts = _next_record(text, position, attempts, is_record)
            if following is None and deep and (end := _end_of(text, position)):
                following, attempts = end, 0
            if following is None:
                too_much = attempts >= _MOST_ATTEMPTS
                rest = "and too much follows it" if too_much else "up to the end of the file"
                yield Broken(f"it is not valid JSON, {rest}")
                return
            yield Broken(TOO_DEEP if deep else "it is not valid JSON")
            position = following
        else:
            yield value


def _end_of(text: str, position: int) -> int | None:
    """Where a value ends that is too deep to be gone through; None where it does not."""
    depth = 0
    for mark in _MARK.finditer(text, position):
        depth += (mark[0] in ("{", "[")) - (mark[0] in ("}", "]"))
        if depth <= 0:
            return mark.end()
    return None


def _next_record(
    text: str, position: int, attempts: int, is_record: Callable[[dict[str, Any]], bool]
) -> tuple[int | None, int]:
    """Where the next whole record begins after a broken one, and the attempts used up so far."""
    for boundary in _BOUNDARY.finditer(text, position + 1):
        attempts += 1
        if attempts >= _MOST_ATTEMPTS:
            break
        begin = boundary.start()
        try:
            value, _ = _DECODER.raw_decode(text, begin)
        except (ValueError, RecursionError):
            continue
        if isinstance(value, dict) and is_record(value):
            return begin, attempts
    return None, attempts
