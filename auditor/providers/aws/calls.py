"""What a call that CloudTrail recorded asks of policies: actions, and each on which resources."""

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache, lru_cache

from msgspec import Struct

from auditor.model.globs import matches
from auditor.model.written import written
from auditor.providers.aws.actions import Actions, ResourceType, expand, resource_types, types_of

_REGION = re.compile(r"arn:[^:]*:[^:]*:(?P<region>[a-z]{2}(?:-[a-z]+)+-\d):")
_SECRET = re.compile(r"arn:[^:]*:secretsmanager:[^:]*:[^:]*:secret:.*(?<!-[A-Za-z0-9]{6})", re.DOTALL)
_LOG_GROUP = re.compile(r"arn:[^:]*:logs:[^:]*:[^:]*:log-group:[^:]*")
_KEY_ALIAS = re.compile(r"(?P<place>arn:[^:]*:kms:[^:]*:[^:]*:)(?:key/)?alias/.*", re.DOTALL)
_OBJECT, _BUCKET = re.compile(r"arn:[^:]*:s3:::[^/ ]+/"), re.compile(r"arn:[^:]*:s3:::[^/]+")


class Asked(Struct, frozen=True):
    """One action on one resource that a call asks for.

    Args:
        name: the action's, as IAM has it.
        among: its ARN; or, where the log does not tell, the patterns of what it may have been.
    """

    name: str
    action: Actions
    among: tuple[str, ...]


@lru_cache(maxsize=65536)
def asked(action: str, resource: str | None, home: str) -> tuple[Asked, ...] | None:
    """What a call has to be allowed, all of it; nothing where everybody may; None where that is not known.

    Args:
        action: as the log has it.
        resource: likewise, several things with a space between.
        home: the beginning of the ARNs of the account in which it was made: `aws:111122223333`.
    """
    names = _taken(action).split()
    sets = [(name, expand(name)) for name in names]
    if not all(one for _, one in sets):
        return None
    return tuple(Asked(name, one, among) for name, one in sets for among in _things(one, resource or "", home))


def region_of(resource: str | None) -> str | None:
    """The region that a call was made in, as far as what it was made for tells."""
    found = _REGION.match(resource or "")
    return found["region"] if found else None


def _things(action: Actions, resource: str, home: str) -> list[tuple[str, ...]]:
    """What an action was asked for on: each thing of its kinds that was named, else anything of one of them."""
    kinds = kinds_of(action)
    if not kinds:
        return [("*",)]
    arns = (_as_policies_have_it(text) for text in _arns(resource))
    named = dict.fromkeys(one for arn in arns if (one := _of_kinds(arn, kinds)))
    return [(one,) for one in named] or [tuple(dict.fromkeys(_somewhere(kind, home) for kind in kinds))]


def _arns(resource: str) -> Iterator[str]:
    """The ARNs in a resource; of all names, those of objects alone may have spaces, and stand alone then."""
    if resource.startswith("arn:") and _OBJECT.match(resource) and " arn:" not in resource:
        yield resource
    else:
        yield from (text for text in resource.split(" ") if text.startswith("arn:"))


def _of_kinds(arn: str, kinds: Iterable[ResourceType]) -> str | None:
    """Something named that is of one of some kinds, or may have one in it; None where it is neither."""
    shapes = {one.shape for one in types_of(arn)}
    if any(kind.shape in shapes and (kind.service != "s3" or _same_depth(arn, kind)) for kind in kinds):
        return arn
    inside = f"{arn}/*"
    objects = (kind for kind in kinds if kind.service == "s3")
    return inside if _BUCKET.fullmatch(arn) and any(_same_depth(inside, kind) for kind in objects) else None


def _same_depth(arn: str, kind: ResourceType) -> bool:
    """Whether both are buckets, or both what is in them."""
    return kind.shape.endswith("/*") is ("/" in arn)


def _taken(call: str) -> str:
    """The rights that a call takes, by its name or by how that begins."""
    table = _permissions()
    return table[call] if call in table else next((table[one] for one in table if matches(one, call)), call)


@cache
def _permissions() -> Mapping[str, str]:
    return written(__package__, "call_permissions", dict[str, str])


@lru_cache(maxsize=4096)
def kinds_of(action: Actions) -> tuple[ResourceType, ...]:
    """The kinds of resource that an action can be limited to."""
    found = (kind for kinds in resource_types().values() for kind in kinds if kind.actions & action)
    return tuple(kind for kind in found if not kind.head.startswith("accesspoint"))


def _somewhere(kind: ResourceType, home: str) -> str:
    """Any thing of a kind in an account."""
    partition, _, account = home.partition(":")
    _, _, service, region, owner, rest = kind.shape.split(":", 5)
    return f"arn:{partition}:{service}:{region}:{owner and account}:{rest}"


def _as_policies_have_it(arn: str) -> str:
    """A resource by the name by which policies are asked for it, which has more in it than what the call named."""
    if _SECRET.fullmatch(arn):
        return f"{arn}-??????"
    if _LOG_GROUP.fullmatch(arn):
        return f"{arn}:log-stream:"
    if ":ssm:" in arn and ":instance/" in arn:
        return arn.replace(":ssm:", ":ec2:", 1)
    alias = _KEY_ALIAS.fullmatch(arn)
    return f"{alias['place']}key/*" if alias else arn
