"""What the reports are told of the runs before: decisions, history and what is gone."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.ledger import Decision, Known, Removal, Trend
from auditor.model.campaign_standing import CampaignTold
from auditor.model.consequences import Missed
from auditor.model.findings import Finding
from auditor.rules.succession import Succession, apart

MONTH_AGO, ABOUT = timedelta(days=30), timedelta(days=12)
"""How long ago a month ago is, and how far from that a run may lie to stand for it."""


class History(Struct, frozen=True, kw_only=True):
    """From the ledger.

    Args:
        decided: what the review decided, by finding.
        history: every run in numbers, oldest first.
        removed: what cleanup scripts took away, and did not give back.
        missed: what was refused for want of it.
        since: the time that this report is beside: a month before the audit, or when the month began.
        closed: findings that went away since then, and have not come back.
        succeeded: those of them that went on as another finding, with that one.
        passed: acts that fell out of the period since then.
        reopened: the ids of findings that came back since then.
        head: the hash of what the chain keeps of the run; empty where it was never put there.
        month_ago: the folder of the run of about a month before the audit, where there is one.
        links: the chain's records of what the run read and what came of it, by name, with their SHA-256.
        campaign: the review of access line by line, where one was opened.
        month: the month that the report is about, such as `October 2026`; empty for that of one night.
    """

    decided: Mapping[str, Decision] = field(default_factory=dict)
    history: Sequence[Trend] = ()
    since: datetime | None = None
    closed: Sequence[Known] = ()
    succeeded: Sequence[Succession] = ()
    passed: Sequence[Known] = ()
    reopened: Collection[str] = frozenset()
    removed: Sequence[Removal] = ()
    missed: Sequence[Missed] = ()
    head: str = ""
    month_ago: Path | None = None
    links: Sequence[tuple[str, str]] = ()
    campaign: CampaignTold | None = None
    month: str = ""

    def beside(self, findings: Sequence[Finding]) -> "History":
        """The same beside the findings of an audit: what goes on as one of them is not closed."""
        if self.since is None:
            return self
        closed, succeeded = apart(self.closed, findings, self.since)
        return replace(self, closed=closed, succeeded=succeeded)

    def before(self, at: datetime) -> list[Trend]:
        """The runs before the one of that time, oldest first: none where it is the first."""
        return [run for run in self.history if run.at < at]

    @property
    def gone(self) -> list[tuple[Known, Removal | None, list[Missed]]]:
        """What was closed, what took it away where a cleanup script did, and what was refused since; that first."""
        away = {one.finding: one for one in self.removed}
        found = [(known, away.get(known.id), self._missed(known.id)) for known in self.closed]
        return sorted(found, key=lambda one: not one[2])

    def _missed(self, finding: str) -> list[Missed]:
        return [one for one in self.missed if one.finding == finding]
