"""How it went over the months: the sentence and the charts. pygal draws; the style is the reports'."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from markupsafe import Markup

from auditor.config.models import Config
from auditor.ledger import Trend
from reports.history import History
from reports.words import day, plural

_MONTH = timedelta(days=30)
_ABOUT = timedelta(days=12)  # how far from a month ago a run may lie to stand for it
_CHARTED = timedelta(days=184)
_UNWANTED = {"defs", "script", "title", "desc", "remark"}
_NAMED = 3
_SIZE = {"width": 420, "height": 130}
# WeasyPrint gives an SVG no style of the page that it stands in.
_ON_PAPER = """
.background { fill: none } .line { fill: none; stroke: #0b5c7d; stroke-width: 1.6 }
.axis .line, .guide { stroke: #d8dde1; stroke-width: .6 } .dot { fill: #0b5c7d }
.serie-1 .dot { fill: none; stroke: #8a3b12; stroke-width: 1.4 }
text { fill: #58636d; font: 9px "Noto Sans", "DejaVu Sans", sans-serif } .axis.y text { text-anchor: end }
.axis.x text { text-anchor: middle }
"""


@dataclass(frozen=True, slots=True)
class Chart:
    """One line over time; `words` say the same to whoever cannot see it."""

    heading: str
    words: str
    page: Markup
    paper: Markup


@dataclass(frozen=True, slots=True)
class TrendView:
    """How it went. `sentence` is empty where there is nothing to compare with."""

    sentence: str
    charts: tuple[Chart, ...]


def build_trend(past: History, at: datetime, config: Config) -> TrendView:
    """The trend up to the audit's time; runs after it are left out."""
    runs = [run for run in past.history if run.at <= at]
    days = {run.at.astimezone(config.zone).date(): run for run in runs if at - run.at <= _CHARTED}
    moved = {when for when, run in days.items() if run.policy_changes}
    charts = _charts(days, moved) if len(days) > 1 else ()
    sentence = " ".join(filter(None, (_sentence(runs, at, config), _moved(moved, charted=bool(charts)))))
    return TrendView(sentence, charts)


def _moved(days: set[date], *, charted: bool) -> str:
    """When the policy moved, the latest days first: what stands before and after is by different measures."""
    if not days:
        return ""
    latest = [f"{when.day} {when:%B %Y}" for when in sorted(days, reverse=True)[:_NAMED]]
    more = f" and on {plural(len(days) - _NAMED, 'day')} before" if len(days) > _NAMED else ""
    when = f"{', '.join(latest)}{more}"
    rings = " (rings in the charts)" if charted else ""
    return f"The policy was loosened on {when}{rings}; evidence/policy-changed says how."


def _sentence(runs: Sequence[Trend], at: datetime, config: Config) -> str:
    """`4 people can change production at any time, 6 a month ago.`: both counted alike, from the ledger."""
    counted = [(run.at, run.people_with_write) for run in runs if run.people_with_write is not None]
    before = [(moment, people) for moment, people in counted if abs(at - moment - _MONTH) <= _ABOUT]
    if not counted or not before:
        return ""
    now = plural(counted[-1][1], "person", "people")
    moment, people = min(before, key=lambda one: abs(at - one[0] - _MONTH))
    ago = "a month ago" if abs(at - moment - _MONTH) < timedelta(days=4) else f"on {day(moment, config.zone)}"
    return f"{now} can change production at any time, {people:,} {ago}."


def _charts(days: dict[date, Trend], moved: set[date]) -> tuple[Chart, ...]:
    people = {when: run.people_with_write for when, run in days.items() if run.people_with_write is not None}
    lines = (
        ("People who can change production at any time", people),
        ("Open findings", {when: run.open for when, run in days.items()}),
    )
    return tuple(_chart(heading, points, moved) for heading, points in lines if len(points) > 1)


def _chart(heading: str, points: dict[date, int], moved: set[date]) -> Chart:
    (first, before), *_, (last, now) = points.items()
    words = f"{heading}: {before:,} on {first.day} {first:%B %Y}, {now:,} on {last.day} {last:%B %Y}"
    drawn = _drawn(points, words, moved)
    opening, _, rest = drawn.partition(">")
    paper = f"{opening}><style>{_ON_PAPER}</style>{rest}"
    return Chart(heading, words, Markup(drawn), Markup(paper))  # noqa: S704 - numbers and dates, escaped by pygal


def _drawn(points: dict[date, int], words: str, moved: set[date]) -> str:
    import pygal

    most = max(1, *points.values())
    days = list(points)
    chart = pygal.DateLine(
        **_SIZE,
        css=[],
        js=[],
        show_legend=False,
        margin=6,
        no_prefix=True,
        disable_xml_declaration=True,
        dots_size=1.5,
        range=(0, most),
        value_formatter=lambda value: f"{value:,.0f}",
        x_value_formatter=lambda moment: f"{moment.day} {moment:%b}",
    )
    chart.x_labels = [days[0], days[-1]]
    chart.y_labels = sorted({0, most})
    chart.add("", list(points.items()))
    if marks := [(when, value) for when, value in points.items() if when in moved]:
        chart.add("", marks, stroke=False, dots_size=4)
    chart.add_xml_filter(lambda root: _bare(root, words))
    text: str = chart.render(is_unicode=True)
    return text


def _bare(root: Any, words: str) -> Any:
    """The drawing without scripts, styles, tooltips and remarks: a page lets none of them in."""
    for parent in list(root.iter()):
        for child in list(parent):
            kind = child.tag.rpartition("}")[2] if isinstance(child.tag, str) else "remark"
            if kind in _UNWANTED or child.get("class", "").endswith("-overlay"):
                parent.remove(child)
    root.attrib.pop("id", None)
    root.set("role", "img")
    root.set("aria-label", words)
    return root


def trend_rows(history: Sequence[Trend]) -> list[dict[str, Any]]:
    """Every run in plain values, oldest first."""
    rows: list[dict[str, Any]] = msgspec.to_builtins(list(history))
    return rows
