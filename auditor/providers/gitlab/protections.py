"""What GitLab protects, branches and environments of projects, and by tier those of groups; what starts by itself."""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from auditor.model.details import as_objects, details
from auditor.model.globs import matches
from auditor.model.tables import Policy

# How GitLab tells an environment's tier by its name; the first that fits.
_TIERS = (
    ("development", "dev|review|trunk"),
    ("testing", "test|tst|int|ac(?:ce|)pt|qa|qc|control|quality"),
    ("staging", "st(?:a|)g|mod(?:e|)l|pre|demo|non"),
    ("production", "pr(?:o|)d|live"),
)

UNATTENDED = {
    "schedule": "a schedule",
    "trigger": "a pipeline trigger",
    "security_orchestration_policy": "a policy's schedule",
    "pipeline_execution_policy_schedule": "a policy's schedule",
}
"""The sources of pipelines that nobody starts, in words."""


class Project(Struct, frozen=True):
    """What is protected in a project, or in those of a group. None stands for what could not be read.

    Args:
        tiers: of environments, by their name.
        variables: names of what pipelines are given, with the environments that each is for.
    """

    path: str
    default_branch: str | None = None
    archived: bool = False
    branches: Mapping[str, Mapping[str, Any]] | None = None
    environments: Mapping[str, Mapping[str, Any]] | None = None
    tiers: Mapping[str, str] = field(default_factory=dict)
    variables: Sequence[tuple[str, str]] = ()

    def variables_for(self, environment: str | None) -> list[str]:
        """The names of the variables that jobs of an environment are given."""
        return [name for name, scope in self.variables if environment is None or matches(scope, environment)]


def projects_of(policies: Iterable[Policy]) -> dict[str, Project]:
    """The projects' protections, from the documents that the collector wrote."""
    documents: dict[str, dict[str, dict[str, Any]]] = {}
    for row in policies:
        if row.policy.startswith("gitlab:"):
            document = details(row.document)
            kind = str(document.get("type"))
            documents.setdefault(row.attached_to, {}).setdefault(kind, {})[row.name] = document
    return {path: _project(path, kinds) for path, kinds in documents.items()}


def _project(path: str, kinds: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Project:
    own = kinds.get("project", {}).get("project", {})
    given = kinds.get("variables", {}).get("variables", {})
    branches, environments = kinds.get("protected-branch", {}), kinds.get("protected-environment", {})
    return Project(
        path,
        default_branch=own.get("default_branch"),
        archived=bool(own.get("archived")),
        branches=branches if own.get("protected_branches") or branches else None,
        environments=environments if own.get("protected_environments") or environments else None,
        tiers=own.get("tiers") or {},
        variables=[(str(one.get("name")), str(one.get("for"))) for one in as_objects(given.get("variables"))],
    )


def tier_of(environment: str) -> str:
    """The tier that GitLab takes an environment of this name for."""
    return next((tier for tier, names in _TIERS if re.search(names, environment, re.IGNORECASE)), "other")


def groups_above(path: str) -> list[str]:
    """The groups that a project or group lies in, outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: depth + 1]) for depth in range(len(parts))]
