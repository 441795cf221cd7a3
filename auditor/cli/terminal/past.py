"""What people see of the past in a terminal."""

from collections.abc import Iterable, Iterator
from datetime import tzinfo
from typing import Any

from auditor.cli.terminal.screen import print_rows, say, say_lines
from reports.files import Written
from reports.incident import Line, Review
from reports.who import Holder, Since, Who
from reports.words import clock, day, listing, mark, plural, shown, stretch, when

_HEADS = ("who", "can", "by which path", "since", "until")


def print_who(view: Who, zone: tzinfo) -> None:
    """Who could touch a system at a moment, what that rests on, and what is not known."""
    say(view.headline)
    for title, changes in (("Could change it", True), ("Could only read it", False)):
        rows = [row for holder in view.holders if holder.changes == changes for row in _ways(holder, zone)]
        if rows:
            say()
            print_rows(title, _HEADS, rows)
    if not view.holders:
        say("Nobody was seen to hold access.")
    say()
    say_lines(view.rests_on)
    say_lines(f"Not known: {sentence}" for sentence in view.not_known)


def _ways(holder: Holder, zone: tzinfo) -> Iterator[tuple[str, ...]]:
    """A row for each way in; who it is and what they could do stand at the first only."""
    name = f"{holder.name} ({holder.note})" if holder.note else holder.name
    for number, way in enumerate(holder.ways, start=1):
        more = f" (and {plural(holder.more, 'more way')})" if holder.more and number == len(holder.ways) else ""
        first = (name, holder.can) if number == 1 else ("", "")
        yield *first, way.path + more, way.since.text(zone), when(way.until, zone) or "no end"


def print_review(view: Review) -> None:
    """What happened to a system, minute by minute, and what there is to know beside it."""
    say_lines(review_lines(view))


def print_files(written: Written) -> None:
    """Where the review was written, and what could not be."""
    say()
    for what, path in written.files.items():
        say(f"  {what:<4}  {path}")
    for problem in written.problems:
        say(problem, error=True)


def review_lines(view: Review) -> Iterator[str]:
    """The review as plain text, safe to print whatever it quotes."""
    yield from map(shown, _review_lines(view, view.config.zone))


def _review_lines(view: Review, zone: tzinfo) -> Iterator[str]:
    yield f"{view.system.name}, {stretch(view.from_, view.to, zone)}"
    yield view.headline
    if view.incomplete:
        yield view.incomplete
    today = ""
    for line in view.lines:
        if (date := day(line.at, zone)) != today:
            yield from ("", date)
        today = date
        yield from _line(line, zone)
    if view.more:
        yield view.more
    tickets = (
        f"{one.ticket}  {one.title} ({listing(one.people)}, {stretch(one.starts_at, one.ends_at, zone)})"
        for one in view.tickets
    )
    yield from _section("Tickets of that time", tickets)
    reversals = (
        f"{clock(line.at, line.until, zone, dated=view.dated)}  {line.who} {_did(line)}: {line.reverse}"
        for line in view.reversals
    )
    yield from _section("To reverse", reversals)
    others = (
        f"{holder.name}: {holder.can}; {holder.ways[0].path}; {_since(holder.ways[0].since, zone)}"
        for holder in view.others
    )
    yield from _section("Could have changed it too", others)
    yield from _section("Rests on", view.who.rests_on)
    yield from _section("Not known", view.unknown)


def _line(line: Line, zone: tzinfo) -> Iterator[str]:
    count = f" {line.count:,} times" if line.count > 1 else ""
    note = f" ({line.note})" if line.note else ""
    where = f" on {line.target}" if line.kind != "release" and line.target else ""
    elsewhere = " (no system claims it)" if line.elsewhere else ""
    at = clock(line.at, line.until, zone)
    yield f"{at:<17}  {mark(line.kind)} {line.who}{note} {_did(line)}{count}{where}{elsewhere}"
    beside = "; ".join(part for part in (*line.values, line.ticket) if part)
    if beside:
        yield f"{'':<17}    {beside}"


def _did(line: Line) -> str:
    return " ".join(part for part in (line.did, line.what) if part)


def _since(since: Since, zone: tzinfo) -> str:
    text = since.text(zone)
    return f"since when is {text}" if since.at is None else text if since.by else f"since {text}"


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield from ("", title)
        yield from (f"  {line}" for line in told)


def review_json(view: Review, written: Written) -> dict[str, Any]:
    """The review for machines: every line with its time in UTC and the pointer to its record."""
    import msgspec

    names = ("headline", "lines", "more", "actors", "tickets", "who", "others", "gaps")
    return {
        "organisation": view.config.organisation,
        "system": view.system.id,
        "from": view.from_.isoformat(),
        "to": view.to.isoformat(),
        **{name: msgspec.to_builtins(getattr(view, name)) for name in names},
        "files": {what: str(path) for what, path in written.files.items()},
        "problems": list(written.problems),
    }
