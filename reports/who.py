"""Who could touch a system at a moment, by which path and since when: for the terminal and for reports."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta, tzinfo
from typing import Any

import msgspec
from msgspec import Struct

from auditor.activity.results import JudgedEvent
from auditor.case.coverage import no_source
from auditor.case.emergency import Emergency, State, emergency_access
from auditor.case.moment import Base, Moment, reaching
from auditor.config.systems import System
from auditor.model.entitlements import Entitlement
from auditor.model.groups import grouped
from auditor.model.tables import Grant
from auditor.model.vocabulary import Capability
from auditor.rules.words import length
from reports.access_matrix import PEOPLE, by_holder, group_of, holder_name, job_note, way
from reports.words import account_name, listing, person, plural, short, when

_PATH_LENGTH = 110
_MOST_WAYS = 3
_MOST_SAID = 5


class Since(Struct, frozen=True, kw_only=True):
    """Since when a path stands, and how that is known.

    Args:
        at: None where it is not known.
        by: who granted it then, where the log tells.
        least: it stood then, and nobody knows for how long already.
    """

    at: datetime | None = None
    by: str = ""
    least: bool = False
    ticket: str | None = None

    def text(self, zone: tzinfo) -> str:
        """`granted 1 Oct 2026 12:50 CEST by Tom Weiss, PAY-310`."""
        moment = when(self.at, zone) or "not known"
        told = f"granted {moment} by {self.by}" if self.by else f"at least {moment}" if self.least else moment
        return f"{told}, {self.ticket}" if self.ticket else told


class Way(Struct, frozen=True, kw_only=True):
    """One way in; `until` is None where there is no end."""

    path: str
    since: Since
    until: datetime | None


class Holder(Struct, frozen=True, kw_only=True):
    """Somebody who could touch the system, and what they could do; `more` ways than those listed were open to them."""

    name: str
    note: str
    group: str
    person: str | None
    can: str
    changes: bool
    ways: tuple[Way, ...]
    more: int


class Who(Struct, frozen=True, kw_only=True):
    """Everybody who could touch a system at a moment, who could change it first.

    Args:
        headline: the sentence that answers.
        sure: what there is to know it by was read; else there may be more holders.
        rests_on: sentences that say what that is known from.
        eligible: who held nothing by these ways, but could ask for it.
        emergency: sentences that say whether emergency access is sealed.
        not_known: sentences that say what is not known.
    """

    headline: str
    sure: bool
    rests_on: tuple[str, ...]
    holders: tuple[Holder, ...]
    eligible: tuple[Holder, ...]
    not_known: tuple[str, ...]
    emergency: tuple[str, ...] = ()


def who_view(then: Moment, system: System) -> Who:
    """Everybody who could touch the system then."""
    holders = _holders(then, system, then.access)
    unread = not then.bases or any(base.at is None for base in then.bases)
    sure = not (system.id in then.unseen_systems or then.unresolved or unread)
    return Who(
        headline=_headline(then, system, holders, sure=sure),
        sure=sure,
        rests_on=tuple(_rests_on(then)),
        holders=tuple(holders),
        eligible=tuple(_holders(then, system, then.eligible)),
        not_known=tuple(_not_known(then, system)),
        emergency=tuple(emergency_words(one, then.config.zone) for one in _emergency(then, system)),
    )


def _holders(then: Moment, system: System, access: Sequence[Entitlement]) -> list[Holder]:
    standing = sorted(by_holder(reaching(access, system), then.at).items())
    return sorted((_holder(then, paths) for _, paths in standing), key=_order)


def who_json(then: Moment, system: System) -> dict[str, Any]:
    """The same for machines: every path, nothing left out."""
    return {
        "system": system.id,
        "at": then.at.isoformat(),
        "rests_on": [
            {"source": base.source, "snapshot": base.at.isoformat() if base.at else None} for base in then.bases
        ],
        "access": [_path_json(then, path) for path in reaching(then.access, system)],
        "eligible": [_path_json(then, path) for path in reaching(then.eligible, system)],
        "emergency": [
            {"id": one.id, "account": one.account, "state": one.state, "said": emergency_words(one, then.config.zone)}
            for one in _emergency(then, system)
        ],
        "not_known": list(_not_known(then, system)),
    }


def _emergency(then: Moment, system: System) -> list[Emergency]:
    """Emergency access that reaches the system, or of which nothing is known."""
    reach = {path.account for path in reaching(then.access, system)}
    every = emergency_access(then.config, then.rows.accounts, then.rows.credentials, then.access, then.at)
    return [one for one in every if one.account in reach or one.state is State.UNKNOWN]


def _path_json(then: Moment, path: Entitlement) -> dict[str, Any]:
    event = then.change_of(path)
    found: dict[str, Any] = msgspec.to_builtins(path, order="deterministic")
    return found | {
        "granted_by": (event.account or event.actor) if event else None,
        "stood_since": since.isoformat() if (since := then.since_of(path)) else None,
    }


def _order(holder: Holder) -> tuple[object, ...]:
    return (not holder.changes, holder.group != PEOPLE, holder.group, holder.name.casefold())


def _holder(then: Moment, paths: Sequence[Entitlement]) -> Holder:
    """The ways that lead to changes where any does; beyond a few they are counted."""
    first, group, changes = paths[0], group_of(paths[0]), any(path.writes for path in paths)
    person = first.identity.person
    ways: dict[tuple[str, str, str], Way] = {}
    for path in (path for path in paths if path.writes or not changes):
        one = Way(path=short(way(path), _PATH_LENGTH), since=_since(then, path), until=path.expires_at)
        zone = then.config.zone
        ways.setdefault((one.path, one.since.text(zone), when(one.until, zone)), one)
    return Holder(
        name=holder_name(first, then.config),
        note=job_note(person, then.config, then.at) if person else group.lower(),
        group=group,
        person=person,
        can=_can(paths),
        changes=changes,
        ways=tuple(ways.values())[:_MOST_WAYS],
        more=max(0, len(ways) - _MOST_WAYS),
    )


def _can(paths: Sequence[Entitlement]) -> str:
    if any(path.unrestricted for path in paths):
        return "anything at all"
    held = {capability for path in paths for capability in path.capabilities}
    told = listing(capability.words for capability in Capability if capability in held)
    return told or ("change it" if any(path.writes for path in paths) else "read it")


def _since(then: Moment, path: Entitlement) -> Since:
    if event := then.change_of(path):
        return Since(at=event.time, by=by_whom(then, event), ticket=path.ticket)
    if path.granted_at:
        return Since(at=path.granted_at, ticket=path.ticket)
    since = then.since_of(path)
    known = since is not None and since <= then.at
    return Since(at=since if known else None, least=known, ticket=path.ticket)


def by_whom(then: Moment, event: JudgedEvent) -> str:
    """Who made a change, by name where they are known."""
    return person(event.person or event.account or event.actor or "somebody", then.config)


def _headline(then: Moment, system: System, holders: Sequence[Holder], *, sure: bool) -> str:
    changers = [holder for holder in holders if holder.changes]
    what = f"could change {system.name} at {when(then.at, then.config.zone)}"
    if not (sure or changers):
        return f"Who {what} is not known."
    if_so = ", if nothing changed from then until the snapshot" if then.untold else ""
    return f"{counted(changers, sure=sure) or 'Nobody'} {what}{if_so}."


def counted(holders: Sequence[Holder], *, sure: bool) -> str:
    """`6 people and 2 other holders (pipelines, …)`, people once each; empty where there are none."""
    if not holders:
        return ""
    people = {holder.person for holder in holders if holder.group == PEOPLE}
    others = sum(holder.group != PEOPLE for holder in holders)
    also = (
        f" and {plural(others, 'other holder')} (pipelines, services, emergency or unknown accounts)" if others else ""
    )
    return f"{'' if sure else 'At least '}{plural(len(people), 'person', 'people')}{also}"


def _rests_on(then: Moment) -> Iterator[str]:
    """Which snapshots it rests on and how old they were; sources of one night together."""
    zone = then.config.zone
    by_time = grouped((base.at, base.source) for base in then.bases if base.at)
    for time, names in sorted(by_time.items()):
        age = then.at - time
        lies = f"{length(age)} before" if age >= timedelta(0) else f"{length(-age)} afterwards"
        yield f"Snapshot of {when(time, zone)}, {lies}: {listing(names, most=_MOST_SAID)}."
    if then.granted or then.taken:
        changes = f"{plural(len(then.granted), 'right')} given and {len(then.taken):,} taken away"
        yield f"Moved to that moment by the log: {changes} in between."


def _not_known(then: Moment, system: System) -> Iterator[str]:
    zone = then.config.zone
    if missing := no_source(then.config, Grant.TABLE):
        yield f"{missing[:1].upper()}{missing[1:]}."
    for base in then.bases:
        if base.at is None:
            yield f"The source {base.source} was never read: rights that it knows of are missing."
    if system.id in then.unseen_systems:
        yield f"Not all places that {system.name} lives in were read: there may be others."
    yield from _first(_unresolved(then), "more thing")
    yield from _still(then)
    if then.logs_until is None:
        yield "No log was read: changes between snapshots are not known."
    elif then.untold and then.logs_from:
        yield f"The logs begin at {when(then.logs_from, zone)}: what changed before that is not known."
    elif then.logs_until < then.at:
        yield f"The logs end at {when(then.logs_until, zone)}: later changes are not known."
    yield from _first([_passed_over(then, *one) for one in then.passed_over], "more change")


def _first(told: Sequence[str], more: str) -> Iterator[str]:
    """As many as are told one by one, and how many more there are."""
    yield from told[:_MOST_SAID]
    if len(told) > _MOST_SAID:
        yield f"And {plural(len(told) - _MOST_SAID, more)} of that sort."


def _unresolved(then: Moment) -> list[str]:
    """What of rights could not be made out, each with what it is about."""
    about = ((account_name(one.subject.account or str(one.subject)), one.reason) for one in then.unresolved)
    told = (reason if name.rpartition(":")[2] in reason else f"{name}: {reason}" for name, reason in about)
    return list(dict.fromkeys(told))


def _still(then: Moment) -> Iterator[str]:
    """Sources whose rights cannot be moved."""
    fixed: list[Base] = [base for base in then.bases if base.at and base.at != then.at and not base.moves]
    if fixed:
        names = listing([base.source for base in fixed], most=_MOST_SAID)
        which = "the snapshot" if len({base.at for base in fixed}) == 1 else "their snapshots"
        yield f"{names}: as in {which}; no log tells what changed there between."


def _passed_over(then: Moment, event: JudgedEvent, reason: str) -> str:
    at = when(event.time, then.config.zone)
    return f"{event.action} at {at} by {by_whom(then, event)} is not worked in: {reason}."


def emergency_words(one: Emergency, zone: tzinfo) -> str:
    """`Emergency access emergency-admin (user/break-glass) is sealed: no active key and no open password.`."""
    name = f"Emergency access {one.id} ({account_name(one.account)})"
    if one.state is State.UNKNOWN:
        return f"{name}: it is not known whether it is sealed; no source shows its keys and password."
    if one.state is State.OPEN:
        kinds = {row.kind.replace("-", " ") for row in one.ways} | {"binding" for _ in one.bindings}
        return f"{name} is open: {listing(sorted(kinds))}."
    used = f", changed since its last use on {when(one.used_at, zone)}" if one.used_at else ""
    return f"{name} is sealed: no active key and no open password{used}."
