"""A campaign in page and pack: what was tested, over which population, what was decided, and what became of it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date

from msgspec import Struct

from auditor.config.models import Config
from auditor.model.campaign_standing import CampaignTold, Proof, Standing
from auditor.model.campaigns import LineItem, Population
from reports.words import account_name, clipped, day, listing, person, plural, reached, short, when

NOBODY = "nobody is left who may decide"


class CampaignSection(Struct, frozen=True, kw_only=True):
    """A campaign in words. `rows` are reviewers with their lines, decided and undecided; `notes` what an auditor asks.

    `went` are lines that were to go, each with what became of it. With a `problem`, there is nothing else.
    """

    heading: str
    problem: str = ""
    sentence: str = ""
    tested: str = ""
    rows: tuple[tuple[str, str, str, str], ...] = ()
    notes: tuple[str, ...] = ()
    went: tuple[tuple[str, str], ...] = ()


def build_section(told: CampaignTold | None, config: Config) -> CampaignSection | None:
    """The section; None where no campaign was opened."""
    if told is None:
        return None
    heading = f"The access review of {date.fromisoformat(f'{told.campaign}-01'):%B %Y}, line by line"
    if told.standing is None or told.population is None:
        return CampaignSection(heading=heading, problem=told.problem)
    found, population = told.standing, told.population
    lines = {line.id: line for line in population.lines}
    return CampaignSection(
        heading=heading,
        sentence=_sentence(found, config),
        tested=_tested(found, population, config),
        rows=tuple(
            (person(one.reviewer, config) or NOBODY, f"{one.lines:,}", f"{one.decided:,}", f"{one.undecided:,}")
            for one in found.reviewers
        ),
        notes=tuple(_notes(found, config)),
        went=tuple((line_words(lines[one.line], config), proof_words(one, config)) for one in _unproven_first(found)),
    )


def line_words(line: LineItem, config: Config) -> str:
    """A line in a sentence: who, where, how much, by which path."""
    who = person(line.person, config) or account_name(line.owner or line.account)
    where = reached(line, config)
    return f"{who} on {where}: {line.level} by {short(' → '.join(line.path) or line.account, 80)}"


def proof_words(one: Proof, config: Config) -> str:
    """What became of a line: gone by which run, who took it away, and by what its holder reaches the same still."""
    seen = f"{one.outcome}{f' (run {one.run}, {when(one.at, config.zone)})' if one.run else ''}"
    why = f": {one.why}" if one.why else ""
    taken = f"; taken away {when(one.taken_away_at, config.zone)}" if one.taken_away_at else ""
    by = f" by {account_name(one.taken_away_by)}" if one.taken_away_by else ""
    still = f"; they reach it still by {short(one.still_by[0], 60)}" if one.still_by else ""
    return f"{seen}{why}{taken}{by}{still}"


def verdicts(found: Standing) -> Mapping[str, int]:
    """How many lines were decided in which way; `undecided`, and `conflict` where people decided differently."""
    decided = found.decisions.items()
    counts = Counter("conflict" if name in found.conflicts else said[-1].decision for name, said in decided)
    undecided = found.campaign.lines - len(found.decisions)
    return {**dict(sorted(counts.items())), **({"undecided": undecided} if undecided else {})}


def _sentence(found: Standing, config: Config) -> str:
    closing = found.campaign.closing
    counts = listing(f"{count:,} {verdict}" for verdict, count in verdicts(found).items())
    if closing:
        return f"Closed on {day(closing.closed_at, config.zone)} by {person(closing.closed_by, config)}: {counts}."
    return f"Open until {found.campaign.due}: {counts}."


def _tested(found: Standing, population: Population, config: Config) -> str:
    campaign = found.campaign
    chain = f", vouched for by {campaign.manifest}" if campaign.manifest else ""
    frozen = f"{plural(campaign.lines, 'line')} of {when(population.audited_at, config.zone)}"
    return (
        "Tested: whether each line of access is still needed, decided by somebody who answers for the system and never "
        f"by its holder. Population: {frozen} (run {campaign.run}{chain}), SHA-256 {campaign.population}."
    )


def _notes(found: Standing, config: Config) -> Iterable[str]:
    closing = found.campaign.closing
    if closing and closing.despite:
        yield f"Exception: closed by {person(closing.closed_by, config)} with something left open: {closing.despite}"
    if closing:
        place = f"reviews/{found.campaign.campaign}"
        yield f"Record: {place}/record.json, SHA-256 {closing.record}; what later runs prove: {place}/proof.jsonl."
    for one in found.sources:
        times = ["when it was frozen"] * one.then + [f"in {plural(one.since, 'run')} since"] * bool(one.since)
        yield f"{one.source} could not be read, or not all of it, {listing(times)}: {clipped(one.reason, 120)}"
    if found.conflicts:
        yield f"Two people decided differently on {plural(len(found.conflicts), 'line')}: these are not decided."
    changed = Counter(one.what for one in found.changes)
    if changed["new"] or changed["wider"]:
        more = f"{plural(changed['new'], 'new line')}, {changed['wider']:,} that give more"
        yield f"Since it was frozen, and not in it: {more}."
    if late := sum(one.late for one in found.reviewers):
        yield f"Undecided after the due day: {late:,}."
    for sign in found.signs:
        yield f"To be asked about: {sign}"


def _unproven_first(found: Standing) -> list[Proof]:
    order = {"still there": 0, "could not be judged": 1, "gone": 2}
    return sorted((*found.proofs, *found.overdue), key=lambda one: (order[one.outcome], one.line))
