"""The month in time: for each holder and system what was allowed, given and done, and what was found."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.findings import Finding
from auditor.model.timeline import Allowed, Lane, Timeline
from auditor.model.vocabulary import Severity
from auditor.rules.words import length
from reports.pictures.draw import (
    ACCENT,
    GRAVE,
    PALE,
    PANEL,
    SOFT,
    Across,
    Bar,
    Drawing,
    Mark,
    Shape,
    Stroke,
    Words,
    fitted,
)
from reports.words import day, listing, person, plural, short, system

_A_PICTURE, _MOST_PICTURES = 12, 10
_AXIS, _BAND, _LANE, _CLOSE = 22, 20, 46, 26
_NEAR, _DAY = timedelta(hours=2), timedelta(days=1)
_LETTERS = 0.5  # how many letters of a label fit in a percent of a phone's width
_FORMS = {Severity.CRITICAL: ("diamond", True), Severity.HIGH: ("triangle", True)}
_LOWER = ("triangle", False)
_CHANGE, _OTHER = Mark(form="dot"), Mark(form="point", ink=SOFT)
_WINDOW, _RIGHT = Mark(form="bar", ink=ACCENT, filled=False), Mark(form="line", ink=ACCENT)


class Month(Struct, frozen=True):
    """The pictures, what each lane says in words, and a sentence where not all of them are drawn."""

    drawings: tuple[Drawing, ...]
    words: tuple[str, ...]
    rest: str


class _Told(Struct, frozen=True):
    """A lane with its findings, worst first."""

    lane: Lane
    findings: tuple[Finding, ...]
    name: str
    place: str


def month(timeline: Timeline, findings: Iterable[Finding], config: Config) -> Month:
    """The lanes in their order, twelve a picture."""
    about: defaultdict[tuple[str | None, str | None], list[Finding]] = defaultdict(list)
    for finding in sorted(findings, key=lambda one: -one.severity.rank):
        if finding.starts_at and timeline.period_from <= finding.starts_at <= timeline.period_to:
            about[finding.person or finding.account, finding.system].append(finding)
    told = [
        _Told(lane, tuple(about[lane.who, lane.system]), person(lane.who, config), system(lane.system, config))
        for lane in timeline.lanes
    ]
    groups = [told[n : n + _A_PICTURE] for n in range(0, len(told), _A_PICTURE)][:_MOST_PICTURES]
    rest = told[_A_PICTURE * _MOST_PICTURES :]
    return Month(
        drawings=tuple(_drawing(group, timeline, config) for group in groups),
        words=tuple(_words(one) for group in groups for one in group),
        rest=_rest(len(rest) + timeline.left, sum(bool(one.findings) for one in rest)),
    )


def _rest(left: int, told: int) -> str:
    found = f", {told:,} of them with findings, which are all listed above" if told else ""
    return f"{plural(left, 'more line')} not drawn{found}." if left else ""


def _words(one: _Told) -> str:
    lane = one.lane
    tickets = listing(dict.fromkeys(window.ticket for window in lane.allowed), most=4)
    changes, others = sum(acts.changes for acts in lane.acts), sum(acts.others for acts in lane.acts)
    parts = (
        f"allowed under {tickets}" if tickets else "allowed nothing",
        f"given {listing((right.what for right in lane.given), most=3)}" if lane.given else "",
        f"{plural(changes, 'change')} and {plural(others, 'other act')}" if lane.acts else "did nothing",
    )
    found = "".join(f" {finding.summary}." for finding in one.findings[:3])
    return f"{_called(one)}: {'; '.join(filter(None, parts))}.{found}"


def _called(one: _Told) -> str:
    return f"{one.name} on {one.place}" if one.place else one.name


def _drawing(told: Sequence[_Told], timeline: Timeline, config: Config) -> Drawing:
    zone, across = config.zone, Across(timeline.period_from, timeline.period_to, 0.5, 99.5)
    shapes: list[Shape] = []
    y: float = _AXIS
    for one in told:
        shapes += _lane(one, across, y)
        y += _LANE
        if close := _closest(one):
            shapes += _close(*close, one, y - 6, config)
            y += _CLOSE
    words = f"{day(timeline.period_from, zone)} to {day(timeline.period_to, zone)}, in time: " + listing(
        map(_called, told), most=6
    )
    return Drawing(
        words=words, height=int(y), shapes=(*across.axis(zone, _AXIS, y - 8), *shapes), legend=tuple(_legend(told))
    )


def _lane(one: _Told, across: Across, y: float) -> Iterator[Shape]:
    lane, top = one.lane, y + 18
    yield Words(x=0, y=y + 12, text=fitted(one.name, 24), bold=True, more=fitted(one.place, 22), title=one.name)
    yield Bar(x=0, y=top, width=100, height=_BAND, ink=PANEL)
    for window in lane.allowed:
        said = f"{window.ticket}: allowed"
        yield across.bar(window.starts_at, window.ends_at, y=top, height=_BAND, ink=PALE, edge=ACCENT, title=said)
    for right in lane.given:
        x, until = across.at(right.time), right.until
        x2 = across.at(until) if until else min(100, x + 2)
        low, said = top + _BAND - 2, f"{short(right.what)}: given"
        yield Stroke(x=x, y=low, x2=max(x2, x + 0.6), y2=low, ink=ACCENT, width=3, dashed=until is None, title=said)
        yield Stroke(x=x, y=low - 6, x2=x, y2=low + 2, ink=ACCENT, width=2, title=said)
    for acts in lane.acts:
        middle = acts.starts_at + (acts.ends_at - acts.starts_at) / 2
        said = f"{plural(acts.changes, 'change')}, {plural(acts.others, 'other act')}"
        kind = _CHANGE if acts.changes else _OTHER
        yield Mark(x=across.at(middle), y=top + 12, form=kind.form, ink=kind.ink, title=said)
    for finding in reversed(one.findings):
        yield _found(finding, across, top + 3)


def _found(finding: Finding, across: Across, y: float) -> Mark:
    form, filled = _FORMS.get(finding.severity, _LOWER)
    x = across.at(finding.starts_at or across.from_)
    return Mark(x=x, y=y, form=form, filled=filled, ink=GRAVE, title=finding.summary, href=f"#f-{finding.id}")


def _closest(one: _Told) -> tuple[Finding, datetime, Allowed] | None:
    """The worst finding of something done shortly before or after a window, or the ticket's own, with its time."""
    for finding in one.findings:
        start = finding.starts_at
        if start and not any(_distance(window, start) == timedelta(0) for window in one.lane.allowed):
            far = {window: _distance(window, start) for window in one.lane.allowed}
            near = [w for w, by in far.items() if by <= (_DAY if w.ticket == finding.ticket else _NEAR)]
            if near:
                return finding, start, min(near, key=far.__getitem__)
    return None


