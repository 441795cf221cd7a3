"""Days of the week as people write them."""

import re
from functools import cache

from auditor.model.written import written

_FROM_TO = re.compile(
    r"(?<![\w-])([^\W\d_]+)\.?"
    r"(?:\s*[-\u2013\u2014/&+]\s*|\s+(?:to|till?|until|through|thru|and|bis|und|à|au|et|al?|e|y|tot|do)\s+)"
    r"([^\W\d_]+)(?![\w-])"
)


@cache
def weekdays() -> dict[str, int]:
    """Days of the week, from Monday on, by what people call them."""
    return {name: day for day, names in enumerate(written(__package__, "weekdays", list[list[str]])) for name in names}


def names_days(text: str) -> bool:
    """Whether it names days of every week: `Mon-Fri 08:00`, `lun. à ven.`, `Montag und Mittwoch`."""
    pairs = (match.groups() for match in _FROM_TO.finditer(text.casefold()))
    return any(weekdays().keys() >= set(pair) for pair in pairs)
