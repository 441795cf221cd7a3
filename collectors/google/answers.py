"""Google's answers as raw objects, and each record of them given to what takes its kind."""

import json
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from auditor.errors import SourceError
from collectors.base import Raw, answer, missing
from collectors.google.bindings import Object, entries
from collectors.google.client import call
from collectors.reading import Origin, Stamp

T = TypeVar("T")


class Answers:
    """The answers of one reading. What alone is refused costs that part only, and is said."""

    def __init__(self) -> None:
        self.raws: list[Raw] = []

    def keep(self, origin: str, part: str, content: Any) -> None:
        """Keep an answer."""
        self.raws.append(answer(origin, json.dumps(content, ensure_ascii=True).encode(), part))

    def lack(self, origin: str, why: str) -> None:
        """Say that an answer cannot be had."""
        self.raws.append(missing(origin, why))

    def ask(self, origin: str, request: Any, doing: str, lacking: str = "") -> Object | None:
        """The answer to a request, not kept yet; None where it is refused, which is said."""
        return self.tried(origin, lambda: call(request, doing), lacking)

    def tried(self, origin: str, ask: Callable[[], T], lacking: str = "") -> T | None:
        """What several calls tell together; as `ask`."""
        try:
            return ask()
        except SourceError as error:
            self.lack(origin, f"{lacking}: {error.why}" if lacking else error.why)
            return None

    def gather(self, origin: str, part: str, ask: Callable[[], list[Object]]) -> list[Object]:
        """Keep what several calls list together; nothing, where they list nothing."""
        found = self.tried(origin, ask) or []
        if found:
            self.keep(origin, part, found)
        return found


def take_entries(origin: Origin, takers: Mapping[str, Callable[[Object, Stamp], None]]) -> None:
    """Give each record of an answer to what takes its part; a bad one costs itself only.

    Raises:
        ValueError: the answer as a whole cannot be read.
    """
    take = takers[origin.raw.part]
    for number, entry in enumerate(entries(origin.data)):
        try:
            if isinstance(entry, str):
                origin.problems.reject(entry, f"record {number + 1}")
            else:
                take(entry, origin.at(number))
        except ValueError as error:
            origin.problems.reject(str(error), f"record {number + 1}")


def quoted(data: bytes, record: int) -> str:
    """The record of an answer that a row points at, as people can read it."""
    return json.dumps(entries(data)[record], indent=1, ensure_ascii=False)
