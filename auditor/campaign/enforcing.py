"""The cleanup script for what a campaign decided to revoke, and still stands in the latest run."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from pathlib import Path

from auditor.campaign.kept import Kept
from auditor.config.models import Config
from auditor.model.attestations import Attestation
from auditor.model.campaign_standing import Standing
from auditor.model.campaigns import line_id
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding
from auditor.model.handles import read_handle
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity
from auditor.options import RunOptions
from auditor.seal import latest
from reports import artifacts
from reports.cleanup.script import write_beside
from reports.cleanup.steps import plan
from reports.review_section import line_words
from reports.words import listing, person


def write_script(options: RunOptions, kept: Kept, found: Standing) -> Path | None:
    """Write cleanup.sh and undo.sh for the lines that were decided to be revoked; None where none stands any more.

    They lie in `cleanup` below the campaign's folder; where those there have been applied, in the next one.
    """
    folder, audit = latest(options)
    paths = artifacts.paths(folder)
    agreed = {line: said[-1] for line, said in found.decisions.items() if line not in found.conflicts}
    wanted = {line: said for line, said in agreed.items() if said.decision == "revoke"}
    others = _needed_by(kept, wanted, options.config)
    asked = [
        _finding(path, wanted[name], kept, others, options.config)
        for path in paths
        if (name := line_id(path)) in wanted
    ]
    if not asked:
        return None
    held = [path for path in paths if not path.eligible]
    told = artifacts.consequences(folder)
    made = write_beside(audit, options.config, plan(asked, options.config, held, told), kept.folder / "cleanup")
    place = made.script.parent
    with options.ledger as ledger:
        ledger.add_scripts(place.resolve())
    return made.script


def _needed_by(kept: Kept, revoked: Collection[str], config: Config) -> Mapping[str, list[str]]:
    """By handle, the lines that the same right gives and that were not decided to be revoked."""
    found: dict[str, list[str]] = defaultdict(list)
    for line in kept.population.lines:
        for handle in line.handles if line.id not in revoked else ():
            found[handle].append(line_words(line, config))
    return found


def _finding(
    path: Entitlement, said: Attestation, kept: Kept, others: Mapping[str, list[str]], config: Config
) -> Finding:
    """What was decided, as the script takes it; what else goes with the right is said."""
    also = list(dict.fromkeys(line for handle in path.handles for line in others.get(handle, ())))
    more = f". The same right gives what nobody decided to revoke: {listing(also, most=3)}" if also else ""
    way = path.words or path.account
    by = person(said.decided_by, config)
    return Finding(
        rule="campaign/revoked",
        severity=Severity.MEDIUM,
        subject=Subject(
            kind=SubjectKind.ENTITLEMENT,
            person=path.person,
            account=path.account,
            system=path.system,
            thing=f"{kept.campaign.campaign} {said.line}",
        ),
        summary=f"{by} decided in the review of {kept.campaign.campaign} to revoke {way}: {said.reason}{more}",
        why="The access review decided that it goes.",
        next_step=f"Take {way} away from {person(path.person or path.account, config)}.",
        credential=path.credential,
        ticket=path.ticket,
        handles=tuple(map(read_handle, path.handles)),
    )
