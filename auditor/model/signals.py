"""What monitoring tells beside the acts: curves of saved searches, annotations, alerts, issues and releases."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Struct

from auditor.model.tables import Row


class SignalKind(StrEnum):
    """What a signal is: a point of a curve, or something that was noted at a moment."""

    CURVE = "curve"
    ANNOTATION = "annotation"
    ALERT = "alert"
    ISSUE = "issue"
    REGRESSION = "regression"
    RELEASE = "release"


class Signal(Row, frozen=True, kw_only=True):
    """A point of a saved search's curve, or an annotation, alert, issue, regression or release that is of a system."""

    TABLE = "signals"
    KIND = "stream"
    DAY = "time"

    kind: Annotated[
        str, "curve, annotation, alert, issue, regression (an issue that was resolved and came back), release"
    ]
    system: Annotated[str, "id of the system that the saved search is of"]
    name: Annotated[str, "curve: the saved search; else the alert, the issue, the release, or the first tag"]
    time: Annotated[datetime, "moment of the value, or when it was noted, first seen or released"]
    until: Annotated[datetime | None, "when it ended, or was last seen"] = None
    value: Annotated[float | None, "the value, or how many events an issue has, or new issues a release"] = None
    unit: Annotated[str | None, "what a curve's values count"] = None
    step: Annotated[int | None, "seconds between two values of a curve"] = None
    series: Annotated[str | None, "labels of one curve among several of a search, JSON"] = None
    state: Annotated[str | None, "what an alert or an issue came to be"] = None
    text: Annotated[str | None, "what is written in it"] = None
    url: Annotated[str | None, "where people read it"] = None


class Curve(Struct, frozen=True, kw_only=True):
    """One curve of a saved search.

    Args:
        name: the search's name, with the labels where a search has several curves.
        step: seconds between two values; where the next one is further away, some are missing.
        points: moments and values, earliest first.
    """

    name: str
    unit: str
    step: int
    points: tuple[tuple[datetime, float], ...]


class Signals(Struct, frozen=True, kw_only=True):
    """What is known of a system between two moments: its curves, and what was noted, earliest first."""

    curves: tuple[Curve, ...] = ()
    noted: tuple[Signal, ...] = ()


class Sort(StrEnum):
    """What was changed how."""

    RELEASE = "release"
    BY_HAND = "by hand"


class Around(Struct, frozen=True, kw_only=True):
    """One curve around a change: the means of half an hour before and after it, where they are known.

    Args:
        rose: whether it rose until half an hour after the change; None where that cannot be judged.
        usual: where it rose, the median of the hour before that; `highest` is what it rose to.
        unseen: minutes of these without a value.
    """

    name: str
    unit: str
    before: float | None
    after: float | None
    rose: bool | None
    unseen: int
    usual: float | None = None
    highest: float | None = None


class AfterChange(Struct, frozen=True, kw_only=True):
    """A release or a change by hand, and what monitoring told around it. That it rose is near in time, and no cause.

    Args:
        who: roster id, or the account.
        ticket: under which it was done; of releases none is asked for.
        ticketed: whether a ticket allowed it; None of releases, and where that cannot be told.
    """

    system: str
    sort: Sort
    starts_at: datetime
    ends_at: datetime
    who: str | None
    ticket: str | None
    ticketed: bool | None
    curves: tuple[Around, ...] = ()

    @property
    def rose(self) -> bool | None:
        """Whether any of its curves rose; None where none could be judged."""
        judged = [one.rose for one in self.curves if one.rose is not None]
        return any(judged) if judged else None


def labelled(name: str, series: str | None) -> str:
    """The name of a curve: its search's, and its labels' values where it is one of several."""
    labels = json.loads(series) if series else {}
    return f"{name} ({', '.join(map(str, labels.values()))})" if labels else name


def gathered(rows: Iterable[Signal]) -> Signals:
    """Rows as curves and notes. What was read twice counts once, as it was read last."""
    newest: dict[tuple[object, ...], Signal] = {}
    for row in sorted(rows, key=lambda row: row.collected_at):
        newest[row.source, row.kind, row.system, row.name, row.series, row.time] = row
    ordered = sorted(newest.values(), key=lambda row: (row.time, row.source, row.kind, row.name))
    together: dict[tuple[str, str, str, str | None], list[Signal]] = {}
    for row in ordered:
        if row.kind == SignalKind.CURVE:
            together.setdefault((row.source, row.system, row.name, row.series), []).append(row)
    return Signals(
        curves=tuple(_curve(some) for _, some in sorted(together.items(), key=lambda item: str(item[0]))),
        noted=tuple(row for row in ordered if row.kind != SignalKind.CURVE),
    )


def _curve(rows: Sequence[Signal]) -> Curve:
    last = rows[-1]
    return Curve(
        name=labelled(last.name, last.series),
        unit=last.unit or "",
        step=last.step or 60,
        points=tuple((row.time, row.value) for row in rows if row.value is not None),
    )
