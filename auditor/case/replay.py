"""Changes of rights that the log tells, put into snapshot rows or taken out again: what was true between two nights."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, TypeVar

from msgspec import Struct, field
from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.tables import Account, Credential, Grant, Membership, Policy
from auditor.model.vocabulary import Category
from auditor.providers.changes import Change, Seen
from auditor.providers.registry import provider

T = TypeVar("T")

_MOVING = ("accounts", "memberships", "policies", "grants", "credentials")
_WAYS_IN = ("access-key", "password")


class Moved(Struct):
    """Snapshot rows on their way to another moment.

    Args:
        given: changes that were put in and gave a right.
        taken: changes that were put in and took one away.
        passed_over: changes that could not be put in, or not wholly, with the reason.
    """

    accounts: list[Account]
    memberships: list[Membership]
    policies: list[Policy]
    grants: list[Grant]
    credentials: list[Credential]
    given: list[JudgedEvent] = field(default_factory=list)
    taken: list[JudgedEvent] = field(default_factory=list)
    passed_over: list[tuple[JudgedEvent, str]] = field(default_factory=list)


def moved(
    rows: Snapshots, judged_events: Iterable[JudgedEvent], at: datetime, to: datetime | None = None
) -> tuple[Snapshots, Moved]:
    """The rows as they were at a moment, as far as the log tells.

    Args:
        rows: snapshots, each from before the moment or after it.
        judged_events: grants in between; a snapshot is moved by those alone that lie between it and the moment.
        at: the moment, UTC.
        to: what was given until then counts too, and what was taken away meanwhile is not missed.
    """
    end = max(to or at, at)
    move = Moved(**{name: list(getattr(rows, name)) for name in _MOVING})
    fitting = [event for event in judged_events if event.category == Category.GRANT and event.outcome == "ok"]
    fitting.sort(key=_order)
    read = {name: provider(name).read_at(rows) for name in {event.provider for event in fitting}}
    later: list[JudgedEvent] = []
    for event in fitting:
        scopes = read[event.provider]
        known = scopes.get(provider(event.provider).changed_in(event)) or scopes.get("")
        if known is None:
            move.passed_over.append((event, "the rights there were not read"))
        elif known < event.time <= end:
            _put(move, event, fitting, forward=True, taking=event.time <= at)
        elif at < event.time <= known:
            later.append(event)
    for event in reversed(later):
        _put(move, event, fitting, forward=False, taking=event.time > end)
    return replace(rows, **{name: tuple(getattr(move, name)) for name in _MOVING}), move


def _put(move: Moved, event: JudgedEvent, every: Sequence[JudgedEvent], *, forward: bool, taking: bool) -> None:
    """Put a change into the rows; going back, what it gave was not there before, and what it took away was.

    Without `taking` it only adds to them. What it replaced or deleted is among `every` change, where an earlier one
    made it.
    """
    changes = list(provider(event.provider).changes(event, _seen(move, every)))
    if not changes:
        move.passed_over.append((event, "such a change cannot be worked in"))
        return
    for change in changes:
        if (change.gives is not change.restricts) is not forward and not taking:
            continue
        put = _turn_key if change.credential else _rewrite if change.rewrites else _give_or_take
        put(move, change, event, None if forward else every)


def _give_or_take(move: Moved, change: Change, event: JudgedEvent, log: Sequence[JudgedEvent] | None) -> None:
    """Put a right into the rows or take it out; `log` is what to go back by, None going forward."""
    forward = log is None
    _remove(move, change, event.provider)
    if change.gives == forward:
        told = None if log is None or change.whole else _before(move, change, event, log)
        _add(move, change if forward else told or _given_before(change))
        if not (change.whole or told):
            _once(move.passed_over, (event, "what it allowed is not in the evidence"))
    elif change.overwrites and (before := _before(move, change, event, log or ())):
        if before.gives:
            _add(move, before)
    elif change.overwrites:
        move.passed_over.append((event, "whether it replaced something is not in the log"))
    if change.whole or not change.gives:
        _once(move.given if change.gives is not change.restricts else move.taken, event)


def _rewrite(move: Moved, change: Change, event: JudgedEvent, log: Sequence[JudgedEvent] | None) -> None:
    """Put a policy's text in the place of what it was; going back by the log, what it was in the place of that."""
    text = change if log is None else _before(move, change, event, log) if change.overwrites else None
    if not (text and text.whole) and (change.overwrites or log is None):
        reason = "what it allowed is not in the evidence" if log is None else "what it replaced is not in the log"
        _once(move.passed_over, (event, reason))
        return
    _remove(move, text or change, event.provider)
    if text:
        _add(move, text)
    _once(move.given, event)


