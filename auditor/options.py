"""What a run is told, and what it comes to."""

from collections.abc import Collection, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from auditor.config import Config
from auditor.evidence.store import Store
from auditor.model.findings import Audit, CoverageLine, Finding
from auditor.model.vocabulary import Report
from reports.files import without_links

if TYPE_CHECKING:
    from auditor.ledger import Known, Ledger

LEDGER = "ledger.sqlite"
LATEST = "latest"


class Progress(Protocol):
    """Whoever wants to hear how far a run is: a terminal, or nobody."""

    def start(self, name: str, total: int | None = None) -> None:
        """A stage or source begins; `total` is how many steps it has, where that is known."""

    def advance(self, name: str, steps: int = 1) -> None:
        """It came some steps further."""

    def done(self, name: str, note: str = "") -> None:
        """It is over; `note` says in a few words what came of it."""


class Silence:
    """Progress that nobody watches."""

    def start(self, name: str, total: int | None = None) -> None:
        """Nothing."""

    def advance(self, name: str, steps: int = 1) -> None:
        """Nothing."""

    def done(self, name: str, note: str = "") -> None:
        """Nothing."""


class RunOptions(Struct, frozen=True, kw_only=True):
    """What a run is told.

    Args:
        at: time of the audit, UTC.
        period: how far back the audit looks from it.
        evidence: the store: a local path, or a URL.
        output: folder that each run's folder is made in.
        workers: processes that read files at the same time.
        reports: what to write beside the findings, instead of what the configuration says.
        wait: for so long, where another run holds the store.
        current: whether `at` is now, so that nothing can be later.
    """

    config: Config
    at: datetime
    period: timedelta
    evidence: str
    output: Path
    workers: int
    reports: Collection[Report] | None = None
    wait: timedelta = timedelta()
    current: bool = False

    @property
    def wanted(self) -> Collection[Report]:
        """What to write beside the findings."""
        return self.config.reports if self.reports is None else self.reports

    @property
    def today(self) -> date:
        """The day of `at` in the organisation's zone."""
        return self.at.astimezone(self.config.zone).date()

    @property
    def store(self) -> Store:
        """The evidence store; one at a URL keeps its lock and what is not stored yet below the output folder."""
        return Store(self.evidence, work=self.output / ".work" if "://" in self.evidence else None)

    @property
    def ledger(self) -> "Ledger":
        """Findings and decisions across runs."""
        from auditor.ledger import Ledger  # late: most questions about the past are not about findings

        return Ledger(self.output / LEDGER)

    def bounds(self, month: date) -> tuple[datetime, datetime]:
        """Where a month begins, and the next one, in the organisation's zone."""
        first = datetime.combine(month.replace(day=1), time(), self.config.zone)
        return first, (first + timedelta(days=31)).replace(day=1)

    def folders_of(self, month: date) -> list[Path]:
        """The folders of a month's runs until `at` that left their findings, oldest first."""
        first, after = self.bounds(month)
        with self.ledger as ledger:
            folders = [
                self.output / run.run for run in ledger.history() if first <= run.at < after and run.at <= self.at
            ]
        return [folder for folder in folders if (folder / "findings.json").exists()]

    def folder(self, run: str) -> Path:
        """The folder of a run, or of the one that `latest` points to.

        Raises:
            ReportError: it leads out of the output folder.
        """
        if run == LATEST:
            without_links((self.output / LATEST).resolve(), self.output.resolve())
            run = (self.output / LATEST).resolve().name
        return without_links(self.output / run, self.output)


class RunResult(Struct, frozen=True, kw_only=True):
    """What a run came to.

    Args:
        audit: None where nothing was judged (`auditor collect`).
        folder: the run's folder under `output`; the evidence store's where nothing was reported.
        seen: coverage where nothing was judged.
        files: what was written, by what it is, in the order in which it is to be named: `PDF`, `page` ….
        problems: what could not be written or sent, a sentence each.
        gone: what the run before still found.
        refused: what was refused for want of what cleanup scripts took away, a sentence each, and the last time, UTC.
        first: whether there was no run before.
        head: the hash that the chain of evidence vouches for the run by; empty where nothing was judged.
    """

    audit: Audit | None
    folder: Path
    seen: tuple[CoverageLine, ...] = ()
    files: Mapping[str, Path] = field(default_factory=dict)
    problems: tuple[str, ...] = ()
    gone: tuple["Known", ...] = ()
    refused: Mapping[str, datetime] = field(default_factory=dict)
    first: bool = False
    head: str = ""

    @property
    def coverage(self) -> tuple[CoverageLine, ...]:
        """What was looked at, and how well."""
        return self.audit.coverage if self.audit else self.seen


class Step(Struct, frozen=True, kw_only=True):
    """One step of an explanation: what was seen or concluded, and the lines that show it."""

    title: str
    lines: tuple[str, ...] = ()


class Explanation(Struct, frozen=True, kw_only=True):
    """How a finding came about, from the raw record to the rule."""

    finding: Finding
    steps: tuple[Step, ...] = ()
