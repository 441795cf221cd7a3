"""What became of an item: somebody opened or changed it."""

from typing import Any

from auditor.model.vocabulary import Category, Level, Outcome
from collectors.base import own_id, printable
from collectors.redact import redact
from collectors.times import parse_utc

ABSENT = "not-for-this-token"
"""The part in the place of a list that the token is not made for."""


def used(
    record: dict[str, Any], item: object, who: object, action: str, sort: Category, ip: object, program: str
) -> dict[str, Any]:
    """Somebody's use of an item as columns of `Activity`: the item is the account that is opened.

    Args:
        record: of any service.
        item: its id.
        who: an e-mail address, or the id of whom none is known.
        action: what the service calls it.
        sort: a read, a secret where what the item holds was written, or a change of the item alone.
        ip: where from.
        program: by what.

    Raises:
        ValueError: it names no item, or its time is none.
    """
    if not item:
        raise ValueError("it names no item")
    own = record.get("uuid") or own_id(record)
    time = parse_utc(str(record.get("timestamp") or record.get("date") or ""))
    named, by, place, with_ = (_text(one) for one in (item, who, ip, program))
    return {
        "event_id": f"vault:{printable(str(own))}",
        "time": time,
        "provider": "vault",
        "account": f"vault-item:{named}",
        "actor": by,
        "actor_kind": "member",
        "on_behalf_of": by,
        "action": f"vault:{action}",
        # To open an item is what a vault is for, many times a day: no secret taken from where programs keep theirs.
        "category": sort,
        "level": Level.READ if sort is Category.READ else Level.WRITE,
        "outcome": Outcome.OK,
        "resource": named,
        "source_ip": place,
        "user_agent": with_,
    }


def _text(value: object) -> str | None:
    return redact(printable(str(value))) if value else None
