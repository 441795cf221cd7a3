"""What Jira Service Management keeps of approvals by its buttons: in a field of its own, whatever that is called."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

from collectors.jira.shapes import Decision
from collectors.jira.text import account_of

_YES, _NO = "approved", "declined"


def decisions_in(fields: Mapping[str, Any]) -> list[Decision]:
    """Every approval that was asked for and can be read, earliest first."""
    return [one for value in _approvals(fields) for one in _read(value) or ()]


def unread_in(fields: Mapping[str, Any]) -> str | None:
    """Why it cannot be told who approved; None where it can."""
    odd = any(_is_unclear(_read(value)) for value in _approvals(fields))
    return "its approvals in Service Management are written in a way that is not known" if odd else None


def _is_unclear(decisions: list[Decision] | None) -> bool:
    """Whether they cannot be read, or one was approved in the end and by whom or when is not told."""
    return decisions is None or any(one.final == _YES and not any(approved([one])) for one in decisions)


def holds_approvals(value: Any) -> bool:
    """Whether a field is one in which Service Management keeps approvals, read or not."""
    return (
        isinstance(value, list)
        and bool(value)
        and all(isinstance(one, dict) and "finalDecision" in one for one in value)
    )


def _approvals(fields: Mapping[str, Any]) -> Iterator[list[Any]]:
    return filter(holds_approvals, fields.values())


def _read(value: list[Any]) -> list[Decision] | None:
    try:
        return msgspec.convert(value, list[Decision], strict=False)
    except msgspec.ValidationError:
        return None


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
