"""Records as Google's tools write them: JSON lines, a JSON array, a page or one object; a bad one costs only itself."""

import json
from typing import Any

import msgspec

from auditor.model.details import as_list
from collectors.envelopes import CUT, goes_on
from collectors.json_values import Broken, values

Record = dict[str, Any] | str
"""A record, or why it cannot be read."""

_MARK = b"\xef\xbb\xbf"
_BAD = (ValueError, RecursionError)
# What every record has one of.
_NAMES = frozenset({"logName", "protoPayload", "policy", "iamPolicy", "iam_policy"})


def records(content: bytes) -> list[Record]:
    """The records of a file in order.

    Raises:
        ValueError: nothing in it is JSON.
    """
    content = content.removeprefix(_MARK).strip()
    if not content:
        return []
    try:
        whole = _decode(content)
    except _BAD:
        lines = [one for line in content.split(b"\n") if line.strip() for one in _line(line)]
        found = lines if any(isinstance(line, dict) for line in lines[:3]) else _one_by_one(content)
    else:
        listed = whole.get("entries") if isinstance(whole, dict) else whole
        found = [_object(value) for value in (listed if isinstance(listed, list) else [whole])]
        if listed is not whole and isinstance(listed, list) and goes_on(whole):
            found.append(CUT)
    if found and all(isinstance(record, str) for record in found):
        raise ValueError("nothing in it is a JSON object")
    return found


def whole_list(content: bytes) -> list[Record]:
    """The records of a JSON array that must be whole, or of several behind each other.

    Raises:
        ValueError: it is none.
    """
    try:
        return [_object(value) for value in _decode(content)]
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except ValueError:
        several = list(values(content.decode("utf-8", "replace"), 0, lambda _: False))
        if not all(isinstance(one, list) for one in several):
            raise
        return [_object(one) for each in several for one in each]


def _one_by_one(content: bytes) -> list[Record]:
    text = content.decode("utf-8", "replace")
    found = values(text, int(text.startswith("[")), lambda value: not _NAMES.isdisjoint(value))
    return [one for value in found for one in ([value] if isinstance(value, Broken) else _objects(value))]


def _line(line: bytes) -> list[Record]:
    try:
        return _objects(_decode(line))
    except _BAD as error:
        deep = isinstance(error, RecursionError)
        return [f"it is not valid JSON: {'it is nested too deep' if deep else str(error).split(':')[0]}"]


def _decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Python's reader takes lone surrogates and bytes that are no UTF-8, which hostile names hold.
        return json.loads(data.decode("utf-8", "replace"))


def _objects(value: Any) -> list[Record]:
    """A value that stands beside others; of several answers in one file, each is a list."""
    return [_object(one) for one in as_list(value)]


def _object(value: Any) -> Record:
    return value if isinstance(value, dict) else "it is no JSON object"
