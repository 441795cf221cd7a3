"""The parts of conditions that come to the same whatever is asked for: texts, numbers, times, and what they make up."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from auditor.providers.google.cel import Node

_DURATION = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?(?:h|ms|us|ns|m|s))+)")
_PART = re.compile(r"(\d+(?:\.\d+)?)(h|ms|us|ns|m|s)")
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_FRACTION = re.compile(r"(\.\d{6})\d+")


class NotConstantError(ValueError):
    """What it comes to depends on the request, or is not known here."""


def constant(node: Node) -> Any:
    """What a part comes to whatever is asked for; raises NotConstantError where that depends on more."""
    parts = node.parts
    if node.op == "literal":
        return node.value
    if node.op == "list":
        return [constant(part) for part in parts]
    if node.op == "map":
        keys = [constant(part) for part in parts[::2]]
        return dict(zip(map(_key, keys), map(constant, parts[1::2]), strict=True))
    if node.op == "?:":
        return constant(parts[1] if constant(parts[0]) is True else parts[2])
    if node.op == "call":
        return _called(node)
    if node.op in _OPERATIONS:
        return _operated(node)
    raise NotConstantError


def _key(value: Any) -> Any:
    if isinstance(value, (list, dict)):
        raise NotConstantError
    return value


def _called(node: Node) -> Any:
    name, parts = node.value, node.parts
    if name == "has" and len(parts) == 1 and parts[0].op == ".":
        inside = constant(parts[0].parts[0])
        if isinstance(inside, Mapping):
            return parts[0].value in inside
    one = constant(parts[0]) if parts else None
    if not node.method and len(parts) == 1 and isinstance(one, str) and name in ("timestamp", "duration"):
        return moment(one) if name == "timestamp" else _duration(one)
    if name == "timestamp" and not node.method and type(one) is int:
        return _after_1970(one)
    if node.method and len(parts) == 2 and isinstance(one, str) and name in _OF_TEXTS:  # noqa: PLR2004
        other = constant(parts[1])
        if isinstance(other, str):
            return _OF_TEXTS[name](one, other)
    raise NotConstantError


def moment(text: str) -> datetime:
    """A time as CEL writes it; raises NotConstantError."""
    try:
        found = datetime.fromisoformat(_FRACTION.sub(r"\1", text))
        if found.tzinfo:
            return found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise NotConstantError from error
    raise NotConstantError


def _after_1970(seconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise NotConstantError from error


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if not match:
        raise NotConstantError
    seconds = sum(float(number) * _SECONDS[unit] for number, unit in _PART.findall(match[2]))
    try:
        return timedelta(seconds=-seconds if match[1] == "-" else seconds)
    except OverflowError as error:
        raise NotConstantError from error


def _operated(node: Node) -> Any:
    values = [constant(part) for part in node.parts]
    try:
        return _OPERATIONS[node.op](*values)
    except (TypeError, OverflowError, ZeroDivisionError) as error:
        raise NotConstantError from error


_OF_TEXTS = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
}
_OPERATIONS: Mapping[str, Any] = {
    "!": lambda one: not one,
    "neg": lambda one: -one,
    "&&": lambda one, other: one and other,
    "||": lambda one, other: one or other,
    "==": lambda one, other: one == other,
    "!=": lambda one, other: one != other,
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    ">": lambda one, other: one > other,
    ">=": lambda one, other: one >= other,
    "in": lambda one, other: one in other,
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
}
