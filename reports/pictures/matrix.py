"""People by systems: who can change, who could through another's role, who can read, and what is new or gone."""

from collections.abc import Iterator, Sequence
from datetime import tzinfo
from math import ceil

from msgspec import Struct

from reports.pictures.draw import ACCENT, FAINT, GRAVE, SOFT, Drawing, Mark, Shape, Stroke, Words, fitted
from reports.pictures.grid import Can, Cell, Grid, Row, together
from reports.words import day, listing, plural

_MOST_ROWS, _MOST_COLUMNS, _MOST_PICTURES = 40, 10, 24
_SINGLE = 60  # more holders than that are drawn with those who hold the same
_HEAD, _LINE = 98, 18
_NAMES, _RIGHT = 36, 86
_ASIDE = 11
_MARKS = {
    Can.CHANGE: (Mark(form="square", ink=ACCENT),),
    Can.BORROW: (
        Mark(form="square", ink=ACCENT, filled=False),
        Mark(form="half", ink=ACCENT),
    ),
    Can.READ: (Mark(form="ring", ink=SOFT, filled=False),),
    Can.ASK: (Mark(form="diamond", ink=SOFT, filled=False),),
    Can.NOTHING: (),
}
_MORE, _LESS = Mark(form="plus", ink=GRAVE), Mark(form="minus", ink=GRAVE)


class Page(Struct, frozen=True):
    """One picture of the matrix, and which part of it that is; empty where it is all of it."""

    part: str
    drawing: Drawing


class Matrix(Struct, frozen=True):
    """The pictures, what they say in words, and a sentence where not everybody is drawn."""

    words: str
    pages: tuple[Page, ...]
    rest: str


def matrix(of: Grid, zone: tzinfo) -> Matrix:
    """At most 40 rows and ten systems a picture; those who hold the same share a row where they are many."""
    rows = of.rows if len(of.rows) <= _SINGLE else together(of.rows)
    blocks: list[tuple[range, Sequence[Row]]] = []
    left = 0
    for first in range(0, len(of.systems), _MOST_COLUMNS):
        columns = range(first, min(first + _MOST_COLUMNS, len(of.systems)))
        here = [row for row in rows if any(row.cells[n].can or row.cells[n].more is not None for n in columns)]
        size = ceil(len(here) / max(1, ceil(len(here) / _MOST_ROWS)))
        for top in range(0, len(here), max(1, size)):
            if len(blocks) < _MOST_PICTURES:
                blocks.append((columns, here[top : top + size]))
            else:
                left += sum(len(row.names) for row in here[top : top + size])
    single = len(blocks) == 1
    words = _words(of, zone)
    pages = tuple(
        Page("" if single else _part(of, columns, drawn), _picture(of, columns, drawn, words))
        for columns, drawn in blocks
    )
    return Matrix(
        words, pages, f"{plural(left, 'more line')} of this {'is' if left == 1 else 'are'} not drawn." * bool(left)
    )


def _words(of: Grid, zone: tzinfo) -> str:
    count = sum(len(row.names) for row in of.rows)
    head = f"{plural(count, 'holder')} of access by {plural(len(of.systems), 'system')}"
    if of.since is None:
        return f"{head}; there is no run of about a month before to compare with."
    more, less = of.moved
    return f"{head}; since {day(of.since, zone)} {plural(more, 'holder')} can do more and {less:,} less."


def _part(of: Grid, columns: range, drawn: Sequence[Row]) -> str:
    systems = [of.systems[n][0] for n in columns]
    first, last = drawn[0].names[0], drawn[-1].names[-1]
    where = listing(systems, most=3) if len(of.systems) > _MOST_COLUMNS else ""
    return ": ".join(filter(None, (where, first if first == last else f"{first} to {last}")))


def _picture(of: Grid, columns: range, drawn: Sequence[Row], words: str) -> Drawing:
    x = {
        n: round(_NAMES + (_RIGHT - _NAMES) * (place + 0.5) / max(len(columns), 3), 2)
        for place, n in enumerate(columns)
    }
    edge = max(x.values()) + 4
    shapes: list[Shape] = [
        Words(x=x[n], y=_HEAD - 8, text=fitted(of.systems[n][0], 17) + ("" if of.systems[n][1] else " ?"), turned=-45)
        for n in columns
    ]
    y, group = _HEAD, ""
    for row in drawn:
        if row.group != group:
            group = row.group
            y += _LINE + 4
            shapes.append(Words(x=0, y=y - 6, text=group, bold=True))
            shapes.append(Stroke(x=0, y=y, x2=edge, y2=y, ink=SOFT, width=0.6))
        shapes.append(Words(x=0, y=y + 13, text=_name(row), title=listing(row.names, most=40)))
        for n in columns:
            shapes += _cell(row, of.systems[n][0], row.cells[n], x[n], y + _LINE / 2)
        y += _LINE
        shapes.append(Stroke(x=0, y=y, x2=edge, y2=y, ink=FAINT, width=0.6))
    return Drawing(words=words, height=int(y) + 6, shapes=tuple(shapes), legend=tuple(_legend(of)))


def _name(row: Row) -> str:
    if len(row.names) == 1:
        return fitted(row.names[0], 19)
    more = f" +{len(row.names) - 1:,}"
    return fitted(row.names[0], 19 - len(more)) + more


def _cell(row: Row, system: str, cell: Cell, x: float, y: float) -> Iterator[Shape]:
    moved = {True: "; more than a month ago", False: "; less than a month ago", None: ""}[cell.more]
    said = f"{listing(row.names, most=3)}, {system}: {cell.can or 'nothing any more'}{moved}"
    for mark in _MARKS[cell.can]:
        yield Mark(x=x, y=y, form=mark.form, ink=mark.ink, filled=mark.filled, title=said)
    if cell.more is not None:
        yield Mark(
            x=x, y=y, form=(_MORE if cell.more else _LESS).form, ink=GRAVE, dx=_ASIDE if cell.can else 0, title=said
        )


def _legend(of: Grid) -> Iterator[tuple[tuple[Mark, ...], str]]:
    present = {cell.can for row in of.rows for cell in row.cells}
    yield from ((_MARKS[can], str(can)) for can in Can if can and can in present)
    moved = {cell.more for row in of.rows for cell in row.cells}
    if True in moved:
        yield (_MORE,), "more than a month ago"
    if False in moved:
        yield (_LESS,), "less than a month ago"
