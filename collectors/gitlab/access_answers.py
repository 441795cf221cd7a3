"""GitLab's answers on access: records by what they are and by the group or project that they are about."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from collectors.access_answers import Answers
from collectors.base import Batch
from collectors.gitlab import access_shapes as shapes
from collectors.reading import Reading, Record

_SHAPES: dict[str, Any] = {
    "project": shapes.Project,
    "projects": shapes.Project,
    "group": shapes.Group,
    "members": shapes.Member,
    "all-members": shapes.Member,
    "users": shapes.UserAnswer,
    "deploy-keys": shapes.DeployKey,
    "tokens": shapes.Token,
    "personal-tokens": shapes.Token,
    "deploy-tokens": shapes.DeployToken,
    "protected-branches": shapes.ProtectedBranch,
    "protected-environments": shapes.ProtectedEnvironment,
    "environments": shapes.Environment,
    "variables": shapes.Variable,
    "triggers": shapes.Trigger,
    "runners": shapes.Runner,
}


class AccessAnswers(Answers):
    """What the batch of a snapshot holds."""

    def __init__(self, url: str, reading: Reading, batch: Batch) -> None:
        super().__init__("gitlab", url, _SHAPES, reading, batch)
        self.server = urlsplit(url).netloc
        self.usernames = {one.value.id: one.value.username for one in self.members()}

    def members(self) -> Iterator[Record[shapes.Member]]:
        """Every member of anything, as often as they are named."""
        for part in ("members", "all-members"):
            yield from (record for _, record in self.all(part))
