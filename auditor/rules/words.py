"""How findings say times, lengths and lists."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from auditor.model.few import few
from auditor.model.vocabulary import Capability


def length(span: timedelta) -> str:
    """A length as people say it: 14 minutes, 3 hours, 214 days."""
    seconds = int(span.total_seconds())
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= 2 * size or (seconds >= size and unit == "minute"):
            return count(seconds // size, unit)
    return count(max(seconds, 0), "second")


def count(number: int, noun: str) -> str:
    """A number with its noun: 1 change, 4 changes."""
    if number == 1:
        return f"1 {noun}"
    return f"{number:,} {noun}{'es' if noun.endswith(('s', 'ch')) else 's'}"


def moment(time: datetime, zone: ZoneInfo) -> str:
    """A time in the organisation's zone: 2 Oct 2026 09:41."""
    local = time.astimezone(zone)
    return f"{local.day} {local:%b %Y %H:%M}"


def listing(items: Iterable[str], most: int = 3, last: str = "and") -> str:
    """A few names, and how many more: a, b, c and 4 more."""
    names = list(dict.fromkeys(items))
    if len(names) > most:
        return few(names, most)
    if len(names) <= 1:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"


def day(date: date) -> str:
    """A day: 2 Oct 2026."""
    return f"{date.day} {date:%b %Y}"


def powers(capabilities: Iterable[Capability]) -> str:
    """What can be done, in the order of the vocabulary: deploy, change the database and 2 more."""
    held = set(capabilities)
    return listing(capability.words for capability in Capability if capability in held)
