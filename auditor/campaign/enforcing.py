"""The cleanup script for what a campaign decided to revoke, and still stands in the latest run."""

from collections.abc import Collection
from pathlib import Path

from auditor.campaign.kept import Kept
from auditor.config.models import Config
from auditor.model.attestations import Attestation
from auditor.model.campaigns import line_id
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Finding
from auditor.model.handles import read_handle
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.vocabulary import Severity
from auditor.options import RunOptions
from auditor.seal import latest
from reports import artifacts
from reports.cleanup.script import write_planned
from reports.cleanup.steps import plan
from reports.words import person


def write_script(options: RunOptions, kept: Kept, revoked: Collection[Attestation]) -> Path | None:
    """Write cleanup.sh and undo.sh below the campaign's folder; None where nothing of it stands any more.

    Raises:
        UsageError: the folder's script has been applied, and this is another one.
    """
    folder, audit = latest(options)
    access = artifacts.access(folder)
    wanted = {one.line: one for one in revoked}
    asked = [_finding(path, wanted[name], kept, options.config) for path in access if (name := line_id(path)) in wanted]
    if not asked:
        return None
    place = kept.folder / "cleanup"
    made = write_planned(audit, options.config, plan(asked, options.config, access), place)
    with options.ledger as ledger:
        ledger.add_scripts(place.resolve())
    return made.script


def _finding(path: Entitlement, said: Attestation, kept: Kept, config: Config) -> Finding:
    """What was decided, as the script takes it."""
    way = " → ".join(path.path) or path.account
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
        summary=f"{by} decided in the review of {kept.campaign.campaign} to revoke {way}: {said.reason}",
        why="The access review decided that it goes.",
        next_step=f"Take {way} away from {person(path.person or path.account, config)}.",
        credential=path.credential,
        ticket=path.ticket,
        handles=tuple(map(read_handle, path.handles)),
    )
