"""What taking a right away would have done, in words: on findings, and at each step of a script."""

from collections.abc import Iterable, Iterator
from datetime import timedelta

from auditor.config.models import Config
from auditor.model.consequences import Consequence, Missed, WouldFail
from auditor.model.groups import grouped
from reports.words import listing, number, person, plural, when

WITHOUT_IT = "without_it"
"""The name under which findings have the sentence."""

NOTHING = "nothing would have failed"
_DAY = timedelta(days=1)
_USED = "last used "


def sentence(one: Consequence, config: Config) -> str:
    """When it was last used, and what would have failed without it."""
    used = f"{_USED}{_ago(one.until - one.last_at)}" if one.last_at else ""
    return "; ".join(filter(None, (used, failed(one, config))))


def failed(one: Consequence, config: Config) -> str:
    """What would have failed without it."""
    told = [*_failed(one, config), *_kept(one), *_untold(one)]
    # Of what no log tells, nothing is said to be safe.
    if not (one.failed or one.lost or one.why):
        told.insert(0, "nothing that stands in a log would have failed" if one.unseen else NOTHING)
    return "; ".join(told)


def use_and_failure(told: str) -> tuple[str, str]:
    """A sentence's two halves: when it was last used, `2 days ago` or nothing, and what would have failed."""
    used, _, failed = told.partition("; ") if told.startswith(_USED) else ("", "", told)
    return used.removeprefix(_USED), failed


def warning(one: Consequence | None, config: Config) -> str:
    """What a step would have broken in the week before the audit; empty where nothing is known that it would have."""
    if one is None or not one.breaks:
        return ""
    all_else = "" if one.recent else ", with the other rights gone that findings ask for"
    return f"it would have failed {_times(one.breaks)} in the last week{all_else}: {_named(one.acts, config)}"


def refused(one: Missed, config: Config) -> str:
    """What was refused for want of a right that is gone, and how it is given back."""
    undo = f"; to give it back: {one.undo}" if one.undo else ""
    acts = _named(one.acts, config)
    return f"Missed since: {_times(one.events)} refused, the last {when(one.last_at, config.zone)}: {acts}{undo}."


def _failed(one: Consequence, config: Config) -> Iterator[str]:
    days = f"in {plural((one.until - one.since) // _DAY, 'day')}"
    if one.recent:
        more = "" if one.recent == one.failed else f", {number(one.failed)} {days}"
        yield f"would have failed {_times(one.recent)} in the last week{more}: {_named(one.acts, config)}"
    elif one.failed:
        yield f"would have failed {_times(one.failed)} {days}, and not in the last week: {_named(one.acts, config)}"


def _kept(one: Consequence) -> Iterator[str]:
    if one.kept:
        yield f"another path still allows what was done {_times(one.kept)}"
    if one.lost:
        acts = "" if one.lost == one.kept else f"{number(one.lost)} of them "
        yield f"{'but ' if not acts else ''}{acts}not if all goes that findings ask for"


def _untold(one: Consequence) -> Iterator[str]:
    if one.unknown:
        they = "it" if one.unknown == 1 else "they"
        yield f"of {plural(one.unknown, 'act')} it is not known whether {they} would have failed: {one.why}"
    elif one.why:
        yield f"what would have failed is not known: {one.why}"
    yield from one.unseen


def _named(acts: Iterable[WouldFail], config: Config) -> str:
    by_who = grouped((person(act.who, config), act.action) for act in acts)
    return listing(f"{who}, {', '.join(actions)}" for who, actions in by_who.items())


def _times(count: int) -> str:
    return plural(count, "time")


def _ago(length: timedelta) -> str:
    days = length // _DAY
    return f"{plural(days, 'day')} ago" if days else "within a day"
