"""What would have failed without some rights, in a terminal."""

from collections.abc import Iterator

from auditor.cli.terminal.screen import print_rows, say, say_lines
from reports.replay import Line, ReplayView
from reports.trial import TrialView
from reports.words import listing, plural

_MOST_LINES = 40


def print_replay(view: ReplayView) -> None:
    """The answer, what it is about, and every act that it rests on."""
    say(view.headline)
    say()
    say("To be taken away:")
    say_lines(f"  {right.what}{f' ({right.last_used})' if right.last_used else ''}" for right in view.rights)
    for title, lines, note in (
        ("Would have failed", view.failed, ""),
        ("Another path still allows", view.other_path, "by "),
        ("Not known", view.unknown, "because "),
    ):
        if lines:
            say()
            say(f"{title}:")
            say_lines(f"  {'; '.join(_parts(line, note))}" for line in lines[:_MOST_LINES])
            if len(lines) > _MOST_LINES:
                say(f"  and {plural(len(lines) - _MOST_LINES, 'more line')}; --json has them all")
    if view.not_known:
        say()
        say_lines(f"Not known: {sentence}" for sentence in view.not_known)


def print_trial(view: TrialView) -> None:
    """What a policy's old and new document say of recorded calls, by action."""
    say(view.headline)
    rows = [(one.action, f"{one.calls:,}", one.old, one.new, one.on, one.why) for one in view.verdicts]
    if rows:
        say()
        print_rows("", ("action", "calls", "as it is", "new", "on", "why"), rows)


def _parts(line: Line, note: str) -> Iterator[str]:
    what = f"{line.action} on {line.things}" if line.things else line.action
    times = "" if line.times == 1 else f"{plural(line.times, 'time')}, "
    yield f"{line.who}: {what}, {times}{line.when}"
    if line.through:
        yield f"through {line.through}"
    if line.tickets:
        yield f"under {listing(line.tickets)}"
    if line.led_to:
        yield f"{plural(line.led_to, 'act')} followed in what it opened"
    if note:
        yield f"{note}{line.note}"
