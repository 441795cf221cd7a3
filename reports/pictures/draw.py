"""What a picture is made of; templates/pictures/drawing.html prints it, with Jinja's escaping.

Across is measured in percent of the picture's width and down in pixels, so that one drawing fits a phone, a screen and
a sheet with its words in one size: charting libraries draw at one width, and matplotlib takes more to load than all
that is drawn here.
"""

import unicodedata
from collections.abc import Iterator
from datetime import datetime, time, timedelta, tzinfo
from typing import ClassVar

from msgspec import Struct

INK, SOFT, FAINT, PANEL = "#1b2126", "#58636d", "#d8dde1", "#f3f5f6"
ACCENT, PALE, GRAVE = "#0b5c7d", "#c5dfea", "#a3231b"

# Drawn round their middle; told apart by shape as well as by colour.
FORMS = {
    "dot": "M-3 0a3 3 0 1 0 6 0a3 3 0 1 0-6 0z",
    "point": "M-1.7 0a1.7 1.7 0 1 0 3.4 0a1.7 1.7 0 1 0-3.4 0z",
    "ring": "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
    "diamond": "M0-5.5L5.5 0L0 5.5L-5.5 0z",
    "triangle": "M0-5.5L5.5 4.5H-5.5z",
    "square": "M-4.5-4.5H4.5V4.5H-4.5z",
    "half": "M-4.5 4.5V-4.5L4.5 4.5z",
    "cross": "M-3.5-3.5L3.5 3.5M3.5-3.5L-3.5 3.5",
    "bar": "M-7-4H7V4H-7z",
    "line": "M-7 0H7",
    "dashes": "M0-6V6",
    "plus": "M-3 0H3M0-3V3",
    "minus": "M-3 0H3",
}
_ROUND = {"dot": 3, "point": 1.7, "ring": 4.5}
_OPEN = {"cross", "line", "dashes", "plus", "minus"}
_MOST_TICKS = 6
_STEPS = tuple(
    timedelta(minutes=n) for n in (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 40320)
)
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


class _Shape(Struct, frozen=True, kw_only=True):
    """Where it begins, its colour, what is said of it to whoever points at it, and where it leads."""

    x: float
    y: float
    ink: str = INK
    title: str = ""
    href: str = ""


class Bar(_Shape, frozen=True, kw_only=True):
    """A filled stretch; `width` in percent and at least two pixels wide, `height` in pixels."""

    kind: ClassVar[str] = "bar"
    width: float
    height: float
    edge: str = "none"


class Stroke(_Shape, frozen=True, kw_only=True):
    """A straight line to (`x2`, `y2`)."""

    kind: ClassVar[str] = "stroke"
    x2: float
    y2: float
    width: float = 1
    dashed: bool = False


class Mark(_Shape, frozen=True, kw_only=True):
    """One of FORMS at a place, in a legend at none, moved `dx` pixels aside; hollow where it is not `filled`."""

    kind: ClassVar[str] = "mark"
    x: float = 0
    y: float = 0
    form: str
    dx: float = 0
    filled: bool = True

    @property
    def path(self) -> str:
        """Its outline."""
        return FORMS[self.form]

    @property
    def radius(self) -> float | None:
        """That of a round one: a circle is printed in half the time of an outline."""
        return None if self.dx else _ROUND.get(self.form)

    @property
    def fill(self) -> str:
        """What stands inside the outline: the paper, where it is hollow."""
        return "none" if self.form in _OPEN else self.ink if self.filled else "#fff"


class Words(_Shape, frozen=True, kw_only=True):
    """Text on a base line; `anchor` is start, middle or end, `turned` by so many degrees about its place."""

    kind: ClassVar[str] = "words"
    text: str
    anchor: str = "start"
    size: float = 11
    bold: bool = False
    turned: int = 0
    more: str = ""
    """Follows in the soft colour."""


class Curve(_Shape, frozen=True, kw_only=True):
    """A line through points, each percent across and pixels down from the picture's corner.

    Printed stretch by stretch: what draws the PDF makes a steep line thick where one outline is stretched to the width.
    """

    kind: ClassVar[str] = "curve"
    x: float = 0
    y: float = 0
    points: tuple[tuple[float, float], ...]


Shape = Bar | Stroke | Mark | Words | Curve


class Drawing(Struct, frozen=True, kw_only=True):
    """A picture of a height in pixels. `words` say the same to whoever cannot see it; the legend stands beside it."""

    words: str
    height: int
    shapes: tuple[Shape, ...]
    legend: tuple[tuple[tuple[Mark, ...], str], ...] = ()

    @property
    def linked(self) -> bool:
        """Whether something in it leads elsewhere."""
        return any(shape.href for shape in self.shapes)


class Across(Struct, frozen=True):
    """Moments as percent of a picture's width, from `left` to `right`."""

    from_: datetime
    to: datetime
    left: float = 0
    right: float = 100

    def at(self, moment: datetime) -> float:
        """Where a moment stands; one outside stands at the edge."""
        share = (moment - self.from_) / max(self.to - self.from_, timedelta(seconds=1))
        return round(self.left + (self.right - self.left) * min(1, max(0, share)), 2)

    def bar(self, from_: datetime, to: datetime, **shape: object) -> Bar:
        """A stretch of time."""
        x = self.at(from_)
        return Bar(x=x, width=round(self.at(to) - x, 2), **shape)  # type: ignore[arg-type]

    def holds(self, from_: datetime, to: datetime) -> bool:
        """Whether some of a stretch lies in it."""
        return from_ <= self.to and to >= self.from_

    def ticks(self, zone: tzinfo) -> Iterator[tuple[float, str]]:
        """Round local times and what they are called, no more of them than can be read."""
        step = next((step for step in _STEPS if (self.to - self.from_) / step <= _MOST_TICKS), _STEPS[-1])
        local = self.from_.astimezone(zone)
        moment = datetime.combine(local.date(), time(), zone)
        if step >= _WEEK:
            moment -= timedelta(days=local.weekday())
        while moment <= self.to:
            if moment >= self.from_:
                named = f"{moment:%H:%M}" if step < _DAY and moment.time() != time() else f"{moment.day} {moment:%b}"
                yield self.at(moment), named
            moment += step  # on the local clock

    def axis(self, zone: tzinfo, top: float, bottom: float) -> Iterator[Shape]:
        """A faint line down at each round local time, and what it is called above them."""
        for x, name in self.ticks(zone):
            yield Stroke(x=x, y=top - 6, x2=x, y2=bottom, ink=FAINT)
            yield Words(x=x, y=10, text=name, anchor=anchored(x, 3), ink=SOFT)


def anchored(x: float, edge: float) -> str:
    """Where a text about a place begins: so near to either edge it stays inside. Both are percents of the width."""
    return "end" if x > 100 - edge else "start" if x < edge else "middle"


def fitted(text: str, most: int) -> str:
    """The text, its end left out where it is wider than `most` letters; what is written square counts double."""
    wide = [2 if unicodedata.east_asian_width(one) in "WF" else 1 for one in text]
    if sum(wide) <= most:
        return text
    room, kept = most - 1, 0
    while kept < len(text) and wide[kept] <= room:
        room -= wide[kept]
        kept += 1
    return f"{text[:kept].rstrip()}…"
