"""Which removals would lower exposure most."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from auditor.case.case import Case
from auditor.model.entitlements import Entitlement
from auditor.model.exposure import Lowering
from auditor.model.groups import distinct

MOST = 3
_Key = tuple[str, ...]


class Held(Struct, frozen=True, kw_only=True):
    """A system that somebody can change at any time: by which paths, how many minutes of a week, and how many used."""

    person: str
    system: str
    paths: tuple[Entitlement, ...]
    minutes: int
    used: int | None

    @property
    def unused(self) -> int:
        """What was possible and never used."""
        return self.minutes - (self.used or 0)


def lowering(case: Case, held: Iterable[Held]) -> tuple[Lowering, ...]:
    """The removals by which the most was possible that was never used, each counted after those before it.

    A removal takes away the rights by which one person can change one system, all of them; other systems that they rest
    on alone go with it. Of equal ones that of fewer rights comes first, and an owner's last.
    """
    left = {(one.person, one.system): one for one in held}
    needs = {pair: frozenset(map(_key, one.paths)) for pair, one in left.items()}
    found: list[Lowering] = []
    while left and len(found) < MOST:
        by_right = distinct((key, pair) for pair in left for key in needs[pair])
        told = []
        for rights in dict.fromkeys(needs[pair] for pair in left):
            touched = {pair for key in rights for pair in by_right[key]}
            freed = sorted(pair for pair in touched if needs[pair] <= rights)
            told.append((rights, [left[pair] for pair in freed]))
        rights, freed_most = min(told, key=lambda one: _order(case, *one))
        if not sum(one.unused for one in freed_most):
            break
        found.append(_lowering(rights, freed_most))
        for one in freed_most:
            del left[one.person, one.system]
        needs = {pair: needs[pair] - rights for pair in left}
    return tuple(found)


def _key(path: Entitlement) -> _Key:
    """What tells a right from others: what a cleanup takes away, or the path where there is nothing of the kind."""
    return (path.person or "", *(path.handles or (path.account, *path.path)))


def _order(case: Case, rights: frozenset[_Key], freed: Sequence[Held]) -> tuple[object, ...]:
    owned = all(one.person in case.config.systems_by_id[one.system].owners for one in freed)
    return -sum(one.unused for one in freed), owned, len(rights), freed[0].person, freed[0].system


def _lowering(rights: frozenset[_Key], freed: Sequence[Held]) -> Lowering:
    words = {_key(path): path.words for one in freed for path in one.paths}
    known = [one.used for one in freed if one.used is not None]
    return Lowering(
        person=freed[0].person,
        systems=tuple(one.system for one in freed),
        minutes=sum(one.minutes for one in freed),
        used=sum(known) if known else None,
        rests_on=tuple(sorted(words[key] for key in rights if key in words)),
    )
