"""AWS as the auditor asks it."""

from auditor.evidence.snapshots import Snapshots
from auditor.providers.base import StatedProvider


class Aws(StatedProvider):
    """AWS."""

    def __init__(self) -> None:
        super().__init__("aws")

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """Accounts whose IAM was read: what Identity Center assigns in one is not all that can be held there."""
        return {row.scope for row in rows.accounts if row.provider == self.name}
