"""What people see of the past in a terminal."""

from auditor.terminal.screen import print_rows, say
from reports.who import Who, rows_of

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
