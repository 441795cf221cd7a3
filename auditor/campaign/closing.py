"""Closes a campaign: its record with everything that was left open, and the script for what is to be revoked."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from auditor.campaign.enforcing import write_script
from auditor.campaign.kept import POPULATION, RECORD, Kept, load, sha256
from auditor.campaign.standing import standing
from auditor.deciders import Deciders
from auditor.errors import DecisionsError, Mistake, UsageError
from auditor.model.attestations import Closing
from auditor.model.campaign_standing import LineOutcome, Record, Standing
from auditor.model.campaigns import LineItem
from auditor.options import RunOptions
from reports.files import write_private


class Closed(Struct, frozen=True, kw_only=True):
    """What closing a campaign left: the record, where it lies, and the script, if anything is to be revoked."""

    record: Record
    place: Path
    script: Path | None


def close(
    options: RunOptions, name: str | None, by: str, despite: str, user: str, signatures: Sequence[Path] = ()
) -> Closed:
    """Close a campaign.

    Args:
        options: `at` is when it is closed.
        name: its month; None for the last that was opened.
        by: who closes it: id or e-mail of a person on the roster.
        despite: why it is closed with something left open; empty where nothing may be.
        user: the operating system's user.
        signatures: of population.json, where the team has them checked.

    Raises:
        UsageError: it is closed already, or something is left open and it is not said why.
        DecisionsError: whoever closes it may not.
    """
    kept = load(options, name)
    if kept.campaign.closing:
        raise UsageError(f"The campaign of {kept.campaign.campaign} is closed already.", do="Open the next one.")
    known_by = _may_close(options, kept, by, despite, user, signatures)
    found = standing(options, kept)
    if found.left_open and not despite:
        raise UsageError(
            f"The campaign of {kept.campaign.campaign} cannot be closed: {'; '.join(found.left_open)}.",
            means="Closed now, it would say that all was reviewed.",
            do='Settle it, or let an approver close it with --despite "REASON", which stands in the record.',
        )
    person = options.config.called(by)
    record = _record(options, kept, found, person.id if person else by, known_by, despite)
    data = msgspec.json.format(msgspec.json.encode(record, order="deterministic"), indent=1)
    script = write_script(options, kept, found)
    write_private(kept.folder / RECORD, data)
    with options.ledger as ledger:
        ledger.close_campaign(
            Closing(
                campaign=record.campaign,
                closed_at=options.at,
                closed_by=record.closed_by,
                despite=despite,
                record=sha256(data),
                known_by=known_by,
            )
        )
    return Closed(record=record, place=kept.folder / RECORD, script=script)


def _may_close(options: RunOptions, kept: Kept, by: str, despite: str, user: str, signatures: Sequence[Path]) -> str:
    """How it is known who closes it; raises DecisionsError where they may not."""
    deciders = Deciders(options, (kept.folder / POPULATION).read_bytes, user, signatures)
    problem = deciders.unknown(by)
    approvers = options.config.deciders(None)
    if not problem and despite and approvers and deciders.person(by).id not in approvers:
        problem = f"only an approver closes it with something left open: {', '.join(sorted(approvers))}"
    if problem:
        raise DecisionsError("The campaign was not closed.", [Mistake("--by", "", problem)])
    return deciders.known_by(by) or ""


def _record(options: RunOptions, kept: Kept, found: Standing, closed_by: str, known_by: str, despite: str) -> Record:
    population = kept.population
    lines = tuple(_outcome(line, found) for line in population.lines)
    counts = Counter(line.verdict for line in lines)
    return Record(
        organisation=population.organisation,
        campaign=population.campaign,
        tested=(
            f"Whether each of {len(lines):,} lines of access of {population.audited_at:%Y-%m-%d %H:%M} UTC is still "
            "needed: each decided by somebody who answers for the system, and never by its holder."
        ),
        run=population.run,
        audited_at=population.audited_at,
        manifest=population.manifest,
        population=kept.campaign.population,
        opened_at=population.opened_at,
        due=population.due.isoformat(),
        closed_at=options.at,
        closed_by=closed_by,
        known_by=known_by,
        despite=despite,
        left_open=tuple(found.left_open),
        verdicts=dict(sorted(counts.items())),
        standing=replace(found, decisions={}),  # they stand beside their lines
        lines=lines,
    )


def _outcome(line: LineItem, found: Standing) -> LineOutcome:
    return LineOutcome(
        line=line.id,
        who=line.person or line.owner or line.account,
        system=line.system,
        level=line.level,
        path=line.path,
        reviewer=line.reviewer,
        verdict=_verdict(found, line.id),
        decisions=found.decisions.get(line.id, ()),
    )


def _verdict(found: Standing, line: str) -> str:
    if line in found.conflicts:
        return "conflict"
    said = found.decisions.get(line)
    return said[-1].decision if said else "undecided"
