"""A stretch of activity with everybody who acted in it made known: what a digest is made from."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pyarrow as pa

from auditor.activity.digest import Digester
from auditor.activity.engine import DuckDB
from auditor.activity.limits import Limits
from auditor.case.callers import Callers
from auditor.case.people import People
from auditor.evidence.store import Store
from auditor.model.entitlements import Identity
from auditor.model.tables import Activity
from auditor.providers.systems import Systems

# A session is attributed by the role assumption that opened it, at most this long before.
LONGEST_SESSION = timedelta(hours=36)

_ACTORS = pa.schema({"caller": pa.int64(), "person": pa.string(), "actor_class": pa.string(), "account": pa.string()})
_PLACED = pa.schema({name: pa.string() for name in ("provider", "scope", "resource", "system")})


@dataclass(frozen=True, slots=True)
class Attributed:
    """The activity of a period, ready to be digested.

    Args:
        who: the identity behind each caller, by its number.
        actors: the same as the digest takes it.
        borrowed: the roster ids that sessions called themselves while another person had opened them, by session.
    """

    digester: Digester
    who: Mapping[int, Identity]
    actors: pa.Table
    borrowed: Mapping[str, str]

    def placed(self, systems: Systems) -> pa.Table:
        """Which system each touched resource belongs to, as the digest takes it."""
        rows = (
            {"provider": t.provider, "scope": t.scope, "resource": t.resource, "system": system}
            for t in self.digester.touched(self.actors)
            if (system := systems.of(t.provider, t.scope, t.resource))
        )
        return table(_PLACED, rows)


@contextmanager
def attributed(store: Store, limits: Limits, people: People) -> Iterator[Attributed]:
    """Read the parts of a period and say who the callers are."""
    parts = store.scan(Activity, limits.period_from - LONGEST_SESSION, limits.period_to)
    with closing(store.connect()) as connection:
        digester = Digester(DuckDB(connection), parts, limits)
        callers = digester.callers()
        who = Callers(people, callers, digester.issues()).resolve()
        borrowed = {c.actor: claimed for c in callers if c.actor and (claimed := who[c.caller].claims)}
        rows = (
            {"caller": caller, "person": i.person, "actor_class": str(i.actor_class), "account": i.account}
            for caller, i in who.items()
        )
        yield Attributed(digester, who, table(_ACTORS, rows), borrowed)


def table(schema: pa.Schema, rows: Iterable[dict[str, Any]]) -> pa.Table:
    """Rows as the digest takes them."""
    return pa.Table.from_pylist(list(rows), schema)
