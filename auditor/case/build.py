"""From stored evidence to the case: the one place where evidence, digest and resolution meet."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from auditor.activity.limits import Limits
from auditor.activity.results import Digest
from auditor.case.access import dated, grants, rights, ticket_ids, undescribed, with_ticket
from auditor.case.allowed import Allowed
from auditor.case.attribution import Attributed, attributed
from auditor.case.case import Case
from auditor.case.coverage import (
    coverage,
    days_recorded,
    failed_sources,
    known_until,
    never_looked_at,
    unseen_systems,
)
from auditor.case.duty import read_duties
from auditor.case.meant import Reader
from auditor.case.new_keys import keys_given
from auditor.case.people import People
from auditor.case.policy_changes import policy_changes
from auditor.case.releases import pipelines, releases
from auditor.case.rewritten import rewritten_tickets
from auditor.case.secrets import secrets
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.evidence.snapshots import snapshots
from auditor.evidence.store import Store
from auditor.ledger import Head
from auditor.model.entitlements import TicketRef, Unresolved
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.tables import Activity, Ticket, Trail
from auditor.model.vocabulary import TicketKind
from auditor.providers.registry import log_files, with_every_name
from auditor.providers.systems import Systems


def build_case(store: Store, config: Config, at: datetime, period: timedelta, heads: Sequence[Head] = ()) -> Case:
    """Everything that rules look at, from the evidence stored until `at`.

    Args:
        store: the evidence.
        config: the configuration; only sources that it names are read.
        at: the time of the audit, UTC.
        period: how far back from it activity is looked at.
        heads: what the chain of evidence ended with after earlier runs, as the ledger knows it.
    """
    rows = snapshots(store, config, at)
    changes = policy_changes(store, config, at - period, at)
    config = with_every_name(config, rows)
    people = People(config, rows.accounts, rows.credentials, rows.policies)
    tickets_until = known_until(store, config, at, Ticket.TABLE)
    duties = read_duties(store, config, people, at)
    held = rights(config, rows, people.who, at)
    limits, systems = _limits(config, at, period), Systems(config)
    with attributed(store, limits, people, systems, config.engine, digested=True) as activity:
        activity.place()
        refs = _refs(activity, rows.tickets, Reader(people, systems, config, duties), at)
        allowed = Allowed(refs, config.policy.overlap_tolerance, tickets_until)
        digest = _digest(activity, store, config, allowed, rows.trails)
    given = grants(config, digest.judged_events, rows, people.who)
    added = keys_given(store, config, held.access, people.who, (at - period, at))
    known = ticket_ids(config, rows)
    return Case(
        config=config,
        at=at,
        period_from=at - period,
        accounts=rows.accounts,
        credentials=rows.credentials,
        policies=rows.policies,
        tickets=rows.tickets,
        access=tuple(dated(held.access, given)),
        eligible=held.eligible,
        foreign_trusts=held.foreign_trusts,
        writing_roles=held.writing_roles,
        refs={ref.ticket: ref for ref in refs},
        rewritten=rewritten_tickets(store, config, people, (at - period, at)),
        grants=[*given, *(with_ticket(grant, config.policy, known) for grant in added)],
        releases=releases(store, config, at - period, at, at),
        pipelines=pipelines(store, config, at - period, at, at),
        secrets=secrets(store, config, people.named, at),
        episodes=[episode for episode in digest.episodes if not episode.beyond],
        beyond=[episode for episode in digest.episodes if episode.beyond],
        known_by=activity.known_by,
        undeclared=activity.undeclared,
        borrowed=activity.borrowed,
        judged_events=digest.judged_events,
        alternating_uses=digest.alternating_uses,
        key_uses=digest.key_uses,
        uses={use.name: use for use in digest.uses},
        silences=digest.silences,
        heard=digest.heard,
        tickets_until=tickets_until,
        duties=duties,
        lost=lost_runs(store, heads, at - period),
        policy_changes=changes,
        trails=rows.trails,
        trail_files=log_files(store, config, at - period, at),
        coverage=[*coverage(store, config, at - period, at), *never_looked_at(config)],
        days=days_recorded(store, config, at - period, at),
        unseen_systems=unseen_systems(config, rows),
        failed=failed_sources(store, config, at),
        unresolved=[*held.unresolved, *undescribed(digest.judged_events), *_left_out(digest)],
    )


def _refs(activity: Attributed, tickets: Sequence[Ticket], reader: Reader, at: datetime) -> list[TicketRef]:
    """Tickets, and what activity alone tells of as such; signs of work renew incidents that outlasted what they say."""
    known = {ticket.ticket for ticket in tickets}
    requests = [ref for ref in activity.requests(reader.config) if ref.ticket not in known]
    refs = [*ticket_refs(tickets, reader, at), *requests]
    signs = activity.signs(_lasting(refs))
    return [*ticket_refs(tickets, reader, at, signs), *requests] if signs else refs


def lost_runs(store: Store, heads: Sequence[Head], from_: datetime) -> Sequence[Head]:
    """Runs of the period, or the last one before it, that are not in the chain: it was rolled back or made anew."""
    present = {link.sha256 for link in store.links()}
    due = [head for head in heads if head.at >= from_] or heads[-1:]
    return [head for head in due if head.sha256 not in present]


def _lasting(refs: Iterable[TicketRef]) -> Collection[str]:
    """Systems of incidents that outlasted what stands in their tickets: work may have renewed them."""
    return {
        system
        for ref in refs
        if ref.kind is TicketKind.INCIDENT and ref.end and ref.ends_at and ref.ends_at < ref.end
        for system in ref.systems
    }


def _limits(config: Config, at: datetime, period: timedelta) -> Limits:
    policy = config.policy
    return Limits(
        period_from=at - period,
        period_to=at,
        session_gap=policy.session_gap,
        max_silence=policy.max_log_silence,
        bulk_read=policy.bulk_read,
    )


def _digest(activity: Attributed, store: Store, config: Config, allowed: Allowed, trails: Sequence[Trail]) -> Digest:
    """What the activity comes down to, beside the windows in which people may change systems."""
    stretches = allowed.writing(activity.limits.period_from, activity.limits.period_to)
    return activity.digester.digest(stretches, activity.log_names(store, config, trails))


def _left_out(digest: Digest) -> Iterator[Unresolved]:
    """What of the period was too much to be kept: acts that are judged one by one, and what a person's session did."""
    cut = sum(not episode.whole for episode in digest.episodes if episode.person)
    for one in digest.episodes:
        if one.beyond:
            who = one.person or one.account or one.actor or "somebody"
            what = Subject(kind=SubjectKind.LOG, label=f"sessions of {who} on {one.system or one.scope}")
            reason = (
                f"{one.sittings:,} sessions with {one.changes:,} changes, from {one.starts_at:%Y-%m-%d} to "
                f"{one.ends_at:%Y-%m-%d}, were too many to be judged one by one"
            )
            yield Unresolved(subject=what, reason=reason, tables=(Activity.TABLE,))
    for number, label, reason in (
        (digest.events_left_out, "grants and changes to the audit trail", "acts of them were too many to be judged"),
        (cut, "long sessions", "sessions did more different things, or signed in to more, than are kept of one"),
    ):
        if number:
            subject = Subject(kind=SubjectKind.LOG, label=label)
            yield Unresolved(subject=subject, reason=f"{number:,} {reason}", tables=(Activity.TABLE,))
