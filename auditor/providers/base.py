"""What the auditor asks of a provider: one object answers for each."""

from collections.abc import Callable, Iterable
from datetime import datetime

from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Identity
from auditor.model.tables import Credential, Policy
from auditor.providers.rights import Rights, stated_rights
from auditor.providers.systems import Systems


class StatedProvider:
    """A provider that nobody has described: what its rows state counts, and nothing else is assumed.

    Rooms of their own (`auditor/providers/<name>/`) describe a provider by overriding what they know better.

    Args:
        name: as rows name it.
    """

    def __init__(self, name: str) -> None:
        self.name = name

    def with_every_name(self, config: Config, policies: Iterable[Policy]) -> Config:
        """The configuration with every name that the provider has for the places in it."""
        del policies
        return config

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """The accounts, projects and hosts of which rights were read."""
        scopes = {row.scope for row in rows.accounts if row.provider == self.name}
        return scopes | {row.resource for row in rows.grants if row.provider == self.name}

    def rights(self, config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
        """Everybody's paths to every system at a moment.

        Args:
            config: the configuration.
            rows: snapshots, of any provider.
            who: the identity behind an account.
            at: the moment, UTC; rights that are over by then are left out.
        """
        return stated_rights(self.name, config, rows, who, at)

    def system_of_credential(self, row: Credential, systems: Systems) -> str | None:
        """The system that a credential opens by itself."""
        return systems.of(self.name, row.resource, None) if row.resource else None
