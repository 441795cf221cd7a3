"""From stored evidence to the case: the one place where evidence, digest and resolution meet."""

import dataclasses
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from msgspec.structs import replace

from auditor.activity.digest import Stretch
from auditor.activity.limits import Limits
from auditor.activity.results import Digest, JudgedEvent
from auditor.case.access import dated, grants, ticket_ids, undescribed, with_ticket
from auditor.case.allowed import Allowed
from auditor.case.attribution import Attributed, attributed
from auditor.case.case import Case
from auditor.case.coverage import failed_sources, unseen_systems
from auditor.case.policy_changes import policy_changes
from auditor.case.releases import pipelines, releases
from auditor.case.shared import Shared
from auditor.case.ticket_people import Reader
from auditor.case.vanished import in_doubt
from auditor.case.windows import ticket_refs
from auditor.config.models import Config
from auditor.config.policy import Policy
from auditor.evidence.snapshots import Snapshots, policies_before, snapshots
from auditor.evidence.store import Store
from auditor.ledger import Head
from auditor.model import tables
from auditor.model.details import details
from auditor.model.entitlements import Unresolved
from auditor.model.subjects import Subject, SubjectKind
from auditor.model.tables import Activity, Ticket
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import Category, TicketKind
from auditor.providers.registry import with_every_name


def build_case(store: Store, config: Config, at: datetime, period: timedelta, heads: Sequence[Head] = ()) -> Case:
    """Everything that rules look at, from the evidence stored until `at` of sources that the configuration names.

    `period` is how far back activity is looked at; `heads` are what the chain ended with after earlier runs.
    """
    return build_cases(store, [config], at, period, heads)[0]


def build_cases(
    store: Store, configs: Sequence[Config], at: datetime, period: timedelta, heads: Sequence[Head] = ()
) -> list[Case]:
    """The same for configurations that `share_evidence`, a case of each: evidence is read and resolved once.

    The first one's policy is compared with those of earlier runs.
    """
    with cases_of(store, configs, at, period, heads) as (cases, _):
        return cases


@contextmanager
def cases_of(
    store: Store, configs: Sequence[Config], at: datetime, period: timedelta, heads: Sequence[Head] = ()
) -> Iterator[tuple[list[Case], Attributed]]:
    """The same, with the activity that they are made from: more may be asked of it meanwhile."""
    rows = snapshots(store, configs[0], at)
    changes = policy_changes(store, configs[0], at - period, at)
    configs = [with_every_name(config, rows) for config in configs]
    evidence = Shared(store, configs[0], at, at - period, rows)
    people, systems = evidence.people, evidence.systems
    limits = _limits(configs[0], at, period)
    judged: list[tuple[Config, Sequence[Ticket], Sequence[TicketRef], Sequence[TicketRef], Digest]] = []
    with attributed(store, limits, people, systems, configs[0].engine, digested=True) as activity:
        activity.place()
        log_names = activity.log_names(store, configs[0], rows.trails)
        known, places_of = activity.known_places(evidence.coverage), activity.places_of
        digests: dict[tuple[Stretch, ...], Digest] = {}
        for config in configs:
            tickets = evidence.tickets(config)
            reader = Reader(people, systems, config, evidence.duties, known)
            refs = _refs(activity, tickets, reader, rows, at)
            allowed = Allowed(refs, config.policy.overlap_tolerance, evidence.tickets_until)
            stretches = tuple(allowed.writing(limits.period_from, limits.period_to, places_of))
            if stretches not in digests:
                digests[stretches] = activity.digester.digest(stretches, log_names)
            gone = list(in_doubt(evidence.vanished, reader, at))
            judged.append((config, tickets, refs, gone, digests[stretches]))
        lost = lost_runs(store, heads, at - period)
        cases = (_case(evidence, activity, *one) for one in judged)
        yield [dataclasses.replace(case, lost=lost, policy_changes=changes) for case in cases], activity


