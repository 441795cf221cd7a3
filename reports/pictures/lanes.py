"""An incident in time: people, their agents, machines and deployments under the error curve, windows behind them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from auditor.model.groups import grouped
from auditor.model.signals import Curve as Signal
from reports.incident import Review
from reports.incident_lines import Line, Part
from reports.pictures.draw import (
    ACCENT,
    FAINT,
    GRAVE,
    PALE,
    PANEL,
    SOFT,
    Across,
    Bar,
    Curve,
    Drawing,
    Mark,
    Shape,
    Stroke,
    Words,
    fitted,
)
from reports.words import clock, listing, plural, stretch

_MOST_ROWS, _MOST_CURVES = 14, 3
_AXIS, _BAND, _LANE = 22, 16, 40
_CURVE, _CURVED, _SLICES = 44, 70, 480
_RELEASE = "release"
_MARKS = {
    "uncovered": (Mark(form="triangle", ink=GRAVE), "changed under no ticket"),
    "emergency": (Mark(form="diamond", ink=GRAVE), "emergency access"),
    "change": (Mark(form="dot"), "changed something"),
    _RELEASE: (Mark(form="square", ink=ACCENT), "deployed"),
    "refused": (Mark(form="cross", ink=SOFT), "failed or denied"),
    "seen": (Mark(form="point", ink=SOFT), "looked or signed in"),
    "signal": (Mark(form="diamond", ink=SOFT, filled=False), "told by monitoring"),
}
_WINDOW = Mark(form="bar", ink=ACCENT, filled=False)
_Row = tuple[str, str]


def lanes(view: Review) -> Drawing | None:
    """The lanes of a review, those who changed something first; None where nothing happened."""
    rows: defaultdict[_Row, list[Line]] = defaultdict(list)
    noted = []
    for line in view.lines:
        if line.kind == "signal":
            noted.append(line)
        else:
            rows[("Deployments", "") if line.kind == _RELEASE else (line.who, line.note)].append(line)
    if not rows and not noted:
        return None
    parts = list(Part)
    names = sorted(rows, key=lambda row: (min(parts.index(line.part) for line in rows[row]), row[0] == "Deployments"))
    across = Across(view.from_, view.to, 1, 99)
    shapes: list[Shape] = []
    y: float = _AXIS
    for curve in view.monitoring.curves[:_MOST_CURVES]:
        shapes += _curve(curve, across, y)
        y += _CURVED
    if (undrawn := len(view.monitoring.curves) - _MOST_CURVES) > 0:
        shapes.append(Words(x=0, y=y + 8, text=f"and {plural(undrawn, 'more curve')}, not drawn", ink=SOFT))
        y += 22
    for line in noted:
        shapes.append(_mark(line, across, _AXIS + 2, view))
    if not view.monitoring.curves:
        shapes.append(Words(x=0, y=y + 8, text="No curve of errors: no signal of this system was read.", ink=SOFT))
        y += 22
    top = y
    for row in names[:_MOST_ROWS]:
        shapes += _lane(row, rows[row], across, y, view)
        y += _LANE
    behind = [
        Stroke(x=x, y=_AXIS, x2=x, y2=y, ink=ACCENT, dashed=True)
        for x in sorted({across.at(line.at) for line in rows.get(("Deployments", ""), ())})
    ]
    left = len(names) - _MOST_ROWS
    if left > 0:
        shapes.append(Words(x=0, y=y + 12, text=f"and {left:,} more, listed below", ink=SOFT))
        y += 18
    return Drawing(
        words=_words(names, rows, view),
        height=int(max(y, top)) + 4,
        shapes=(*across.axis(view.config.zone, _AXIS, y), *behind, *shapes),
        legend=tuple(_legend(view)),
    )


def _words(names: Sequence[_Row], rows: dict[_Row, list[Line]], view: Review) -> str:
    told = [f"{', '.join(filter(None, row))} with {plural(len(rows[row]), 'line')}" for row in names]
    curves = listing(curve.name for curve in view.monitoring.curves) or "no curve of errors"
    span = stretch(view.from_, view.to, view.config.zone)
    who = listing(told, most=8) or "nobody"
    return f"{view.system.name}, {span}, in time: {curves}; {who}. The table says the same."


def _curve(curve: Signal, across: Across, y: float) -> Iterator[Shape]:
    """A curve from zero to its highest value; where values are missing, it is broken."""
    most = max((value for _, value in curve.points), default=0)
    low = y + 16 + _CURVE
    yield Words(x=0, y=y + 10, text=fitted(curve.name, 30), bold=True, more=fitted(curve.unit, 14))
    if not curve.points:
        yield Words(x=0, y=y + 30, text="no value in this time", ink=SOFT)
    yield Words(x=100, y=y + 10, text=f"at most {most:,.4g}", anchor="end", ink=SOFT)
    yield Stroke(x=0, y=low, x2=100, y2=low, ink=FAINT)
    for part in _unbroken(curve):
        points = _thinned((across.at(when), round(low - _CURVE * value / (most or 1), 1)) for when, value in part)
        if len(points) == 1:
            yield Mark(x=points[0][0], y=points[0][1], form="point", ink=GRAVE)
        else:
            yield Curve(points=points, ink=GRAVE)


def _thinned(points: Iterable[tuple[float, float]]) -> tuple[tuple[float, float], ...]:
    """Of each narrow slice of the width its highest point: no more can be seen, and a peak is never left out."""
    slices = grouped((int(x * _SLICES / 100), (x, y)) for x, y in points)
    return tuple(min(some, key=lambda point: point[1]) for some in slices.values())


def _unbroken(curve: Signal) -> Iterator[list[tuple[datetime, float]]]:
    part: list[tuple[datetime, float]] = []
    for point in curve.points:
        if part and (point[0] - part[-1][0]).total_seconds() > 1.5 * curve.step:
            yield part
            part = []
        part.append(point)
    if part:
        yield part


def _lane(row: _Row, lines: Sequence[Line], across: Across, y: float, view: Review) -> Iterator[Shape]:
    name, note = row
    top = y + 18
    windows = [one for one in view.tickets if name in one.people and across.holds(one.starts_at, one.ends_at)]
    more = ", ".join(filter(None, (note, *(one.ticket for one in windows))))
    yield Words(x=0, y=y + 12, text=fitted(name, 26), bold=True, more=fitted(more, 24), title=f"{name} {more}")
    yield Bar(x=0, y=top, width=100, height=_BAND, ink=PANEL)
    for one in windows:
        yield across.bar(one.starts_at, one.ends_at, y=top, height=_BAND, ink=PALE, edge=ACCENT, title=one.ticket)
    for line in sorted(lines, key=lambda line: _kind(line) != "seen"):
        yield _mark(line, across, top + _BAND / 2, view)


def _mark(line: Line, across: Across, y: float, view: Review) -> Mark:
    mark, _ = _MARKS[_kind(line)]
    said = f"{clock(line.at, line.until, view.config.zone, dated=view.dated)} {line.who} {line.did} {line.what}"
    return Mark(x=across.at(line.at), y=y, form=mark.form, ink=mark.ink, filled=mark.filled, title=said)


def _kind(line: Line) -> str:
    if line.uncovered:
        return "uncovered"
    return line.kind if line.kind in _MARKS else "seen"


def _legend(view: Review) -> Iterator[tuple[tuple[Mark, ...], str]]:
    present = {_kind(line) for line in view.lines}
    if {line.who for line in view.lines} & {name for one in view.tickets for name in one.people}:
        yield (_WINDOW,), "allowed by a ticket"
    yield from (((mark,), words) for kind, (mark, words) in _MARKS.items() if kind in present)
