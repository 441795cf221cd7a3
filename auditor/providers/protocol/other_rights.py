"""What other rights would allow and leave, and which rights acts take."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime

from auditor.activity.results import UsedAct
from auditor.config.models import Config
from auditor.errors import UsageError
from auditor.evidence.snapshots import Snapshots
from auditor.model.handles import Handle
from auditor.model.tables import Account
from auditor.model.vocabulary import Capability
from auditor.providers.fitted import Fitted, Work
from auditor.providers.permitted import Permitted, not_known, rows_without
from auditor.providers.unseen import Unseen


class OtherRights:
    """What would become of acts under other rights, and which rights acts need."""

    name: str

    def capabilities(self, action: str) -> frozenset[Capability]:
        """The capabilities that an act of this name takes (`rds:ModifyDBInstance`); none where that is not known."""
        return frozenset()

    def permitted(self, config: Config, rows: Snapshots, acts: Sequence[UsedAct], at: datetime) -> Sequence[Permitted]:
        """Whether rights allow each of some acts; not known where nobody has described which right an act takes."""
        held = [f"{row.principal}: {row.role} on {row.resource}" for row in rows.grants if row.provider == self.name]
        held += [f"{row.account}: {row.credential}" for row in rows.credentials if row.provider == self.name]
        held += [f"{row.member} in {row.group}" for row in rows.memberships]
        return [not_known(f"which rights the acts in {self.name} take is not known", *held)] * len(acts)

    def without(self, rows: Snapshots, handles: Collection[Handle]) -> Snapshots | None:
        """Snapshots as they would be without some rights of this provider; None where it does not find one of them."""
        return rows_without(self.name, rows, handles)

    def fitted(self, config: Config, rows: Snapshots, work: Work) -> Fitted:
        """The smallest grant that allows what an account did; none where nobody has described how one is written."""
        used = frozenset[Capability]().union(*(self.capabilities(act.action) for act in work.acts))
        why = f"nobody has described how a grant of {self.name} is written"
        return Fitted(keeps=used, left=tuple((action, why) for action in sorted({act.action for act in work.acts})))

    def become(self, rows: Snapshots, accounts: Collection[str], at: datetime) -> frozenset[str]:
        """Whom some accounts are as soon as they sign in, without asking for a session that the log would tell of."""
        return frozenset()

    def rewritten(self, rows: Snapshots, holder: Account, text: str, replaces: str | None) -> Snapshots:
        """Snapshots with another document in the place of one of a holder's policies, or of the only one.

        Raises:
            UsageError: it is none, or it is not said what it replaces; where rights are no documents, always.
        """
        raise UsageError(
            f"Rights in {self.name} are no documents that could be replaced.",
            do="Name an account whose policies are documents.",
        )

    def unseen(self, rows: Snapshots, after: Snapshots, from_: datetime, at: datetime) -> Iterator[Unseen]:
        """What may have been done since a time, without any record, with rights that rows give and others do not."""
        yield from ()
