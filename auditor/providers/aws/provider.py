"""AWS as the auditor asks it."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from auditor.activity.results import JudgedEvent
from auditor.config.models import Config
from auditor.evidence.snapshots import Snapshots
from auditor.evidence.store import Store
from auditor.model.entitlements import Grant, Identity, TrailFiles
from auditor.model.findings import CoverageLine
from auditor.model.tables import Account, Policy, Trail
from auditor.model.vocabulary import Capability
from auditor.providers.aws.accounts import account_name, machine_roles, session
from auditor.providers.aws.actions import expand
from auditor.providers.aws.capabilities import capabilities
from auditor.providers.aws.grant_events import aws_grants
from auditor.providers.aws.replay import aws_changes
from auditor.providers.aws.rights import aws_access
from auditor.providers.aws.trails.check import trail_files
from auditor.providers.aws.trails.recorded import narrows, unrecorded
from auditor.providers.base import AccountName, SessionName, StatedProvider, Unrecorded
from auditor.providers.changes import Change
from auditor.providers.rights import Rights

_ACCOUNT = re.compile(r"[0-9]{12}")


class Aws(StatedProvider):
    """AWS."""

    OWN_CALLER = "AWSService"
    REPLAYED = ("aws-iam",)
    LOG_KIND = "aws-cloudtrail"
    SEALED_WITHOUT_CREDENTIAL = True

    def account_name(self, account: str) -> AccountName | None:
        """An ARN, a service's name or a user of Identity Center."""
        return account_name(account)

    def service_roles(self, policies: Iterable[Policy]) -> frozenset[str]:
        """Roles whose trust policies let in services alone."""
        return machine_roles(policies)

    def session(self, actor: str) -> SessionName | None:
        """A role session's name."""
        return session(actor)

    def scopes_read(self, rows: Snapshots) -> set[str]:
        """Accounts whose IAM was read: what Identity Center assigns in one is not all that can be held there."""
        return {row.scope for row in rows.accounts if row.provider == self.name}

    def rights(self, config: Config, rows: Snapshots, who: Callable[[str], Identity], at: datetime) -> Rights:
        """What policies, trust and Identity Center come to."""
        return aws_access(config, rows, who, at)

    def capabilities(self, action: str) -> frozenset[Capability]:
        """As policies that allow the action give them."""
        return capabilities(expand(action))

    def grant_events(
        self, config: Config, events: Sequence[JudgedEvent], rows: Snapshots, who: Callable[[str], Identity]
    ) -> Iterator[Grant]:
        """Policies put and attached, and groups joined."""
        return aws_grants(config, events, rows.accounts, who)

    def read_at(self, rows: Snapshots) -> Mapping[str, datetime]:
        """By account."""
        found: dict[str, datetime] = {}
        for row in rows.accounts:
            if row.provider == self.name:
                found[row.scope] = min(row.collected_at, found.get(row.scope, row.collected_at))
        return found

    def changes(self, event: JudgedEvent, accounts: Sequence[Account], policies: Sequence[Policy]) -> Iterator[Change]:
        """Policies put, attached and taken, and groups joined and left."""
        return aws_changes(event, accounts, policies)

    def narrows_trail(self, event: JudgedEvent) -> bool:
        """What was asked of a trail, beside a full one."""
        return narrows(event.action, event.detail)

    def unrecorded(self, scope: str, trails: Sequence[Trail]) -> Unrecorded | None:
        """What CloudTrail's trails leave out."""
        return unrecorded(scope, trails)

    def log_files(self, store: Store, config: Config, from_: datetime, at: datetime) -> TrailFiles:
        """By CloudTrail's digests."""
        return trail_files(store, config, from_, at)

    def due_digests(self, config: Config, coverage: Iterable[CoverageLine]) -> frozenset[str]:
        """Accounts whose trail was read."""
        trails = {source.name for source in config.sources if source.kind == self.LOG_KIND}
        return frozenset(line.scope for line in coverage if line.source in trails and _ACCOUNT.fullmatch(line.scope))
