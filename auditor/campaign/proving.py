"""Adds to a closed campaign's proof what a run found of the lines that were to go; its record stays as it is."""

from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from auditor.campaign.kept import PROOF, folder_of, load, sha256
from auditor.campaign.since import Later
from auditor.campaign.standing import standing
from auditor.errors import AuditorError
from auditor.model.attestations import Campaign
from auditor.model.campaign_standing import CampaignTold, Proof, Proven, Standing
from auditor.options import RunOptions
from reports.files import write_private


def prove(options: RunOptions, tonight: Later, known: CampaignTold | None) -> list[str]:
    """Tell of each closed campaign what tonight's run found otherwise than the runs before it.

    What is proven whole is asked of the last campaign only. The lines stand in the ledger and in proof.jsonl beside the
    campaign's record.

    Returns:
        What kept a campaign from being proven, a sentence each.
    """
    at = tonight.audit.audited_at
    with options.ledger as ledger:
        campaigns = ledger.campaigns()
        told = {one.campaign: ledger.proven(one.campaign) for one in campaigns}
    problems = []
    for campaign in campaigns:
        before = [msgspec.json.decode(line, type=Proven) for line in told[campaign.campaign]]
        closed = campaign.closing is not None and campaign.closing.closed_at < at
        settled = before and campaign is not campaigns[-1] and _all_gone(_latest(before))
        if (
            not closed
            or settled
            or (before and before[-1].at >= at)
            or not folder_of(options, campaign.campaign).exists()
        ):
            continue
        try:
            _add(options, campaign, _standing(options, campaign, tonight, known), told[campaign.campaign], tonight)
        except AuditorError as error:
            problems.append(f"The campaign of {campaign.campaign} was not proven: {' '.join(error.diagnostics())}")
    return problems


def _standing(options: RunOptions, campaign: Campaign, tonight: Later, known: CampaignTold | None) -> Standing:
    if known and known.standing and known.campaign == campaign.campaign:
        return known.standing
    return standing(options, load(options, campaign.campaign), tonight)


def _add(options: RunOptions, campaign: Campaign, found: Standing, told: Sequence[bytes], tonight: Later) -> None:
    before = _latest([msgspec.json.decode(line, type=Proven) for line in told])
    now = (*found.proofs, *found.overdue)
    other = tuple(one for one in now if one.line not in before or _timeless(one) != _timeless(before[one.line]))
    if not other or campaign.closing is None:
        return
    proven = Proven(
        campaign=campaign.campaign,
        run=tonight.audit.run,
        at=tonight.audit.audited_at,
        before=sha256(told[-1]) if told else campaign.closing.record,
        lines=other,
    )
    line = msgspec.json.encode(proven, order="deterministic") + b"\n"
    with options.ledger as ledger:
        ledger.prove(campaign.campaign, line)
    write_private(folder_of(options, campaign.campaign) / PROOF, b"".join((*told, line)))


def _latest(proven: Sequence[Proven]) -> Mapping[str, Proof]:
    """What was last proven of each line."""
    return {proof.line: proof for one in proven for proof in one.lines}


def _all_gone(proofs: Mapping[str, Proof]) -> bool:
    return all(one.outcome == "gone" for one in proofs.values())


def _timeless(proof: Proof) -> Proof:
    """The same, whichever run found it."""
    return replace(proof, run="", at=None)
