"""How it went over the months: the sentence, and the numbers that pictures/trend.py draws."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from auditor.config.models import Config
from auditor.ledger import Trend
from reports.exposure import hours, is_known, used_of
from reports.history import ABOUT, MONTH_AGO, History
from reports.pictures.draw import Drawing
from reports.pictures.trend import trend
from reports.words import day, listing, plural

_BEFORE = {
    "a month ago": (MONTH_AGO, ABOUT, timedelta(days=4)),
    "a week ago": (timedelta(days=7), timedelta(days=3), timedelta(days=1)),
}
"""How long ago, how far from that a run may lie to stand for it, and how far for it to be called that."""
_CHARTED = timedelta(days=184)
_NAMED = 3


class Chart(Struct, frozen=True):
    """One line over time; `words` say the same to whoever cannot see it."""

    heading: str
    words: str
    drawing: Drawing


class TrendView(Struct, frozen=True):
    """How it went. `sentence` is empty where there is nothing to compare with."""

    sentence: str
    charts: tuple[Chart, ...]


def build_trend(past: History, at: datetime, config: Config) -> TrendView:
    """The trend up to the audit's time; runs after it are left out."""
    runs = [run for run in past.history if run.at <= at]
    days = {run.at.astimezone(config.zone).date(): run for run in runs if at - run.at <= _CHARTED}
    moved = {when for when, run in days.items() if run.policy_changes}
    charts = _charts(days, moved, at, config) if len(days) > 1 else ()
    sentence = " ".join(
        filter(
            None,
            (
                _sentence(runs, at, config),
                _used(runs, at, config),
                _rose(runs, at, config),
                _moved(moved, charted=bool(charts)),
            ),
        )
    )
    return TrendView(sentence, charts)


def _moved(days: set[date], *, charted: bool) -> str:
    """When the policy moved, the latest days first: what stands before and after is by different measures."""
    if not days:
        return ""
    latest = [f"{when.day} {when:%B %Y}" for when in sorted(days, reverse=True)[:_NAMED]]
    more = f" and on {plural(len(days) - _NAMED, 'day')} before" if len(days) > _NAMED else ""
    when = f"{', '.join(latest)}{more}"
    rings = " (rings in the charts)" if charted else ""
    return f"The policy was loosened on {when}{rings}; its finding says how."


def _sentence(runs: Sequence[Trend], at: datetime, config: Config) -> str:
    """`4 people can change production at any time, without asking; 6 a month ago.`: all counted by the ledger."""
    counted = {run.at: run.people_with_write for run in runs if run.people_with_write is not None}
    then = _then(counted, at, config)
    if not then:
        return ""
    now = plural(list(counted.values())[-1], "person", "people")
    before = listing(f"{counted[when]:,} {ago}" for when, ago in then.items())
    return f"{now} can change production at any time, without asking; {before}."


def _used(runs: Sequence[Trend], at: datetime, config: Config) -> str:
    """`Hours used were 4 of 504 a month ago.`: how many they are now stands before it."""
    whole = [run for run in runs if is_known(run.minutes_possible, run.minutes_unknown)]
    told = {run.at: used for run in whole if (used := used_of(run.minutes_possible, run.minutes_used))}
    then = _then(told, at, config)
    if not then or whole[-1] is not runs[-1]:
        return ""
    before = listing(f"{told[when][0]:,} of {told[when][1]:,} {ago}" for when, ago in then.items())
    return f"Hours used were {before}."


def _rose(runs: Sequence[Trend], at: datetime, config: Config) -> str:
    """`Monitoring rose after 3 of 17 changes, 5 of 20 a month ago.`: near in time, and no cause."""
    counted = {run.at: (run.rose, run.changes) for run in runs if run.changes}
    then = _then(counted, at, config)
    if not then:
        return ""
    rose, changes = list(counted.values())[-1]
    before = listing(f"{counted[when][0]:,} of {counted[when][1]:,} {ago}" for when, ago in then.items())
    return f"Monitoring rose after {rose:,} of {changes:,} changes, {before}."


def _then(moments: Iterable[datetime], at: datetime, config: Config) -> dict[datetime, str]:
    """The nearest of the moments to a month and to a week ago, and what to call each."""
    found: dict[datetime, str] = {}
    for name, (ago, about, same) in _BEFORE.items():
        near = [moment for moment in moments if abs(at - moment - ago) <= about]
        if near:
            moment = min(near, key=lambda one: abs(at - one - ago))
            found[moment] = name if abs(at - moment - ago) < same else f"on {day(moment, config.zone)}"
    return found


def _charts(days: Mapping[date, Trend], moved: set[date], at: datetime, config: Config) -> tuple[Chart, ...]:
    people = {when: run.people_with_write for when, run in days.items() if run.people_with_write is not None}
    whole = {when: run for when, run in days.items() if is_known(run.minutes_possible, run.minutes_unknown)}
    possible = {when: hours(run.minutes_possible or 0) for when, run in whole.items()}
    lines = (
        ("People who can change production at any time", people),
        ("Hours of a week in which people could change production", possible),
        ("Open findings", {when: run.open for when, run in days.items()}),
    )
    then = _then([run.at for run in days.values()], at, config)
    named = {moment.astimezone(config.zone).date(): ago.removeprefix("on ") for moment, ago in then.items()}
    return tuple(_chart(heading, points, moved, named) for heading, points in lines if len(points) > 1)


def _chart(heading: str, points: dict[date, int], moved: set[date], named: Mapping[date, str]) -> Chart:
    (first, before), *_, (last, now) = points.items()
    between = [f"{points[when]:,} {ago}" for when, ago in named.items() if when in points and when != first]
    told = (f"{before:,} on {first.day} {first:%B %Y}", *between, f"{now:,} on {last.day} {last:%B %Y}")
    words = f"{heading}: {', '.join(told)}"
    return Chart(heading, words, trend(points, words, moved, named))


def trend_rows(history: Sequence[Trend]) -> list[dict[str, Any]]:
    """Every run in plain values, oldest first."""
    rows: list[dict[str, Any]] = msgspec.to_builtins(list(history))
    return rows
