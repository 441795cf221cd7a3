"""A campaign's page: every line with the facts that decide, for its reviewers to decide on and export.

One file that opens from disk, asks nothing of any network and runs only its own script; the lines are there without it.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from itertools import groupby

from msgspec import Struct

from auditor.case.own_access import holds
from auditor.config.models import Config
from auditor.model.attestations import Attestation
from auditor.model.campaigns import LineItem, OpenFinding, Population
from auditor.model.entitlements import steps
from auditor.model.vocabulary import ActorClass
from reports.attestation_json import FORMAT
from reports.environment import page
from reports.html import embedded
from reports.words import abilities, account_name, day, listing, person, plural, reached, when

NOBODY = "Nobody is left who may decide"
_MOST_NAMES = 5
_LEVELS = {"read": "read", "write": "change", "admin": "administer"}
_KINDS = {
    ActorClass.PERSON: "",
    ActorClass.UNKNOWN: "nobody knows whose",
    ActorClass.ROOT: "emergency access",
    ActorClass.BREAK_GLASS: "emergency access",
}


class LineView(Struct, frozen=True, kw_only=True):
    """A line in words. `may` are the ids of who may decide on it; `said` is what was recorded, a sentence each."""

    id: str
    reviewer: str
    may: tuple[str, ...]
    who: str
    note: str
    where: str
    can: str
    level: str
    path: str
    conditions: str
    used: str
    until: str
    others: str
    ticket: str
    findings: tuple[OpenFinding, ...]
    said: tuple[str, ...]
    decided: bool


def render(
    population: Population,
    sha256: str,
    decided: Mapping[str, Sequence[Attestation]],
    conflicts: Collection[str],
    config: Config,
) -> str:
    """The page as text; `decided` holds the latest decision of each person by line."""
    lines = [
        line_view(line, population, decided.get(line.id, ()), config, conflict=line.id in conflicts)
        for line in population.lines
    ]
    by_reviewer = [
        (person(name, config) or NOBODY, list(some)) for name, some in groupby(lines, key=lambda line: line.reviewer)
    ]
    deciders = sorted({name for line in lines for name in line.may})
    data = {
        "campaign": population.campaign,
        "population": sha256,
        "format": FORMAT,
        "people": {name: person(name, config) for name in deciders},
    }
    return page(
        config,
        "review.html",
        ("screen.css", "page.css", "decide.css", "review.css"),
        ("drafts.js", "review.js"),
        population=population,
        sha256=sha256,
        title=f"{date.fromisoformat(f'{population.campaign}-01'):%B %Y}",
        reviewers=by_reviewer,
        count=plural(len(lines), "line"),
        data=embedded(data),
    )


def line_view(
    line: LineItem, population: Population, said: Sequence[Attestation], config: Config, *, conflict: bool
) -> LineView:
    """One line in the words of the page."""
    return LineView(
        id=line.id,
        reviewer=line.reviewer or "",
        may=_may(line, config),
        who=person(line.person, config) or account_name(line.owner or line.account),
        note=", ".join(filter(None, (_KINDS.get(line.actor_class, "pipeline or service"), _account(line)))),
        where=reached(line, config),
        can="anything at all" if line.unrestricted else abilities(line.capabilities),
        level=("may ask to " if line.eligible else "") + _LEVELS[line.level],
        path=steps(line.path) or account_name(line.account),
        conditions=listing(line.conditions),
        used=_used(line, config),
        until=day(line.expires_at, config.zone) if line.expires_at else "no end",
        others=_others(line, population, config),
        ticket=line.ticket or "",
        findings=tuple(population.findings[name] for name in line.findings if name in population.findings),
        said=tuple(_sentence(one, config) for one in said),
        decided=bool(said) and not conflict,
    )


def _may(line: LineItem, config: Config) -> tuple[str, ...]:
    """Who may decide on a line, as `auditor review decide` will say again."""
    deciders = config.deciders(line.system) or frozenset(config.people_by_id)
    people = (config.called(name) for name in sorted(deciders))
    return tuple(one.id for one in people if one and not holds(one, line, config))


def _account(line: LineItem) -> str:
    return account_name(line.account) if line.person or line.owner else ""


def _used(line: LineItem, config: Config) -> str:
    if line.last_used_at:
        return day(line.last_used_at, config.zone)
    return f"not since {day(line.watched_since, config.zone)}" if line.watched_since else "not known"


def _others(line: LineItem, population: Population, config: Config) -> str:
    names = [person(who, config) for who in population.others(line)]
    return listing(names, most=_MOST_NAMES) or "nobody"


def _sentence(one: Attestation, config: Config) -> str:
    decided = " ".join(str(part) for part in (one.decision, one.until, one.who) if part)
    return f"{decided}: {one.reason} ({person(one.decided_by, config)}, {when(one.decided_at, config.zone)})"