def _distance(window: Allowed, moment: datetime) -> timedelta:
    return max(window.starts_at - moment, moment - window.ends_at, timedelta(0))


def _close(finding: Finding, start: datetime, window: Allowed, one: _Told, y: float, config: Config) -> Iterator[Shape]:
    """The hours around one finding, so that minutes can be seen, with room for how far it is from the window."""
    after = start > window.ends_at
    first, last = min(window.starts_at, start), max(window.ends_at, start)
    room, edge = (last - first) * 0.7, (last - first) / 12
    across = Across(first - (edge if after else room), last + (room if after else edge), 3, 100)
    middle, zone = y + 8, config.zone
    yield Stroke(x=0.8, y=y - 8, x2=0.8, y2=middle, ink=SOFT)
    yield Stroke(x=0.8, y=middle, x2=100, y2=middle, ink=SOFT)
    bar = across.bar(window.starts_at, window.ends_at, y=y, height=16, ink=PALE, edge=ACCENT)
    yield bar
    told = f"{window.ticket} {window.starts_at.astimezone(zone):%H:%M}-{window.ends_at.astimezone(zone):%H:%M}"
    if (letters := int(bar.width * _LETTERS)) > len(window.ticket):
        yield Words(x=bar.x + 1, y=y + 12, text=fitted(told, letters), size=10, title=told)
    for acts in one.lane.acts:
        if acts.changes and across.holds(acts.starts_at, acts.ends_at):
            x, x2 = across.at(acts.starts_at), across.at(acts.ends_at)
            yield Stroke(
                x=x,
                y=y + 14,
                x2=max(x2, x + 0.5),
                y2=y + 14,
                ink=SOFT,
                width=2,
                title=f"a session with {plural(acts.changes, 'change')}",
            )
    yield _found(finding, across, middle)
    said, x, aside = length(_distance(window, start)), across.at(start), 3 if after else -3
    yield Words(
        x=x + aside,
        y=middle - 3,
        text=f"{said} {'after' if after else 'before'}",
        anchor="start" if after else "end",
        bold=True,
        size=10,
        ink=GRAVE,
    )


def _legend(told: Sequence[_Told]) -> Iterator[tuple[tuple[Mark, ...], str]]:
    if any(one.lane.allowed for one in told):
        yield (_WINDOW,), "allowed by a ticket"
    if any(one.lane.given for one in told):
        yield (_RIGHT,), "given a right"
    acts = [acts for one in told for acts in one.lane.acts]
    if any(one.changes for one in acts):
        yield (_CHANGE,), "changed something"
    if any(not one.changes for one in acts):
        yield (_OTHER,), "looked or signed in"
    ranks = {_FORMS.get(finding.severity, _LOWER) for one in told for finding in one.findings}
    for (form, filled), name in (
        (("diamond", True), "critical finding"),
        (("triangle", True), "high"),
        (_LOWER, "lower"),
    ):
        if (form, filled) in ranks:
            yield (Mark(form=form, filled=filled, ink=GRAVE),), name
