"""AWS as the auditor asks it."""

from collections.abc import Callable
from datetime import datetime

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.providers.aws.rights import aws_access
from auditor.providers.base import StatedProvider
from auditor.providers.rights import Rights


class Aws(StatedProvider):
    """AWS."""

    def __init__(self) -> None:
        super().__init__("aws")

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """Accounts whose IAM was read: what Identity Center assigns in one is not all that can be held there."""
        return {row.scope for row in rows.accounts if row.provider == self.name}

    def rights(self, config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
        """What policies, trust and Identity Center come to."""
        return aws_access(config, rows, who, at)
