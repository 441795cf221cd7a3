"""A sample for the auditor to perform again: drawn by hashes, so that anybody draws the same and nobody chooses."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct

from auditor.case.named_rights import NamedRights
from auditor.config.models import Config
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit, Evidence, Finding
from auditor.model.stories import Story
from reports.access_matrix import holder_name, way
from reports.stories import but_sentence
from reports.words import cited, clipped, listing, plural, reached, system

_SIZE, _MOST_EVIDENCE, _LONGEST = 5, 1, 300


class Drawn(Struct, frozen=True):
    """One item: its place in its file, what it is, what the audit says of it, and where its evidence is."""

    number: int
    what: str
    verdict: str
    evidence: tuple[str, ...]


class Population(Struct, frozen=True):
    """A list that a run kept, how long it is, and what was drawn of it."""

    file: str
    what: str
    size: int
    drawn: tuple[Drawn, ...]


def draw(seed: str, file: str, size: int) -> list[int]:
    """Places in a list, those first whose SHA-256 of `seed:file:place` is lowest; the first place is 0."""

    def weight(place: int) -> str:
        return hashlib.sha256(f"{seed}:{file}:{place}".encode()).hexdigest()

    return sorted(range(size), key=weight)[:_SIZE]


def sample(
    seed: str, audit: Audit, access: Sequence[Entitlement], stories: Sequence[Story], config: Config
) -> tuple[Population, ...]:
    """What is drawn of rights, pieces of work and findings, in the order of the files that the run kept of them."""

    def of(
        file: str, what: str, items: Sequence[Any], tell: Callable[[Any], tuple[str, str, Sequence[Evidence]]]
    ) -> Population:
        drawn = []
        for place in sorted(draw(seed, file, len(items))):
            words, verdict, evidence = tell(items[place])
            pointers = dict.fromkeys(f"{cited(one)}, SHA-256 {one.sha256[:12]}" for one in evidence)
            drawn.append(
                Drawn(place, clipped(words, _LONGEST), clipped(verdict, _LONGEST), tuple(pointers)[:_MOST_EVIDENCE])
            )
        return Population(file, what, len(items), tuple(drawn))

    named = NamedRights(audit.findings)
    return (
        of("access.json", "rights held", access, lambda path: _right(path, named, config)),
        of("stories.json", "pieces of work", stories, lambda story: _work(story, config)),
        of("findings.json", "findings", audit.findings, _finding),
    )


def _right(path: Entitlement, named: NamedRights, config: Config) -> tuple[str, str, Sequence[Evidence]]:
    place = reached(path, config)
    verdict = listing((f"{one.rule} ({one.id[:8]})" for one in named.of(path)), 2) or "no finding names it"
    return f"{holder_name(path, config)}, {place}, {path.level}: {way(path)}", verdict, path.evidence


def _work(story: Story, config: Config) -> tuple[str, str, Sequence[Evidence]]:
    who = f"{story.ticket or 'no ticket'}, {listing(system(one, config) for one in story.systems)}"
    lacks = f"no {listing(story.missing)}" if story.missing else ""
    flawed = f"a finding on {listing(story.flawed)}" if story.flawed else ""
    verdict = "; ".join(filter(None, (lacks, flawed))) or "complete"
    return f"{who}: {but_sentence(story, config)}", verdict, [one for link in story.links for one in link.evidence]


def _finding(finding: Finding) -> tuple[str, str, Sequence[Evidence]]:
    evidence = finding.evidence
    rests = plural(len(evidence), "record") if evidence else "no single record"
    return f"{finding.id}: {finding.summary}", f"{finding.severity}, {finding.status}; rests on {rests}", evidence
