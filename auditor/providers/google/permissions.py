"""Google's permissions in plain capabilities, for custom roles: by service and verb.

Where the lines run: as for AWS. Getting and listing what is set up is no capability; reading what is stored in it is
`read-data`; reading a secret's value is `read-data`, changing it `manage-secrets`; a policy on one resource is
`change-config`, while `manage-access` is who may do what in a project. Becoming a service account is reach, and
starting a query is nothing without the data that it reads.
"""

import re
from collections.abc import Iterable
from functools import cache, lru_cache, partial
from itertools import chain

from msgspec import Struct

from auditor.model.globs import covers, matches, overlap
from auditor.model.vocabulary import Capability
from auditor.model.written import written

# Past the first lines, getting and listing gives nothing.
_LOOKING = re.compile(r"(?:get|list|search|query|view|fetch|lookup|check|test|calculate|estimate|count)\w*")


class _Line(Struct, frozen=True):
    gives: Capability | None
    permissions: str


class _Table(Struct, frozen=True):
    """permissions.yaml."""

    before_looking: list[_Line]
    changing: list[_Line]


_table = cache(partial(written, __package__, "permissions", _Table))


@lru_cache(maxsize=16384)
def capability(permission: str) -> Capability | None:
    """What one permission gives; None where it is no capability."""
    lines = chain(_table().before_looking, () if is_looking(permission) else _table().changing)
    line = next((line for line in lines if _named(permission, line.permissions)), None)
    return line.gives if line else None


def is_looking(permission: str) -> bool:
    """Whether it only gets and lists, by its verb."""
    return _LOOKING.fullmatch(permission.rpartition(".")[2]) is not None


def capabilities(permissions: Iterable[str]) -> frozenset[Capability]:
    """The plain capabilities that a set of permissions gives."""
    return frozenset(found for permission in permissions if (found := capability(permission)))


@cache
def patterns_of(gives: Capability, service: str) -> tuple[str, ...]:
    """The permissions of a service, or of all with `*`, that give a capability, as patterns."""
    lines = chain(_table().before_looking, _table().changing)
    patterns = [pattern for line in lines if line.gives == gives for pattern in line.permissions.split()]
    whole = f"{service}.*"
    inside = (
        f"{service}.{pattern}" if pattern.startswith("*.") and service != "*" else pattern for pattern in patterns
    )
    return tuple(whole if covers(pattern, whole) else pattern for pattern in inside if overlap(pattern, whole))


def _named(permission: str, patterns: str) -> bool:
    return any(matches(pattern, permission) for pattern in patterns.split())
