"""GitLab's answers on access: records by what they are and by the group or project that they are about."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from collectors.base import Batch
from collectors.gitlab.access_shapes import (
    DeployKey,
    DeployToken,
    Environment,
    Group,
    Member,
    NotInPlan,
    Project,
    ProtectedBranch,
    ProtectedEnvironment,
    Runner,
    Token,
    Trigger,
    UserAnswer,
    Variable,
)
from collectors.gitlab.client import NOT_IN_PLAN
from collectors.reading import Origin, Problems, Reading, Record, shaped
from collectors.tickets.answers import listed
from collectors.tickets.times import Times

_SHAPES: dict[str, Any] = {
    "project": Project,
    "projects": Project,
    "group": Group,
    "members": Member,
    "all-members": Member,
    "users": UserAnswer,
    "deploy-keys": DeployKey,
    "tokens": Token,
    "personal-tokens": Token,
    "deploy-tokens": DeployToken,
    "protected-branches": ProtectedBranch,
    "protected-environments": ProtectedEnvironment,
    "environments": Environment,
    "variables": Variable,
    "triggers": Trigger,
    "runners": Runner,
    NOT_IN_PLAN: NotInPlan,
}


class AccessAnswers:
    """What the batch of a snapshot holds. An answer that comes twice does no harm.

    Args:
        url: the server's address.
    """

    def __init__(self, url: str, reading: Reading, batch: Batch) -> None:
        self.url = url
        self.server = urlsplit(url).netloc
        self.problems = Problems()
        self.times = Times(self.problems)
        self._records: defaultdict[str, dict[str, list[Record[Any]]]] = defaultdict(dict)
        self._incomplete: set[str] = set()
        self.not_in_plan: set[str] = set()
        for raw in batch:
            origin = reading.read(raw, self._take)
            self.problems.include(origin.problems)
            if origin.problems:
                self._incomplete.add(raw.origin.removeprefix("gitlab:").rpartition("/page-")[0])
        self.usernames = {one.value.id: one.value.username for one in self.members()}

    def _take(self, origin: Origin) -> None:
        if origin.raw.part == NOT_IN_PLAN:
            self.not_in_plan.add(origin.raw.origin.removeprefix("gitlab:").rpartition("/page-")[0])
        part, owner = origin.raw.part, origin.raw.origin.removeprefix("gitlab:").partition("#")[0]
        kept = self._records[part].setdefault(owner, [])
        records = shaped(listed(origin.data), _SHAPES[part], origin.problems, origin.raw.origin)
        kept += [Record(origin.at(number), value) for number, value in records]

    def of(self, part: str, owner: str) -> list[Record[Any]]:
        """The records of a part about a group or project."""
        return self._records[part].get(owner, [])

    def owners(self, part: str) -> list[str]:
        """The groups or projects of which there is such a part."""
        return list(self._records[part])

    def all(self, part: str) -> Iterator[tuple[str, Record[Any]]]:
        """The records of a part, each with the group or project that it is about."""
        return ((owner, record) for owner, records in self._records[part].items() for record in records)

    def first(self, part: str) -> dict[str, Record[Any]]:
        """Groups or projects themselves, by their path."""
        return {owner: records[0] for owner, records in self._records[part].items() if records}

    def members(self) -> Iterator[Record[Member]]:
        """Every member of anything, as often as they are named."""
        for part in ("members", "all-members"):
            yield from (record for _, record in self.all(part))

    def whole(self, part: str, owner: str, name: str) -> bool:
        """Whether a list, `name` in its address, was read to its end, or is none that the plan has."""
        if f"{owner}#{name}" in self.not_in_plan:
            return True
        return owner in self._records[part] and f"{owner}#{name}" not in self._incomplete
