"""pydantic's errors as sentences: what was expected, what stands there, and the nearest valid name."""

import difflib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from auditor.config import schema
from auditor.config.document import Document, Path
from auditor.model.few import cut

_SECRETIVE = {"token_env", "user_env", "url", "endpoint_url", "notify"}  # somebody may have put the secret itself there
_MOST_SHOWN = 30
_FEW = 10
_LONGEST_SHOWN = 60
_SHAPES = {
    "tuple_type": "a list",
    "dict_type": "a mapping of names to values",
    "model_type": "a mapping of names to values",
    "model_attributes_type": "a mapping of names to values",
    "string_type": "text",
    "int_type": "a whole number",
    "bool_type": "true or false",
    "bool_parsing": "true or false",
}


def nearest(word: object, known: Iterable[str], *, cutoff: float = 0.6) -> str | None:
    """The known word that the given one was probably meant to be."""
    by_lower = {name.lower(): name for name in known}
    found = difflib.get_close_matches(str(word)[:80].lower(), by_lower, n=1, cutoff=cutoff)
    return by_lower[found[0]] if found else None


def suggest(word: object, known: Sequence[str]) -> str:
    """`did you mean x?`, or the whole choice where nothing is near and it is short."""
    known = tuple(dict.fromkeys(known))
    match = nearest(word, known)
    if match:
        return f"did you mean {match}?"
    return f"known: {', '.join(known)}" if 0 < len(known) <= _MOST_SHOWN else ""


def quote(value: object) -> str:
    """A value as text to be read, short, on one line and without control characters."""
    text = "nothing" if value is None else str(value).lower() if isinstance(value, bool) else repr(value)
    return cut(text, _LONGEST_SHOWN)


def note_errors(document: Document, error: ValidationError) -> None:
    """Add a mistake to the document for every error."""
    for detail in error.errors(include_url=False):
        kind, location, value = detail["type"], detail["loc"], detail["input"]
        context = detail.get("ctx", {})
        path = _path(document.data, location)
        if kind == "union_tag_invalid":
            path, value = (*path, context["discriminator"].strip("'")), context["tag"]
        problem, hint = _sentence(kind, location, value, context) or (_plain(detail["msg"]), "")
        document.mistake(path, problem + _got(kind, path, value), hint or _quotes_hint(kind, value))


def _path(data: Any, location: Sequence[str | int]) -> Path:
    """The error's location without the kinds of unions and `[key]`, which are no steps in the file."""
    path: list[str | int] = []
    for number, step in enumerate(location):
        last = number == len(location) - 1
        known = isinstance(data, dict) and step in data
        known = known or (isinstance(data, list) and isinstance(step, int) and step < len(data))
        if known:
            path.append(step)
            data = data[step]
        elif last and step != "[key]" and step not in schema.kinds(schema.at(location[:-1])):
            path.append(step)
    return tuple(path)


def _sentence(
    kind: str, location: Sequence[str | int], value: object, context: Mapping[str, Any]
) -> tuple[str, str] | None:
    """Problem and hint; None where pydantic's own message has to do."""
    if kind == "extra_forbidden":
        return "unknown key", suggest(location[-1], schema.keys(schema.at(location[:-1])))
    if kind == "union_tag_not_found":
        known = schema.kinds(schema.at(location))
        return f"{context['discriminator'].strip(chr(39))} is missing", f"known: {', '.join(known)}"
    if kind == "missing":
        return _missing(location)
    if kind in ("enum", "literal_error", "union_tag_invalid"):
        known = schema.choices(schema.at(location)) or schema.kinds(schema.at(location))
        near = nearest(value, known)
        # Of many the one that was meant is enough.
        return "expected " + ("a known one" if near and len(known) > _FEW else f"one of {', '.join(known)}"), (
            suggest(value, known) if near else ""
        )
    if kind == "value_error":
        return str(context["error"]), ""
    return (f"expected {_SHAPES[kind]}", "") if kind in _SHAPES else None


def _missing(location: Sequence[str | int]) -> tuple[str, str]:
    if isinstance(location[-1], int):
        return "expected one more item", ""
    return "is missing", schema.at(location).get("description", "")


def _plain(message: str) -> str:
    return message[:1].lower() + message[1:]


def _got(kind: str, path: Path, value: object) -> str:
    if kind in ("extra_forbidden", "missing", "union_tag_not_found") or not _SECRETIVE.isdisjoint(path):
        return ""
    if isinstance(value, dict):
        return "" if kind == "value_error" else ", got a mapping"
    return ", got a list" if isinstance(value, list) else f", got {quote(value)}"


def _quotes_hint(kind: str, value: object) -> str:
    if kind == "string_type" and isinstance(value, (bool, int, float)):
        return f'write it in quotes: "{str(value).lower()}"'
    if kind == "tuple_type" and isinstance(value, str):
        return f"write it as [{value[:_LONGEST_SHOWN]}]"
    if kind == "tuple_type" and value is None:
        return "leave the key out, or write []"
    if kind == "int_type" and isinstance(value, str) and value.isdecimal():
        return "write it without quotes"
    return ""
