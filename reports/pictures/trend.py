"""One number over the days: a line, today against a week and a month ago, and a ring where the policy was loosened."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

from reports.pictures.draw import ACCENT, FAINT, GRAVE, SOFT, Curve, Drawing, Mark, Shape, Stroke, Words, anchored

_TOP, _BASE, _HEIGHT = 24, 86, 104
_LEFT, _RIGHT = 2, 98
_NEAR = 5  # percent of the width: a number stands above the line on both its sides
_EDGE = 10
_LETTER = 3.6  # percent of the width that a letter takes on paper, where three charts stand side by side


def trend(points: Mapping[date, int], words: str, moved: Collection[date], then: Mapping[date, str]) -> Drawing:
    """The line over at least two days; `moved` are days of a loosened policy, `then` those to compare with, by name."""
    days = list(points)
    first, last = days[0], days[-1]
    most = max(1, *points.values())

    def x(when: date) -> float:
        return round(_LEFT + (_RIGHT - _LEFT) * ((when - first) / (last - first)), 2)

    def y(value: int) -> float:
        return round(_BASE - (_BASE - _TOP) * value / most, 1)

    shapes: list[Shape] = [Stroke(x=0, y=_BASE, x2=100, y2=_BASE, ink=FAINT)]
    for when in (when for when in days if when in moved):
        shapes += [
            Stroke(x=x(when), y=y(points[when]), x2=x(when), y2=_BASE, ink=GRAVE, dashed=True),
            Mark(
                x=x(when),
                y=y(points[when]),
                form="ring",
                ink=GRAVE,
                filled=False,
                title=f"{_day(when)}: policy loosened",
            ),
        ]
    shapes.append(Curve(points=tuple((x(when), y(value)) for when, value in points.items()), ink=ACCENT))
    shapes += [
        Mark(x=x(when), y=y(value), form="point", ink=ACCENT, title=f"{_day(when)}: {value:,}")
        for when, value in points.items()
    ]
    named = {last: _day(last), first: _day(first), **{when: said for when, said in then.items() if when in points}}
    line = [(x(when), y(value)) for when, value in points.items()]
    tops = {when: min(top for at, top in line if abs(at - x(when)) < _NEAR) for when in named}
    shapes += _numbers({x(when): (top, points[when]) for when, top in tops.items()}, x(last))
    shapes += _below((x(when), said) for when, said in named.items())
    return Drawing(words=words, height=_HEIGHT, shapes=tuple(shapes))


def _day(when: date) -> str:
    return f"{when.day} {when:%b}"


def _numbers(at: Mapping[float, tuple[float, int]], last: float) -> Iterator[Shape]:
    for x, y, text in _apart((x, y, f"{value:,}") for x, (y, value) in at.items()):
        yield Words(x=x, y=y - 7, text=text, anchor=anchored(x, _EDGE), size=12, bold=x == last, ink=ACCENT)


def _below(said: Iterable[tuple[float, str]]) -> Iterator[Shape]:
    for x, y, text in _apart((x, _HEIGHT - 4.0, text) for x, text in said):
        yield Words(x=x, y=y, text=text, anchor=anchored(x, _EDGE), ink=SOFT)


def _apart(texts: Iterable[tuple[float, float, str]]) -> list[tuple[float, float, str]]:
    """Those that do not touch one before them."""
    kept: list[tuple[float, float, str]] = []
    for one in texts:
        if all(_span(one)[1] < _span(other)[0] or _span(other)[1] < _span(one)[0] for other in kept):
            kept.append(one)
    return kept


def _span(one: tuple[float, float, str]) -> tuple[float, float]:
    x, _, text = one
    wide = len(text) * _LETTER
    left = x - wide * {"start": 0, "middle": 0.5, "end": 1}[anchored(x, _EDGE)]
    return left, left + wide
