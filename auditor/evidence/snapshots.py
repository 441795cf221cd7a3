"""What was true at the time of the audit: the latest good snapshot of each source."""

import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct
from msgspec.structs import replace

from auditor.config.models import Config
from auditor.evidence.manifest import Part
from auditor.evidence.store import Store
from auditor.model.groups import grouped
from auditor.model.statements import NO_COLUMN, names, names_end
from auditor.model.tables import (
    Account,
    Approval,
    Credential,
    Grant,
    Membership,
    Policy,
    Row,
    ServiceUse,
    Ticket,
    Trail,
)
from auditor.model.vocabulary import TicketKind

R = TypeVar("R", bound=Row)
_READ_FOR = timedelta(hours=1)
"""So long a run may read: what changed meanwhile may stand in its snapshot."""

_CALLED = "list_has_any($names, [policy, attached_to, regexp_extract(attached_to, '[^/]*$')])"
_LINK = re.compile(r"https?://[^\s<>()\"'|?]+")


class Snapshots(Struct, frozen=True, kw_only=True):
    """The snapshot tables as typed rows, of the sources that the configuration names.

    `before` has policies as they stood before some moments, by the moment, where that was asked for.
    """

    accounts: Sequence[Account] = ()
    memberships: Sequence[Membership] = ()
    policies: Sequence[Policy] = ()
    grants: Sequence[Grant] = ()
    credentials: Sequence[Credential] = ()
    service_uses: Sequence[ServiceUse] = ()
    tickets: Sequence[Ticket] = ()
    trails: Sequence[Trail] = ()
    before: Mapping[datetime, Sequence[Policy]] = {}


def snapshots(store: Store, config: Config, at: datetime, only: Collection[str] | None = None) -> Snapshots:
    """Read them back, of all sources or only of some; each part is checked against its manifest."""
    names = [source.name for source in config.sources if only is None or source.name in only]

    def rows(table: type[R]) -> list[R]:
        return store.rows(table, store.snapshot_parts(table, names, at))

    return Snapshots(
        accounts=rows(Account),
        memberships=rows(Membership),
        policies=rows(Policy),
        grants=rows(Grant),
        credentials=rows(Credential),
        service_uses=rows(ServiceUse),
        tickets=_tickets_of(store, config, names, at),
        trails=rows(Trail),
    )


def policies_before(
    store: Store, config: Config, moments: Iterable[datetime], names: Collection[str]
) -> Mapping[datetime, Sequence[Policy]]:
    """By each of some moments, policies as the last snapshot before it had them: those that are called or attached so.

    `names` are ARNs and the last parts of such. A snapshot is read once, however many moments follow it.
    """
    sources = [source.name for source in config.sources]
    nights = sorted({run.at for run in store.manifests()})
    found: dict[datetime, Sequence[Policy]] = {}
    for until, some in grouped((bisect_right(nights, one - _READ_FOR), one) for one in set(moments)).items():
        parts = store.snapshot_parts(Policy, sources, nights[until - 1]) if until and names else []
        found |= dict.fromkeys(some, store.rows(Policy, parts, _CALLED, names=sorted(names)))
    return found


def tickets_at(store: Store, config: Config, at: datetime) -> list[Ticket]:
    """The tickets of all sources alone, as `snapshots` has them."""
    return _tickets_of(store, config, [source.name for source in config.sources], at)


def _tickets_of(store: Store, config: Config, names: Collection[str], at: datetime) -> list[Ticket]:
    tickets = store.rows(Ticket, store.snapshot_parts(Ticket, names, at))
    approvals = store.rows(Approval, store.snapshot_parts(Approval, names, at))
    return list(_with_approvals(_one_each(tickets), approvals, config))


_SPACE = " \t\n\v\f\r\x1c\x1d\x1e\x1f\x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000\u2000\u2001\u2002\u2003\u2004"
_SPACE += "\u2005\u2006\u2007\u2008\u2009\u200a"
_INCIDENT = {"space": _SPACE, "incident": TicketKind.INCIDENT.value}
_MAY_ALLOW = """
ticket IN (
    SELECT ticket FROM stored
    WHERE
        coalesce(starts_at, approved_at, opened_at) <= $to
        AND NOT coalesce(closed_at < $from OR ends_at < $from AND lower(trim(kind, $space)) <> $incident, false)
)
"""


