"""What people see of a simulation in a terminal."""

from collections.abc import Iterable

from auditor.cli.terminal.screen import print_rows, say, say_section
from auditor.model.findings import Finding, NotJudged
from reports.simulation import Simulation
from reports.words import listing, stretch

_MOST = 20


def print_simulation(told: Simulation) -> None:
    """The two policies side by side, then what would be new and gone; long lists are whole on the page."""
    say(told.headline)
    if told.sentence:
        say(told.sentence)
    say(f"{stretch(told.period_from, told.at, told.config.zone)}. Nothing of it is recorded.")
    say()
    if told.changed:
        print_rows("The draft", ("setting", "now", "draft"), told.changed)
    if told.rules:
        heads = ("rule", "now", "draft", "new", "gone", "not judged", "draft")
        rows = [
            (one.rule, *map(str, (one.now, one.drafted, one.new, one.gone, one.not_judged, one.not_judged_drafted)))
            for one in told.rules
        ]
        print_rows("Findings", heads, rows)
    _print_findings("New by the draft", told.new)
    _print_findings("Gone by the draft", told.gone)
    _section("Told by another rule", (f"{one.summary} ({rule} now, {one.rule})" for rule, one in told.otherwise))
    _section("Could not be judged any more", map(_unjudged, told.unjudged))
    _section("Could be judged after all", map(_unjudged, told.judged))
    if told.people or told.tickets:
        say()
        say(f"Concerned: {'; '.join(filter(None, (listing(told.people), listing(told.tickets))))}")


def _print_findings(title: str, some: Iterable[Finding]) -> None:
    _section(title, (f"{one.severity:<8}  {one.summary}" for one in some))


def _unjudged(one: NotJudged) -> str:
    return f"{one.subject}: {one.reason} ({one.rule})"


def _section(title: str, some: Iterable[str]) -> None:
    say_section(title, (f"  {line}" for line in some), " on the page", most=_MOST)
