"""A campaign in a terminal."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from auditor.campaign.kept import PAGE
from auditor.cli.terminal.screen import print_rows, say, say_section
from auditor.config.models import Config
from auditor.model.campaign_standing import Change, Proof, Standing
from auditor.model.campaigns import LineItem, Population
from reports.coverage import named
from reports.review_section import NOBODY, line_words, proof_words
from reports.words import day, person, plural

if TYPE_CHECKING:
    from auditor.campaign.kept import Kept


def print_opened(kept: "Kept", config: Config) -> None:
    """What was frozen, and who reviews how much of it."""
    population = kept.population
    say(
        f"The campaign of {population.campaign} is open: {plural(len(population.lines), 'line')} as the run "
        f"{population.run} found them, due on {population.due}."
    )
    counts = Counter(line.reviewer for line in population.lines)
    for who, count in sorted(counts.items(), key=lambda item: (item[0] is None, item[0] or "")):
        say(f"  {count:>6,}  {person(who, config) if who else NOBODY}")
    for seen in population.unseen:
        say(f"Not seen, or only in part: {named(seen)}: {seen.reason or seen.status}")
    say(f"SHA-256 {kept.campaign.population}")
    say(str(kept.folder / PAGE))


def print_standing(found: Standing, population: Population, config: Config) -> None:
    """The campaign as it stands."""
    campaign, closing = found.campaign, found.campaign.closing
    lines = plural(campaign.lines, "line")
    say(f"Campaign of {campaign.campaign}: {lines} of run {campaign.run}, due on {campaign.due}.")
    if closing:
        say(f"Closed on {day(closing.closed_at, config.zone)} by {person(closing.closed_by, config)}.")
        if closing.despite:
            say(f"Closed despite what was left open: {closing.despite}")
    rows = (
        (
            person(one.reviewer, config) or NOBODY,
            *(f"{n:,}" for n in (one.lines, one.decided, one.undecided, one.late)),
        )
        for one in found.reviewers
    )
    print_rows("", ("reviewer", "lines", "decided", "undecided", "late"), rows)
    by_id = {line.id: line for line in population.lines}
    _section("Decided differently by two people", _conflicts(found, by_id, config))
    _section("Not read, or only in part", _sources(found))
    for what, heading in (
        ("new", "New since it was frozen, and not in it"),
        ("wider", "Gives more or longer than what was frozen"),
        ("gone", "Gone since it was frozen"),
    ):
        _section(heading, _changed(found.changes, what, config))
    _section("To be asked about", found.signs)
    _section("Decided to be revoked", _proven(found.proofs, by_id, config))
    _section("Past their day", _proven(found.overdue, by_id, config))
    if not closing:
        say(
            "Nothing keeps it from being closed."
            if not found.left_open
            else f"Left open: {'; '.join(found.left_open)}."
        )


def _section(heading: str, lines: Iterable[str]) -> None:
    say_section(heading, (f"  {line}" for line in lines), ": `auditor review status --json`")


def _conflicts(found: Standing, lines: dict[str, LineItem], config: Config) -> Iterator[str]:
    for name in found.conflicts:
        said = "; ".join(
            f"{person(one.decided_by, config)}: {one.decision}{f' {one.until}' if one.until else ''}, {one.reason}"
            for one in found.decisions[name]
        )
        yield f"{name}  {line_words(lines[name], config)}  ({said})"


def _sources(found: Standing) -> Iterator[str]:
    for one in found.sources:
        times = [
            "when it was frozen" if one.then else "",
            f"in {plural(one.since, 'run')} since" if one.since else "",
            "in the latest" if one.now and one.since else "" if one.now else "read again in the latest",
        ]
        yield f"{one.source}: {', '.join(filter(None, times))}: {one.reason}"


def _changed(changes: Sequence[Change], what: str, config: Config) -> Iterator[str]:
    return (f"{one.line.id}  {line_words(one.line, config)}" for one in changes if one.what == what)


def _proven(proofs: Iterable[Proof], lines: dict[str, LineItem], config: Config) -> Iterator[str]:
    return (f"{one.line}  {line_words(lines[one.line], config)}: {proof_words(one, config)}" for one in proofs)
