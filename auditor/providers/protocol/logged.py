"""What a provider's log tells: what acts take, gave and changed."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar

from auditor.activity.limits import LogTraits
from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Grant as Given
from auditor.model.entitlements import IdentityOf
from auditor.model.tables import Policy
from auditor.model.tickets import TicketRef
from auditor.providers.changes import Change, Seen
from auditor.providers.settings import Setting, flat


class LoggedActs:
    """What logged acts mean: what they take, gave, changed and were answered."""

    name: str

    REPLAYED: ClassVar[tuple[str, ...]] = ()
    """Kinds of source whose rights can be moved to another moment by what the log tells (`changes`)."""

    LOG: ClassVar[LogTraits]

    OPENS_SHELLS: ClassVar[bool] = False
    """Whether every login is a shell: a session with an end, of which the log need not tell what is done in it."""

    HAS_BROKER: ClassVar[bool] = False
    """Whether its log tells what people asked an access broker for (`requests`)."""

    UNATTENDED: ClassVar[Mapping[str, str]] = {}
    """What begins runs of its pipelines by itself, in words, by the trigger that rows have."""

    HISTORY: ClassVar[Mapping[str, str]] = {}
    """Where the value before a change is kept, by the action that changed it, as in "it is in …"."""

    def opens_shell(self, target: str) -> bool:
        """Whether signing in to this is a session on a machine or in a database, as a shell is."""
        return self.OPENS_SHELLS or any(re.search(one, target) for one in self.LOG.machines)

    def grant_events(
        self, config: Config, events: Sequence[JudgedEvent], rows: Snapshots, who: IdentityOf
    ) -> Iterator[Given]:
        """What was given to whom, by this provider's successful grants as the log tells them."""
        yield from ()

    def requests(self, config: Config, events: Iterable[JudgedEvent], rows: Snapshots) -> Iterator[TicketRef]:
        """What people asked its access broker for and were granted, as tickets.

        `events` are the period's grants, with what the broker was asked and answered, earliest first.
        """
        yield from ()

    def read_at(self, rows: Snapshots) -> Mapping[str, datetime]:
        """When the rights of each scope were read, the earliest; under "" of all that are not listed."""
        times = [row.collected_at for row in rows.grants if row.provider == self.name]
        return {"": min(times)} if times else {}

    def changed_in(self, event: JudgedEvent) -> str:
        """The scope, as `read_at` has it, of the rights that an event changes: that of its log, or another."""
        return event.scope

    def changes(self, event: JudgedEvent, seen: Seen) -> Iterator[Change]:
        """The rights that an event gave or took, as rows; none where it cannot be told."""
        yield from ()

    def asked(self, record: Mapping[str, Any]) -> Any:
        """The part of a raw record of its log that says what was asked for; None where there is none."""
        return None

    def answered(self, record: Mapping[str, Any]) -> Any:
        """The part of a raw record of its log that says what was answered; None where there is none."""
        return None

    def console(self, scope: str, resource: str | None, event_id: str | None, base: str | None) -> str | None:
        """Where people see an event, or what it was done to; None where there is no such place.

        Args:
            scope: account, project or host.
            resource: what it was done to.
            event_id: as the provider numbers it.
            base: the address of the server that was read, as the configuration has it.
        """
        return None

    def setting(self, action: str, asked: Any, answered: Any) -> Setting:
        """What a change set, by what its log says was asked and answered."""
        return Setting(values=flat(asked))

    def stood(self, action: str, asked: Any, place: tuple[str, str | None], rows: Iterable[Policy]) -> Setting | None:
        """What a change replaced or took away, as rows of a snapshot have it; None where they do not tell."""
        return None
