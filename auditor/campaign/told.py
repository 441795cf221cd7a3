"""What the reports tell of a campaign: how it stands, over which population; or what keeps that from being told."""

from datetime import date

from auditor.campaign.kept import folder_of, load
from auditor.campaign.since import Later
from auditor.campaign.standing import standing
from auditor.errors import AuditorError
from auditor.model.campaign_standing import CampaignTold
from auditor.options import RunOptions


def told(options: RunOptions, month: date | None = None, tonight: Later | None = None) -> CampaignTold | None:
    """The campaign of a month, or the last that was opened; None where there is none."""
    with options.ledger as ledger:
        names = [one.campaign for one in ledger.campaigns()]
    wanted = f"{month:%Y-%m}" if month else (names or [""])[-1]
    if wanted not in names or not folder_of(options, wanted).exists():
        return None
    try:
        kept = load(options, wanted)
        return CampaignTold(campaign=wanted, population=kept.population, standing=standing(options, kept, tonight))
    except AuditorError as error:  # a report without it says so, and why
        return CampaignTold(campaign=wanted, problem=" ".join(error.diagnostics()))
