"""How far a campaign is, from what is frozen, what was decided, and what the runs since found."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta

from auditor.campaign.kept import Kept, folder_of, load
from auditor.campaign.since import Later, Since, changes, later_runs
from auditor.campaign.verdicts import differ, latest
from auditor.config.models import Config
from auditor.errors import AuditorError
from auditor.model.attestations import Attestation
from auditor.model.campaign_standing import CampaignTold, ReviewerStanding, Standing
from auditor.model.campaigns import LineItem, Population
from auditor.model.groups import grouped
from auditor.options import RunOptions
from auditor.removals import take_in
from reports.words import person, plural

_FEW = 5  # fewer are read in a minute
_QUICK = timedelta(minutes=1)


def standing(options: RunOptions, kept: Kept, tonight: Later | None = None) -> Standing:
    """The campaign as it stands at `options.at`, with a run whose results are not written yet.

    Raises:
        AlteredError: what a run since left was edited.
    """
    population = kept.population
    today = options.today
    decided = latest(kept.attestations)
    conflicts = frozenset(line for line, said in decided.items() if differ(said))
    lines = {line.id: line for line in population.lines}
    # What may stay until a day is to go from then on.
    to_go = {
        name: (lines[name], _from(said[-1], options.config))
        for name, said in decided.items()
        if name not in conflicts and (said[-1].decision == "revoke" or (said[-1].until or today) < today)
    }
    since = Since(population, to_go)
    for run in later_runs(options, population.audited_at, tonight):
        since.take_in(run)
    with options.ledger as ledger:
        take_in(options, ledger)
        proofs = since.proofs(ledger.removed(options.at))
    return Standing(
        campaign=kept.campaign,
        reviewers=_reviewers(population, decided, conflicts, today),
        decisions=decided,
        conflicts=tuple(sorted(conflicts)),
        sources=since.sources,
        changes=changes(population, since.latest, options.config),
        signs=signs((one for said in decided.values() for one in said), population, options.config),
        proofs=tuple(one for one in proofs if decided[one.line][-1].decision == "revoke"),
        overdue=tuple(one for one in proofs if decided[one.line][-1].decision != "revoke"),
    )


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


def _from(one: Attestation, config: Config) -> datetime:
    """From when on a line should be gone: the runs since then are asked."""
    if one.until is None:
        return one.decided_at
    return datetime.combine(one.until, time.max, config.zone).astimezone(UTC)


def _reviewers(
    population: Population, decided: Mapping[str, object], conflicts: frozenset[str], today: date
) -> tuple[ReviewerStanding, ...]:
    by = grouped((line.reviewer or "", line) for line in population.lines)
    return tuple(
        _reviewer(
            who or None, lines, sum(one.id in decided and one.id not in conflicts for one in lines), population, today
        )
        for who, lines in sorted(by.items(), key=lambda item: (not item[0], item[0]))
    )


def _reviewer(
    who: str | None, lines: list[LineItem], done: int, population: Population, today: date
) -> ReviewerStanding:
    left = len(lines) - done
    late = left if today > population.due else 0
    return ReviewerStanding(reviewer=who, lines=len(lines), decided=done, undecided=left, late=late)


def signs(decisions: Iterable[Attestation], population: Population, config: Config) -> tuple[str, ...]:
    """A sentence for each sign, by who decided. Times are those of the reviewers' browsers, which may be wrong."""
    by = grouped((one.decided_by, one) for one in decisions)
    return tuple(
        f"{person(who, config)} {sentence}"
        for who, theirs in sorted(by.items())
        for sentence in (*_early(theirs, population), *_alike(theirs))
    )


def _early(theirs: Sequence[Attestation], population: Population) -> list[str]:
    early = [one for one in theirs if one.said_at and one.said_at < population.opened_at]
    if not early:
        return []
    lines = plural(len(early), "line")
    return [f"decided {lines} at a time before the page was made ({population.opened_at:%Y-%m-%d %H:%M} UTC)."]


def _alike(theirs: Sequence[Attestation]) -> list[str]:
    """Where every line was kept: how fast, and with how many words."""
    if len(theirs) < _FEW or any(one.decision != "keep" for one in theirs):
        return []
    times = [one.said_at for one in theirs if one.said_at]
    lines = f"kept all {len(theirs):,} lines"
    quick = len(times) == len(theirs) and max(times) - min(times) <= _QUICK
    same = len({one.reason.casefold() for one in theirs}) == 1
    return [f"{lines} within a minute."] * quick + [f"{lines} with the same words."] * same
