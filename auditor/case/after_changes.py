"""What monitoring told around every release and every change by hand. No finding is made of it."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from msgspec.structs import replace

from auditor.case.case import Case
from auditor.case.placement import Where
from auditor.case.rises import BASELINE, SIDE, sides
from auditor.case.signals import signals
from auditor.evidence.store import Store
from auditor.model.groups import grouped
from auditor.model.signals import AfterChange, Around, Curve, Sort
from auditor.providers.registry import begun_by

_WITHOUT = (Where.OUTSIDE, Where.BEYOND, Where.NOWHERE)


def after_changes(store: Store, case: Case) -> tuple[AfterChange, ...] | None:
    """Those of the period, earliest first; None where monitoring is asked nothing."""
    if not case.config.signals:
        return None
    by_system = grouped((change.system, change) for change in (*_releases(case), *_by_hand(case)))
    found = [one for system, changes in by_system.items() for one in _around(store, case, system, changes)]
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.system, one.who or "")))


def measured(changes: Iterable[AfterChange]) -> tuple[int, int]:
    """Around how many monitoring could be judged, and after how many of them it rose."""
    judged = [one.rose for one in changes if one.rose is not None]
    return len(judged), sum(judged)


def _around(store: Store, case: Case, system: str, changes: list[AfterChange]) -> Iterator[AfterChange]:
    late = timedelta(hours=1)  # the longest step: a rise takes some values to be one
    spans = [(one.starts_at - BASELINE, one.ends_at + SIDE + late) for one in changes]
    curves = signals(store, case.config, system, spans, case.at).curves
    for change in changes:
        yield replace(change, curves=tuple(_beside(curve, change) for curve in curves))


def _beside(curve: Curve, change: AfterChange) -> Around:
    told = sides(curve, change.starts_at, change.ends_at)
    rise = told.rise if told.known else None
    return Around(
        name=curve.name,
        unit=curve.unit,
        before=told.before,
        after=told.after,
        rose=rise is not None if told.known else None,
        unseen=told.unseen,
        usual=rise.usual if rise else None,
        highest=rise.highest if rise else None,
    )


def _releases(case: Case) -> Iterator[AfterChange]:
    for one in case.releases:
        if one.ran:
            yield AfterChange(
                system=one.system,
                sort=Sort.RELEASE,
                starts_at=one.row.time,
                ends_at=one.ends_at,
                who=begun_by(one.row) or case.people.roster_id(one.row.actor) or one.row.actor,
                ticket=None,
                ticketed=None,
            )


def _by_hand(case: Case) -> Iterator[AfterChange]:
    for episode, placement in case.placements:
        covered = placement.where is Where.COVERED
        own = episode.person, episode.system, episode.place
        window = case.allowed.work(*own, *episode.stretch).inside if covered else None
        yield AfterChange(
            system=episode.system or "",
            sort=Sort.BY_HAND,
            starts_at=episode.starts_at,
            ends_at=episode.ends_at,
            who=episode.person or episode.account,
            ticket=window.ticket if window else None,
            ticketed=True if covered else False if placement.where in _WITHOUT else None,
        )
