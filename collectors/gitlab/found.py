"""GitLab's answers on access, by what they tell and by the group or project that they are about."""

from collections.abc import Iterator, Mapping
from typing import Any

from collectors.gitlab.access_shapes import (
    Answer,
    DeployKey,
    DeployToken,
    Group,
    Member,
    Project,
    ProtectedBranch,
    ProtectedEnvironment,
    Token,
)
from collectors.reading import Origin, Record, shaped
from collectors.tickets.answers import listed

_SHAPES: dict[str, Any] = {
    "project": Project,
    "projects": Project,
    "group": Group,
    "members": Member,
    "all-members": Member,
    "users": Answer,
    "deploy-keys": DeployKey,
    "tokens": Token,
    "personal-tokens": Token,
    "deploy-tokens": DeployToken,
    "protected-branches": ProtectedBranch,
    "protected-environments": ProtectedEnvironment,
}


class Found:
    """The records of all answers. `incomplete` names lists that were not read to their end: `group/project#members`."""

    def __init__(self) -> None:
        self.incomplete: set[str] = set()
        self._parts: dict[str, dict[str, list[Record[Any]]]] = {}

    def take(self, origin: Origin) -> None:
        """Take an answer in; an answer that comes twice does no harm.

        Raises:
            ValueError: it cannot be read.
        """
        raw = origin.raw
        owner = raw.origin.removeprefix("gitlab:").partition("#")[0]
        kept = self._parts.setdefault(raw.part, {}).setdefault(owner, [])
        for number, value in shaped(listed(origin.data), _SHAPES[raw.part], origin.problems, raw.origin):
            kept.append(Record(origin.at(number), value))

    def of(self, part: str) -> Mapping[str, list[Record[Any]]]:
        """The records of a part by group or project."""
        return self._parts.get(part, {})

    def all(self, *parts: str) -> Iterator[Record[Any]]:
        """Every record of some parts, as often as it came."""
        return (record for part in parts for records in self.of(part).values() for record in records)

    def once(self, part: str, path: str, key: str = "id") -> list[Record[Any]]:
        """The records about a group or project, each once."""
        return list({getattr(record.value, key): record for record in self.of(part).get(path, [])}.values())

    def documents(self, part: str) -> dict[str, Record[Any]]:
        """The one record about each group or project."""
        return {owner: records[0] for owner, records in self.of(part).items() if records}

    def whole(self, part: str, path: str, name: str) -> bool:
        """Whether the list called `name` was read to its end, without a record that could not be."""
        return path in self.of(part) and f"{path}#{name}" not in self.incomplete
