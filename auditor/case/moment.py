"""Who had access at a moment: the snapshots nearest to it, moved there by the changes that the log tells."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from auditor.activity.limits import Asked, Limits
from auditor.activity.results import JudgedEvent
from auditor.case.access import rights
from auditor.case.attribution import attributed
from auditor.case.coverage import unseen_systems
from auditor.case.people import People, people_of
from auditor.case.replay import moved
from auditor.config.models import Config
from auditor.config.systems import System
from auditor.evidence.manifest import Manifest
from auditor.evidence.snapshots import Snapshots, snapshots
from auditor.evidence.store import Store
from auditor.model.entitlements import Entitlement, Unresolved
from auditor.model.findings import Evidence
from auditor.model.groups import grouped
from auditor.model.tables import Activity, Credential, Grant, Policy
from auditor.model.vocabulary import Category
from auditor.providers.registry import PROVIDERS
from auditor.providers.systems import Systems, reaches

_MOMENT = timedelta(microseconds=1)
# Most stretches have none, and to say who acted in one takes longer than this.
_ANY_GRANT = "SELECT 1 FROM stored WHERE category = $grant AND time BETWEEN $first AND $last LIMIT 1"
_RIGHTS = ("grants", "policies", "credentials", "memberships")


class Base(Struct, frozen=True, kw_only=True):
    """The snapshot that a source's rights rest on; `at` is None where none was ever read."""

    source: str
    at: datetime | None
    moves: bool


class Moment(Struct, frozen=True, kw_only=True):
    """Rights as they were at a moment, and what they rest on.

    Args:
        access: every path of every holder to the system that was asked about; of those to others some.
        eligible: paths that nobody had, but their holder could ask for.
        policies: as the snapshots have them, before any change was put in.
        granted: paths that a change in the log gave, by the pointer to it.
        since: since when each right, by its handle, stood in every snapshot.
        passed_over: changes of rights that could not be put in, with the reason.
        taken: changes in the log that took a right away.
        logs_from: since when anything is known to have happened; None where no log was read.
        logs_until: until when.
        config: the configuration, with every name of each place.
        unresolved: what of rights on the system, or of nobody knows which, could not be made out.
    """

    at: datetime
    config: Config
    people: People
    rows: Snapshots
    policies: Sequence[Policy]
    access: tuple[Entitlement, ...]
    eligible: tuple[Entitlement, ...]
    bases: tuple[Base, ...]
    granted: Mapping[tuple[str, str, int], JudgedEvent]
    taken: tuple[JudgedEvent, ...]
    since: Mapping[str, datetime]
    passed_over: tuple[tuple[JudgedEvent, str], ...]
    logs_from: datetime | None
    logs_until: datetime | None
    unseen_systems: tuple[str, ...]
    unresolved: tuple[Unresolved, ...] = ()

    @property
    def untold(self) -> bool:
        """Whether it lies before every record of a log, and what a later snapshot shows may not have been so yet."""
        later = any(base.at and base.at > self.at for base in self.bases)
        return later and (self.logs_from is None or self.at < self.logs_from)

    def change_of(self, access: Entitlement) -> JudgedEvent | None:
        """The change in the log that gave a path."""
        return next((event for p in access.evidence if (event := self.granted.get(place(p)))), None)

    def since_of(self, access: Entitlement) -> datetime | None:
        """Since when a path is known to have stood, from the snapshots before."""
        return min((self.since[handle] for handle in access.handles if handle in self.since), default=None)


def place(pointer: Evidence) -> tuple[str, str, int]:
    """A pointer as a key."""
    return pointer.source, pointer.origin, pointer.record


class Basis(Struct, frozen=True, kw_only=True):
    """What rights at any time between two moments are rebuilt from, beside the changes that the log tells.

    Args:
        manifests: every run's, earliest first.
        changed: from when to when changes of rights move the snapshots there; None where there is none.
    """

    at: datetime
    to: datetime
    config: Config
    people: People
    rows: Snapshots
    bases: tuple[Base, ...]
    manifests: Sequence[Manifest]
    changed: tuple[datetime, datetime] | None


def basis(store: Store, config: Config, at: datetime, to: datetime) -> Basis:
    """The snapshots nearest to a moment; a source without one from before it is moved back from a later one."""
    manifests = sorted(store.manifests(), key=lambda manifest: (manifest.at, manifest.number))
    bases = tuple(_bases(config, manifests, at))
    rows = _rows(store, config, bases)
    config, people = people_of(config, rows)
    return Basis(
        at=at,
        to=to,
        config=config,
        people=people,
        rows=rows,
        bases=bases,
        manifests=manifests,
        changed=_changed(store, bases, at, to),
    )


