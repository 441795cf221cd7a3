"""GitLab's answers on access: records by what they are and by the group or project that they are about."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from collectors.answers import Answers
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
from collectors.reading import Reading, Record

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


class AccessAnswers(Answers):
    """What the batch of a snapshot holds.

    Args:
        url: the server's address.
    """

    def __init__(self, url: str, reading: Reading, batch: Batch) -> None:
        super().__init__("gitlab", _SHAPES, NOT_IN_PLAN, reading, batch)
        self.url = url
        self.server = urlsplit(url).netloc
        self.usernames = {one.value.id: one.value.username for one in self.members()}

    def members(self) -> Iterator[Record[Member]]:
        """Every member of anything, as often as they are named."""
        for part in ("members", "all-members"):
            yield from (record for _, record in self.all(part))
