"""Grant events of PostgreSQL: to whom a statement in its log gave what."""

from collections.abc import Iterable, Iterator

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.entitlements import Grant, IdentityOf
from auditor.model.tables import Grant as Row
from auditor.model.vocabulary import Capability, Level
from auditor.providers.databases.rights import Server, has_all, servers
from auditor.providers.databases.statements import Gift, gifts
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

    What a membership gives, the role's own rights tell, where they were read.
    """
    places, known = Systems(config), {one.name: one for one in servers("postgres", rows)}
    for event in events:
        told = details(event.detail).get("statement")
        for gift in gifts(told) if isinstance(told, str) else ():
            if gift.to in _ONESELF:
                continue
            everywhere = gift.everything or gift.role
            system = places.of("postgres", event.scope, gift.database or event.resource)
            systems = places.of_scope("postgres", event.scope) if everywhere else (system,) if system else ()
            level = _level(gift, known.get(event.scope))
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


def _level(gift: Gift, server: Server | None) -> Level | None:
    """How far it goes; None where it is membership of a role of which nothing is known."""
    if gift.everything or gift.role in IN_PLACE_OF_SUPERUSER | BEYOND_THE_SERVER:
        return Level.ADMIN
    if not gift.role:
        return Level.WRITE if gift.writes else Level.READ
    if gift.role.startswith("pg_"):
        return Level.READ if gift.role in _LOOKING else Level.WRITE
    held = list(_held(server, gift.role)) if server else []
    if not held:
        return None
    if any(map(has_all, held)):
        return Level.ADMIN
    return Level.READ if _LOOKS.issuperset(Capability(one) for row in held for one in row.capabilities) else Level.WRITE


def _held(server: Server, role: str) -> Iterator[Row]:
    """What a role has, by itself and through others; what everybody has aside."""
    for way in server.ways(f"postgres:{role}@{server.name}"):
        if way.role != f"postgres:{PUBLIC}@{server.name}":
            yield from server.grants_of[way.role]
