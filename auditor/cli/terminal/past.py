"""What people see of the past in a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import tzinfo
from typing import TYPE_CHECKING, Any

from auditor.cli.terminal.screen import print_rows, say, say_lines
from reports.files import Written
from reports.incident import Review
from reports.who import Holder, Who
from reports.words import plural, when

if TYPE_CHECKING:
    from reports.ready import Readiness

_HEADS = ("who", "can", "by which path", "since", "until")


def print_who(view: Who, zone: tzinfo) -> None:
    """Who could touch a system at a moment, what that rests on, and what is not known."""
    say(view.headline)
    tables = (
        ("Could change it", [holder for holder in view.holders if holder.changes]),
        ("Could only read it", [holder for holder in view.holders if not holder.changes]),
        ("Was eligible: held nothing of it, and could ask for it", view.eligible),
    )
    for title, holders in tables:
        rows = [row for holder in holders for row in _ways(holder, zone)]
        if rows:
            say()
            print_rows(title, _HEADS, rows)
    if not view.holders:
        say("Nobody was seen to hold access.")
    say()
    say_lines(view.emergency)
    say_lines(view.rests_on)
    say_lines(f"Not known: {sentence}" for sentence in view.not_known)


def _ways(holder: Holder, zone: tzinfo) -> Iterator[tuple[str, ...]]:
    """A row for each way in; who it is and what they could do stand at the first only."""
    name = f"{holder.name} ({holder.note})" if holder.note else holder.name
    for number, way in enumerate(holder.ways, start=1):
        more = f" (and {plural(holder.more, 'more way')})" if holder.more and number == len(holder.ways) else ""
        first = (name, holder.can) if number == 1 else ("", "")
        yield *first, way.path + more, way.since.text(zone), when(way.until, zone) or "no end"


def print_ready(told: Readiness, zone: tzinfo) -> None:
    """Whether a release may begin, condition by condition, and a line for its ticket."""
    from reports import ready

    say(ready.headline(told, zone))
    say()
    print_rows("", ("", "condition", "why"), ready.lines(told))
    say()
    say("For the ticket:")
    say(f"  {ready.ticket_line(told, zone)}")


def print_review(view: Review) -> None:
    """What happened to a system, minute by minute, and what there is to know beside it."""
    say_lines(review_lines(view))


def print_files(written: Written) -> None:
    """Where the review was written, and what could not be."""
    say()
    for what, path in written.files.items():
        say(f"  {what:<8}  {path}")
    for problem in written.problems:
        say(problem, error=True)


def review_lines(view: Review) -> list[str]:
    """The review as plain text, safe to print whatever it quotes."""
    from reports.environment import environment

    return environment(view.config).get_template("incident.txt").render(view=view).rstrip("\n").split("\n")


def review_json(view: Review, written: Written) -> dict[str, Any]:
    """The review for machines: every line with its time in UTC and the pointer to its record."""
    import msgspec

    names = ("headline", "reversible", "lines", "more", "actors", "tickets", "who", "others", "gaps", "questions")
    return {
        "organisation": view.config.organisation,
        "system": view.system.id,
        "from": view.from_.isoformat(),
        "to": view.to.isoformat(),
        **{name: msgspec.to_builtins(getattr(view, name), order="deterministic") for name in names},
        "monitoring": {
            name: msgspec.to_builtins(getattr(view.monitoring, name)) for name in ("sentences", "dashboards")
        },
        "files": {what: str(path) for what, path in written.files.items()},
        "problems": list(written.problems),
    }