def share_evidence(one: Config, other: Config) -> bool:
    """Whether two configurations understand evidence alike, and only judge it differently."""
    differing = {"policy": one.policy, "jobs": one.jobs}
    if one != other.model_copy(update=differing):
        return False
    return _thresholds(one.policy) == _thresholds(other.policy)


def _case(
    evidence: Shared,
    activity: Attributed,
    config: Config,
    tickets: Sequence[Ticket],
    refs: Sequence[TicketRef],
    gone: Sequence[TicketRef],
    digest: Digest,
) -> Case:
    store, at, from_, rows = evidence.store, evidence.at, evidence.from_, replace(evidence.rows, tickets=tickets)
    held = evidence.held(config)
    before = _policies_before(store, config, digest.judged_events)
    given = grants(config, digest.judged_events, replace(rows, before=before), evidence.people.who)
    known = ticket_ids(config, rows)
    return Case(
        config=config,
        at=at,
        period_from=from_,
        accounts=rows.accounts,
        credentials=rows.credentials,
        policies=rows.policies,
        tickets=rows.tickets,
        access=tuple(dated(held.access, given)),
        eligible=held.eligible,
        foreign_trusts=held.foreign_trusts,
        writing_roles=held.writing_roles,
        refs={ref.ticket: ref for ref in refs},
        gone=gone,
        rewritten=evidence.rewritten(config),
        grants=[*given, *(with_ticket(grant, config.policy, known) for grant in evidence.keys_given)],
        releases=releases(store, config, from_, at, at),
        pipelines=pipelines(store, config, from_, at, at),
        secrets=evidence.secrets,
        episodes=[episode for episode in digest.episodes if not episode.beyond],
        beyond=[episode for episode in digest.episodes if episode.beyond],
        known_by=activity.known_by,
        undeclared=activity.undeclared,
        borrowed=activity.borrowed,
        judged_events=digest.judged_events,
        alternating_uses=digest.alternating_uses,
        key_uses=digest.key_uses,
        last_used=digest.last_used,
        silences=digest.silences,
        first_run=min((run.at for run in store.manifests()), default=None),
        heard=digest.heard,
        tickets_until=evidence.tickets_until,
        tickets_lost=evidence.tickets_lost,
        duties=evidence.duties,
        trails=rows.trails,
        trail_files=evidence.trail_files,
        coverage=evidence.coverage,
        days=evidence.days,
        unseen_systems=unseen_systems(config, rows),
        failed=failed_sources(store, config, at),
        unresolved=[*held.unresolved, *undescribed(digest.judged_events), *_left_out(digest)],
    )


def _policies_before(
    store: Store, config: Config, events: Iterable[JudgedEvent]
) -> Mapping[datetime, Sequence[tables.Policy]]:
    """The policies that changes of rights name, as they stood before each."""
    given = [event for event in events if event.category == Category.GRANT and event.outcome == "ok"]
    said = (text for event in given for text in (event.resource, *details(event.detail).values()))
    names = {text for text in said if isinstance(text, str) and '"' not in text}
    return policies_before(store, config, (event.time for event in given), names)


def _refs(
    activity: Attributed, tickets: Sequence[Ticket], reader: Reader, rows: Snapshots, at: datetime
) -> list[TicketRef]:
    """Tickets, and what activity alone tells of as such; signs of work renew incidents that outlasted what they say."""
    requests = activity.requests(reader.config, rows, tickets)
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
    session_gap, max_silence, bulk_read = _thresholds(config.policy)
    return Limits(
        period_from=at - period,
        period_to=at,
        zone=config.zone,
        session_gap=session_gap,
        max_silence=max_silence,
        bulk_read=bulk_read,
    )


def _thresholds(policy: Policy) -> tuple[timedelta, timedelta, int]:
    """What of policy the digest goes by, beside windows."""
    return policy.session_gap, policy.max_log_silence, policy.bulk_read


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
