"""Answers of AWS as JSON lines, live or in a dump: what was called, what was asked, and the reply or why there is none.

{"call": "sso-admin:ListAccountAssignments", "asked": {"AccountId": "111122223333", …}, "reply": {…}}
{"call": "identitystore:ListUsers", "asked": {"IdentityStoreId": "d-…"}, "error": "AWS denied access …"}
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec

from collectors.aws import session as aws
from collectors.base import Raw

_LONGEST = 64 << 20
_FIRST_LINE = 1 << 16
_DECODER = msgspec.json.Decoder()


class Line(msgspec.Struct, frozen=True):
    """One page of one call; `region` is the one that was asked, where the call depends on it."""

    call: str
    asked: dict[str, Any] = msgspec.field(default_factory=dict)
    reply: dict[str, Any] | None = None
    error: str | None = None
    region: str | None = None

    def of(self, name: str) -> str:
        """A parameter of the call; empty where it was not given."""
        value = self.asked.get(name)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True)
class Bad:
    """A line that cannot be read, and why."""

    why: str


def lines(data: bytes) -> Iterator[Line | Bad]:
    """Every line, numbered as rows cite them; blank lines count, as nothing."""
    for text in data.removeprefix(b"\xef\xbb\xbf").splitlines():
        yield _line(text)


def _line(text: bytes) -> Line | Bad:
    if len(text) > _LONGEST:
        return Bad(f"it is longer than {_LONGEST >> 20} MiB")
    try:
        found = msgspec.convert(_DECODER.decode(text) if text.strip() else {"call": ""}, Line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        return Bad(f"it is not an answer written as a line of JSON: {error}")
    if found.call and found.reply is None and found.error is None:
        return Bad("it has neither a reply nor an error")
    return found


def is_lines(data: bytes) -> bool:
    """Whether bytes are such lines, by the first of them."""
    first = data[: _FIRST_LINE + 1].removeprefix(b"\xef\xbb\xbf").split(b"\n", 1)[0]
    found = _line(first) if first.startswith(b"{") and len(first) <= _FIRST_LINE else None
    return isinstance(found, Line) and bool(found.call)


def quoted(data: bytes, record: int) -> str:
    """A line as people can read it."""
    text = data.removeprefix(b"\xef\xbb\xbf").splitlines()[record]
    return json.dumps(json.loads(text), indent=1, ensure_ascii=False)


def written(call: str, asked: Mapping[str, Any], **outcome: Any) -> dict[str, Any]:
    """An answer as it is kept: with `reply` or `error`, and `region` where that matters."""
    return {"call": call, "asked": dict(asked), **outcome}


def kept(origin: str, answers: Iterable[Mapping[str, Any]], part: str = "") -> Raw:
    """Answers as one raw object, a line each."""
    data = b"".join(aws.as_json(answer) + b"\n" for answer in answers)
    return Raw(origin, partial(bytes, data), part=part, size=len(data), original=True)
