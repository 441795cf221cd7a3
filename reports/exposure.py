"""For how long production could be changed, and for how long it was: in a sentence and in tables of hours."""

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.exposure import Exposure
from reports.words import listing, number, person, plural, stretch, system

_HOUR = 60


class Hours(Struct, frozen=True):
    """One system's week, in hours."""

    system: str
    standing: str
    temporary: str
    used: str
    unknown: str


class ExposureView(Struct, frozen=True):
    """The week: in one sentence, by system, and what would lower it. `sentence` is empty where it was not counted."""

    sentence: str = ""
    period: str = ""
    rows: tuple[Hours, ...] = ()
    removals: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


NOTHING = ExposureView()


def exposure_view(exposure: Exposure | None, config: Config) -> ExposureView:
    """The view of a week."""
    if exposure is None:
        return NOTHING
    systems = exposure.systems
    standing, temporary = (sum(getattr(one, name) for one in systems) for name in ("standing", "temporary"))
    total = _in_hours("All of them", standing, temporary, exposure.used, exposure.not_known)
    rows = [
        _in_hours(system(one.system, config), one.standing, one.temporary, one.used, one.unknown) for one in systems
    ]
    return ExposureView(
        sentence=sentence(exposure),
        period=stretch(exposure.period_from, exposure.period_to, config.zone),
        rows=(*rows, total) if len(rows) > 1 else tuple(rows),
        removals=tuple(
            f"{person(one.person, config)} on {listing(system(name, config) for name in one.systems)}: "
            f"{plural(hours(one.minutes), 'hour')}, {_of_them(one.used)}: {listing(one.rests_on)}"
            for one in exposure.removals
        ),
        unknown=exposure.unknown,
    )


def _in_hours(name: str, standing: int, temporary: int, used: int | None, unknown: int) -> Hours:
    told = "not known" if used is None else number(hours_used(used))
    return Hours(name, number(hours(standing)), number(hours(temporary)), told, number(hours_used(unknown)))


def sentence(exposure: Exposure) -> str:
    """`24 of 336 possible person-hours of a week were used.`; empty where nobody could change anything.

    Where not all could be counted, it says so; the reasons stand in `unknown`.
    """
    unknown = hours_used(exposure.not_known)
    more = f"; {unknown:,} more may have been possible" if unknown else ""
    told = used_of(exposure.possible, exposure.used)
    if told and told[1]:
        return f"{_were_used(*told, all_known=not exposure.unknown)}{more}."
    if exposure.possible:
        long = plural(whole, "hour") if (whole := hours(exposure.possible)) else "less than an hour"
        known = ", as far as is known" if exposure.unknown and not more else ""
        return f"People could change production for {long} of a week{known}{more}."
    return f"Of {plural(unknown, 'hour')} of a week it is not known who could change production." if unknown else ""


def _were_used(used: int, possible: int, *, all_known: bool) -> str:
    """`24 of 336 possible person-hours of a week were used`, or `person-hours of a week known to be possible`."""
    hours_of = "possible person-hours of a week" if all_known else "person-hours of a week known to be possible"
    return f"{used:,} of {possible:,} {hours_of} {'was' if used == 1 else 'were'} used"


def used_of(possible: int | None, used: int | None) -> tuple[int, int] | None:
    """Of minutes, how many hours were used, and how many were possible; None where one of them is not known."""
    if possible is None or used is None:
        return None
    return min(hours_used(used), hours(possible)), hours(possible)


def is_known(possible: int | None, unknown: int | None) -> bool:
    """Whether so little is not known that weeks can be compared: a tenth of what was possible at most."""
    return possible is not None and (unknown or 0) * 10 <= possible


def hours(minutes: int) -> int:
    """Hours in which something was possible, to the nearest."""
    return round(minutes / _HOUR)


def hours_used(minutes: int) -> int:
    """Hours in which something was done, or may have been possible: one that was begun counts."""
    return -(-minutes // _HOUR)


def _of_them(used: int | None) -> str:
    if used is None:
        return "and how many were used is not known"
    return f"{hours_used(used):,} of them used" if used else "none of them used"
