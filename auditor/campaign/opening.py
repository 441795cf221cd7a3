"""Opens a month's campaign: freezes the population of its last good run and puts its hash on record."""

from datetime import date, timedelta
from pathlib import Path

from auditor.campaign.kept import POPULATION, Kept, folder_of, sha256, write_page
from auditor.campaign.population import document, freeze
from auditor.errors import UsageError
from auditor.evidence import judgements
from auditor.model.attestations import Campaign
from auditor.model.findings import Audit
from auditor.options import RunOptions
from auditor.seal import unaltered
from reports import artifacts
from reports.files import write_private

TO_DECIDE = timedelta(days=14)
_RECENT = timedelta(days=7)  # a whole run older than that tells less of a month's end than a late one with a hole


def open_campaign(options: RunOptions, month: date, due: date | None, user: str) -> Kept:
    """Freeze a month and give every line to its reviewer.

    Raises:
        UsageError: it is open already, the day is past, or no run of that month left who could touch what.
        AlteredError: what that run left was edited since.
    """
    name = f"{month:%Y-%m}"
    today = options.today
    due = due or today + TO_DECIDE
    if due < today:
        raise UsageError(f"{due} is past: nobody could decide by then.", do=f"Name a day from {today} on.")
    with options.ledger as ledger:
        known = next((one for one in ledger.campaigns() if one.campaign == name), None)
    if known:
        raise UsageError(
            f"The campaign of {name} was opened on {known.opened_at:%Y-%m-%d}.",
            means="Its population stays as it was frozen then.",
            do="See how far it is with `auditor review status`.",
        )
    folder, audit = _run(options, month)
    link = judgements.head(options.store, audit.run)
    population = freeze(
        audit,
        artifacts.paths(folder),
        options.config,
        campaign=name,
        manifest=link.sha256 if link else "",
        opened_at=options.at,
        due=due,
    )
    data = document(population)
    campaign = Campaign(
        campaign=name,
        run=audit.run,
        manifest=population.manifest,
        population=sha256(data),
        lines=len(population.lines),
        opened_at=options.at,
        opened_by=user,
        due=due,
    )
    place = folder_of(options, name)
    write_private(place / POPULATION, data)
    with options.ledger as ledger:
        ledger.open_campaign(campaign)
    kept = Kept(campaign=campaign, population=population, attestations=(), folder=place)
    write_page(options, kept)
    return kept


def _run(options: RunOptions, month: date) -> tuple[Path, Audit]:
    """The month's latest run that read everything, if one did in its last week; else its latest."""
    folders = [one for one in options.folders_of(month) if (one / artifacts.ACCESS).exists()]
    if not folders:
        raise UsageError(
            f"No run of {month:%B %Y} that left who could touch what is in {options.output}.",
            means="There is nothing to review.",
            do="Name a month in which the auditor ran.",
        )
    last = folders[-1], unaltered(options, folders[-1])
    for folder in reversed(folders):
        audit = last[1] if folder == last[0] else unaltered(options, folder)
        if last[1].audited_at - audit.audited_at > _RECENT:
            break
        if audit.complete:
            return folder, audit
    return last
