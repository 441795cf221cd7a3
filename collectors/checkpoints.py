"""How far lists that only grow were read: from where the next run asks on."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from functools import partial
from types import MappingProxyType

import msgspec
from msgspec import Struct, field

from auditor.model.tables import Row
from collectors.base import Raw
from collectors.problems import Problems
from collectors.reading import Origin, Reading
from collectors.times import parse_time

# A first run looks back so far; later ones begin where the last good one ended, with room for a late record.
FIRST = timedelta(days=90)
OVERLAP = timedelta(hours=1)
_PART = "checkpoint"


class Stretch(Struct, frozen=True):
    """From when to when a list is asked for. `before` is where the run before it ended; empty at first."""

    since: datetime
    until: datetime
    before: str = ""
    note: str | None = None

    @classmethod
    def after(cls, seen: Mapping[str, str], name: str, now: datetime, first: timedelta = FIRST) -> "Stretch":
        """What is new of a list since its checkpoint, as the last run left it in `seen`."""
        before = seen.get(name, "")
        try:
            since = parse_time(before) - OVERLAP
        except ValueError:
            since = now - first
        return cls(since, now, before)

    @classmethod
    def of(cls, origin: Origin) -> "Stretch":
        """As `checkpoint` wrote it."""
        return msgspec.json.decode(origin.data, type=cls)

    def checkpoint(self, name: str) -> Raw:
        """The raw object that stands for the list; its version is where the next run begins."""
        return Raw(name, partial(bytes, msgspec.json.encode(self)), version=written(self.until), part=_PART)

    def conclude(self, origin: Origin, problems: Problems, rows: int) -> None:
        """What came of the list: where something is missing of it, it is asked for again from before."""
        origin.problems, origin.rows, origin.retry = problems, rows, self.before


class GrowingList(Struct):
    """One list of a place, as far as it was read."""

    origin: Origin
    stretch: Stretch
    problems: Problems = field(default_factory=Problems)
    rows: list[Row] = field(default_factory=list)
    remark: str | None = None

    @property
    def named(self) -> tuple[str, str]:
        """The place that it is of, and its name."""
        place, _, name = self.origin.raw.origin.partition(":")[2].partition("#")
        return place, name


class GrowingLists:
    """The lists in a batch of a forge's answers, whose origins are written `<forge>:<place>#<list>/page-0001`.

    Args:
        reading: gets their rows and coverage.
        kin: answers that go with a list of another name.
    """

    def __init__(self, reading: Reading, kin: Mapping[str, str] = MappingProxyType({})) -> None:
        self._reading, self._kin = reading, kin
        self._lists: dict[str, GrowingList] = {}

    def __iter__(self) -> Iterator[GrowingList]:
        return iter(self._lists.values())

    def of(self, origin: str) -> GrowingList | None:
        """The list that an answer belongs to."""
        place, _, what = origin.partition("#")
        name = what.partition("/")[0]
        return self._lists.get(f"{place}#{self._kin.get(name, name)}")

    def read(self, raw: Raw, take: Callable[[Origin], None]) -> None:
        """Begin a list by its checkpoint, or take in an answer."""
        if raw.part == _PART:
            origin = self._reading.open(raw)
            self._lists[raw.origin] = GrowingList(origin, Stretch.of(origin))
            return
        origin = self._reading.read(raw, take)
        if one := self.of(raw.origin):
            one.problems.include(origin.problems)

    def conclude(self) -> None:
        """Their rows and coverage; the checkpoints move on where nothing is missing."""
        for one in self:
            self._reading.extend(one.rows)
            if one.stretch.note:
                one.problems.note(one.stretch.note)
            one.stretch.conclude(one.origin, one.problems, len(one.rows))
            place, name = one.named
            self._reading.cover(
                f"{place} {name.replace('-', ' ').replace('_', ' ')}",
                one.problems,
                len(one.rows),
                window=(one.stretch.since, one.stretch.until),
                origins=[one.origin],
                remark=one.remark,
            )


def written(time: datetime) -> str:
    """A time as APIs take it."""
    return time.isoformat().replace("+00:00", "Z")
