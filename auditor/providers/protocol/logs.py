"""Whether a provider's logs are whole: which are due, what they leave out, where they are kept."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from msgspec import Struct

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.store import Days, Store
from auditor.model.findings import CoverageLine
from auditor.model.tables import Account, Credential, Policy, Row, Trail
from auditor.model.trail_files import TrailFiles
from auditor.model.vocabulary import Category, Severity


class Unrecorded(Struct, frozen=True):
    """What an account's trails leave out.

    Args:
        lacks: each thing in words.
        summary: a sentence that says it; where `names_lacks`, one that ends in what they lack.
        severity: where it stands out.
        unknown: why it cannot be told; nothing is lacking then, and `hides` is what may be left out.
        evidence: the rows that tell it.
        hides: in words what is left out, by the kind of act that it hides: reads of secrets, of stored objects (read),
            signing in.
    """

    lacks: tuple[str, ...]
    summary: str
    names_lacks: bool = False
    severity: Severity | None = None
    unknown: str = ""
    evidence: tuple[Row, ...] = ()
    hides: Mapping[Category, str] = {}

    def sentence(self, lacks: str) -> str:
        """That something is left out."""
        return f"{self.summary} {lacks}" if self.names_lacks else self.summary


class AuditLogs:
    """Whether logs are whole: what should be recorded, what is, and where it is kept."""

    name: str

    LOG_KIND: ClassVar[str | None] = None
    """The kind of source that should tell of every account or host on which there are rights, and is never silent."""

    def places_to_log(self, accounts: Iterable[Account], credentials: Iterable[Credential]) -> Mapping[str, Row]:
        """The accounts and hosts of which a log is due, each with a row that shows rights on it."""
        found: dict[str, Row] = {}
        for row in accounts:
            if row.provider == self.name:
                found.setdefault(row.scope, row)
        return found

    def without_log(self, places: Collection[str], heard: Collection[str]) -> list[str]:
        """Of the places of which a log is due, those of which none was heard."""
        return [place for place in sorted(places) if place not in heard]

    def bears_on_trail(self, event: JudgedEvent) -> bool:
        """Whether it is a change to the audit trail, or to what keeps it."""
        return event.category == Category.AUDIT_TRAIL or event.keeps_log

    def narrows_trail(self, event: JudgedEvent) -> bool:
        """Whether what bears on the audit trail leaves less recorded afterwards."""
        return not event.keeps_log

    def log_stores(
        self, store: Store, config: Config, trails: Iterable[Trail], touched: Iterable[str], days: Days
    ) -> frozenset[str]:
        """What its audit trails are kept in, as resources are written; what lies below one belongs to it.

        `trails` are as they are set now; `touched` is what was acted on from the first to the last of the days.
        """
        return frozenset()

    def unrecorded(self, scope: str, trails: Sequence[Trail]) -> Unrecorded | None:
        """What the trails of an account leave out together; None where the provider has no such trails."""
        return None

    def unrecorded_reads(self, scope: str, policies: Sequence[Policy], *, seen: bool) -> Unrecorded | None:
        """What a project's log leaves out of reads and writes of data, as policies on it and above it say.

        `seen` says that reads lie in its log; None where no policies of the provider say such a thing.
        """
        return None

    def log_files(self, store: Store, config: Config, from_: datetime, at: datetime) -> TrailFiles:
        """Whether the stored log files of a period are those that were delivered."""
        return TrailFiles()

    def unread(self, config: Config) -> Iterator[CoverageLine]:
        """What bears on rights and is read by no source that is configured."""
        yield from ()

    def due_digests(self, config: Config, coverage: Iterable[CoverageLine]) -> frozenset[str]:
        """The accounts whose log files digests should vouch for."""
        return frozenset()
