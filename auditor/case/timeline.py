"""Windows in time: those near a stretch are found without going through all of them."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from auditor.model.tickets import Window

_NEVER = datetime.min.replace(tzinfo=UTC)
_starts_at = attrgetter("starts_at")


class Timeline:
    """Windows, earliest first.

    One that lasts long may lie near everything that comes after it. So a tree of ends stands above them: what a node
    has below it ends by then, and all of it is passed over at once.

    Args:
        windows: in the order in which they begin.
    """

    def __init__(self, windows: Iterable[Window]) -> None:
        self.windows = list(windows)
        self._leaves = 1 << max(len(self.windows) - 1, 0).bit_length()
        self._ends = [_NEVER] * (2 * self._leaves)
        self._ends[self._leaves : self._leaves + len(self.windows)] = [one.ends_at for one in self.windows]
        for node in range(self._leaves - 1, 0, -1):
            self._ends[node] = max(self._ends[2 * node], self._ends[2 * node + 1])

    def near(self, first: datetime, last: datetime, reach: timedelta) -> Iterator[Window]:
        """Those that touch a stretch, or lie no farther from it than `reach`, in their order."""
        beyond = bisect_right(self.windows, last + reach, key=_starts_at)
        nodes = [1]
        while nodes:
            node = nodes.pop()
            if self._ends[node] < first - reach:
                continue
            if node < self._leaves:
                nodes += (2 * node + 1, 2 * node)
            elif node - self._leaves < beyond:
                yield self.windows[node - self._leaves]
            else:
                return


NOTHING = Timeline(())
