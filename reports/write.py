"""Writes everything that a run leaves for people and programs."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.model.agents import AgentWork
from auditor.model.consequences import Consequence, Missed
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit
from auditor.model.signals import AfterChange
from auditor.model.stories import Story
from auditor.model.timeline import Timeline
from auditor.model.vocabulary import Report
from reports import artifacts, findings_json, html, pack
from reports.after_changes import after_view
from reports.cleanup.script import write_cleanup
from reports.exports.registry import export
from reports.files import Written, write_each, write_private
from reports.history import History
from reports.pictures.grid import Before, grid
from reports.pictures.matrix import Matrix, matrix
from reports.pictures.month import Month, month
from reports.simulation import Simulation
from reports.view import View, build_view

FINDINGS = "findings.json"


class RunArtifacts(Struct, frozen=True, kw_only=True):
    """What a run keeps beside its findings: who could touch what, who could ask to, the period's access stories.

    And what agents did, the period in time, and what monitoring told around changes, None of a run without it; what
    would have failed without the rights that findings would take away, and what was refused for want of those gone.
    """

    access: Sequence[Entitlement]
    eligible: Sequence[Entitlement] = ()
    stories: Sequence[Story]
    agents: Sequence[AgentWork] | None = None
    timeline: Timeline | None = None
    after: Sequence[AfterChange] | None = None
    consequences: Sequence[Consequence] = ()
    missed: Sequence[Missed] = ()

    def documents(self, audit: Audit) -> dict[str, bytes]:
        """What every report of the run is made from, as files by their names."""
        made = {
            FINDINGS: findings_json.dumps(audit),
            artifacts.ACCESS: artifacts.dumps([*self.access, *self.eligible]),
            artifacts.STORIES: artifacts.dumps(self.stories),
        }
        later: dict[str, artifacts.Items | Timeline | None] = {
            artifacts.AGENTS: self.agents,
            artifacts.TIMELINE: self.timeline,
            artifacts.AFTER: self.after,
            artifacts.CONSEQUENCES: self.consequences or None,
            artifacts.MISSED: self.missed or None,
        }
        return made | {name: artifacts.dumps(value) for name, value in later.items() if value is not None}

    @classmethod
    def of(cls, folder: Path) -> "RunArtifacts":
        """What the run in a folder kept; raises ReportError where that cannot be read."""
        paths = artifacts.paths(folder)
        return cls(
            access=[path for path in paths if not path.eligible],
            eligible=[path for path in paths if path.eligible],
            stories=artifacts.stories(folder),
            agents=artifacts.agents(folder),
            timeline=artifacts.timeline(folder),
            after=artifacts.after(folder),
            consequences=artifacts.consequences(folder),
            missed=artifacts.missed(folder),
        )


class Reported(Struct, kw_only=True, dict=True):
    """The run that is reported: all that its reports are made from, and the files that are written so far, by title."""

    audit: Audit
    kept: RunArtifacts
    config: Config
    past: History
    beside: Collection[Report]
    files: dict[str, Path]

    @cached_property
    def view(self) -> View:
        """What page and pack are printed from; it vouches for what was written before it was asked for."""
        hashes = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in self.files.values()}
        kept = self.kept
        past = replace(self.past, missed=kept.missed)
        view = build_view(self.audit, self.config, kept.access, hashes, past, kept.stories, kept.agents, kept.eligible)
        after = after_view(kept.after, self.config)
        return replace(view, beside=self.beside, matrix=self._matrix(), month=self._month(), after=after)

    def _month(self) -> Month | None:
        kept = self.kept.timeline
        return None if kept is None else month(kept, self.audit.findings, self.config)

    def _matrix(self) -> Matrix:
        audit, config = self.audit, self.config
        held = (*self.kept.access, *self.kept.eligible)
        before = Before.of(self.past.month_ago) if self.past.month_ago else None
        return matrix(grid(held, config, audit.audited_at, audit.unseen_systems, before), config.zone)


class Kind(NamedTuple):
    """One kind of report: what people call it, where it lies in a run's folder, and what writes it there."""

    title: str
    place: str
    write: Callable[[Reported, Path], object]


def simulated_pack(
    audit: Audit, kept: RunArtifacts, config: Config, past: History, folder: Path, simulation: Simulation
) -> bytes:
    """The pack of a run that lies in a folder, with a section on what a drafted policy would have found."""
    files = {FINDINGS: folder / FINDINGS}
    run = Reported(audit=audit, kept=kept, config=config, past=past, beside=tuple(Report), files=files)
    return pack.render(replace(run.view, simulation=simulation))


# In the order in which they are made: the last ones print hashes of the first ones.
REPORTS: Mapping[Report, Kind] = {
    Report.CSV: Kind("table", "findings.csv", lambda run, path: write_private(path, export("csv", run.audit))),
    Report.CLEANUP: Kind(
        "script",
        "cleanup/cleanup.sh",
        lambda run, path: write_cleanup(
            run.audit, run.config, None, path.parent, run.kept.access, run.past.decided, run.kept.consequences
        ),
    ),
    Report.PAGE: Kind("page", "report.html", lambda run, path: write_private(path, html.render(run.view).encode())),
    Report.PDF: Kind("PDF", "report.pdf", lambda run, path: write_private(path, pack.render(run.view))),
}


def write_reports(
    audit: Audit,
    kept: RunArtifacts,
    config: Config,
    folder: Path,
    past: History,
    wanted: Collection[Report],
    documents: Mapping[str, bytes],
) -> Written:
    """Write a run's findings, what its reports are made from, and the reports that are wanted, into its folder.

    One that cannot be made does not stop the others. One that is not wanted and was made from other findings is taken
    away: beside these it would mislead.
    """
    for half in folder.rglob(".*.tmp"):
        half.unlink()  # a run that was killed left it
    if not _holds(folder / FINDINGS, documents[FINDINGS]):
        for name in REPORTS.keys() - wanted:
            (folder / REPORTS[name].place).unlink(missing_ok=True)
    made = {Path(name).stem: (name, partial(write_private, content=data)) for name, data in documents.items()}
    files, problems = write_each(made, folder)
    beside = [name for name, kind in REPORTS.items() if name in wanted or (folder / kind.place).exists()]
    run = Reported(audit=audit, kept=kept, config=config, past=past, beside=beside, files=dict(files))
    for name, kind in REPORTS.items():
        if name in wanted:
            written = write_each({kind.title: (kind.place, partial(kind.write, run))}, folder)
            run.files.update(written.files)
            problems += written.problems
    first = [REPORTS[name].title for name in Report if REPORTS[name].title in run.files]
    return Written({title: run.files[title] for title in dict.fromkeys((*first, *run.files))}, problems)


def _holds(path: Path, content: bytes) -> bool:
    return path.exists() and path.read_bytes() == content
