"""Rights that service control policies may take away, as those were to be read and could not be."""

from collections.abc import Iterable

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.config.sources.aws import AwsOrganizations
from auditor.model.entitlements import Entitlement
from auditor.model.tables import Policy
from auditor.providers.aws.principals import Directory

UNLESS = "unless a service control policy denies it"


class Unguarded(Struct, frozen=True):
    """Accounts of which it is not known what their organisation takes away.

    Args:
        never: whether a source is to read the organisation and never has: then that is every account.
    """

    directory: Directory
    never: bool

    @classmethod
    def of(cls, config: Config, directory: Directory, policies: Iterable[Policy]) -> "Unguarded":
        """Those of a configuration and its rows. Where no source is to read them, coverage says so."""
        wanted = any(isinstance(source, AwsOrganizations) for source in config.sources)
        return cls(directory, wanted and not any(row.kind == "ancestry" for row in policies))

    def told(self, path: Entitlement) -> Entitlement:
        """A path with what may stand against it."""
        unread = self.never or self.directory.place(path.scope).get("unread")
        return replace(path, conditions=(*path.conditions, UNLESS)) if unread else path
