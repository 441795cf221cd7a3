"""Writes everything that a run leaves for people and programs."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from auditor.config.models import Config
from auditor.model.agents import AgentWork
from auditor.model.entitlements import Entitlement
from auditor.model.findings import Audit
from auditor.model.stories import Story
from reports import artifacts, findings_json, html, pdf
from reports.cleanup.script import write_cleanup
from reports.exports.registry import export
from reports.files import Written, write_each, write_private
from reports.history import History
from reports.view import build_view

FINDINGS = "findings.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunArtifacts:
    """What a run keeps beside its findings: who could touch what, who could ask to, the period's access stories.

    And what agents did; None of a run that did not keep it.
    """

    access: Sequence[Entitlement]
    eligible: Sequence[Entitlement] = ()
    stories: Sequence[Story]
    agents: Sequence[AgentWork] | None = None

    def documents(self, audit: Audit) -> dict[str, bytes]:
        """What every report of the run is made from, as files by their names."""
        made = {
            FINDINGS: findings_json.dumps(audit),
            artifacts.ACCESS: artifacts.dumps([*self.access, *self.eligible]),
            artifacts.STORIES: artifacts.dumps(self.stories),
        }
        return made if self.agents is None else {**made, artifacts.AGENTS: artifacts.dumps(self.agents)}

    @classmethod
    def of(cls, folder: Path) -> "RunArtifacts":
        """What the run in a folder kept; raises ReportError where that cannot be read."""
        return cls(
            access=artifacts.access(folder),
            eligible=artifacts.access(folder, eligible=True),
            stories=artifacts.stories(folder),
            agents=artifacts.agents(folder),
        )


def write_reports(audit: Audit, kept: RunArtifacts, config: Config, folder: Path, past: History) -> Written:
    """Write every report of a run into its folder; one that cannot be made does not stop the others."""
    for half in folder.rglob(".*.tmp"):
        half.unlink()  # a run that was killed left it
    documents = kept.documents(audit)
    data: dict[str, tuple[str, Callable[[Path], object]]] = {
        "findings": (FINDINGS, lambda path: write_private(path, documents[FINDINGS])),
        "access": (artifacts.ACCESS, lambda path: write_private(path, documents[artifacts.ACCESS])),
        "stories": (artifacts.STORIES, lambda path: write_private(path, documents[artifacts.STORIES])),
        "table": ("findings.csv", lambda path: write_private(path, export("csv", audit))),
        "script": (
            "cleanup/cleanup.sh",
            lambda path: write_cleanup(audit, config, None, path.parent, kept.access, past.decided),
        ),
    }
    if artifacts.AGENTS in documents:
        data["agents"] = (artifacts.AGENTS, lambda path: write_private(path, documents[artifacts.AGENTS]))
    first = write_each(data, folder)
    hashes = {path.name: _digest(path) for path in first.files.values()}
    view = build_view(audit, config, kept.access, hashes, past, kept.stories, kept.agents, kept.eligible)
    pages = {
        "page": ("report.html", lambda path: write_private(path, html.render(view).encode())),
        "PDF": ("report.pdf", lambda path: write_private(path, pdf.render(view))),
    }
    second = write_each(pages, folder)
    return Written({**second.files, **first.files}, (*first.problems, *second.problems))


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
