"""Where a campaign lies: its folder below the output folder, and its record in the ledger with the file's hash."""

import hashlib
from pathlib import Path

import msgspec
from msgspec import Struct

from auditor.campaign.population import read
from auditor.campaign.verdicts import differ, latest
from auditor.errors import AlteredError, UsageError
from auditor.model.attestations import Attestation, Campaign
from auditor.model.campaigns import Population
from auditor.options import RunOptions
from reports.files import write_private
from reports.review_page import render

REVIEWS, POPULATION, PAGE = "reviews", "population.json", "review.html"
RECORD, PROOF = "record.json", "proof.jsonl"


class Kept(Struct, frozen=True, kw_only=True):
    """A campaign as it stands: its record, what is reviewed, what was decided, and its folder."""

    campaign: Campaign
    population: Population
    attestations: tuple[Attestation, ...]
    folder: Path


def folder_of(options: RunOptions, campaign: str) -> Path:
    """Where a campaign's files lie."""
    return options.output / REVIEWS / campaign


def load(options: RunOptions, name: str | None) -> Kept:
    """The campaign of that month; without one, the last that was opened.

    Raises:
        UsageError: there is none.
        AlteredError: its population is not the one that the ledger has on record, or is gone.
    """
    with options.ledger as ledger:
        known = ledger.campaigns()
        campaign = next((one for one in reversed(known) if name in (None, one.campaign)), None)
        if campaign is None:
            raise UsageError(
                f"There is no campaign of {name}." if name else "No campaign was ever opened.",
                do="Open one with `auditor review open --month MONTH`.",
            )
        attestations = tuple(ledger.attestations(campaign.campaign))
    folder = folder_of(options, campaign.campaign)
    return Kept(
        campaign=campaign,
        population=_population(folder / POPULATION, campaign),
        attestations=attestations,
        folder=folder,
    )


def sha256(data: bytes) -> str:
    """The hash, as the ledger and `sha256sum` have it."""
    return hashlib.sha256(data).hexdigest()


def _population(path: Path, campaign: Campaign) -> Population:
    try:
        data = path.read_bytes()
        if sha256(data) != campaign.population:
            raise AlteredError(
                f"{path} is not what was frozen on {campaign.opened_at:%Y-%m-%d}: it was edited since.",
                means="What was decided cannot be said to be about these lines.",
                do=f"Put back the file whose SHA-256 is {campaign.population}.",
            )
        return read(data)
    except (OSError, msgspec.MsgspecError) as error:
        raise AlteredError(
            f"{path} cannot be read: {error}.",
            means="What was decided cannot be said to be about any lines.",
            do=f"Put back the file whose SHA-256 is {campaign.population}.",
        ) from error


def write_page(options: RunOptions, kept: Kept) -> Path:
    """Write review.html into the campaign's folder; raises ReportError where it cannot be."""
    decided = latest(kept.attestations)
    conflicts = {line for line, said in decided.items() if differ(said)}
    text = render(kept.population, kept.campaign.population, decided, conflicts, options.config)
    write_private(kept.folder / PAGE, text.encode("utf-8", "replace"))
    return kept.folder / PAGE
