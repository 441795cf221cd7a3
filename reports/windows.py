"""How long each kind of work took, as a draft of `policy.windows`; and requests for what comes every week."""

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from msgspec import Struct

from auditor.model.vocabulary import Level, Work
from reports.files import write_private
from reports.fit import Fit, slug, summary, title
from reports.markdown import text
from reports.words import listing, plural, shown

FEWEST = 8
"""Pieces of work of one kind that a proposal takes."""

_DAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")


class Window(Struct, frozen=True, kw_only=True):
    """How long one kind of work took. All lengths are of pieces of work: one person's, under one ticket.

    Args:
        asked: the median of what tickets asked for; None where none says when it ends.
        took: the median from the first to the last act; `took_most` what nine of ten did not exceed.
        needed: from the beginning of the window to the last act, what nine of ten did not exceed.
        gives: what policy gives.
        beyond: how many needed more than that.
        proposal: the length to propose; None where `why` says why there is none.
    """

    work: Work
    pieces: int
    asked: timedelta | None
    took: timedelta
    took_most: timedelta
    needed: timedelta
    gives: timedelta
    beyond: int
    proposal: timedelta | None
    why: str = ""


class Recurring(Struct, frozen=True, kw_only=True):
    """Work that comes every week under a ticket: whose, on what, in how many of how many weeks, with its grant."""

    person: str
    name: str
    systems: Sequence[str]
    level: Level
    work: Work
    reason: str
    tickets: Sequence[str]
    weeks: int
    of_weeks: int
    weekday: int | None
    length: timedelta
    fit: Fit


class Windows(Struct, frozen=True, kw_only=True):
    """Windows that fit, and what comes every week."""

    since: date
    days: int
    windows: Sequence[Window]
    recurring: Sequence[Recurring]
    folder: Path | None = None


def minutes(length: timedelta | None) -> str:
    """`40m`, as auditor.yaml writes lengths; a dash where there is none."""
    return "-" if length is None else f"{round(length.total_seconds() / 60)}m"


def rows(told: Windows) -> list[tuple[str, ...]]:
    """A row for each kind of work."""
    return [
        (
            one.work.value,
            f"{one.pieces:,}",
            minutes(one.asked),
            minutes(one.took),
            minutes(one.took_most),
            minutes(one.needed),
            minutes(one.gives),
            f"{one.beyond:,}",
            minutes(one.proposal) if one.proposal else one.why,
        )
        for one in told.windows
    ]


HEADS = (
    *("work", "pieces", "asked (median)", "took (median)", "took (90 %)", "needed (90 %)"),
    *("policy", "beyond", "proposal"),
)


def lines(told: Windows) -> list[str]:
    """What is said below the table."""
    found = [
        "Took: from the first to the last act. Needed: from the beginning of the window to the last act. Beyond:",
        "pieces of work that needed more than policy gives, and so an extension.",
    ]
    for one in told.recurring:
        on = f", on {_DAYS[one.weekday]}" if one.weekday is not None else ""
        whose = f"{shown(one.name)} on {shown(listing(one.systems))}"
        seen = f"in {one.weeks} of {plural(one.of_weeks, 'week')}{on}, as under {shown(listing(one.tickets, most=2))}"
        found += ["", f"Comes every week: {whose}, {seen}. Nine of ten were done in {minutes(one.length)}."]
        found += [f"   {title(grant)}: {summary(grant)}" for grant in one.fit.grants if grant.fitted.files]
    if told.folder:
        found += ["", f"A draft of `policy.windows` and requests with their grants are in {told.folder}."]
    return found


def request(one: Recurring, folder: str) -> str:
    """The text of a ticket for it, with its grant."""
    grants = [grant for grant in one.fit.grants if grant.fitted.files]
    told = [
        f"**Person:** {text(one.person)}",
        f"**System:** {text(', '.join(one.systems))}",
        f"**Level:** {one.level.value}",
        f"**Work:** {one.work.value}",
        f"**Reason:** {text(one.reason)}",
        "**Starts at:**",
        f"**Ends at:** <!-- {minutes(one.length)} later: nine of ten were done by then -->",
        "",
        "The grant that fits, by what was done before:",
        "",
        *(f"- {text(title(grant))}: {text(summary(grant))}" for grant in grants),
        "",
        f"Its files are in `{folder}`. Set its end to that of this request.",
    ]
    return "\n".join(told) + "\n"


def write(told: Windows, folder: Path, write_fit: Any) -> None:
    """The draft of the policy, and for each recurring work a request with the files of its grant.

    Raises:
        ReportError: a file cannot be written.
    """
    write_private(folder / "windows.yaml", _policy(told).encode())
    for number, one in enumerate(told.recurring, 1):
        name = f"{number:02}-{slug(one.person)}-{slug('-'.join(one.systems))}"
        write_fit(one.fit, folder / name)
        write_private(folder / name / "request.md", request(one, name).encode("utf-8", "backslashreplace"))


def _policy(told: Windows) -> str:
    """A draft for auditor.yaml: what evidence proposes, beside how it came about."""
    found = ["policy:", "  windows:"]
    for one in told.windows:
        seen = f"{plural(one.pieces, 'piece')} of work, nine of ten needed {minutes(one.needed)}"
        found.append(f"    {one.work.value}: {minutes(one.proposal or one.gives)}  # {seen}; {one.why or 'proposed'}")
    return "\n".join(found if told.windows else [*found[:1], "  windows: {}"]) + "\n"


def windows_json(told: Windows) -> dict[str, Any]:
    """Everything, as plain values; lengths in minutes."""

    def length(value: timedelta | None) -> int | None:
        return None if value is None else round(value.total_seconds() / 60)

    return {
        "since": told.since.isoformat(),
        "days": told.days,
        "windows": [
            {
                "work": one.work.value,
                "pieces": one.pieces,
                "asked_median": length(one.asked),
                "took_median": length(one.took),
                "took_90": length(one.took_most),
                "needed_90": length(one.needed),
                "policy": length(one.gives),
                "beyond": one.beyond,
                "proposal": length(one.proposal),
                "why": one.why,
            }
            for one in told.windows
        ],
        "recurring": [
            {
                "person": one.person,
                "systems": list(one.systems),
                "level": one.level.value,
                "work": one.work.value,
                "tickets": list(one.tickets),
                "weeks": one.weeks,
                "of_weeks": one.of_weeks,
                "weekday": one.weekday,
                "length": length(one.length),
                "grants": [summary(grant) for grant in one.fit.grants if grant.fitted.files],
            }
            for one in told.recurring
        ],
        "folder": str(told.folder) if told.folder else None,
    }
