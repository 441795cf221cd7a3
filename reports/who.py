"""Who could touch a system at a moment, by which path and since when: rows for the terminal and for reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import msgspec

from auditor.activity.results import JudgedEvent
from auditor.case.moment import Base, Moment, reaching
from auditor.config.models import Config, System
from auditor.model.entitlements import Entitlement
from auditor.model.vocabulary import Capability
from auditor.rules.words import length
from reports.access_matrix import PEOPLE, by_holder, group_of, holder_name, way
from reports.words import account_name, listing, plural, short, shown, when

_PATH_LENGTH = 110
_MOST_PATHS = 3
_MOST_SAID = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class WhoRow:
    """One path of one holder; `holder`, `note` and `can` stand at the first only."""

    holder: str
    note: str
    can: str
    path: str
    since: str
    until: str
    group: str
    changes: bool
    person: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """Everybody who could touch a system at a moment.

    Args:
        headline: the sentence that answers.
        rests_on: sentences that say what that is known from.
        not_known: sentences that say what is not known.
    """

    system: str
    at: str
    headline: str
    rests_on: tuple[str, ...]
    rows: tuple[WhoRow, ...]
    not_known: tuple[str, ...]


def who_view(then: Moment, system: System) -> Who:
    """The rows of everybody who could touch the system then, who could change it first."""
    standing = by_holder(reaching(then.access, system), then.at)
    held = sorted(standing.items(), key=lambda item: _order(item[0], item[1], then.config))
    rows = tuple(row for _, paths in held for row in _rows(then, paths))
    return Who(
        system=shown(system.name),
        at=when(then.at, then.config.zone),
        headline=_headline(then, system, [paths for _, paths in held]),
        rests_on=tuple(_rests_on(then)),
        rows=rows,
        not_known=tuple(_not_known(then, system)),
    )


def who_json(then: Moment, system: System) -> dict[str, Any]:
    """The same for machines: every path, nothing left out."""
    view = who_view(then, system)
    return {
        "system": system.id,
        "at": then.at.isoformat(),
        "rests_on": [
            {"source": base.source, "snapshot": base.at.isoformat() if base.at else None} for base in then.bases
        ],
        "access": [_path_json(then, path) for path in reaching(then.access, system)],
        "not_known": list(view.not_known),
    }


def _path_json(then: Moment, path: Entitlement) -> dict[str, Any]:
    event = then.change_of(path)
    found: dict[str, Any] = msgspec.to_builtins(path)
    return found | {
        "granted_by": (event.account or event.actor) if event else None,
        "stood_since": since.isoformat() if (since := then.since_of(path)) else None,
    }


def _order(key: tuple[str, str], paths: Sequence[Entitlement], config: Config) -> tuple[object, ...]:
    name = holder_name(paths[0], config).casefold()
    return (not any(path.writes for path in paths), key[0] != PEOPLE, key[0], name, key[1])


def _rows(then: Moment, paths: Sequence[Entitlement]) -> Iterator[WhoRow]:
    """A row for each way in, of those that lead to changes where any does; beyond a few they are counted."""
    config, first = then.config, paths[0]
    person = config.people_by_id.get(first.identity.person or "")
    group = group_of(first)
    changes = any(path.writes for path in paths)
    ways: dict[tuple[str, str, str], None] = {}
    for path in (path for path in paths if path.writes or not changes):
        ways.setdefault((short(way(path), _PATH_LENGTH), _since(then, path), _until(path, config)))
    for number, (told, since, until) in enumerate(list(ways)[:_MOST_PATHS]):
        more = len(ways) - _MOST_PATHS if number == _MOST_PATHS - 1 else 0
        yield WhoRow(
            holder="" if number else holder_name(first, config),
            note="" if number else shown(person.job if person else group.lower()),
            can="" if number else _can(paths),
            path=f"{told} (and {plural(more, 'more way')})" if more > 0 else told,
            since=since,
            until=until,
            group=group,
            changes=changes,
            person=first.identity.person,
        )


def _can(paths: Sequence[Entitlement]) -> str:
    if any(path.unrestricted for path in paths):
        return "anything at all"
    held = {capability for path in paths for capability in path.capabilities}
    told = listing(capability.words for capability in Capability if capability in held)
    return told or ("change it" if any(path.writes for path in paths) else "read it")


def _since(then: Moment, path: Entitlement) -> str:
    """Since when, and how that is known."""
    zone = then.config.zone
    ticket = f", {shown(path.ticket)}" if path.ticket else ""
    if event := then.change_of(path):
        return f"granted {when(event.time, zone)} by {by_whom(then, event)}{ticket}"
    if path.granted_at:
        return f"{when(path.granted_at, zone)}{ticket}"
    since = then.since_of(path)
    return f"at least {when(since, zone)}{ticket}" if since and since <= then.at else f"not known{ticket}"


def by_whom(then: Moment, event: JudgedEvent) -> str:
    """Who made a change, by name where they are known."""
    person = then.config.people_by_id.get(event.person or "")
    return shown(person.name) if person else account_name(event.account or event.actor or "somebody")


def _until(path: Entitlement, config: Config) -> str:
    return when(path.expires_at, config.zone) if path.expires_at else "no end"


def _headline(then: Moment, system: System, held: Sequence[Sequence[Entitlement]]) -> str:
    changers = {path.identity.person for paths in held for path in paths if path.writes and group_of(path) == PEOPLE}
    others = sum(any(p.writes for p in paths) and group_of(paths[0]) != PEOPLE for paths in held)
    said = plural(len(changers), "person", "people")
    also = (
        f" and {plural(others, 'other holder')} (pipelines, services, emergency or unknown accounts)" if others else ""
    )
    least = "At least " if system.id in then.unseen_systems or any(base.at is None for base in then.bases) else ""
    could = f"{said}{also} could change {shown(system.name)} at {when(then.at, then.config.zone)}."
    return f"{least}{could}"


def _rests_on(then: Moment) -> Iterator[str]:
    """Which snapshots it rests on and how old they were; sources of one night together."""
    zone = then.config.zone
    by_time: dict[datetime, list[str]] = {}
    for base in then.bases:
        if base.at:
            by_time.setdefault(base.at, []).append(base.source)
    for time, names in sorted(by_time.items()):
        age = then.at - time
        lies = f"{length(age)} before" if age >= timedelta(0) else f"{length(-age)} afterwards"
        yield f"Snapshot of {when(time, zone)}, {lies}: {shown(listing(names, most=_MOST_SAID))}."
    if then.granted or then.taken:
        changes = f"{plural(len(then.granted), 'right')} given and {len(then.taken):,} taken away"
        yield f"Moved to that moment by the log: {changes} in between."


def _not_known(then: Moment, system: System) -> Iterator[str]:
    zone = then.config.zone
    for base in then.bases:
        if base.at is None:
            yield f"The source {shown(base.source)} was never read: rights that it knows of are missing."
    if system.id in then.unseen_systems:
        yield f"Not all places that {shown(system.name)} lives in were read: there may be others."
    yield from _still(then)
    if then.logs_until is None:
        yield "No log was read: changes between snapshots are not known."
    elif then.logs_until < then.at:
        yield f"The logs end at {when(then.logs_until, zone)}: later changes are not known."
    told = [_passed_over(then, event, reason) for event, reason in then.passed_over]
    yield from told[:_MOST_SAID]
    if len(told) > _MOST_SAID:
        yield f"And {plural(len(told) - _MOST_SAID, 'more change')} of rights of that sort."


def _still(then: Moment) -> Iterator[str]:
    """Sources whose rights cannot be moved."""
    fixed: list[Base] = [base for base in then.bases if base.at and base.at != then.at and not base.moves]
    if fixed:
        names = shown(listing([base.source for base in fixed], most=_MOST_SAID))
        which = "the snapshot" if len({base.at for base in fixed}) == 1 else "their snapshots"
        yield f"{names}: as in {which}; no log tells what changed there between."


def _passed_over(then: Moment, event: JudgedEvent, reason: str) -> str:
    at = when(event.time, then.config.zone)
    return f"{shown(event.action)} at {at} by {by_whom(then, event)} is not worked in: {reason}."


def rows_of(view: Who, *, changes: bool) -> Iterable[WhoRow]:
    """The rows of paths that lead to changes, or of the others."""
    return (row for row in view.rows if row.changes == changes)


def since_words(row: WhoRow) -> str:
    """`since 1 Oct 2026 05:10 CEST`, `granted …`, or that it is not known."""
    if row.since.startswith("not known"):
        return f"since when is {row.since}"
    return row.since if row.since.startswith("granted") else f"since {row.since}"
