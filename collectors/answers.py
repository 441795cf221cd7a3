"""The answers of a forge's API on access: records by what they are and by the place that they are about."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from collectors.base import Batch
from collectors.reading import Origin, Problems, Reading, Record, shaped
from collectors.tickets.answers import listed
from collectors.tickets.times import Times


class Answers:
    """What the batch of a snapshot holds. An answer that comes twice does no harm.

    Origins are written `<forge>:<place>#<list>/page-0001`.

    Args:
        forge: how origins begin.
        shapes: what the records of each part look like.
        not_in_plan: the part in the place of a list that the plan does not have.
    """

    def __init__(self, forge: str, shapes: Mapping[str, Any], not_in_plan: str, reading: Reading, batch: Batch) -> None:
        self.problems = Problems()
        self.times = Times(self.problems)
        self._prefix, self._shapes, self._absent = f"{forge}:", shapes, not_in_plan
        self._records: defaultdict[str, dict[str, list[Record[Any]]]] = defaultdict(dict)
        self._incomplete: set[str] = set()
        self.not_in_plan: set[str] = set()
        for raw in batch:
            origin = reading.read(raw, self._take)
            self.problems.include(origin.problems)
            if origin.problems:
                self._incomplete.add(self._list(origin))

    def _list(self, origin: Origin) -> str:
        return origin.raw.origin.removeprefix(self._prefix).partition("/page-")[0]

    def _take(self, origin: Origin) -> None:
        part, owner = origin.raw.part, origin.raw.origin.removeprefix(self._prefix).partition("#")[0]
        if part == self._absent:
            self.not_in_plan.add(self._list(origin))
        kept = self._records[part].setdefault(owner, [])
        records = shaped(listed(origin.data), self._shapes[part], origin.problems, origin.raw.origin)
        kept += [Record(origin.at(number), value) for number, value in records]

    def of(self, part: str, owner: str) -> list[Record[Any]]:
        """The records of a part about a place."""
        return self._records[part].get(owner, [])

    def owners(self, part: str) -> list[str]:
        """The places of which there is such a part."""
        return list(self._records[part])

    def all(self, part: str) -> Iterator[tuple[str, Record[Any]]]:
        """The records of a part, each with the place that it is about."""
        return ((owner, record) for owner, records in self._records[part].items() for record in records)

    def first(self, part: str) -> dict[str, Record[Any]]:
        """The places themselves, by their path."""
        return {owner: records[0] for owner, records in self._records[part].items() if records}

    def whole(self, part: str, owner: str, name: str) -> bool:
        """Whether a list, `name` in its address, was read to its end, or is none that the plan has."""
        if f"{owner}#{name}" in self.not_in_plan:
            return True
        return owner in self._records[part] and f"{owner}#{name}" not in self._incomplete
