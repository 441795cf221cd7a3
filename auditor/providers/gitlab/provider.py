"""GitLab as the auditor asks it."""

from collections.abc import Callable
from datetime import datetime

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.providers.base import StatedProvider
from auditor.providers.gitlab.rights import gitlab_access
from auditor.providers.rights import Rights


class Gitlab(StatedProvider):
    """GitLab."""

    def __init__(self) -> None:
        super().__init__("gitlab")

    def rights(self, config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
        """What memberships, deploy keys and protections come to."""
        return Rights(access=gitlab_access(config, rows, who, at))
