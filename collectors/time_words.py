"""Words and layouts of times that people and programs write, as `times.yaml` has them."""

import re
from calendar import month_abbr
from collections.abc import Hashable, Iterable, Mapping
from functools import cache, partial
from typing import TypedDict, TypeVar

from auditor.model.weekdays import weekdays
from auditor.model.written import written

K = TypeVar("K", bound=Hashable)
_SHORT_MONTHS = frozenset(month_abbr)
_WITH_MONTH = re.compile(r"\d{1,2}(?:[./-]\d|\.? [^\W\d]{3,})")


class Words(TypedDict):
    """Words for times that people write."""

    months: dict[str, list[str]]
    now: frozenset[str]
    hours: dict[int, list[str]]
    numbers: dict[float, list[str]]
    halves: tuple[str, ...]
    rewritten: tuple[tuple[str, str], ...]


words = cache(partial(written, __package__, "times", Words))


@cache
def months() -> dict[str, str]:
    """English months, in three letters, by what people call them."""
    return {name: month[:3] for name, month in by_name(words()["months"]).items()}


def without_weekday(text: str) -> str:
    """A time without the day of the week before it; `Mar 14 2026` begins with a month, `mar 14 ottobre` does not."""
    first, _, rest = text.partition(" ")
    name = first.casefold().rstrip(".,")
    if name not in weekdays() or (name.capitalize() in _SHORT_MONTHS and not _WITH_MONTH.match(rest)):
        return text
    return rest


def by_name(table: Mapping[K, Iterable[str]]) -> dict[str, K]:
    """What each name of a table of names stands for."""
    return {name: key for key, names in table.items() for name in names}


@cache
def rewritten() -> tuple[tuple[re.Pattern[str], str], ...]:
    """What is written otherwise first, and how, in this order."""
    return tuple((re.compile(pattern, re.IGNORECASE), instead) for pattern, instead in words()["rewritten"])
