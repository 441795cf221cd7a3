"""Google's roles in plain capabilities: well-known ones by name, others by service and suffix, custom ones by content.

Where the lines run: `roles/owner` is unrestricted; `roles/editor` is everything but access and billing. A role that can
change who may do what (`projectIamAdmin`) manages access; it is not counted as unrestricted.
"""

import re
from collections.abc import Callable, Collection, Iterable
from functools import cache, lru_cache, partial

from msgspec import Struct

from auditor.model.globs import matches
from auditor.model.vocabulary import Capability
from auditor.model.written import written
from auditor.providers.google.permissions import capabilities

STARTED = "runs something as"
"""The way to act as an account that needs something to be started as it."""

UNRESTRICTED = frozenset({"roles/owner"})
_DATABASE_LOGINS = frozenset({"roles/cloudsql.instanceUser", "roles/cloudsql.studioUser", "roles/alloydb.databaseUser"})
_LOGGING_IN = frozenset({"cloudsql.instances.login", "cloudsql.instances.executeSql", "alloydb.users.login"})
_READS = re.compile(r"(?:\w*(?:[vV]iewer|[rR]eader|[rR]eviewer|[aA]uditor|[bB]rowser|[lL]ister))")
_NO_MORE = re.compile(
    r"(?:\w*(?:[iI]nvoker|[uU]ser|[aA]gent|[cC]onsumer|[wW]riter|[pP]ublisher|[mM]etadata\w*|[vV]iewerMetadata))"
)


class _Service(Struct, frozen=True):
    services: str
    changes: str
    reads: str


class _Acting(Struct, frozen=True):
    words: str
    roles: str
    permissions: str


class _Starting(Struct, frozen=True):
    roles: str
    permissions: str


class _Table(Struct, frozen=True):
    """roles.yaml; what is given stands as words, each a capability or several that go together."""

    together: dict[str, str]
    known: dict[str, str]
    services: list[_Service]
    acting: list[_Acting]
    starting: _Starting

    def capabilities(self, words: str) -> frozenset[Capability]:
        """What the words stand for."""
        named = (self.together.get(word, word) for word in words.split())
        return frozenset(Capability(name) for names in named for name in names.split())


_table = cache(partial(written, __package__, "roles", _Table))


def is_custom(role: str) -> bool:
    """Whether a role was made by the team itself."""
    return not role.startswith("roles/")


def within_databases(role: str, permissions: Collection[str]) -> frozenset[Capability]:
    """What a role gives by logging in to databases as a user of IAM, and in no other way."""
    if not is_custom(role):
        return of_role(role) if role in _DATABASE_LOGINS else frozenset()
    return capabilities(permissions) - capabilities(one for one in permissions if one not in _LOGGING_IN)


@lru_cache(maxsize=4096)
def of_role(role: str) -> frozenset[Capability]:
    """What a predefined role gives, by its name."""
    table = _table()
    return table.capabilities(_words(table, role.removeprefix("roles/")))


def _words(table: _Table, name: str) -> str:
    if name in table.known:
        return table.known[name]
    service, _, rest = name.partition(".")
    last = rest.rpartition(".")[2]
    line = next((line for line in table.services if re.fullmatch("|".join(line.services.split()), service)), None)
    if line is None:
        return "nothing"
    if _READS.fullmatch(last):
        return line.reads if "metadata" not in last.lower() else "nothing"
    # A service's own agent and whoever only uses a service do not change it; writers of data do.
    return "nothing" if _NO_MORE.fullmatch(last) and line.changes != "store" else line.changes


def is_viewing(role: str) -> bool:
    """Whether a predefined role only looks, by the end of its name."""
    return _READS.fullmatch(role.rpartition(".")[2]) is not None


@lru_cache(maxsize=4096)
def ways_of_acting(role: str) -> frozenset[str]:
    """The permissions by which a predefined role's holder can act as service accounts."""
    ways = (way for way in _table().acting if role in way.roles.split())
    return frozenset(permission for way in ways for permission in way.permissions.split())


def opens_root(role: str, permissions: Iterable[str] = ()) -> bool:
    """Whether its holder logs in to machines and is root there."""
    return role == "roles/compute.osAdminLogin" or "compute.instances.osAdminLogin" in permissions


def acts(
    role: str, permissions: Iterable[str] = (), is_denied: Callable[[str], bool] = lambda _: False
) -> tuple[str, ...]:
    """The ways in which its holder can act as service accounts, in words; some reach certain ones alone."""
    held = {one for one in permissions if not is_denied(one)}
    ways = {
        way.words: None
        for way in _table().acting
        if not held.isdisjoint(way.permissions.split())
        or (role in way.roles.split() and not all(map(is_denied, way.permissions.split())))
    }
    return tuple(ways)


@lru_cache(maxsize=4096)
def starts(role: str, permissions: frozenset[str] = frozenset()) -> bool:
    """Whether its holder may start something that runs as an account of their choice."""
    if is_custom(role):
        patterns = _table().starting.permissions.split()
        return any(matches(pattern, one) for one in permissions for pattern in patterns)
    looks = is_viewing(role) or _NO_MORE.fullmatch(role.rpartition(".")[2])
    return not looks and any(matches(pattern, role) for pattern in _table().starting.roles.split())