def tickets_between(store: Store, config: Config, at: datetime, from_: datetime, to: datetime) -> Sequence[Ticket]:
    """The tickets that may allow something between two moments, as they were known at a time."""
    asked = {**_INCIDENT, "from": from_, "to": to}
    found = _one_each(store.rows(Ticket, _tickets(store, config, at), _MAY_ALLOW, **asked))
    elsewhere = [source.name for source in config.feeding(Approval.TABLE)]
    return list(_with_approvals(found, store.rows(Approval, store.snapshot_parts(Approval, elsewhere, at)), config))


def ticket_named(store: Store, config: Config, at: datetime, name: str) -> Ticket | None:
    """The ticket of an id or address, whatever its letters' case, as it was known at a time."""
    named = "lower(ticket) = lower($name) OR url = $name"
    found = _one_each(store.rows(Ticket, _tickets(store, config, at), named, name=name.strip()))
    return found[0] if len(found) == 1 else None


def incidents(store: Store, config: Config, at: datetime) -> Sequence[Ticket]:
    """The tickets of incidents, as they were known at a time."""
    return store.rows(Ticket, _tickets(store, config, at), "lower(trim(kind, $space)) = $incident", **_INCIDENT)


def _tickets(store: Store, config: Config, at: datetime) -> Sequence[Part]:
    names = [source.name for source in config.feeding(Ticket.TABLE)]
    return store.snapshot_parts(Ticket, names, at)


def _with_approvals(tickets: Iterable[Ticket], approvals: Sequence[Approval], config: Config) -> Iterator[Ticket]:
    """Tickets on which nobody agreed, with what was said elsewhere: an approver's fullest words, the first of several.

    Words that were edited count from then on: what stood there before is not known.
    """
    elsewhere = bool(config.feeding(Approval.TABLE))
    by_ticket: defaultdict[str, list[Approval]] = defaultdict(list)
    able = {name.casefold() for name in config.policy.approvers}
    able |= {one.email.casefold() for one in config.people if one.email and one.id.casefold() in able}
    by_url = {one.url: one for one in approvals if one.url}
    for one in approvals:
        for name in one.tickets:
            by_ticket[name].append(one)
    for ticket in tickets:
        told = " ".join(filter(None, (ticket.approval, ticket.reason, ticket.note, ticket.closeout, *ticket.comments)))
        linked = [by_url[link] for link in _LINK.findall(told) if link in by_url] if by_url else []
        own = {id(one): one for one in (*by_ticket.get(ticket.ticket, ()), *linked)}
        if ticket.approver or not own:
            # Where approvals stand elsewhere, the ticket's own file need not have a column for them.
            yield replace(ticket, approval=None) if elsewhere and ticket.approval == NO_COLUMN else ticket
            continue
        lacks = {
            key: (not names(one.words, ticket.ticket), not names_end(one.words), one.who.casefold() not in able, one.at)
            for key, one in own.items()
        }
        best = own[min(lacks, key=lambda key: lacks[key])]
        at = max(best.at, best.edited_at or best.at)
        yield replace(
            ticket, approver=best.who, approved_at=at, approval=best.words, approval_url=best.url or best.channel
        )


def _one_each(tickets: Sequence[Ticket]) -> list[Ticket]:
    """Each ticket once: where two sources have it, the row that was edited, closed or approved last."""
    latest: dict[str, Ticket] = {}
    for ticket in sorted(tickets, key=_news):
        latest[ticket.ticket] = ticket
    return sorted(latest.values(), key=lambda ticket: ticket.ticket)


def _news(ticket: Ticket) -> tuple[float, str, int]:
    times = (ticket.edited_at, ticket.closed_at, ticket.approved_at, ticket.opened_at)
    return (max((t.timestamp() for t in times if t), default=0.0), ticket.source, ticket.record)
