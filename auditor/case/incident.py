"""What happened to one system between two moments: read from the parts of those days, and resolved."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from auditor.activity.digest import earlier
from auditor.activity.engines import Holding, begin_holding, opened
from auditor.activity.limits import Asked, Limits
from auditor.activity.results import Earlier, IncidentEvent, Silence
from auditor.activity.times import microseconds
from auditor.case.access import grants
from auditor.case.allowed import Allowed
from auditor.case.attribution import acting_itself, attributed, signs
from auditor.case.carried_out import CarriedOut
from auditor.case.coverage import coverage, known_until, lost_tickets
from auditor.case.duty import read_duties
from auditor.case.moment import Moment, basis, rebuilt
from auditor.case.placement import NEAR, NOT_PLACED, NOWHERE, UNCLAIMED, Placement, Where
from auditor.case.releases import releases
from auditor.case.rises import BASELINE
from auditor.case.signals import signals
from auditor.case.ticket_people import Reader
from auditor.case.vanished import in_doubt, vanished_tickets
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.evidence.snapshots import tickets_between
from auditor.evidence.store import Store
from auditor.model.findings import CoverageLine
from auditor.model.groups import grouped
from auditor.model.signals import Signals
from auditor.model.sql import EPOCH
from auditor.model.tables import Activity, Deployment, Ticket
from auditor.model.tickets import Window
from auditor.model.vocabulary import SAFEGUARDS, ActorClass, Category, CoverageStatus, Level
from auditor.providers.registry import provider
from auditor.providers.systems import Systems, in_scope

# How far back the value before a change and the release before this one are looked for. Most of what is changed was
# changed the day before too: the rest of the month is only read for what was not.
LOOK_BACK = timedelta(days=30)
_NEAR_BY = timedelta(days=1)
_SLOT = timedelta(minutes=15)
# As many as incident_events.sql keeps of each.
_ROBOT_FLOOD, _PERSON_FLOOD, _RIGHTS_FLOOD = 3, 20, 500
_MOST_CHANGES = 2_000
_NAMED = 20_000

_sort = attrgetter(
    *("provider", "scope", "principal", "person", "invoked_by", "action", "category", "outcome", "system")
)
_ALIKE = ("provider", "scope", "action", "resource")
_PEOPLE = (ActorClass.PERSON, ActorClass.ROOT, ActorClass.BREAK_GLASS)


class Act(Struct, frozen=True, kw_only=True):
    """One act, or a flood of alike ones.

    Args:
        told: the first of them as the log tells it.
        until: when the last of them was.
        resources: what the first of them were done to.
        placement: how it lies to the windows of whoever did it.
        before: the last act of the same kind on the same thing before it, where that was looked for.
    """

    told: IncidentEvent
    count: int
    until: datetime
    resources: tuple[str, ...]
    placement: Placement = NOT_PLACED
    before: Earlier | None = None

    @property
    def changes(self) -> bool:
        """Whether something is different afterwards."""
        told = self.told
        return (
            told.outcome == "ok" and told.level != Level.READ and told.category not in (Category.READ, Category.LOGIN)
        )

    @property
    def reveals(self) -> bool:
        """Whether somebody has seen a secret with it: nothing is different afterwards, and it is known."""
        told = self.told
        return told.outcome == "ok" and told.level == Level.READ and told.category == Category.SECRET

    @property
    def key(self) -> tuple[str, str, str, str | None]:
        """What was done, to what."""
        return self.told.provider, self.told.scope, self.told.action, self.told.resource


class Incident(Struct, frozen=True, kw_only=True):
    """What happened to a system, who could have acted, and what could not be seen.

    Args:
        acts: earliest first.
        cut: more happened than is listed.
        deployments: of the range, earliest first; `released_before` is the last successful one before each of them.
        then: everybody's rights at any time of the range.
        windows: those that touch the range, of anybody on this system.
        tickets_until: tickets are known until then; None where they were never read.
        signals: what monitoring told, from two hours before the range on.
        released: deployments that began in the range or in the hour before it; known until `released_until`.
        silences: stretches without any record.
        unseen: coverage that is not whole.
        holding: which parts of the month before it tell of what was changed; None where that is not looked for.
    """

    config: Config
    system: System
    from_: datetime
    to: datetime
    acts: tuple[Act, ...]
    cut: bool
    deployments: tuple[Deployment, ...]
    released_before: Mapping[str, Deployment]
    then: Moment
    windows: tuple[Window, ...]
    tickets: Mapping[str, Ticket]
    tickets_until: datetime | None
    signals: Signals
    released: tuple[Deployment, ...]
    released_until: datetime | None
    silences: tuple[Silence, ...]
    unseen: tuple[CoverageLine, ...]
    holding: Holding | None = None


def incident(store: Store, config: Config, system: System, from_: datetime, to: datetime, now: datetime) -> Incident:
    """Resolve what is stored of a stretch of time, its end not in it, with the tickets and coverage known `now`."""
    base = basis(store, config, from_, to)
    tickets = tickets_between(store, config, now, from_ - NEAR, to + NEAR)
    silence = min(config.policy.max_log_silence, to - from_ - timedelta(microseconds=1))
    judged = tuple(kind for kind in ActorClass if kind is not ActorClass.PROVIDER)
    limits = Limits(period_from=from_, period_to=to, max_silence=silence, judged=judged)
    known = base.config.systems_by_id[system.id]
    asked = Asked(Category.GRANT, lambda provider, scope: in_scope(known, scope, provider), (from_, to))
    first, last = base.changed or (from_, to)  # what moves the snapshots is read together with what was done
    asks_broker = any(provider(one.provider_name).HAS_BROKER for one in known.resources)
    since = min(first, from_ - NEAR) if asks_broker else first
    period = replace(limits, period_from=since, period_to=last)
    with attributed(store, period, base.people, Systems(base.config), config.engine, asked=asked) as activity:
        given = activity.digester.judged_events() if base.changed else []
        then = rebuilt(store, base, system, (one for one in given if one.time >= first))
        requests = activity.requests(then.config, then.rows, tickets) if asks_broker else ()
        activity.place()
        told = activity.moments(system.id, limits)
        folded = _folded(told)
        holding = begin_holding(store, config.engine, (from_ - LOOK_BACK, to), _things_changed(folded))
        if not given and any(one.category == Category.GRANT for one in told):
            given = activity.digester.judged_events()
        silences = [one for one in activity.digester.silences(limits) if in_scope(system, one.scope)]
    renewed = tuple(signs(system.id, told))
    duties = read_duties(store, config, then.people, now)
    lines = coverage(store, config, from_, now)
    places = activity.known_places(lines)
    reader = Reader(then.people, Systems(then.config), config, duties, places)
    refs = [*ticket_refs(tickets, reader, now, renewed), *requests]
    tickets_until = known_until(store, config, now, Ticket.TABLE)
    gone = in_doubt(vanished_tickets(store, config, (from_ - NEAR, now)), reader, now)
    lost = lost_tickets(store, config, now)
    allowed = Allowed(refs, config.policy.overlap_tolerance, tickets_until, lost=lost, gone=gone)
    windows = (window for ref in refs for window in ref.windows if window.system == system.id)
    carried_out = CarriedOut(given, grants(then.config, given, then.rows, then.people.who), allowed)
    acts = [_placed(act, allowed, carried_out, config, system.id) for act in folded]
    deployments, before, released = _deployments(store, then.config, system, from_, to, now)
    return Incident(
        config=then.config,
        system=system,
        from_=from_,
        to=to,
        acts=tuple(acts),
        cut=len(told) >= _NAMED,
        deployments=deployments,
        released_before=before,
        then=then,
        windows=tuple(w for w in windows if w.overlaps(from_, to, timedelta(0))),
        tickets={ticket.ticket: ticket for ticket in tickets},
        tickets_until=tickets_until,
        signals=signals(store, then.config, system.id, [(from_ - 2 * BASELINE, to)], now),
        released=released,
        released_until=known_until(store, config, now, Deployment.TABLE),
        silences=tuple(silences),
        unseen=tuple(seen for seen in lines if seen.status != CoverageStatus.OK),
        holding=holding,
    )


def _things_changed(acts: Iterable[Act]) -> set[str]:
    """What was changed one by one: what was before is looked for of nothing else."""
    return {act.told.resource for act in acts if act.changes and act.count == 1 and act.told.resource}


def _folded(told: Iterable[IncidentEvent]) -> list[Act]:
    """Floods as one act each, the others one by one; a flood that goes on is the same flood."""
    alike = grouped(((*_sort(one), int(one.time.timestamp() // _SLOT.total_seconds())), one) for one in told)
    acts: list[Act] = []
    open_: dict[tuple[object, ...], int] = {}
    for (*_, _slot), some in alike.items():
        if len(some) == some[0].altogether <= _most(some[0]):
            acts += [Act(told=one, count=1, until=one.time, resources=_resources([one])) for one in some]
            continue
        flood, sort = _flood(some), _sort(some[0])
        last = open_.get(sort)
        if last is not None and flood.told.time - acts[last].until <= _SLOT:
            begun = acts[last]
            resources = tuple(dict.fromkeys((*begun.resources, *flood.resources)))
            acts[last] = replace(begun, count=begun.count + flood.count, until=flood.until, resources=resources)
        else:
            open_[sort] = len(acts)
            acts.append(flood)
    return sorted(acts, key=lambda act: (act.told.time, act.told.event_id))


def _most(one: IncidentEvent) -> int:
    """How many alike acts in a quarter of an hour are still told one by one."""
    if one.outcome == "ok" and one.category in SAFEGUARDS:
        return _RIGHTS_FLOOD
    by_people = one.actor_class in _PEOPLE and one.category != Category.READ
    return _PERSON_FLOOD if by_people and one.outcome == "ok" else _ROBOT_FLOOD


def _flood(some: Sequence[IncidentEvent]) -> Act:
    first = some[0]
    return Act(told=first, count=first.altogether, until=first.until, resources=_resources(some))


def _resources(some: Iterable[IncidentEvent]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.resource for one in some if one.resource))


def _placed(act: Act, allowed: Allowed, carried_out: CarriedOut, config: Config, system: str) -> Act:
    """An act as `Case.placements` has those of its kind: of somebody who had left no window allows it."""
    told = act.told
    if config.has_left(told.person, act.until):
        return replace(act, placement=NOWHERE)
    own = told.person, system, told.place, told.time, act.until
    asked_before = told.invoked_by and not acting_itself(told)
    tail = config.policy.session_gap if asked_before else timedelta(0)
    where = allowed.work(*own, changes=act.changes, tail=tail)
    if act.changes and not where.inside and (window := carried_out.window(*own, (told.action,))):
        where = Placement(Where.COVERED, window)
    if told.system is None and told.category != Category.GRANT and not where.inside:
        where = UNCLAIMED
    return replace(act, placement=where)


def with_before(store: Store, review: Incident, sought: Callable[[Act], bool]) -> Incident:
    """The incident, with the last act of the same kind on the same thing before each act that it is sought for."""
    told = {number: act.told for number, act in enumerate(review.acts) if act.told.resource and sought(act)}
    found: dict[int, Earlier] = {}
    near = review.from_ - _NEAR_BY
    if told and len(told) <= _MOST_CHANGES:
        with opened(store, review.config.engine) as engine:
            for first, since, last in ((near, near, review.to), (review.from_ - LOOK_BACK, EPOCH, near)):
                left = {number: one for number, one in told.items() if number not in found}
                parts = store.scan(Activity, first, last) if left else []
                if review.holding and len(left) < len(parts):  # most parts hold none of them
                    held = review.holding()
                    of = {part for one in left.values() for part in held.get(one.resource or "", ())}
                    parts = [part for part in parts if part in of]
                if parts:
                    found |= earlier(engine, parts, [_sought(number, one, since) for number, one in left.items()])
    return replace(review, acts=tuple(replace(act, before=found.get(n)) for n, act in enumerate(review.acts)))


def _sought(number: int, act: IncidentEvent, since: datetime) -> dict[str, Any]:
    times = {"since_us": microseconds(since), "act_us": microseconds(act.time)}
    return {"act": number, **times, **{key: getattr(act, key) for key in _ALIKE}}


def _deployments(
    store: Store, config: Config, system: System, from_: datetime, to: datetime, known: datetime
) -> tuple[tuple[Deployment, ...], dict[str, Deployment], tuple[Deployment, ...]]:
    """The releases of the range, the last good one before each of them, and those that began up to an hour before."""
    found = releases(store, config, from_ - LOOK_BACK, to, known)
    own = [one.row for one in found if one.system == system.id and one.row.time < to]
    there = tuple(row for row in own if (row.finished_at or row.time) >= from_)
    before: dict[str, Deployment] = {}
    for row in there:
        good = [b for b in own if b.time < row.time and b.environment == row.environment and b.status == "success"]
        if good:
            before[row.deployment_id] = good[-1]
    return there, before, tuple(row for row in own if row.time >= from_ - BASELINE)
