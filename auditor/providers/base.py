"""What the auditor asks of a provider: one object answers for each."""

from auditor.providers.protocol.held import HeldRights
from auditor.providers.protocol.logged import LoggedActs
from auditor.providers.protocol.logs import AuditLogs
from auditor.providers.protocol.names import Names
from auditor.providers.protocol.other_rights import OtherRights


class StatedProvider(Names, HeldRights, OtherRights, LoggedActs, AuditLogs):
    """A provider that nobody has described: what its rows state counts, and nothing else is assumed.

    Rooms of their own (`auditor/providers/<name>/`) describe a provider by overriding what they know better.
    """

    TITLE = ""
    """What people call it; nothing where they use its name."""

    def __init__(self, name: str) -> None:
        self.name = name
