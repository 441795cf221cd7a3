"""What belongs together, by what it has in common."""

from collections import defaultdict
from collections.abc import Hashable, Iterable
from typing import TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


def only(values: Iterable[V]) -> V | None:
    """The one value among some; None where there is none, or where they differ."""
    found = set(values)
    return found.pop() if len(found) == 1 else None


def grouped(pairs: Iterable[tuple[K, V]]) -> defaultdict[K, list[V]]:
    """Values by their keys, both in the order in which they come; a key that has none has an empty list."""
    groups: defaultdict[K, list[V]] = defaultdict(list)
    for key, value in pairs:
        groups[key].append(value)
    return groups


def distinct(pairs: Iterable[tuple[K, V]]) -> defaultdict[K, set[V]]:
    """The different values of each key; a key that has none has an empty set."""
    groups: defaultdict[K, set[V]] = defaultdict(set)
    for key, value in pairs:
        groups[key].add(value)
    return groups
