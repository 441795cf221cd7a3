"""When the rights of AWS's principals were last used, by the services that AWS counts the calls of."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct

from auditor.model.tables import Account, ServiceUse
from auditor.providers.aws.actions import services_of
from auditor.providers.aws.holdings import Right


class LastUse(Struct, frozen=True):
    """A right's last known use, and since when a use would be known; None where it is not known."""

    last_at: datetime | None
    watched_since: datetime | None = None


class Uses(Struct, frozen=True):
    """What AWS counted, by principal and service."""

    counted: Mapping[str, Mapping[str, ServiceUse]]

    @classmethod
    def of(cls, rows: Iterable[ServiceUse]) -> "Uses":
        """The rows, indexed."""
        counted: defaultdict[str, dict[str, ServiceUse]] = defaultdict(dict)
        for row in rows:
            counted[row.account][row.service] = row
        return cls(counted)

    def of_right(self, principal: Account, right: Right) -> LastUse:
        """The last call of any service that the right is in.

        AWS counts by service and by whoever held the role: a right that was not used is told for certain, one that was
        used is not. Where it lists none of the right's services, the principal's own last use is all that is known.
        """
        listed = self.counted.get(principal.account)
        among = [listed[service] for service in services_of(right.actions) if service in listed] if listed else []
        if not among:
            return LastUse(principal.last_used_at)
        last = max((row.last_used_at for row in among if row.last_used_at), default=None)
        since = max(row.watched_since for row in among)
        return LastUse(last, max(since, principal.created_at) if principal.created_at else since)
