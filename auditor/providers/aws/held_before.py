"""Whether what a call gives was held before it: a policy written anew that allows no more than the one it replaced."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.model.details import details
from auditor.model.globs import covers
from auditor.model.tables import Policy
from auditor.providers.aws import let_in
from auditor.providers.aws.conditions import Clause
from auditor.providers.aws.policy import Statement

_STALE = timedelta(days=2)
"""What a snapshot shows that is older than this may have gone since, where nobody read."""

_NAMES = ("userName", "roleName", "groupName", "policyArn")


class HeldBefore:
    """What the snapshots before some calls have of those who receive by them.

    Args:
        events: every call of the period that changed rights, and went through.
        before: the policies that the last snapshot before each had, by its time.
    """

    def __init__(self, events: Iterable[JudgedEvent], before: Mapping[datetime, Sequence[Policy]]) -> None:
        self._before = before
        self._first: dict[tuple[str, str], datetime] = {}
        for event in events:
            for name in _about(event):
                place = event.scope, name
                self._first[place] = min(event.time, self._first.get(place, event.time))

    def all_of(self, event: JudgedEvent, holder: str, kind: str, what: str, new: Sequence[Statement]) -> bool:
        """Whether whoever receives held all of it, and nothing that was denied is allowed now.

        It is not known where an earlier call of the period was about the same: what stood in between is nowhere.

        Args:
            event: the call.
            holder: whose policies it is about: a user, a role, a group, or a thing.
            kind: the kind of policy: identity, trust or resource.
            what: the policy by its ARN, or by the end of it.
            new: its statements: those that let one caller in, where it lets in.
        """
        there = self._there(event, holder, kind)
        replaced = [row for row in there if kind != "identity" or row.policy == what or row.policy.endswith(f"#{what}")]
        allowed, denied = _of(there, allow=True), _of(replaced, allow=False)
        asked = [one for one in new if one.allow]
        return (
            bool(asked)
            and all(any(_covers(old, one) for old in allowed) for one in asked)
            and all(any(_covers(one, old) for one in new if not one.allow) for old in denied)
        )

    def is_wider(self, event: JudgedEvent, holder: str, new: Sequence[Statement]) -> bool:
        """Whether a boundary allows more than the one that was there before the call."""
        allowed = _of(self._there(event, holder, "boundary"), allow=True)
        return bool(allowed) and any(not any(_covers(old, one) for old in allowed) for one in new if one.allow)

    def _there(self, event: JudgedEvent, holder: str, kind: str) -> list[Policy]:
        if any(self._first[event.scope, name] < event.time for name in _about(event)):
            return []
        return [
            row
            for row in self._before.get(event.time, ())
            if (row.attached_to, row.kind) == (holder, kind) and event.time - row.collected_at <= _STALE
        ]


def for_one(statements: Iterable[Statement], recipient: str) -> list[Statement]:
    """Statements of a document that names principals as they are for one of those; all its denials."""
    found = []
    for one in statements:
        if one.allow and recipient in one.principals and not one.other_principals:
            found.append(replace(one, principals=(recipient,)))
        elif not one.allow or one.other_principals or "*" in one.principals:
            found.append(one)
    return found


def _about(event: JudgedEvent) -> Collection[str]:
    asked: Mapping[str, Any] = details(event.detail)
    named = {value for key in _NAMES if isinstance(value := asked.get(key), str)}
    return named or {event.resource or ""}


def _of(rows: Iterable[Policy], *, allow: bool) -> list[Statement]:
    return [one for row in rows for one in let_in.read(row.document) if one.allow is allow]


def _covers(outer: Statement, inner: Statement) -> bool:
    """Whether whatever one is about, the other is about too."""
    return (
        inner.actions != 0
        and not inner.actions & ~outer.actions
        and _covers_things(outer, inner)
        and _covers_callers(outer, inner)
        and all(any(_narrows(one, other) for one in inner.clauses) for other in outer.clauses)
    )


def _covers_things(outer: Statement, inner: Statement) -> bool:
    if outer.others or inner.others:
        return outer.others == inner.others and set(outer.resources) == set(inner.resources)
    return all(any(covers(one, wanted) for one in outer.resources) for wanted in inner.resources)


def _covers_callers(outer: Statement, inner: Statement) -> bool:
    if outer.other_principals or inner.other_principals:
        same = set(outer.principals) == set(inner.principals)
        return same and outer.other_principals == inner.other_principals
    return "*" in outer.principals or set(inner.principals) <= set(outer.principals)


def _narrows(clause: Clause, other: Clause) -> bool:
    """Whether whatever meets a condition meets the other too."""
    if _kind(clause) != _kind(other):
        return False
    one, of = set(clause.values), set(other.values)
    return one >= of if "not" in clause.operator else one <= of


def _kind(clause: Clause) -> tuple[object, ...]:
    return clause.operator, clause.key.lower(), clause.if_exists, clause.all_values, clause.any_value
