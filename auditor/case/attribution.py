"""A stretch of activity with everybody who acted in it made known: what a digest is made from."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import pyarrow as pa

from auditor.activity.digest import NO_LOG_STORES, Digester
from auditor.activity.engines import opened
from auditor.activity.limits import Limits
from auditor.activity.results import Caller, IncidentEvent, JudgedEvent, Touched
from auditor.case.callers import Callers
from auditor.case.people import People
from auditor.case.windows import Sign
from auditor.config.engine import AnyEngine
from auditor.config.models import Config
from auditor.evidence.store import Store
from auditor.model.entitlements import Identity, TicketRef
from auditor.model.tables import Activity, Trail
from auditor.model.vocabulary import ActorClass, Category, Outcome
from auditor.providers.registry import log_traits, provider
from auditor.providers.systems import Systems

Key = tuple[str | None, str | None, str | None]
KnownBy = Mapping[Key, str]

# A session is attributed by the role assumption that opened it, at most this long before.
LONGEST_SESSION = timedelta(hours=36)

# What nobody declares is one of these.
_MACHINES = (ActorClass.SERVICE, ActorClass.UNKNOWN)
_ACTORS = pa.schema(
    {"caller": pa.int64(), **dict.fromkeys(("person", "actor_class", "account", "through"), pa.string())}
)
_PLACES = pa.schema({"provider": pa.string(), "scope": pa.string()})
_PLACED = pa.schema({name: pa.string() for name in ("provider", "scope", "resource", "system")})


@dataclass(frozen=True)
class Attributed:
    """The activity of a period, ready to be digested.

    Args:
        who: the identity behind each caller, by its number.
        actors: the same as the digest takes it.
        known_by: by what evidence it is known who acted, by account, actor and credential.
        undeclared: callers that no entry of auditor.yaml is behind, and nobody in particular; likewise.
        borrowed: the roster ids that sessions called themselves while another person had opened them, by session and
            that person: several people's sessions may bear one name.
    """

    digester: Digester
    limits: Limits
    who: Mapping[int, Identity]
    actors: pa.Table
    known_by: KnownBy
    undeclared: frozenset[Key]
    borrowed: Mapping[tuple[str, str], str]

    def placed(self, systems: Systems) -> pa.Table:
        """Which system each touched resource belongs to, as the digest takes it."""
        rows = (
            {"provider": t.provider, "scope": t.scope, "resource": t.resource, "system": system}
            for t in self._touched
            if (system := systems.of(t.provider, t.scope, t.resource))
        )
        return table(_PLACED, rows)

    def signs(self, systems: Systems, of: Collection[str]) -> Sequence[Sign]:
        """When people changed some systems in the period, or gave rights there."""
        return [sign for system in sorted(of) for sign in signs(system, self.moments(systems, system))]

    def moments(self, systems: Systems, system: str) -> Sequence[IncidentEvent]:
        """What happened to a system in the period, act by act; floods are counted."""
        seen = {(caller.provider, caller.scope) for caller in self.digester.callers()}
        own = sorted((name, scope) for name, scope in seen if system in systems.of_scope(name, scope))
        places = [{"provider": name, "scope": scope} for name, scope in own]
        return self.digester.moments(self.actors, self.placed(systems), system, table(_PLACES, places))

    def requests(self, config: Config) -> Sequence[TicketRef]:
        """What people asked access brokers for and were granted, as tickets."""
        by_provider: dict[str, list[JudgedEvent]] = {}
        for event in self.digester.broker_acts(self.actors):
            by_provider.setdefault(event.provider, []).append(event)
        return [ref for name, events in by_provider.items() for ref in provider(name).requests(config, events)]

    def log_stores(self, store: Store, config: Config, trails: Sequence[Trail]) -> pa.Table:
        """Which touched resources keep an audit trail, as the digest takes it."""
        named: dict[str, list[Touched]] = {}
        for one in self._touched:
            if one.resource:
                named.setdefault(one.provider, []).append(one)
        days = (self.limits.period_from.date(), self.limits.period_to.date())
        rows = []
        for name, touched in named.items():
            stores = provider(name).log_stores(store, config, trails, (one.resource or "" for one in touched), days)
            rows += [one for one in touched if stores and _lies_in(one.resource or "", stores)]
        return table(
            NO_LOG_STORES.schema, ({"provider": t.provider, "scope": t.scope, "resource": t.resource} for t in rows)
        )

    @cached_property
    def _touched(self) -> Sequence[Touched]:
        return self.digester.touched(self.actors)


@contextmanager
def attributed(store: Store, limits: Limits, people: People, engine: AnyEngine) -> Iterator[Attributed]:
    """Read the parts of a period and say who the callers are."""
    parts = store.scan(Activity, limits.period_from - LONGEST_SESSION, limits.period_to)
    with opened(store, engine) as steps:
        digester = Digester(steps, parts, limits, log_traits())
        callers = digester.callers()
        who = Callers(people, callers, digester.issues()).resolve()
        borrowed = {
            (c.actor, i.person): i.claims for c in callers if c.actor and (i := who[c.caller]).person and i.claims
        }
        known_by: KnownBy = {(i.account, c.actor, c.credential): i.how for c in callers if (i := who[c.caller]).how}
        undeclared = frozenset(
            (i.account, c.actor, c.credential)
            for c in callers
            if (i := who[c.caller]).actor_class in _MACHINES and not (i.person or i.owner or i.candidates)
        )
        through = {c.caller: _acting_itself(c) for c in callers}
        rows = (
            {
                "caller": caller,
                "person": i.person,
                "actor_class": str(i.actor_class),
                "account": i.account,
                "through": through[caller],
            }
            for caller, i in who.items()
        )
        yield Attributed(digester, limits, who, table(_ACTORS, rows), known_by, undeclared, borrowed)


def signs(system: str, told: Iterable[IncidentEvent]) -> Iterator[Sign]:
    """When people changed a system, or gave rights there, by what happened to it."""
    for one in told:
        if one.person and one.outcome == Outcome.OK and one.category in (Category.CHANGE, Category.GRANT):
            yield Sign(one.person, system, one.time, one.until)


def _acting_itself(caller: Caller) -> str | None:
    """The agent or vendor that acted in a session; a service only does as it is told."""
    through = provider(caller.provider).through(caller.invoked_by)
    return caller.invoked_by if through and through.acts_itself else None


def _lies_in(resource: str, stores: frozenset[str]) -> bool:
    """Whether a thing is one of these, or lies below one: an object in a bucket."""
    return any(name in stores or name.partition("/")[0] in stores for name in resource.split(" "))


def table(schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as the digest takes them."""
    return pa.Table.from_pylist(list(rows), schema)
