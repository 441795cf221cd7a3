"""How far a campaign is: by reviewer, what was not seen, what changed since, and what came of what was decided."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from auditor.model.attestations import Attestation, Campaign
from auditor.model.campaigns import LineItem, Population

Outcome = Literal["gone", "still there", "could not be judged"]


class ReviewerStanding(Struct, frozen=True, kw_only=True):
    """One reviewer's lines in numbers; `reviewer` is a roster id, None for the lines that nobody may decide.

    `late` counts what is undecided after the due day.
    """

    reviewer: str | None
    lines: int
    decided: int
    undecided: int
    late: int


class SourceStanding(Struct, frozen=True, kw_only=True):
    """A source that was not all read: in the run that was frozen, in how many since, and in the latest."""

    source: str
    reason: str
    then: bool
    since: int
    now: bool


class Change(Struct, frozen=True, kw_only=True):
    """A line that is not as it was frozen; of a new one, what the latest run says of it."""

    line: LineItem
    what: Literal["new", "gone", "wider"]


class Proof(Struct, frozen=True, kw_only=True):
    """What became of a line that was to go: by which run, and who took it away with a cleanup script, if one did.

    `run` is the first that found it gone, else the latest that was asked; empty where there was none yet. `why` says
    what kept it from being judged; `still_by` are other paths by which the latest run has its holder reach the same.
    """

    line: str
    outcome: Outcome
    run: str = ""
    at: datetime | None = None
    why: str = ""
    taken_away_at: datetime | None = None
    taken_away_by: str = ""
    still_by: tuple[str, ...] = ()


class Proven(Struct, frozen=True, kw_only=True):
    """What a run proved of a closed campaign: a line of proof.jsonl, which only ever grows.

    `lines` are those of which it found something else than was known before. `before` is the SHA-256 of the line
    before, with its end; of the first line it is that of record.json.
    """

    format: Literal["production-access-auditor/proof/1"] = "production-access-auditor/proof/1"
    campaign: str
    run: str
    at: datetime
    before: str
    lines: tuple[Proof, ...]


class Standing(Struct, frozen=True, kw_only=True):
    """A campaign as it stands.

    `decisions` holds, by line, the latest of each who decided on it. `signs` are sentences about decisions that ask to
    be looked at; none says that somebody did not look. `overdue` are lines whose last day is over.
    """

    campaign: Campaign
    reviewers: tuple[ReviewerStanding, ...]
    decisions: dict[str, tuple[Attestation, ...]]
    conflicts: tuple[str, ...]
    sources: tuple[SourceStanding, ...]
    changes: tuple[Change, ...]
    signs: tuple[str, ...]
    proofs: tuple[Proof, ...]
    overdue: tuple[Proof, ...]

    @property
    def undecided(self) -> int:
        """How many lines nobody decided on, or several people differently."""
        return sum(one.undecided for one in self.reviewers)

    @property
    def left_open(self) -> list[str]:
        """What keeps it from being closed, a sentence each."""
        then = [one.source for one in self.sources if one.then]
        now = [one.source for one in self.sources if one.now]
        found = [
            f"{', '.join(then)} could not be read, or not all of it, when the population was frozen" if then else "",
            f"{', '.join(now)} could not be read, or not all of it, in the latest run" if now else "",
            f"undecided: {self.undecided - len(self.conflicts):,}" if self.undecided > len(self.conflicts) else "",
            f"decided differently by two people: {len(self.conflicts):,}" if self.conflicts else "",
        ]
        return [one for one in found if one]


class CampaignTold(Struct, frozen=True, kw_only=True):
    """A campaign for the reports: how it stands over its population, or the `problem` that keeps it from being told."""

    campaign: str
    population: Population | None = None
    standing: Standing | None = None
    problem: str = ""


class LineOutcome(Struct, frozen=True, kw_only=True):
    """One line of a closed campaign: whose it was, and what was decided on it by whom.

    `verdict` is the decision, `undecided`, or `conflict` where people decided differently.
    """

    line: str
    who: str
    system: str | None
    level: str
    path: tuple[str, ...]
    reviewer: str | None
    verdict: str
    decisions: tuple[Attestation, ...]


class Record(Struct, frozen=True, kw_only=True):
    """A campaign's record, for the auditor: record.json, whose hash the ledger keeps.

    `tested` says in a sentence what was tested; `left_open` what was open when it was closed, and `despite` why it was
    closed all the same. `standing` is how the campaign stood then.
    """

    format: Literal["production-access-auditor/campaign/1"] = "production-access-auditor/campaign/1"
    organisation: str
    campaign: str
    tested: str
    run: str
    audited_at: datetime
    manifest: str
    population: str
    opened_at: datetime
    due: str
    closed_at: datetime
    closed_by: str
    known_by: str
    despite: str
    left_open: tuple[str, ...]
    verdicts: dict[str, int]
    standing: Standing
    lines: tuple[LineOutcome, ...]
