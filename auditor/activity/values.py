"""What the steps are told, as SQL has it: the limits, what is asked for, and what is peculiar to providers' logs."""

from collections.abc import Iterable
from datetime import timedelta

from auditor.activity.limits import Asked, Limits, LogTraits
from auditor.activity.steps import Engine
from auditor.activity.times import microseconds, offsets
from auditor.model.vocabulary import SAFEGUARDS

_MICROSECOND, _MINUTE = timedelta(microseconds=1), timedelta(minutes=1)


def condition(asked: Asked, engine: Engine) -> str:
    """What is asked for of what was recorded, in SQL."""
    conditions = [f"category = {_text(asked.category)}"] if asked.category else []
    if asked.place:
        places = engine.rows("SELECT DISTINCT provider, scope FROM recorded")
        scopes = sorted({one["scope"] for one in places if asked.place(one["provider"], one["scope"])})
        times = (f"us {sign} {microseconds(one)}" for sign, one in zip((">=", "<"), asked.times, strict=False))
        conditions.append(" AND ".join((f"scope IN ({texts(scopes)})" if scopes else "FALSE", *times)))
    return " OR ".join(conditions) or "TRUE"


def values(limits: Limits, traits: LogTraits, asked: str = "TRUE") -> dict[str, int | str]:
    """Limits and traits as the steps name them, times and lengths in microseconds."""
    return {
        "asked": asked,
        "period_from": microseconds(limits.period_from),
        "period_to": microseconds(limits.period_to),
        "ahead": _ahead(limits),
        "gap": max(limits.session_gap // _MICROSECOND, 1),
        "max_silence": limits.max_silence // _MICROSECOND,
        "span": max(limits.max_silence, _MINUTE) // _MICROSECOND,
        "events_a_day": limits.events_a_day,
        "kept": limits.kept,
        "listed": limits.listed,
        "episodes": limits.episodes,
        "judged_events": limits.judged_events,
        "bulk_read": limits.bulk_read,
        "drawn": limits.drawn,
        "samples": limits.samples,
        "slice": max((limits.period_to - limits.period_from) // _MICROSECOND // limits.drawn, 1),
        "judged": texts(map(str, limits.judged)),
        "never_silent": texts(traits.never_silent),
        "shells": texts(traits.shells),
        "own_services": texts(traits.own_services),
        "own_programs": _text("|".join(traits.own_programs)),
        "temporary": _text("|".join(f"^{start}" for start in traits.temporary)),
        "log_names": _text("|".join(traits.log_names) or "^$"),
        "machines": _text("|".join(traits.machines)),
        "object_reads": texts(traits.object_reads),
        "secrets_listed": _cases("concat(acted.action, ' ', acted.resource)", traits.secrets_listed),
        "batch_reads": texts(traits.batch_reads),
        "safeguards": texts(sorted(SAFEGUARDS)),
        "session_requests": texts(traits.session_requests),
        "console_sign_ins": texts(traits.console_sign_ins),
    }


def _ahead(limits: Limits) -> str:
    """How far the zone's clocks are ahead of UTC at an event, in SQL."""
    found = [
        (microseconds(until), offset // _MICROSECOND)
        for until, offset in offsets(limits.zone, limits.period_from, limits.period_to)
    ]
    cases = (f"WHEN us < {until} THEN {offset}" for until, offset in found)
    return f"(CASE {' '.join(cases)} ELSE 0 END)" if found else "0"


def texts(found: Iterable[str]) -> str:
    """What stands between the brackets of `IN (…)`."""
    return ", ".join(map(_text, found))


def _cases(matched: str, values: Iterable[tuple[str, int]]) -> str:
    """The value of the first pattern that matches an expression; 0 where none does."""
    cases = (f"WHEN regexp_matches({matched}, {_text(pattern)}) THEN {value}" for pattern, value in values)
    return f"CASE {' '.join(cases)} ELSE 0 END"


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
