"""What GitHub protects in a repository: its default branch, its environments, and the secrets behind them."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from auditor.model.details import as_list, as_objects, details, texts
from auditor.model.tables import Policy


class Environment(Struct, frozen=True):
    """Where a deployment goes, and what it waits for.

    Args:
        reviewers: the users and teams of whom one must approve; nobody must where it is empty and not `reviewed`.
        by_another: whoever starts a deployment cannot approve it.
        admins_bypass: administrators of the repository need not wait.
        branches: patterns of those from which deployments may come, with `protected` those that are; None: any.
    """

    reviewed: bool = False
    reviewers: tuple[str, ...] = ()
    by_another: bool = False
    wait_minutes: int = 0
    admins_bypass: bool = True
    branches: tuple[str, ...] | None = None


class Repository(Struct, frozen=True):
    """What is protected in a repository. What could not be read is None.

    Args:
        rules: that keep people from pushing to the default branch: for whom each does not hold.
        branch: the default one.
        secrets: names, with the environment that each is for, `*` for every job's.
    """

    archived: bool = False
    branch: str | None = None
    environments: Mapping[str, Environment] | None = None
    rules: Sequence[Sequence[str] | None] | None = None
    secrets: Sequence[tuple[str, str]] = ()

    def secrets_for(self, environment: str | None) -> list[str]:
        """The names of the secrets that jobs of an environment are given."""
        return [name for name, place in self.secrets if environment is None or place in ("*", environment)]


class _Documents(Struct):
    own: dict[str, Any] = field(default_factory=dict)
    secrets: dict[str, Any] = field(default_factory=dict)
    environments: dict[str, Environment] = field(default_factory=dict)


def repositories_of(policies: Iterable[Policy]) -> dict[str, Repository]:
    """What is protected in each repository, by its name in lower case, from the documents that the collector wrote."""
    documents: dict[str, _Documents] = {}
    for row in policies:
        if not row.policy.startswith("github:"):
            continue
        found, document = documents.setdefault(row.attached_to.casefold(), _Documents()), details(row.document)
        match document.get("type"):
            case "repository":
                found.own = document
            case "secrets":
                found.secrets = document
            case "environment":
                found.environments[row.name.casefold()] = _environment(document)
    return {name: _repository(found) for name, found in documents.items()}


def _repository(found: _Documents) -> Repository:
    own = found.own
    rules = [_passing(rule) for rule in as_objects(own.get("rules"))]
    return Repository(
        archived=bool(own.get("archived")),
        branch=own.get("default_branch"),
        environments=found.environments if own.get("environments") or found.environments else None,
        rules=rules if own.get("branch") or rules else None,
        secrets=[(str(one.get("name")), str(one.get("for"))) for one in as_objects(found.secrets.get("secrets"))],
    )


def _passing(rule: Mapping[str, Any]) -> list[str] | None:
    passes = rule.get("passes")
    return None if passes is None else texts(passes)


def _environment(document: Mapping[str, Any]) -> Environment:
    return Environment(
        reviewed=bool(document.get("reviewed")),
        reviewers=tuple(texts(document.get("reviewers"))),
        by_another=bool(document.get("by_another")),
        wait_minutes=int(document.get("wait_minutes") or 0),
        admins_bypass=bool(document.get("admins_bypass", True)),
        branches=None if (branches := document.get("branches")) is None else tuple(map(str, as_list(branches))),
    )
