"""Words and layouts of times that people and programs write, as `times.yaml` has them."""

import re
from collections.abc import Hashable, Iterable, Mapping
from functools import cache, partial
from typing import TypedDict, TypeVar

from auditor.model.written import written

K = TypeVar("K", bound=Hashable)


class Words(TypedDict):
    """Words for times that people write."""

    months: dict[str, list[str]]
    weekdays: list[list[str]]
    now: frozenset[str]
    hours: dict[int, list[str]]
    numbers: dict[float, list[str]]
    halves: tuple[str, ...]
    rewritten: tuple[tuple[str, str], ...]


words = cache(partial(written, __package__, "times", Words))


@cache
def months() -> dict[str, str]:
    """English months by what people call them."""
    return by_name(words()["months"])


def by_name(table: Mapping[K, Iterable[str]]) -> dict[str, K]:
    """What each name of a table of names stands for."""
    return {name: key for key, names in table.items() for name in names}


@cache
def rewritten() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What is written otherwise first, and how, in this order."""
    return tuple((re.compile(pattern, re.IGNORECASE), instead) for pattern, instead in words()["rewritten"])
