"""Grant events of PostgreSQL: to whom a statement in its log gave what."""

from collections.abc import Iterable, Iterator
from operator import attrgetter

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.tables import Grant as Row
from auditor.model.vocabulary import Capability, Level
from auditor.providers.databases.rights import Places, Server, has_all, servers
from auditor.providers.databases.statements import Gift, gifts, losers
from auditor.providers.databases.words import BEYOND_THE_SERVER, IN_PLACE_OF_SUPERUSER, PUBLIC
from auditor.providers.given import given, unplaced
from auditor.providers.systems import Systems

_LOOKING = frozenset(
    {"pg_monitor", "pg_read_all_data", "pg_read_all_settings", "pg_read_all_stats", "pg_stat_scan_tables"}
)
_LOOKS = frozenset({Capability.READ_DATA, Capability.READ_LOGS})
# What a statement calls itself or whoever gives; who that is, it does not tell.
_ONESELF = frozenset({"current_user", "current_role", "session_user"})


def postgres_grants(config: Config, events: Iterable[JudgedEvent], rows: Snapshots, who: IdentityOf) -> Iterator[Grant]:
    """A grant for each who received a right to change something; and for each person who received one to read.

    What a membership gives, the role's own rights tell: those that were read, else those that the log gave it before.
    """
    reach = _Reach(config, rows)
    for event in sorted(events, key=attrgetter("time")):
        told = details(event.detail).get("statement")
        if not isinstance(told, str):
            continue
        reach.forget(event.scope, losers(told))
        for gift in gifts(told):
            if gift.to in _ONESELF:
                continue
            level, systems = reach.of(event, gift)
            grant = given(
                event,
                f"postgres:{gift.to}@{event.scope}",
                who,
                systems=systems,
                level=level or Level.WRITE,
                what=gift.what,
            )
            if level is None:
                yield from unplaced(grant, "postgres", rows.grants) if grant.identity.person else ()
            elif systems and (level is not Level.READ or grant.identity.person):
                yield grant


class _Reach:
    """How far what is given goes and where, with what the log itself gave to roles so far."""

    def __init__(self, config: Config, rows: Snapshots) -> None:
        self._systems, self._places = Systems(config), Places("postgres", config)
        self._servers = {one.name: one for one in servers("postgres", rows)}
        self._roles: dict[tuple[str, str], tuple[Level, tuple[str, ...]]] = {}

    def of(self, event: JudgedEvent, gift: Gift) -> tuple[Level | None, tuple[str, ...]]:
        """Level and systems; no level where it is membership of a role of which nothing is known."""
        level, systems = self._of(event, gift)
        if level and level is not Level.READ:
            own = (event.scope, gift.to)
            before, where = self._roles.get(own, (level, ()))
            self._roles[own] = (max(before, level, key=lambda one: one.rank), tuple(sorted({*where, *systems})))
        return level, systems

    def _of(self, event: JudgedEvent, gift: Gift) -> tuple[Level | None, tuple[str, ...]]:
        everywhere = self._systems.of_scope("postgres", event.scope)
        if gift.everything or gift.role in IN_PLACE_OF_SUPERUSER | BEYOND_THE_SERVER:
            return Level.ADMIN, everywhere
        if not gift.role:
            system = self._systems.of("postgres", event.scope, gift.database or event.resource)
            return Level.WRITE if gift.writes else Level.READ, (system,) if system else ()
        if gift.role.startswith("pg_"):
            return Level.READ if gift.role in _LOOKING else Level.WRITE, everywhere
        server = self._servers.get(event.scope)
        held = list(_held(server, gift.role)) if server else []
        if not held:
            return self._roles.get((event.scope, gift.role), (None, everywhere))
        systems = tuple(sorted({system for row in held for system in self._places.of(event.scope, row.resource)}))
        if any(map(has_all, held)):
            return Level.ADMIN, systems
        looks = _LOOKS.issuperset(Capability(one) for row in held for one in row.capabilities)
        return Level.READ if looks else Level.WRITE, systems

    def forget(self, scope: str, roles: Iterable[str]) -> None:
        """Of a role that lost something it is not known what it still has."""
        for role in roles:
            self._roles.pop((scope, role), None)


def _held(server: Server, role: str) -> Iterator[Row]:
    """What a role has, by itself and through others; what everybody has aside."""
    for way in server.ways(f"postgres:{role}@{server.name}"):
        if way.role != f"postgres:{PUBLIC}@{server.name}":
            yield from server.grants_of[way.role]
