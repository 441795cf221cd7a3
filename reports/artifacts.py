"""What a run keeps beside its findings, to make its reports again: access.json and the like."""

from collections.abc import Iterable
from pathlib import Path
from typing import TypeVar

import msgspec

from auditor.errors import ReportError
from auditor.model.agents import AgentWork
from auditor.model.consequences import Consequence, Missed
from auditor.model.entitlements import Entitlement
from auditor.model.signals import AfterChange
from auditor.model.stories import Story
from auditor.model.timeline import Timeline

ACCESS, STORIES, AGENTS, TIMELINE = "access.json", "stories.json", "agents.json", "timeline.json"
AFTER, CONSEQUENCES, MISSED = "after_changes.json", "consequences.json", "missed.json"
K = TypeVar("K", Entitlement, Story, AgentWork, AfterChange, Consequence, Missed)
Items = Iterable[Entitlement | Story | AgentWork | AfterChange | Consequence | Missed]
D = TypeVar("D")


def dumps(items: Items | Timeline) -> bytes:
    """Them as JSON, the same each time."""
    value = items if isinstance(items, Timeline) else list(items)
    return msgspec.json.format(msgspec.json.encode(value, order="deterministic"), indent=1)


def paths(folder: Path) -> tuple[Entitlement, ...]:
    """Who could touch what at the time of the run in the folder: every path, then those that could be asked for only.

    Raises:
        ReportError: when the file is missing or is not what `dumps` wrote.
    """
    return _read(folder / ACCESS, Entitlement)


def access(folder: Path) -> tuple[Entitlement, ...]:
    """The paths that stood, without those that could be asked for only; raises as `paths` does."""
    return tuple(path for path in paths(folder) if not path.eligible)


def stories(folder: Path) -> tuple[Story, ...]:
    """The access stories of the run's period; raises as `access` does."""
    return _read(folder / STORIES, Story)


def agents(folder: Path) -> tuple[AgentWork, ...] | None:
    """What agents did in the run's period; None of a run that did not keep it. Raises as `access` does."""
    path = folder / AGENTS
    return _read(path, AgentWork) if path.exists() else None


def timeline(folder: Path) -> Timeline | None:
    """The run's period in time; None of a run that did not keep it. Raises as `access` does."""
    path = folder / TIMELINE
    return _decoded(path, Timeline) if path.exists() else None


def after(folder: Path) -> tuple[AfterChange, ...] | None:
    """What monitoring told around changes; None of a run that did not keep it. Raises as `access` does."""
    path = folder / AFTER
    return _read(path, AfterChange) if path.exists() else None


def consequences(folder: Path) -> tuple[Consequence, ...]:
    """What would have failed without the rights of findings; none of a run that did not ask. Raises likewise."""
    path = folder / CONSEQUENCES
    return _read(path, Consequence) if path.exists() else ()


def missed(folder: Path) -> tuple[Missed, ...]:
    """What was refused for want of what cleanup scripts took away; none of a run that did not ask. Raises likewise."""
    path = folder / MISSED
    return _read(path, Missed) if path.exists() else ()


def _read(path: Path, kind: type[K]) -> tuple[K, ...]:
    return _decoded(path, tuple[kind, ...])  # type: ignore[valid-type]


def _decoded(path: Path, kind: type[D]) -> D:
    try:
        found: D = msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        raise ReportError(
            f"{path} cannot be read: {error}.",
            means="The reports of that run cannot be made again without it.",
            do="Run the audit again.",
        ) from error
    return found
