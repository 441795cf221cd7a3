"""Answers of AWS as JSON lines, live or in a dump: what was called, what was asked, and the reply or why there is none.

{"call": "sso-admin:ListAccountAssignments", "asked": {"AccountId": "111122223333", …}, "reply": {…}}
{"call": "identitystore:ListUsers", "asked": {"IdentityStoreId": "d-…"}, "error": "AWS denied access …"}
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeVar

import msgspec

from collectors.aws import session as aws
from collectors.base import Batch, Raw, answer
from collectors.packing import utf8
from collectors.problems import Problems
from collectors.reading import Origin, Reading, Stamp

_LONGEST = 64 << 20
_FIRST_LINE = 1 << 16
_DECODER = msgspec.json.Decoder()
# What a reply names the next page by, and a call that goes on from there.
_NEXT = ("NextToken", "nextToken", "NextMarker", "PaginationToken")
T = TypeVar("T")


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

    @property
    def goes_on(self) -> bool:
        """Whether its reply names another page."""
        return any((self.reply or {}).get(name) for name in _NEXT)


class Answers:
    """The answers in a batch, line by line, blank lines left out. A bad line or entry costs itself only.

    Args:
        service: whose answers they are, for people.
    """

    def __init__(self, reading: Reading, batch: Batch, service: str = "AWS") -> None:
        self._service = service
        self._origins: dict[str, Origin] = {}
        self.lines: list[tuple[Stamp, Line]] = []
        for raw in batch:
            self._origins[raw.origin] = origin = reading.open(raw)
            if not origin.lost and not origin.data.strip():
                self.reject(origin.at(), "it is empty")
            for number, text in enumerate(_texts(origin.data)):
                try:
                    line = _line(text)
                except ValueError as error:
                    self.reject(origin.at(number), str(error))
                    continue
                if line.call:
                    self.lines.append((origin.at(number), line))

    @property
    def problems(self) -> Problems:
        """Everything that could not be read."""
        found = Problems()
        for origin in self._origins.values():
            found.include(origin.problems)
        return found

    def reject(self, at: Stamp, why: str) -> None:
        """A line, or an entry on it, that cannot be read."""
        self._origins[at["origin"]].problems.reject(why, f"line {at['record'] + 1} of {at['origin']}")

    def note(self, at: Stamp, why: str) -> None:
        """Something that a line does not tell."""
        self._origins[at["origin"]].problems.note(why)

    def refused(self) -> Iterator[tuple[Stamp, Line, str]]:
        """The calls that got no reply, and why."""
        return ((at, line, line.error) for at, line in self.lines if line.error is not None)

    def note_gaps(self) -> None:
        """Say of each call that got no reply why, and of which the last page is not there, where that is all."""
        for at, _, error in self.refused():
            self.note(at, error)
        self.note_cut()

    def note_cut(self) -> None:
        """Say of each call of which the last page is not there that it is not."""
        for at, line in self.cut():
            self.note(at, f"the last pages of {line.call} are not there")

    def cut(self) -> Iterator[tuple[Stamp, Line]]:
        """The last line that is there of each call of which the last page is not."""
        for found in self.calls():
            if all(line.reply and line.goes_on for _, line in found):
                yield found[-1]

    def calls(self) -> Iterable[list[tuple[Stamp, Line]]]:
        """The pages of each call."""
        pages: dict[tuple[str, str | None, str], list[tuple[Stamp, Line]]] = {}
        for at, line in self.lines:
            asked = {key: value for key, value in line.asked.items() if key not in _NEXT}
            pages.setdefault((line.call, line.region, json.dumps(asked, sort_keys=True)), []).append((at, line))
        return pages.values()

    def replies(self, *calls: str) -> Iterator[tuple[Stamp, Line, dict[str, Any]]]:
        """What these calls told."""
        return ((at, line, line.reply) for at, line in self.lines if line.call in calls and line.reply is not None)

    def entries(self, call: str, member: str, shape: type[T]) -> Iterator[tuple[Stamp, Line, T]]:
        """What the replies of a call list under a name, or hold there."""
        for at, line, reply in self.replies(call):
            found = reply.get(member, [])
            listed = found if isinstance(found, list) else [found] if found not in ({}, "") else []
            for entry in self.shaped(at, listed, shape, member):
                yield at, line, entry

    def shaped(self, at: Stamp, values: Iterable[Any], shape: type[T], what: str) -> Iterator[T]:
        """The values of a line that have the shape."""
        for value in values:
            try:
                yield msgspec.convert(value, shape, strict=False)
            except msgspec.ValidationError as error:
                self.reject(at, f"an entry of {what} is not as {self._service} writes it: {error}")


def _texts(data: bytes) -> list[bytes]:
    return utf8(data).splitlines()


def _line(text: bytes) -> Line:
    """A line; without a call where it is blank.

    Raises:
        ValueError: it cannot be read.
    """
    if len(text) > _LONGEST:
        raise ValueError(f"it is longer than {_LONGEST >> 20} MiB")
    try:
        found = msgspec.convert(_DECODER.decode(text) if text.strip() else {"call": ""}, Line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ValueError(f"it is not an answer written as a line of JSON: {error}") from error
    if found.call and found.reply is None and found.error is None:
        raise ValueError("it has neither a reply nor an error")
    return found


def is_lines(data: bytes) -> bool:
    """Whether bytes are such lines, by the first of them."""
    first = utf8(data[: _FIRST_LINE + 1]).split(b"\n", 1)[0]
    try:
        return first.startswith(b"{") and len(first) <= _FIRST_LINE and bool(_line(first).call)
    except ValueError:
        return False


def quoted(data: bytes, record: int) -> str:
    """A line as people can read it."""
    return json.dumps(json.loads(_texts(data)[record]), indent=1, ensure_ascii=False)


def kept(origin: str, answers: Iterable[Mapping[str, Any]], part: str = "") -> Raw:
    """Answers as one raw object, a line each."""
    return answer(origin, b"".join(aws.as_json(one) + b"\n" for one in answers), part)
