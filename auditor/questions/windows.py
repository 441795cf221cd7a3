"""How long each kind of work really took, against what was asked and what policy gives; and what comes every week."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from functools import cache
from math import ceil
from statistics import median

from msgspec import Struct
from msgspec.structs import replace

from auditor.case.build import build_case
from auditor.case.case import Case
from auditor.case.ticket_times import begins_at
from auditor.config.policy import Policy
from auditor.evidence.store import Store
from auditor.model.groups import grouped, only
from auditor.model.stories import Link, LinkKind, LinkState, Story
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import TicketKind, Work
from auditor.options import RunOptions
from auditor.questions.fit import fitting_together
from auditor.questions.past import stored
from auditor.story import stories
from reports.fit import FOLDER
from reports.fit import write as write_fit
from reports.windows import FEWEST, Recurring, Window, Windows
from reports.windows import write as write_files

_FEWEST_WEEKS = 4
_RENEWED = "each sign of life renews an incident's"
_STEPS = ((timedelta(hours=1), timedelta(minutes=5)), (timedelta(hours=4), timedelta(minutes=15)))


class _Piece(Struct, frozen=True):
    """One person's work under one ticket: what was asked for, and when it was done."""

    story: Story
    ref: TicketRef
    asked: timedelta | None
    first: datetime
    last: datetime

    @property
    def took(self) -> timedelta:
        return self.last - self.first

    @property
    def needed(self) -> timedelta:
        return max(self.last - self.story.starts_at, self.took)


def windows(options: RunOptions) -> Windows:
    """Windows that fit the work of the period, and a request for what comes every week.

    Raises:
        StoreError: there is no evidence at all.
    """
    with stored(options) as store:
        case = build_case(store, options.config, options.at, options.period)
        pieces = list(_pieces(case))
        by_work = grouped((piece.ref.work, piece) for piece in pieces)
        return Windows(
            since=(options.at - options.period).astimezone(options.config.zone).date(),
            days=options.period.days,
            windows=[_window(work, by_work[work], options.config.policy) for work in Work if work in by_work],
            recurring=list(_recurring(options, store, case, pieces)),
        )


def write(options: RunOptions, found: Windows) -> Windows:
    """Write the draft and the requests into a folder of their own below the output; the same with that folder."""
    folder = options.output / FOLDER / f"windows-{options.at:%Y%m%dT%H%M%SZ}"
    write_files(found, folder, lambda fit, place: write_fit(fit, place, options.config.zone))
    return replace(found, folder=folder)


def _pieces(case: Case) -> Iterator[_Piece]:
    """The stories that begin with a ticket, and in which somebody was seen at work."""
    for story in stories(case):
        session = next((link for link in story.links if link.kind is LinkKind.SESSION), None)
        if story.ticket is None or session is None or not _is_seen(session):
            continue
        ticket, ref = case.ticket_rows[story.ticket], case.refs[story.ticket]
        begin = begins_at(ticket)
        asked = ticket.ends_at - begin if ticket.ends_at and begin and ticket.ends_at > begin else None
        yield _Piece(story, ref, asked, session.at or story.starts_at, session.until or story.ends_at)


def _is_seen(session: Link) -> bool:
    return session.state in (LinkState.PRESENT, LinkState.BUT) and session.at is not None


def _window(work: Work, pieces: Sequence[_Piece], policy: Policy) -> Window:
    needed, gives = _most(piece.needed for piece in pieces), policy.windows[work]
    asked = [piece.asked for piece in pieces if piece.asked]
    few = f"too few: {FEWEST} pieces of work or more tell" if len(pieces) < FEWEST else ""
    why = _RENEWED if any(piece.ref.kind is TicketKind.INCIDENT for piece in pieces) else few
    return Window(
        work=work,
        pieces=len(pieces),
        asked=_median(asked) if asked else None,
        took=_median([piece.took for piece in pieces]),
        took_most=_most(piece.took for piece in pieces),
        needed=needed,
        gives=gives,
        beyond=sum(piece.needed > gives + policy.overlap_tolerance for piece in pieces),
        proposal=None if why else rounded(needed),
        why=why,
    )


def _median(lengths: Sequence[timedelta]) -> timedelta:
    return timedelta(seconds=median(length.total_seconds() for length in lengths))


def _most(lengths: Iterator[timedelta]) -> timedelta:
    """What nine of ten did not exceed."""
    found = sorted(lengths)
    return found[ceil(len(found) * 0.9) - 1]


def rounded(length: timedelta) -> timedelta:
    """A length that people agree on: the next five minutes up to an hour, the next quarter up to four, then hours."""
    step = next((step for most, step in _STEPS if length <= most), timedelta(hours=1))
    return max(-(-length // step), 1) * step


def _recurring(options: RunOptions, store: Store, case: Case, pieces: Sequence[_Piece]) -> Iterator[Recurring]:
    """Work of one person on the same systems that came in three of four weeks, from the first of them to the last."""
    asked = (one for one in pieces if one.ref.kind is TicketKind.ACCESS and one.ref.systems)
    told = ((one.story.person, tuple(sorted(one.ref.systems)), one.ref.work, one) for one in asked)
    alike = grouped(((person, systems, work), one) for person, systems, work, one in told if person)
    together = cache(lambda: fitting_together(options, store))
    for (person, systems, work), found in sorted(alike.items()):
        days = [piece.first.astimezone(options.config.zone).date() for piece in found]
        weeks = {day.toordinal() - day.weekday() for day in days}
        span = (max(weeks) - min(weeks)) // 7 + 1
        if len(weeks) < _FEWEST_WEEKS or len(weeks) * 4 < span * 3:
            continue
        length = rounded(_most(piece.needed for piece in found))
        yield Recurring(
            person=person,
            name=case.name(person),
            systems=systems,
            level=max((piece.ref.level for piece in found), key=lambda level: level.rank),
            work=work,
            reason=found[-1].story.title,
            tickets=[piece.ref.ticket for piece in reversed(found)],
            weeks=len(weeks),
            of_weeks=span,
            weekday=only(day.weekday() for day in days),
            length=length,
            fit=together()(person, systems, options.at + length),
        )
