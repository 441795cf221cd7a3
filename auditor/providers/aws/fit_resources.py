"""The resources that a fitted policy names for one action: those that evidence names, `*` where it names none."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from msgspec import Struct

from auditor.activity.results import UsedAct
from auditor.model.globs import is_literal, overlap
from auditor.model.groups import grouped
from auditor.providers.aws.actions import Actions, ResourceType
from auditor.providers.aws.calls import kinds_of

MOST = 8
"""So many things of one kind are named one by one; of more, what their names begin with."""

_OBJECT, _WORD = re.compile(r"arn:[^:]*:s3:::[^/]*/"), re.compile(r"/?[^/_.:-]*[/_.:-]")
# What AWS itself calls instances, volumes and keys: that they begin alike says nothing.
_MADE = re.compile(r"(?:[a-z]+-)?[0-9a-f]{8,}(?:-[0-9a-f]+)*")
_VARIABLE = re.compile(r"\$\{")
# What policies have behind the name that a call has: of what is in a bucket, of a secret, of a group of logs.
_ADDED = re.compile(r"(?:/\*|-\?{6}|:log-stream:)\Z")
# Tasks, sessions and the like are new each time: their names say nothing of the next.
_PASSING = re.compile(
    r"(?P<kept>:(?:task|container-instance|execution|express|changeSet|build|session|instance-refresh|command|job|job-run)"
    r"[/:](?:[^/:]+[/:])*)[^/:]*[0-9a-f]{8}[^/:]*$|(?P<stream>:log-stream:).+$"
)


class Named(Struct, frozen=True):
    """What an action may be done to.

    Args:
        resources: patterns, in order; `*` alone where that is all that can be said.
        covered: the acts that they allow.
        why: why it is `*` though the action could be limited; None where it is not.
        left: resources that a pattern cannot name without naming others.
    """

    resources: tuple[str, ...]
    covered: tuple[UsedAct, ...]
    why: str | None = None
    left: tuple[str, ...] = ()


def named(action: Actions, acts: Sequence[tuple[UsedAct, Sequence[str]]]) -> Named:
    """The resources of one action, as few and as narrow as evidence tells; each act comes with what it was on."""
    kinds = kinds_of(action)
    if not kinds:
        return Named(("*",), tuple(act for act, _ in acts))
    left = tuple(dict.fromkeys(one for act, among in acts for one in among if not _is_plain(one, act)))
    plain = [(act, among) for act, among in acts if left == () or not set(left) & set(among)]
    covered = tuple(act for act, _ in plain)
    found = dict.fromkeys(one for _, among in plain for one in among)
    untold = [act for act, among in plain if not _is_told(among)]
    missing = [kind for kind in kinds if kind.required & action and not any(_is_of(one, kind) for one in found)]
    why = "the log does not name what it was done to" if untold else None
    resources = (*_merged(found, kinds), *(_all_of(kind, found) for kind in missing)) if found else ()
    return Named(tuple(sorted(set(resources))), covered, why, left)


def _is_told(among: Sequence[str]) -> bool:
    """Whether the log names what it was."""
    return len(among) == 1 and is_literal(_ADDED.sub("", among[0]))


def _is_plain(one: str, act: UsedAct) -> bool:
    """Whether it stands for itself alone in a policy, or is no name that the log has."""
    of = act.resource or ""
    name = one if one in of else _ADDED.sub("", one)
    return name not in of or (is_literal(name) and not _VARIABLE.search(name))


@lru_cache(maxsize=65536)
def _is_of(thing: str, kind: ResourceType) -> bool:
    own, shape = thing.split(":", 5), kind.shape.split(":", 5)
    return len(own) == len(shape) and all(overlap(*pair) for pair in zip(own, shape, strict=True))


def _merged(things: Iterable[str], kinds: Sequence[ResourceType]) -> Iterator[str]:
    """Things as patterns: what passes by its kind, many of a kind by how their names begin."""
    groups: defaultdict[tuple[str, ...], dict[str, None]] = defaultdict(dict)
    for thing in things:
        kind = next(kind for kind in kinds if _is_of(thing, kind))
        lasting = _PASSING.sub(lambda match: f"{match['kept'] or match['stream']}*", thing)
        groups[(*thing.split(":", 5)[:5], kind.shape, kind.head)][lasting] = None
    for (*place, _, head), names in groups.items():
        begins = len(":".join(place)) + 1 + len(head)
        many = len(names) > MOST and not all(_MADE.fullmatch(name[begins:]) for name in names)
        for name in _beginnings(names, begins) if many else names:
            yield name.removesuffix("log-stream:") + "*" if name.endswith(":log-stream:") else name


def _beginnings(names: Iterable[str], begins: int) -> Iterator[str]:
    """What many names of one kind begin with, those together that share their first word, or bucket."""
    firsts = ((name, _OBJECT.match(name) or _WORD.match(name, begins)) for name in names)
    for word, own in grouped((name[: found.end()] if found else name, name) for name, found in firsts).items():
        first, last = min(own), max(own)
        same = next((at for at, pair in enumerate(zip(first, last, strict=False)) if len(set(pair)) > 1), len(first))
        cut = max(first.rfind(sign, 0, same) for sign in "/-_.:") + 1
        yield f"{first[: max(cut, len(word))]}*" if len(own) > 1 else first


def _all_of(kind: ResourceType, found: Iterable[str]) -> str:
    """All things of a kind beside those that are known, in their account and region where they are all of one."""
    shape, told = kind.shape.split(":", 5), [thing.split(":", 5) for thing in found]
    for place, one in enumerate(shape[:5]):
        values = {parts[place] for parts in told}
        if one == "*" and len(values) == 1 and "" not in values:
            shape[place] = values.pop()
    return ":".join(shape)
