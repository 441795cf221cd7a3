"""What people see of the past in a terminal."""

from collections.abc import Iterable, Iterator
from typing import Any

from auditor.cli.terminal.screen import print_rows, say, say_lines
from reports.files import Written
from reports.incident import Line, Review
from reports.who import Who, rows_of, since_words

_HEADS = ("who", "can", "by which path", "since", "until")


def print_who(view: Who) -> None:
    """Who could touch a system at a moment, what that rests on, and what is not known."""
    say(view.headline)
    for title, changes in (("Could change it", True), ("Could only read it", False)):
        rows = [
            (f"{row.holder} ({row.note})" if row.note else row.holder, row.can, row.path, row.since, row.until)
            for row in rows_of(view, changes=changes)
        ]
        if rows:
            say()
            print_rows(title, _HEADS, rows)
    if not view.rows:
        say("Nobody was seen to hold access.")
    say()
    for sentence in view.rests_on:
        say(sentence)
    for sentence in view.not_known:
        say(f"Not known: {sentence}")


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
    """The review as plain text."""
    yield f"{view.system}, {view.span}"
    yield view.headline
    if view.incomplete:
        yield view.incomplete
    for line in view.lines:
        yield from _line(line)
    if view.more:
        yield view.more
    yield from _section("Tickets of that time", (f"{name}  {title} ({whose})" for name, title, whose in view.tickets))
    yield from _section("To reverse", (f"{line.clock}  {_deed(line)}: {line.reverse}" for line in view.reversals))
    others = (f"{row.holder}: {row.can}; {row.path}; {since_words(row)}" for row in view.others if row.holder)
    yield from _section("Could have changed it too", others)
    yield from _section("Rests on", view.who.rests_on)
    yield from _section("Not known", view.unknown)


def _line(line: Line) -> Iterator[str]:
    if line.day:
        yield ""
        yield line.day
    count = f" {line.count}" if line.count else ""
    note = f" ({line.note})" if line.note else ""
    where = f" on {line.target}" if line.kind != "release" and line.target else ""
    elsewhere = " (no system claims it)" if line.elsewhere else ""
    yield f"{line.clock:<17}  {line.mark} {line.who}{note} {_deed(line, who=False)}{count}{where}{elsewhere}"
    beside = "; ".join(part for part in (*line.values, line.ticket) if part)
    if beside:
        yield f"{'':<17}    {beside}"


def _deed(line: Line, *, who: bool = True) -> str:
    said = " ".join(part for part in (line.did, line.what) if part)
    return f"{line.who} {said}" if who else said


def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
    told = list(lines)
    if told:
        yield ""
        yield title
        yield from (f"  {line}" for line in told)


def review_json(view: Review, written: Written) -> dict[str, Any]:
    """The review for machines: every line with its time in UTC and the pointer to its record."""
    import msgspec

    found = {name: msgspec.to_builtins(getattr(view, name)) for name in view.__slots__ if name != "config"}
    files = {what: str(path) for what, path in written.files.items()}
    return found | {"files": files, "problems": list(written.problems)}