def moment(store: Store, config: Config, system: System, at: datetime) -> Moment:
    """Rebuild who had access to a system at a moment."""
    found = basis(store, config, at, at)
    if found.changed is None:
        return rebuilt(store, found, system, ())
    limits = Limits(period_from=found.changed[0], period_to=found.changed[1])
    asked = Asked(category=Category.GRANT)
    systems = Systems(found.config)
    with attributed(store, limits, found.people, systems, config.engine, asked=asked) as activity:
        return rebuilt(store, found, system, activity.digester.judged_events())


def rebuilt(store: Store, basis: Basis, system: System, changes: Iterable[JudgedEvent]) -> Moment:
    """Who had access to a system then, with the changes of rights in between."""
    at, config, people = basis.at, basis.config, basis.people
    rows, move = moved(basis.rows, changes, at, basis.to)
    held = rights(config, rows, people.who, at, system)
    return Moment(
        at=at,
        config=config,
        people=people,
        rows=rows,
        policies=basis.rows.policies,
        access=held.access,
        eligible=held.eligible,
        bases=basis.bases,
        granted={place(event.evidence): event for event in move.given},
        taken=tuple(move.taken),
        since=_since(store, basis.bases, basis.manifests),
        passed_over=tuple(move.passed_over),
        logs_from=min((part.from_time for part in store.parts(Activity)), default=None),
        logs_until=max((part.to_time for part in store.parts(Activity)), default=None),
        unseen_systems=unseen_systems(config, rows),
        unresolved=tuple(one for one in held.unresolved if one.subject.system in (None, system.id)),
    )


def _bases(config: Config, manifests: Sequence[Manifest], at: datetime) -> Iterator[Base]:
    """For each source of rights the last good snapshot until the moment, else the first one after it."""
    moving = {kind for one in PROVIDERS.values() for kind in one.REPLAYED}
    for source in config.feeding(*_RIGHTS):
        good = [manifest.at for manifest in manifests if manifest.has_read(source.name)]
        before = [time for time in good if time <= at]
        found = before[-1] if before else good[0] if good else None
        yield Base(source=source.name, at=found, moves=source.kind in moving)


def _rows(store: Store, config: Config, bases: Iterable[Base]) -> Snapshots:
    """The snapshots that the bases name, put together."""
    by_time = grouped((base.at, base.source) for base in bases if base.at)
    pieces = [snapshots(store, config, time, names) for time, names in sorted(by_time.items())]
    names = [name for name in Snapshots.__struct_fields__ if name != "before"]
    tables: dict[str, Any] = {name: [row for piece in pieces for row in getattr(piece, name)] for name in names}
    return Snapshots(**tables)


def _changed(store: Store, bases: Iterable[Base], at: datetime, to: datetime) -> tuple[datetime, datetime] | None:
    """The stretch between the snapshots and the moment, or its end, where rights were changed in it."""
    times = [base.at for base in bases if base.at and base.moves]
    first, last = min([*times, at]), max([*times, at, to])
    parts = store.parts(Activity, days=(first.date(), last.date()))
    if first == last or not store.ask(Activity, parts, _ANY_GRANT, grant=Category.GRANT.value, first=first, last=last):
        return None
    return first, last + _MOMENT


def _since(store: Store, bases: Iterable[Base], manifests: Sequence[Manifest]) -> dict[str, datetime]:
    """Since when each right of a base stood in every good snapshot of its source."""
    found: dict[str, datetime] = {}
    for base in bases:
        read = [one for one in manifests if base.at and one.at <= base.at and one.has_read(base.source)]
        handles = _handles(store, read, base.source)
        standing: set[str] | None = None
        for manifest in reversed(read):
            standing = handles[manifest.run] if standing is None else standing & handles[manifest.run]
            found |= dict.fromkeys(standing, manifest.at)
            if not standing:
                break
    return found


def _handles(store: Store, manifests: Sequence[Manifest], source: str) -> Mapping[str, set[str]]:
    """The handles of the rights that each run stored of a source."""
    found: dict[str, set[str]] = {manifest.run: set() for manifest in manifests}
    for table in (Grant, Credential):
        key = table.TABLE, source
        of = [(one.run, part) for one in manifests for part in one.parts if (part.table, part.source) == key]
        question = "SELECT DISTINCT part_number, handle FROM stored WHERE handle <> ''"
        for number, handle in store.ask(table, [part for _, part in of], question):
            found[of[number][0]].add(handle)
    return found


def reaching(access: Iterable[Entitlement], system: System) -> list[Entitlement]:
    """The paths that end at a system, those to all of its account or project among them."""
    return [path for path in access if reaches(path, system)]
