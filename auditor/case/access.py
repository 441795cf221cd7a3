"""Everybody's paths to every system, from one set of snapshot rows, whichever provider they are of."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import TypeVar

from msgspec.structs import replace

from auditor.activity.results import JudgedEvent
from auditor.case.pipelines import through_pipelines
from auditor.case.private_networks import inside
from auditor.config.models import Config
from auditor.config.policy import Policy
from auditor.config.systems import System
from auditor.evidence.snapshots import Snapshots
from auditor.model.entitlements import Entitlement, Grant, IdentityOf, Unresolved
from auditor.model.groups import grouped
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.tables import Activity, Ticket
from auditor.model.vocabulary import Category
from auditor.providers.registry import PROVIDERS, providers_of, with_system_at
from auditor.providers.rights import Rights
from auditor.providers.systems import Systems

R = TypeVar("R", Entitlement, Grant)


def rights(config: Config, rows: Snapshots, who: IdentityOf, at: datetime, system: System | None = None) -> Rights:
    """The rights that snapshot rows come to at a moment; `who` gives the identity behind an account.

    Where a system is asked about, rights on others may be missing.
    """
    if system is None:
        found = [one.rights(config, rows, who, at) for one in providers_of(rows)]
    else:
        found = [one.rights_on(config, rows, who, at, system) for one in providers_of(rows)]
    known, places = ticket_ids(config, rows), Systems(config)
    behind = (with_system_at(config, path, places) for one in found for path in one.forwarded)
    told = (
        *chain.from_iterable(one.access for one in found),
        *filter(None, behind),
        *through_pipelines(config, rows, who, at, found),
    )
    unresolved = tuple(chain.from_iterable(one.unresolved for one in found))
    lost = {one.subject.account for one in unresolved}
    unread = {row.scope for row in rows.accounts if row.account in lost}
    paths = [
        with_ticket(path, config.policy, known)
        for path in (*inside(config, told, unread), *chain.from_iterable(one.eligible for one in found))
    ]
    return Rights(
        access=tuple(path for path in paths if not path.eligible),
        eligible=tuple(path for path in paths if path.eligible),
        foreign_trusts=tuple(chain.from_iterable(one.foreign_trusts for one in found)),
        writing_roles=frozenset(chain.from_iterable(one.writing_roles for one in found)),
        unresolved=unresolved,
    )


def grants(config: Config, judged_events: Sequence[JudgedEvent], rows: Snapshots, who: IdentityOf) -> list[Grant]:
    """The rights that were given to somebody in a period, read off the log: to whom, on which systems, until when."""
    given = [event for event in judged_events if event.category == Category.GRANT and event.outcome == "ok"]
    known, places = ticket_ids(config, rows), Systems(config)
    found = (
        grant
        for one in providers_of(rows)
        for grant in one.grant_events(config, [event for event in given if event.provider == one.name], rows, who)
    )
    own = (replace(one, place=one.place if one.place and places.of_scope(*one.place) else None) for one in found)
    return [with_ticket(grant, config.policy, known) for grant in own]


def dated(access: Iterable[Entitlement], given: Iterable[Grant]) -> Iterator[Entitlement]:
    """Rights with the time at which the log says that they were given, where their evidence tells none."""
    by_recipient = grouped((grant.recipient, grant) for grant in given if not grant.unplaced)
    for path in access:
        times = [grant.time for grant in by_recipient.get(path.account, ()) if _rests_on(path, grant)]
        yield replace(path, granted_at=max(times)) if times and path.granted_at is None else path


def _rests_on(path: Entitlement, grant: Grant) -> bool:
    """Whether what was given is named in a step of the path, or in what takes it away."""
    what = grant.what
    names = {what, what.rpartition("/")[2], what.rpartition(" of ")[2]}
    named = any(not names.isdisjoint(step.split()) for step in path.path)
    return named or any(f'"{what}"' in handle for handle in path.handles)


def undescribed(judged_events: Iterable[JudgedEvent]) -> Iterator[Unresolved]:
    """Providers of which it is not known who receives what by a change of rights that the log tells."""
    changed = {event.provider for event in judged_events if event.category == Category.GRANT and event.outcome == "ok"}
    for name in sorted(changed - PROVIDERS.keys()):
        subject = Subject(kind=SubjectKind.LOG, thing=name, label=f"changes of rights in {name}")
        reason = "the log tells that rights were given or taken, but not which and whose"
        yield Unresolved(subject=subject, reason=reason, tables=(Activity.TABLE,))


def ticket_ids(config: Config, rows: Snapshots) -> frozenset[str] | None:
    """The ids of every ticket that there is, and one for each prefix that a source gives; None where none was read."""
    prefixes = (getattr(source, "prefix", None) for source in config.feeding(Ticket.TABLE))
    return frozenset({row.ticket for row in rows.tickets} | {f"{one}-0" for one in prefixes if one}) or None


def with_ticket(right: R, policy: Policy, known: Collection[str] | None) -> R:
    """A right with the ticket whose id is written on it, else the one that its evidence states."""
    ticket = policy.ticket_in(right.written, known)
    return replace(right, ticket=ticket) if ticket else right
