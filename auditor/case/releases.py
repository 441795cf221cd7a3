"""What ran: deployments that reach a system's production, and pipelines."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from auditor.activity.results import Place
from auditor.config.models import Config
from auditor.config.systems import ForgeResource
from auditor.evidence.store import Store
from auditor.model.tables import Deployment, Pipeline
from auditor.providers.systems import Systems

# A pipeline that waits for somebody is open for long.
_LONGEST_OPEN = timedelta(days=30)
# What a deployment is called that never began.
_NEVER_RAN = frozenset({"created", "blocked", "skipped", "canceled"})


class Release(Struct, frozen=True, kw_only=True):
    """A deployment to a system's production, as its newest row has it; `place` is the project that a system claims."""

    row: Deployment
    system: str
    place: Place | None = None

    @property
    def ran(self) -> bool:
        """Whether it was carried out, well or not."""
        return self.row.status not in _NEVER_RAN

    @property
    def ends_at(self) -> datetime:
        """When it was over; when it began, where it is not or that is not known."""
        return self.row.finished_at or self.row.time

    @property
    def span(self) -> tuple[datetime, datetime]:
        """From its beginning to its end."""
        return self.row.time, self.ends_at


def releases(store: Store, config: Config, from_: datetime, to: datetime, known: datetime) -> Sequence[Release]:
    """Those under way between two moments, earliest first, as they were known at a third."""
    systems, rows = Systems(config), _newest(store, config, Deployment, "deployment_id", (from_, to), known)
    found = (Release(row=row, system=s, place=p) for row in rows for s, p in (_system_of(config, systems, row),) if s)
    there = [one for one in found if one.row.time <= to and one.ends_at >= from_]
    return sorted(there, key=lambda one: (one.row.time, one.row.deployment_id))


def pipelines(store: Store, config: Config, from_: datetime, to: datetime, known: datetime) -> Sequence[Pipeline]:
    """Runs that were open between two moments, earliest first, as they were known at a third."""
    rows = _newest(store, config, Pipeline, "pipeline", (from_ - _LONGEST_OPEN, to), known)
    there = [row for row in rows if row.time <= to and (row.updated_at is None or row.updated_at >= from_)]
    return sorted(there, key=lambda row: (row.time, row.source, row.pipeline))


R = TypeVar("R", Deployment, Pipeline)


def _newest(
    store: Store, config: Config, table: type[R], id_: str, span: tuple[datetime, datetime], known: datetime
) -> list[R]:
    """The rows that began in a span, each as it was read last."""
    names = [source.name for source in config.feeding(table.TABLE)]
    parts = store.parts(table, days=(span[0].date(), span[1].date()), sources=names)
    newest: dict[tuple[str, str], R] = {}
    for row in sorted(store.rows(table, parts), key=lambda row: row.collected_at):
        if row.collected_at <= known:
            newest[row.source, getattr(row, id_)] = row
    return list(newest.values())


def _system_of(config: Config, systems: Systems, row: Deployment) -> tuple[str | None, Place | None]:
    """The system whose production it reaches; of a project that a system claims, only that environment counts."""
    hint = row.system_hint or ""
    if claims := [(system, place) for system, place in config.resources_of(ForgeResource) if place.has_scope(hint)]:
        fits = ((system, (one.provider_name, one.scope)) for system, one in claims if one.takes(row.environment))
        return next(fits, (None, None))
    return systems.named(hint), None
