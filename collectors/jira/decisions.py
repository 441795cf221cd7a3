"""What Jira Service Management keeps of approvals by its buttons: in a field of its own, whatever that is called."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import msgspec

from collectors.jira.shapes import Decision
from collectors.jira.text import account_of

_YES, _NO = "approved", "declined"


def decisions_in(fields: Mapping[str, Any]) -> list[Decision]:
    """Every approval that was asked for, earliest first."""
    found = []
    for value in fields.values():
        if isinstance(value, list) and value and all(isinstance(one, dict) and "finalDecision" in one for one in value):
            with suppress(msgspec.ValidationError):
                found += msgspec.convert(value, list[Decision], strict=False)
    return found


def approved(decisions: Iterable[Decision], prefix: str = "jira:") -> Iterator[tuple[str | None, str]]:
    """Who said yes to what was approved in the end, and when that was, as written."""
    for one in decisions:
        if one.final == _YES and one.completed and one.completed.iso8601:
            at = one.completed.iso8601
            yield from ((account_of(who.approver, prefix), at) for who in one.approvers if who.decision == _YES)


def declined(decisions: Iterable[Decision]) -> list[str]:
    """The word for it where the last approval was refused."""
    last = next(reversed(list(decisions)), None)
    return [_NO] if last and last.final == _NO else []
