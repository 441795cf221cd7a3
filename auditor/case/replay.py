"""Changes of rights that the log tells, put into snapshot rows or taken out again: what was true between two nights."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from auditor.activity.results import JudgedEvent
from auditor.evidence.snapshots import Snapshots
from auditor.model.details import details
from auditor.model.tables import Account, Grant, Membership, Policy
from auditor.model.vocabulary import Category

_AWS = re.compile(r"(Put|Delete|Attach|Detach)(User|Role|Group)(Policy)|(Add|Remove)User(?:To|From)Group")
_CONTAINER = re.compile(r"(?:projects/)?([a-z][a-z0-9.:-]+|\d+)|((?:folders|organizations)/\d+)")


@dataclass(slots=True)
class Moved:
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
    move = Moved(list(rows.accounts), list(rows.memberships), list(rows.policies), list(rows.grants))
    read = _read_at(rows)
    fitting = [event for event in judged_events if event.category == Category.GRANT and event.outcome == "ok"]
    later: list[JudgedEvent] = []
    for event in sorted(fitting, key=lambda event: (event.time, event.event_id)):
        known = read.get((event.provider, event.scope)) or read.get((event.provider, ""))
        if known is None:
            move.passed_over.append((event, "the rights there were not read"))
        elif known < event.time <= end:
            _put(move, event, forward=True, taking=event.time <= at)
        elif at < event.time <= known:
            later.append(event)
    for event in reversed(later):
        _put(move, event, forward=False, taking=event.time > end)
    whole = replace(
        rows,
        accounts=tuple(move.accounts),
        memberships=tuple(move.memberships),
        policies=tuple(move.policies),
        grants=tuple(move.grants),
    )
    return whole, move


def _read_at(rows: Snapshots) -> dict[tuple[str, str], datetime]:
    """When the rights of each AWS account were read, and those of the other providers: the earliest counts."""
    found: dict[tuple[str, str], datetime] = {}
    for row in rows.accounts:
        if row.provider == "aws":
            key = (row.provider, row.scope)
            found[key] = min(row.collected_at, found.get(key, row.collected_at))
    for grant in rows.grants:
        if grant.provider != "aws":
            key = (grant.provider, "")
            found[key] = min(grant.collected_at, found.get(key, grant.collected_at))
    return found


def _put(move: Moved, event: JudgedEvent, *, forward: bool, taking: bool) -> None:
    """Put a change into the rows; going back, what it gave was not there before, and what it took away was.

    Without `taking` it only adds to them.
    """
    changes = list(_changes(move, event))
    if not changes:
        move.passed_over.append((event, "such a change cannot be worked in"))
        return
    for change in changes:
        if change.gives != forward and not taking:
            continue
        _remove(move, change)
        if change.gives == forward:
            _add(move, change)
            if not change.whole:
                move.passed_over.append((event, "what it allowed is not in the evidence"))
        elif change.overwrites:
            move.passed_over.append((event, "whether it replaced something is not in the log"))
        if change.whole or not change.gives:
            (move.given if change.gives else move.taken).append(event)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Change:
    """One right given to or taken from one holder, as rows.

    Args:
        whole: whether the rows say what the right allows.
        overwrites: whether something of that name may have stood there before.
        account: the holder's row, where none is known yet.
    """

    gives: bool
    provider: str
    principal: str
    role: str
    resource: str
    condition: str | None = None
    whole: bool = True
    overwrites: bool = False
    account: Account | None = None
    membership: Membership | None = None
    policies: tuple[Policy, ...] = ()
    grant: Grant | None = None


def _remove(move: Moved, change: _Change) -> None:
    """Take a right out of the rows, whatever it allows."""
    names = {change.role, f"{change.principal}#{change.role}"}
    move.policies = [
        row
        for row in move.policies
        if row.kind != "identity" or row.attached_to != change.principal or row.policy not in names
    ]
    move.memberships = [
        row for row in move.memberships if (row.member, row.group, row.via) != (change.principal, change.role, "member")
    ]
    move.grants = [row for row in move.grants if not _same_right(row, change)]


def _same_right(row: Grant, change: _Change) -> bool:
    same = (row.provider, row.principal, row.role) == (change.provider, change.principal, change.role)
    if change.provider != "gcp":
        return same
    return same and row.resource == change.resource and _parts(row.condition) == _parts(change.condition)


def _parts(condition: str | None) -> Mapping[str, Any]:
    return {name: value for name, value in details(condition).items() if value}


def _add(move: Moved, change: _Change) -> None:
    move.accounts += [change.account] if change.account else []
    move.policies += change.policies
    move.memberships += [change.membership] if change.membership else []
    move.grants += [change.grant] if change.grant else []


def _changes(move: Moved, event: JudgedEvent) -> Iterator[_Change]:
    if event.provider == "aws":
        yield from _aws(move, event)
    elif event.provider == "gcp":
        yield from _google(event)


def _aws(move: Moved, event: JudgedEvent) -> Iterator[_Change]:
    match = _AWS.fullmatch(event.action.rsplit(":", 1)[-1])
    said = details(event.detail)
    if match is None:
        return
    verb, sort = match[1] or match[4], match[2] or "User"
    holder = _principal(move, event, sort, said.get(f"{sort[0].lower()}{sort[1:]}Name"))
    if holder is None:
        return
    if match[4]:
        group = _principal(move, event, "Group", said.get("groupName"))
        if group:
            yield _member(event, holder, group.account, gives=verb == "Add", account=_new(move, holder))
        return
    name = said.get("policyArn" if verb in ("Attach", "Detach") else "policyName")
    if isinstance(name, str):
        yield _policy(move, event, holder, name, said.get("policyDocument"), verb)


def _member(event: JudgedEvent, user: Account, group: str, *, gives: bool, account: Account | None) -> _Change:
    return _Change(
        gives=gives,
        provider="aws",
        principal=user.account,
        role=group,
        resource=event.scope,
        account=account,
        membership=Membership(**_stamp(event), group=group, member=user.account),
        grant=_grant(event, user.account, group, event.scope),
    )


def _policy(move: Moved, event: JudgedEvent, holder: Account, name: str, document: Any, verb: str) -> _Change:
    """A policy on a principal; the text of an attached one is taken from wherever else it is attached."""
    inline = not name.startswith("arn:")
    elsewhere = (row.document for row in move.policies if row.policy == name and row.kind == "identity")
    text = document if isinstance(document, str) else next(elsewhere, None)
    row = Policy(
        **_stamp(event),
        policy=f"{holder.account}#{name}" if inline else name,
        kind="identity",
        attached_to=holder.account,
        name=name.rsplit("/", 1)[-1],
        document=text or "",
    )
    return _Change(
        gives=verb in ("Put", "Attach"),
        provider="aws",
        principal=holder.account,
        role=name,
        resource=event.scope,
        whole=text is not None,
        overwrites=verb == "Put",
        account=_new(move, holder),
        policies=(row,) if text is not None else (),
        grant=_grant(event, holder.account, name, event.scope),
    )


def _principal(move: Moved, event: JudgedEvent, sort: str, name: Any) -> Account | None:
    """The user, role or group that a call names, in the account whose log it stands in."""
    if not isinstance(name, str) or not name:
        return None
    for row in move.accounts:
        own = row.kind if row.kind in ("role", "group", "root") else "user"
        if (row.provider, row.scope, row.name, own) == ("aws", event.scope, name, sort.lower()):
            return row
    arn = f"arn:aws:iam::{event.scope}:{sort.lower()}/{name}"
    kind = "unknown" if sort == "User" else sort.lower()
    return Account(**_stamp(event), account=arn, provider="aws", scope=event.scope, kind=kind, name=name)


def _new(move: Moved, account: Account) -> Account | None:
    return None if any(row is account for row in move.accounts) else account


def _google(event: JudgedEvent) -> Iterator[_Change]:
    container = _CONTAINER.fullmatch(event.resource or "")
    deltas = details(event.detail).get("bindingDeltas")
    if container is None or not isinstance(deltas, list):
        return
    resource = container[1] or container[2]
    for delta in deltas:
        said = delta if isinstance(delta, dict) else {}
        action, role, member = said.get("action"), said.get("role"), said.get("member")
        if not (isinstance(role, str) and isinstance(member, str) and action in ("ADD", "REMOVE")):
            continue
        condition = said.get("condition")
        text = json.dumps(condition, ensure_ascii=False) if isinstance(condition, dict) else None
        yield _Change(
            gives=action == "ADD",
            provider="gcp",
            principal=member,
            role=role,
            resource=resource,
            condition=text,
            grant=_grant(event, member, role, resource, text),
        )


def _grant(event: JudgedEvent, principal: str, role: str, resource: str, condition: str | None = None) -> Grant:
    return Grant(
        **_stamp(event),
        principal=principal,
        role=role,
        resource=resource,
        provider=event.provider,
        granted_at=event.time,
        granted_by=event.account or event.actor,
        condition=condition,
        ticket=event.ticket,
    )


def _stamp(event: JudgedEvent) -> dict[str, Any]:
    """The columns that every row has; a row made from the log points at the log."""
    pointer = event.evidence
    return {
        "source": pointer.source,
        "collected_at": event.time,
        "origin": pointer.origin,
        "record": pointer.record,
        "sha256": pointer.sha256,
    }