def _turn_key(move: Moved, change: Change, event: JudgedEvent, log: Sequence[JudgedEvent] | None) -> None:
    """Make a key, turn it on or off, or delete it; going back, as it was before."""
    key = change.credential
    if key is None:
        return
    stands = next((row for row in move.credentials if row.credential == key.credential), None)
    made, gone = (not change.overwrites and change.gives is gives for gives in (True, False))
    if stands is None and not (made if log is None else gone):
        # The provider may have listed keys without their ids.
        _once(move.passed_over, (event, "which key it was is not in the evidence"))
        return
    before = _before(move, change, event, log) if log and not made else None
    if log is not None and not (made or before or key.kind == "password"):
        # Nearly every call changes something: off before it was on.
        _once(move.passed_over, (event, "whether the key was active before is not in the log"))
    enabled = key.enabled if log is None else before.gives if before else not key.enabled
    move.credentials = [row for row in move.credentials if row is not stands]
    if not (gone if log is None else made):
        move.credentials.append(replace(stands or key, enabled=enabled))
    move.accounts = [_with_ways_in(row, move) if row.account == key.account else row for row in move.accounts]
    _once(move.given if change.gives else move.taken, event)


def _with_ways_in(row: Account, move: Moved) -> Account:
    """An account that can be used as its keys and passwords say; unknown where no password was read of anybody."""
    open_ = any(one.account == row.account and one.enabled and one.kind in _WAYS_IN for one in move.credentials)
    told = any(one.provider == row.provider and one.kind == "password" for one in move.credentials)
    return replace(row, enabled=True if open_ else False if told else None)


def _seen(move: Moved, log: Sequence[JudgedEvent]) -> Seen:
    return Seen(move.accounts, move.policies, move.grants, log)


def _once(told: list[T], one: T) -> None:
    """One event may change a right in several places."""
    if told[-1:] != [one]:
        told.append(one)


def _given_before(change: Change) -> Change:
    """A right that was taken away, as it stood: since when is not in the log of its end."""
    return replace(change, grant=replace(change.grant, granted_at=None, granted_by=None)) if change.grant else change


def _order(event: JudgedEvent) -> tuple[datetime, str]:
    return event.time, event.event_id


def _before(move: Moved, change: Change, by: JudgedEvent, log: Sequence[JudgedEvent]) -> Change | None:
    """What the last change before one made of the same right; None where the log, in its order, does not tell."""
    for event in reversed(log):
        if _order(event) >= _order(by) or not _may_be_of(change, event.detail or ""):
            continue
        for one in provider(event.provider).changes(event, _seen(move, log)):
            # In the place of what was given over again, nothing stood where that was taken away before.
            there = change.any_role and (one.gives or change.overwrites)
            there = there and (one.resource, one.condition) == (change.resource, change.condition)
            alike = (one.principal, one.kind, one.rewrites) == (change.principal, change.kind, change.rewrites)
            if alike and (one.role == change.role or there):
                return one
    return None


def _may_be_of(change: Change, detail: str) -> bool:
    """Whether a call may be about the same right, from its parameters alone."""
    return change.any_role or change.role in detail or change.principal in detail


def _remove(move: Moved, change: Change, provider_name: str) -> None:
    """Take a right out of the rows, whatever it allows."""
    names = {change.role, f"{change.principal}#{change.role}", *(row.policy for row in change.policies)}
    move.policies = [
        row
        for row in move.policies
        if row.kind != change.kind
        or row.attached_to != change.principal
        or not (row.policy in names or (change.any_role and change.restricts))
    ]
    if change.rewrites:
        return
    move.memberships = [
        row for row in move.memberships if (row.member, row.group, row.via) != (change.principal, change.role, "member")
    ]
    move.grants = [row for row in move.grants if row.provider != provider_name or not _same_right(row, change)]


def _same_right(row: Grant, change: Change) -> bool:
    same = row.principal == change.principal and (change.any_role or row.role == change.role)
    there = (row.resource, _parts(row.condition)) == (change.resource, _parts(change.condition))
    return same and (there or not change.narrow)


def _parts(condition: str | None) -> Mapping[str, Any]:
    """A condition by its parts; one in words as it is."""
    parts = details(condition) or {"": condition}
    return {name: value for name, value in parts.items() if value}


def _add(move: Moved, change: Change) -> None:
    if change.account and change.account.account not in {row.account for row in move.accounts}:
        move.accounts.append(change.account)
    move.policies += change.policies
    move.memberships += [change.membership] if change.membership else []
    move.grants += [change.grant] if change.grant else []
