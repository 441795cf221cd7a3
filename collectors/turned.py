"""Logs that are turned: what sorts the files of one, and which of them are read on a night."""

import re
from collections.abc import Mapping, Sequence

from collectors.base import Raw

FORMS = "log|jsonl?|ndjson|export|txt|csv"
"""What the names of logs end in, but for numbers, days and what packed them; as a pattern."""
_ROTATED = re.compile(
    r"(?:\.(?P<number>\d{1,3})|[.-](?P<day>\d{8}(?:-?\d+)?|\d{4}-\d\d-\d\d))?"
    rf"(?:\.(?:{FORMS}))*(?:\.(?:gz|xz|bz2|zst))?$"
)
_FORM = re.compile(rf"(?:\.(?:{FORMS}))+$")
_DIGITS = re.compile(r"\d+")

Order = tuple[bool, str, int]


def age(name: str) -> Order:
    """What sorts the files of one log, oldest first.

    log.2 is older than log.1, log-20251101 than log-20251108, and all of them than log.
    """
    match = _ROTATED.search(name)  # there always is one, if of nothing
    number, day = int(match["number"] or 0), match["day"] or ""  # type: ignore[index]
    return not (number or day), day, -number


def logs_of(files: Sequence[Raw]) -> list[list[Raw]]:
    """The files of a host by the log that they are of: the names of one's differ in numbers and days."""
    found: dict[str, list[Raw]] = {}
    for raw in files:
        name = _ROTATED.sub("", raw.origin, count=1)
        found.setdefault(_DIGITS.sub("", _FORM.sub("", name)), []).append(raw)
    return list(found.values())


def with_those_before(log: Sequence[Raw], seen: Mapping[str, str]) -> list[Raw]:
    """The files of one log that are new or have changed, and the one before each: a session may have begun in it.

    Args:
        log: its files, oldest first.
        seen: origins that were read, with their versions.
    """
    new = [not raw.version or seen.get(raw.origin) != raw.version for raw in log]
    return [raw for number, raw in enumerate(log) if any(new[number : number + 2])]
