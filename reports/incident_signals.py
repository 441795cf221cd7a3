"""What monitoring told beside an incident: in words what fits what, and never what caused it."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.incident import Act, Incident
from auditor.case.rises import BASELINE, Fit, Rise, fit, rises, unseen
from auditor.config.signals import SIGNAL_KINDS
from auditor.model.findings import pointer
from auditor.model.signals import Curve, Signal, SignalKind
from auditor.model.vocabulary import Category
from reports.incident_lines import Line, Part
from reports.incident_links import Link, dashboards, noted_links
from reports.incident_words import actor, command, deployer, over_days, release, target
from reports.words import clipped, clock, listing, plural, short

_MOST_RISES = 3
_MOST_NAMED = 3
_MOST_NOTED = 100
_LONGEST = 120
_HOUR = "in the hour before"
_DRAWN = ("prometheus", "loki", "sentry")
_NOTED = {
    SignalKind.ALERT: "alert",
    SignalKind.ANNOTATION: "annotation",
    SignalKind.ISSUE: "new issue",
    SignalKind.REGRESSION: "issue that came back",
    SignalKind.RELEASE: "release",
}


class Beside(Struct, frozen=True, kw_only=True):
    """What monitoring told of the time.

    Args:
        sentences: what fits what, and what could not be seen; empty where no source of monitoring is configured.
        curves: to be drawn, within the review's time.
        lines: alerts, annotations, issues and releases of the review's time.
        dashboards: where people look at the system's saved searches.
    """

    sentences: tuple[str, ...] = ()
    curves: tuple[Curve, ...] = ()
    lines: tuple[Line, ...] = ()
    dashboards: tuple[Link, ...] = ()


class _Change(Struct, frozen=True):
    """Something that was changed, and whose it was, as in "Leon's change ssm:PutParameter of timeout"."""

    at: datetime
    words: str


def monitoring(review: Incident) -> Beside:
    """The view of what monitoring told."""
    if not any(source.kind in SIGNAL_KINDS for source in review.config.sources):
        return Beside()
    curves = review.signals.curves
    told = [sentence for curve in curves for sentence in _of_curve(review, curve)]
    noted = [row for row in review.signals.noted if review.from_ <= row.time < review.to]
    if len(noted) > _MOST_NOTED:
        told.append(f"Of {len(noted):,} alerts, annotations, issues and releases {_MOST_NOTED} are listed.")
    return Beside(
        sentences=tuple(one[:1].upper() + one[1:] for one in (*told, *_unknown(review))),
        curves=tuple(_within(curve, review.from_, review.to) for curve in curves),
        lines=tuple(map(_line, noted[:_MOST_NOTED])),
        dashboards=dashboards(review),
    )


def _line(row: Signal) -> Line:
    count = f"{row.value:,.0f} times" if row.kind == SignalKind.ISSUE and row.value else ""
    said = row.text if row.text != row.name else ""
    return Line(
        part=Part.NOTED,
        at=row.time,
        until=row.until or row.time,
        kind="signal",
        who=row.source,
        did=_NOTED[SignalKind(row.kind)],
        what=row.name,
        target=clipped("; ".join(filter(None, (row.state, said, count))), _LONGEST),
        links=noted_links(row),
        evidence=pointer(row),
    )


def _within(curve: Curve, from_: datetime, to: datetime) -> Curve:
    points = tuple(point for point in curve.points if from_ <= point[0] < to)
    return replace(curve, points=points)


def _of_curve(review: Incident, curve: Curve) -> Iterator[str]:
    """A sentence for each rise, those of the hour before too; or that there was none, and how much was not seen."""
    begin = review.from_ - BASELINE
    found = list(rises(curve, begin, review.to))
    for rise in found[:_MOST_RISES]:
        yield _sentence(review, curve, rise)
    if len(found) > _MOST_RISES:
        yield f"{curve.name} rose {plural(len(found) - _MOST_RISES, 'more time')}."
    if not found:
        missing = unseen(curve, begin - BASELINE, review.to)
        if missing:
            yield f"No rise of {curve.name} is seen; what it was in {_minutes(missing)} without a value is not known."
        else:
            yield f"{curve.name} did not rise."


def _sentence(review: Incident, curve: Curve, rise: Rise) -> str:
    """`errors began to rise at 14:02, from 0 to 4.5 errors/s: 2 min after Leon's change … (fits); no deployment …`."""
    unit = f" {curve.unit}" if curve.unit else ""
    values = f"from {rise.usual:.3g} to {rise.highest:.3g}{unit}"
    head = f"{curve.name} began to rise at {_clock(review, rise.at)}, {values}"
    changes = [one for one in _changes(review) if fit(curve, rise, one.at) is not Fit.NOT]
    released = [one for one in _releases(review) if fit(curve, rise, one.at) is not Fit.NOT]
    nearest = sorted([*changes, *released], key=lambda one: rise.at - one.at)
    parts = [_placed(curve, rise, one) for one in nearest[:_MOST_NAMED]]
    if len(nearest) > _MOST_NAMED:
        parts.append(f"{plural(len(nearest) - _MOST_NAMED, 'change')} more {_HOUR}")
    parts += filter(None, (_no_change(review, rise, changes), _no_release(review, rise, released)))
    if rise.unseen:
        parts.append(f"{_minutes(rise.unseen)} of the hour before had no value: it may have begun earlier")
    return f"{head}: {'; '.join(parts)}."


def _clock(review: Incident, moment: datetime) -> str:
    return clock(moment, moment, review.config.zone, dated=over_days(review))


def _placed(curve: Curve, rise: Rise, change: _Change) -> str:
    told = fit(curve, rise, change.at)
    minutes = int((rise.at - change.at).total_seconds() // 60)
    after = f"{minutes} min after" if minutes > 0 else "within a minute of"
    if told is Fit.UNKNOWN:
        missing = _minutes(unseen(curve, change.at, rise.at) or rise.unseen)
        return f"{after} {change.words}, and whether it fits {told}: {missing} without data"
    return f"{after} {change.words}, which {told}"


def _no_change(review: Incident, rise: Rise, changes: Sequence[_Change]) -> str:
    """That nothing was changed, as far as that is known: the review looks at no act before it begins."""
    if changes:
        return ""
    until = review.then.logs_until
    silent = any(one.from_ < rise.at and one.to > rise.at - BASELINE for one in review.silences)
    if until is None or until < rise.at or silent:
        return f"whether something was changed {_HOUR} is not known"
    begins = max(review.from_, rise.at - BASELINE)
    if begins >= rise.at:
        return "what was changed before it is not looked at"
    since = "" if begins == rise.at - BASELINE else f" since {_clock(review, begins)}"
    return f"no change is on record{since or f' {_HOUR}'}"


def _no_release(review: Incident, rise: Rise, released: Sequence[_Change]) -> str:
    if released:
        return ""
    if review.released_until is None:
        return "deployments are not read"
    if review.released_until < rise.at:
        return "deployments are not known until then"
    return f"no deployment {_HOUR}"


def _changes(review: Incident) -> Iterator[_Change]:
    """What people, agents and machines changed on the system itself."""
    for act in review.acts:
        if act.changes and act.told.system == review.system.id:
            yield _Change(act.told.time, f"{actor(review, act)[0]}'s {_sort(act)} ({short(_what(act), _LONGEST)})")


def _what(act: Act) -> str:
    more = f", {act.count:,} times" if act.count > 1 else ""
    return f"{command(act)} {target(act)}{more}"


def _sort(act: Act) -> str:
    return {Category.GRANT: "change of rights", Category.AUDIT_TRAIL: "change of the audit trail"}.get(
        Category(act.told.category), "change"
    )


def _releases(review: Incident) -> Iterator[_Change]:
    """Deployments, and releases that monitoring was told of, by when they began."""
    for row in review.released:
        yield _Change(row.time, f"{deployer(review, row)}'s deployment ({release(review, row)})")
    for one in review.signals.noted:
        if one.kind == SignalKind.RELEASE:
            yield _Change(one.time, f"the release {one.name} that {one.source} tells of")


def _unknown(review: Incident) -> Iterator[str]:
    """The saved searches that told nothing at all."""
    drawn = {source.name for source in review.config.sources if source.kind in _DRAWN}
    asked = [one for one in review.config.signals if one.system == review.system.id and one.source in drawn]
    if not asked:
        yield f"No saved search tells of {review.system.name}: what its errors did is not known."
    names = {curve.name.partition(" (")[0] for curve in review.signals.curves if curve.points}
    if silent := [one.name for one in asked if one.name not in names]:
        yield f"No value of {listing(silent)} is stored for this time: what it was is not known."


def _minutes(number: int) -> str:
    return plural(number, "minute")
