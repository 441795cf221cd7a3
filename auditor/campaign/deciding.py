"""Records what reviewers decided: each line by itself; what may not be decided is refused and stays undecided."""

from collections.abc import Sequence
from datetime import UTC
from pathlib import Path

from msgspec import Struct

from auditor.campaign.kept import Kept, load, write_page
from auditor.campaign.verdicts import differ, latest
from auditor.deciders import Deciders
from auditor.errors import DecisionsError, Mistake, UsageError
from auditor.model.attestations import Attestation
from auditor.model.campaigns import LineItem
from auditor.options import RunOptions
from reports.attestation_json import Attestations, Entry, entry, read


class Refusal(Struct, frozen=True, kw_only=True):
    """A line of a file that was not recorded, and why."""

    file: str
    line: str
    reason: str


class Recorded(Struct, frozen=True, kw_only=True):
    """What came of the files: how many decisions are new and how many were known already; lines and refusals.

    Args:
        differing: how many of their lines somebody else has decided differently, and so stay undecided.
    """

    campaign: str
    new: int
    known: int
    differing: int
    refused: tuple[Refusal, ...]


def decide(
    options: RunOptions, files: Sequence[Path], by: str | None, user: str = "", signatures: Sequence[Path] = ()
) -> Recorded:
    """Check the files that reviewers hand in, and add to the ledger what they may decide.

    Args:
        options: `at` is when it is recorded.
        files: as the campaign's page exports them.
        by: who decided what a file names nobody for.
        user: the operating system's user who records them.
        signatures: of the files, where the team has them checked.

    Raises:
        DecisionsError: a file is none, or is about another population: then nothing of any is recorded.
        UsageError: they are of several campaigns, or of one that is closed.
    """
    handed_in = [(path, read(path)) for path in files]
    names = {one.campaign for _, one in handed_in}
    if len(names) != 1:
        raise UsageError(f"The files are of several campaigns: {', '.join(sorted(names))}.", do="Name those of one.")
    kept = load(options, names.pop())
    if kept.campaign.closing:
        raise UsageError(
            f"The campaign of {kept.campaign.campaign} was closed on {kept.campaign.closing.closed_at:%Y-%m-%d}.",
            means="No decision was recorded.",
            do="Decide in the next campaign, or on the findings of the latest run.",
        )
    decided: list[Attestation] = []
    refused: list[Refusal] = []
    for path, file in handed_in:
        _about_this(kept, path, file)
        deciders = Deciders(options, path.read_bytes, user, signatures)
        for told in _each(options, kept, path, file, file.by or by, deciders):
            refused.append(told) if isinstance(told, Refusal) else decided.append(told)
    with options.ledger as ledger:
        new = ledger.attest(decided)
    kept = load(options, kept.campaign.campaign)
    write_page(options, kept)
    said = latest(kept.attestations)
    return Recorded(
        campaign=kept.campaign.campaign,
        new=new,
        known=len(decided) - new,
        differing=sum(differ(said[line]) for line in {one.line for one in decided}),
        refused=tuple(refused),
    )


def _about_this(kept: Kept, path: Path, file: Attestations) -> None:
    if file.population != kept.campaign.population:
        problem = f"it decides on another population than the one of {kept.campaign.campaign}: export the page anew"
        raise DecisionsError(f"{path} cannot be recorded.", [Mistake(str(path), "population", problem)])


def _each(
    options: RunOptions, kept: Kept, path: Path, file: Attestations, by: str | None, deciders: Deciders
) -> list[Attestation | Refusal]:
    lines = {line.id: line for line in kept.population.lines}
    today = options.today
    seen: set[str] = set()
    told: list[Attestation | Refusal] = []
    for written in file.lines:
        one = entry(written)
        name = one.line if isinstance(one, Entry) else str(written.get("line", "") if isinstance(written, dict) else "")
        if isinstance(one, str):
            problem: str | None = one
        elif name in seen:
            problem = "it is decided twice in this file"
        else:
            problem = one.flaw(today) or _not_theirs(lines.get(name), by, deciders)
        seen.add(name)
        if problem or isinstance(one, str):
            told.append(Refusal(file=path.name, line=name, reason=problem or ""))
        else:
            told.append(_attestation(options, kept, one, by or "", deciders))
    return told


def _not_theirs(line: LineItem | None, by: str | None, deciders: Deciders) -> str | None:
    return deciders.refused_line(line, by) if line else "the campaign has no such line"


def _attestation(options: RunOptions, kept: Kept, one: Entry, by: str, deciders: Deciders) -> Attestation:
    return Attestation(
        campaign=kept.campaign.campaign,
        line=one.line,
        decision=one.decision,
        reason=one.reason,
        decided_by=deciders.person(by).id,
        decided_at=options.at,
        until=one.until,
        who=one.who,
        said_at=one.said_at and one.said_at.astimezone(UTC),
        known_by=deciders.known_by(by) or "",
    )
