"""Hosts over SSH as the auditor asks it."""

from collections.abc import Callable
from datetime import datetime

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.providers.base import StatedProvider
from auditor.providers.rights import Rights
from auditor.providers.ssh.rights import ssh_access


class Ssh(StatedProvider):
    """Hosts over SSH."""

    def __init__(self) -> None:
        super().__init__("ssh")

    def rights(self, config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
        """What the keys in authorized_keys files and sudo come to."""
        return Rights(access=ssh_access(config, rows, who, at))
