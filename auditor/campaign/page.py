"""Writes a campaign's page again, with what was decided so far."""

from pathlib import Path

from auditor.campaign.kept import PAGE, Kept
from auditor.campaign.verdicts import differ, latest
from auditor.options import RunOptions
from reports.files import write_private
from reports.review_page import render


def write_page(options: RunOptions, kept: Kept) -> Path:
    """Write review.html into the campaign's folder; raises ReportError where it cannot be."""
    decided = latest(kept.attestations)
    conflicts = {line for line, said in decided.items() if differ(said)}
    text = render(kept.population, kept.campaign.population, decided, conflicts, options.config)
    write_private(kept.folder / PAGE, text.encode("utf-8", "replace"))
    return kept.folder / PAGE
