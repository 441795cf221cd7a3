"""How far a list that only grows was read: from where the next run asks on."""

from datetime import datetime, timedelta
from functools import partial

import msgspec
from msgspec import Struct

from collectors.base import Raw
from collectors.reading import Origin, Problems
from collectors.times import parse_time

# A first run looks back so far; later ones begin where the last good one ended, with room for a late record.
FIRST = timedelta(days=90)
OVERLAP = timedelta(hours=1)


class Stretch(Struct, frozen=True):
    """From when to when a list is asked for. `before` is where the run before it ended; empty at first."""

    since: datetime
    until: datetime
    before: str = ""
    note: str | None = None

    @classmethod
    def after(cls, before: str, now: datetime, first: timedelta = FIRST) -> "Stretch":
        """What is new since a checkpoint, as the last run left it."""
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
        return Raw(name, partial(bytes, msgspec.json.encode(self)), version=written(self.until), part="checkpoint")

    def conclude(self, origin: Origin, problems: Problems, rows: int) -> None:
        """What came of the list: where something is missing of it, it is asked for again from before."""
        origin.problems, origin.rows, origin.retry = problems, rows, self.before


def written(time: datetime) -> str:
    """A time as APIs take it."""
    return time.isoformat().replace("+00:00", "Z")
