"""What became of an item: somebody opened or changed it."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from auditor.model.tables import Activity
from auditor.model.vocabulary import Category, Level, Outcome
from collectors.base import printable
from collectors.reading import Stamp
from collectors.redact import redact
from collectors.times import parse_utc

ABSENT = "not-for-this-token"
"""The part in the place of a list that the token is not made for."""


@dataclass(frozen=True, slots=True)
class Use:
    """Somebody's use of an item.

    Args:
        who: an e-mail address, or the id of whom none is known.
        sort: a read, a secret where what the item holds was written, or a change of the item alone.
    """

    event: str
    time: datetime
    item: str
    who: str | None
    action: str
    sort: Category
    ip: str | None
    program: str | None

    @classmethod
    def of(
        cls, record: dict[str, Any], item: object, who: object, action: str, sort: Category, ip: object, program: str
    ) -> "Use":
        """From a record of any service.

        Raises:
            ValueError: it names no item, or its time is none.
        """
        if not item:
            raise ValueError("it names no item")
        own = record.get("uuid") or hashlib.sha256(json.dumps(record, sort_keys=True).encode()).hexdigest()[:32]
        time = parse_utc(str(record.get("timestamp") or record.get("date") or ""))
        told = (_text(one) for one in (item, who, ip, program))
        named, by, place, with_ = told
        return cls(printable(str(own)), time, named or "", by, action, sort, place, with_)

    def row(self, at: Stamp, service: str) -> Activity:
        """As the table has it: the item is the account that is opened, and the service names who opened it."""
        return Activity(
            **at,
            event_id=f"vault:{self.event}",
            time=self.time,
            provider="vault",
            scope=service,
            account=f"vault-item:{self.item}",
            actor=self.who,
            actor_kind="member",
            on_behalf_of=self.who,
            action=f"vault:{self.action}",
            # To open an item is what a vault is for, many times a day: no secret taken from where programs keep theirs.
            category=self.sort,
            level=Level.READ if self.sort is Category.READ else Level.WRITE,
            outcome=Outcome.OK,
            resource=self.item,
            source_ip=self.ip,
            user_agent=self.program,
        )


def _text(value: object) -> str | None:
    return redact(printable(str(value))) if value else None
