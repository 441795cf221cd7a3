"""What cases of the same evidence share, whatever policy each is judged by."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property

from auditor.case.access import rights
from auditor.case.coverage import coverage, days_recorded, known_until, lost_tickets, never_looked_at
from auditor.case.duty import read_duties
from auditor.case.new_keys import keys_given
from auditor.case.people import People
from auditor.case.rewritten import Rewritten, rewritten_tickets
from auditor.case.secrets import Secrets, secrets
from auditor.case.vanished import vanished_tickets
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots, tickets_at
from auditor.evidence.store import Store
from auditor.model.entitlements import Grant
from auditor.model.findings import CoverageLine
from auditor.model.tables import Ticket
from auditor.model.trail_files import TrailFiles
from auditor.providers.registry import log_files
from auditor.providers.rights import Rights
from auditor.providers.systems import Systems


class Shared:
    """What cases of the same evidence share: each part is read when it is asked for first, and kept.

    Args:
        config: one of the configurations; what they do not share is asked for with each.
    """

    def __init__(self, store: Store, config: Config, at: datetime, from_: datetime, rows: Snapshots) -> None:
        self.store, self.config, self.at, self.from_, self.rows = store, config, at, from_, rows
        self.people = People(config, rows.accounts, rows.credentials, rows.policies)
        self.systems = Systems(config)
        self.tickets_until = known_until(store, config, at, Ticket.TABLE)
        self.tickets_lost = lost_tickets(store, config, at)
        self.duties = read_duties(store, config, self.people, at)
        self._held: dict[str, Rights] = {}
        self._rewritten: dict[timedelta, Mapping[str, Rewritten]] = {}

    def tickets(self, config: Config) -> Sequence[Ticket]:
        """Every ticket; who of several agreed to one hangs on who may."""
        if config.policy.approvers == self.config.policy.approvers:
            return self.rows.tickets
        return tickets_at(self.store, config, self.at)

    def held(self, config: Config) -> Rights:
        """The rights that are held; which ticket stands on one hangs on how their ids look."""
        pattern = config.policy.ticket_pattern
        if pattern not in self._held:
            self._held[pattern] = rights(config, self.rows, self.people.who, self.at)
        return self._held[pattern]

    def rewritten(self, config: Config) -> Mapping[str, Rewritten]:
        """Tickets that were edited after their time had begun; what counts as that hangs on the tolerance."""
        tolerance = config.policy.overlap_tolerance
        if tolerance not in self._rewritten:
            found = rewritten_tickets(self.store, config, self.people, (self.from_, self.at))
            self._rewritten[tolerance] = found
        return self._rewritten[tolerance]

    @cached_property
    def vanished(self) -> Sequence[Ticket]:
        """Tickets that were read in the period and are gone from their sources."""
        return vanished_tickets(self.store, self.config, (self.from_, self.at))

    @cached_property
    def keys_given(self) -> Sequence[Grant]:
        """Keys that no log tells of."""
        access = self.held(self.config).access
        return list(keys_given(self.store, self.config, access, self.people.who, (self.from_, self.at)))

    @cached_property
    def secrets(self) -> Secrets:
        """Who opened those that people keep together."""
        return secrets(self.store, self.config, self.people.named, self.at)

    @cached_property
    def trail_files(self) -> TrailFiles:
        """Whether the log's files are what was delivered."""
        return log_files(self.store, self.config, self.from_, self.at)

    @cached_property
    def coverage(self) -> Sequence[CoverageLine]:
        """What was looked at."""
        return [*coverage(self.store, self.config, self.from_, self.at), *never_looked_at(self.config)]

    @cached_property
    def days(self) -> Mapping[str, tuple[date, ...]]:
        """Of which days any record is there."""
        return days_recorded(self.store, self.config, self.from_, self.at)
