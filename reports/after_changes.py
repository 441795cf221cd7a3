"""What rose after releases and changes by hand, in figures and in a table. Near in time is no cause."""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.signals import AfterChange, Around, Sort
from reports.words import listing, person, plural, stretch, system

_MOST_ROWS = 20


class After(Struct, frozen=True):
    """One change after which something rose."""

    when: str
    what: str
    who: str
    rose: str


class AfterView(Struct, frozen=True):
    """The figures as a sentence, empty where monitoring is asked nothing; and those that rose, the latest first."""

    sentence: str = ""
    rows: tuple[After, ...] = ()
    more: str = ""


NOTHING = AfterView()


def after_view(changes: Sequence[AfterChange] | None, config: Config) -> AfterView:
    """The view of what monitoring told around changes."""
    if changes is None:
        return NOTHING
    risen = [one for one in reversed(changes) if one.rose]
    left = len(risen) - _MOST_ROWS
    return AfterView(
        sentence=_sentence(changes),
        rows=tuple(_row(one, config) for one in risen[:_MOST_ROWS]),
        more=f"{plural(left, 'more change')} in after_changes.json." if left > 0 else "",
    )


def _sentence(changes: Sequence[AfterChange]) -> str:
    """`… rose after 1 of 14 changes by hand with a ticket, 2 of 3 … without a ticket and 0 of 52 releases`."""
    groups = (
        ("changes by hand with a ticket", [one for one in changes if one.ticketed]),
        ("changes by hand without a ticket", [one for one in changes if one.ticketed is False]),
        ("changes by hand of which that is not known", [one for one in changes if _unclear(one)]),
        ("releases", [one for one in changes if one.sort is Sort.RELEASE]),
    )
    told = [_share(name, some) for name, some in groups if any(one.rose is not None for one in some)]
    unknown = sum(one.rose is None for one in changes)
    if not told:
        return f"What monitoring told after changes is not known of any of {unknown:,}." if unknown else ""
    left = f" Of {plural(unknown, 'other')} it is not known." if unknown else ""
    return f"Within half an hour a curve of monitoring rose after {listing(told)}.{left} Near in time is no cause."


def _unclear(one: AfterChange) -> bool:
    return one.sort is Sort.BY_HAND and one.ticketed is None


def _share(name: str, changes: Iterable[AfterChange]) -> str:
    judged = [one.rose for one in changes if one.rose is not None]
    return f"{sum(judged):,} of {len(judged):,} {name}"


def _row(one: AfterChange, config: Config) -> After:
    by_hand = "change by hand" if one.sort is Sort.BY_HAND else one.sort.value
    ticket = f" under {one.ticket}" if one.ticket else " without a ticket" if one.ticketed is False else ""
    return After(
        when=stretch(one.starts_at, one.ends_at, config.zone),
        what=f"{by_hand} of {system(one.system, config)}{ticket}",
        who=person(one.who, config) or "somebody",
        rose=listing(_told(curve) for curve in one.curves if curve.rose),
    )


def _told(curve: Around) -> str:
    unit = f" {curve.unit}" if curve.unit else ""
    unseen = f", {plural(curve.unseen, 'minute')} not seen" if curve.unseen else ""
    return f"{curve.name} from {curve.usual or 0:.3g} to {curve.highest or 0:.3g}{unit}{unseen}"
