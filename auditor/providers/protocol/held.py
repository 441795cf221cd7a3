"""Which rights a provider's rows give, and what they open."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import ClassVar

from auditor.config.models import Config
from auditor.config.systems import System
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, IdentityOf
from auditor.model.pipelines import PipelineTrust
from auditor.model.tables import Credential
from auditor.providers.rights import Rights, stated_rights
from auditor.providers.systems import Systems


class HeldRights:
    """Which rights there are, and what they open."""

    name: str

    OPENS_HOSTS: ClassVar[bool] = False
    """Whether SSH keys among its credentials open logins of hosts."""

    HOLDS_MANY: ClassVar[bool] = False
    """Whether one of its accounts holds several systems as a rule, which the names of what is in it tell apart."""

    NOT_READ: ClassVar[tuple[str, ...]] = ()
    """What bears on its rights and no source reads, as the documentation lists it."""

    SEALED_WITHOUT_CREDENTIAL: ClassVar[bool] = False
    """Whether its rows show every way in: without one of them an account's rights are of no use."""

    GIVEN_UNLOGGED: ClassVar[frozenset[str]] = frozenset()
    """Kinds of credentials that no log tells of: that one was given, the next snapshot shows."""

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """The accounts, projects and hosts of which rights were read."""
        scopes = {row.scope for row in rows.accounts if row.provider == self.name}
        return scopes | {row.resource for row in rows.grants if row.provider == self.name}

    def rights(self, config: Config, rows: Snapshots, who: IdentityOf, at: datetime) -> Rights:
        """Everybody's paths to every system at a moment; rights that are over by then are left out."""
        return stated_rights(self.name, config, rows, who, at)

    def rights_on(self, config: Config, rows: Snapshots, who: IdentityOf, at: datetime, system: System) -> Rights:
        """As `rights`, for whoever asks about one system: what is told of others may be left out."""
        del system
        return self.rights(config, rows, who, at)

    def runs(
        self, config: Config, rows: Snapshots, who: IdentityOf, at: datetime, trusts: Sequence[PipelineTrust]
    ) -> Iterator[tuple[PipelineTrust, Entitlement]]:
        """Who can have pipelines run that accounts trust, by their paths into the forge, which stand on no system."""
        yield from ()

    def system_of_credential(self, row: Credential, systems: Systems) -> str | None:
        """The system that a credential opens by itself."""
        return systems.of(self.name, row.resource, None) if row.resource else None
