"""Rights given without a task, or for another than they were given."""

from collections.abc import Iterable, Iterator
from datetime import UTC, time, timedelta
from functools import partial
from typing import Any

from auditor.case.case import Case
from auditor.model.entitlements import Grant
from auditor.model.findings import Outcome, pointer
from auditor.model.groups import only
from auditor.model.subjects import SubjectKind
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import ActorClass, Severity, TicketKind
from auditor.providers.registry import account_name
from auditor.rules.asks import COMPLETE, TAKE_AWAY
from auditor.rules.base import Rule, rule
from auditor.rules.facts import stamp
from auditor.rules.tasks.parts import TASKS, people_of
from auditor.rules.words import length, listing, moment

_grant_rule = partial(
    rule, judges=SubjectKind.GRANT, severity=Severity.HIGH, reads=("activity", "tickets"), controls=TASKS
)


@_grant_rule(
    "tasks/none",
    heading="Access given without a ticket",
    asks=COMPLETE,
    why="Nobody can review later why this access was needed, or when it should have ended.",
)
def none(self: Rule, case: Case) -> Iterator[Outcome]:
    """A grant with no ticket: none is named on it, and none was open when it was made.

    Whoever receives: a person, and a group, role, stranger or the public where a person or nobody known gave it. A way
    to be somebody (a key, a password, a trust policy) is a grant too; one that no log tells of (a line in
    authorized_keys) was given between the last run that did not see it and the first that did. Sessions without a
    ticket belong to the `changes` family. `person` and `account` are the one who received. Where a ticket that is not
    clear may be for them, it could not be judged.
    """
    for grant in _judged_grants(case):
        if grant.ticket or case.allowed.grant(grant):
            yield self.clear(**_subject(grant))
            continue
        if reason := grant.unplaced or case.allowed.unknown_grant(grant):
            yield self.not_judged(**_subject(grant), reason=reason)
            continue
        when = _when(case, grant)
        yield self.finding(
            **_subject(grant),
            resource=grant.resource,
            starts_at=grant.time,
            summary=f"{_recipient(case, grant)} was given {_what(case, grant)}{_by(case, grant)} {when} "
            "without a ticket",
            next_step="Write down who asked for it and why, then remove it or open a ticket for it.",
            facts=_grant_facts(grant),
            evidence=(grant.evidence,),
        )


@_grant_rule(
    "tasks/unknown",
    heading="Tickets that do not exist or do not fit",
    asks=COMPLETE,
    why="A ticket number that leads nowhere looks like a record and is none.",
)
def unknown(self: Rule, case: Case) -> Iterator[Outcome]:
    """A grant names a ticket that does not exist, was not open then, or is for another person, system or place."""
    for grant in _judged_grants(case):
        if not grant.ticket:
            continue
        ref = case.refs.get(grant.ticket)
        problem = _mismatch(case, grant, ref)
        if problem is None:
            yield self.clear(**_subject(grant))
            continue
        if reason := case.allowed.unknown_ticket(grant.ticket, grant.time):
            yield self.not_judged(**_subject(grant), reason=reason)
            continue
        row = case.ticket_rows.get(grant.ticket)
        yield self.finding(
            **_subject(grant),
            ticket=grant.ticket,
            starts_at=grant.time,
            summary=f"{_recipient(case, grant)} was given {_what(case, grant)} for {grant.ticket}, which {problem}",
            next_step=f"Find out what {grant.ticket} was meant to be, and correct the ticket or remove the access.",
            facts=_grant_facts(grant),
            evidence=(grant.evidence, *((pointer(row),) if row else ())),
        )


@_grant_rule(
    "tasks/wider-than-approved",
    heading="More was given than approved",
    asks=TAKE_AWAY,
    why="An approval for less is no approval for more.",
)
def wider_than_approved(self: Rule, case: Case) -> Iterator[Outcome]:
    """What was granted is more than its ticket asked: a higher level, systems beside the ticket's, or a longer time.

    Where none is named on it, the ticket is that of the window in which it was given: the one that asks for most. A
    grant for another system altogether, or for somebody else, is `unknown`. What states no end of its own is judged by
    `outlived-task` once the ticket's is over.
    """
    for grant in _judged_grants(case):
        ref = case.refs.get(grant.ticket or "") or _under(case, grant)
        if ref is None or _mismatch(case, grant, ref):
            continue
        if ref.unread:
            yield self.not_judged(**_subject(grant), reason=f"{ref.ticket} {ref.unclear}")
            continue
        more = [s for s in grant.systems if ref.systems and s not in ref.systems]
        longer = _lasts_longer(case, grant, ref)
        if grant.unplaced and not longer:
            yield self.not_judged(**_subject(grant), reason=grant.unplaced)
            continue
        if grant.level.rank <= ref.level.rank and not more and not longer:
            yield self.clear(**_subject(grant))
            continue
        row = case.ticket_rows.get(ref.ticket)
        given, asked = (f" for {length(longer[0])}", f" for {length(longer[1])}") if longer else ("", "")
        yield self.finding(
            **_subject(grant),
            ticket=ref.ticket,
            starts_at=grant.time,
            summary=f"{_recipient(case, grant)} was given {_what(case, grant)}{given}; {ref.ticket} asked for "
            f"{ref.level} access to {listing(case.system_name(s) for s in ref.systems)}{asked}",
            next_step=f"Take away what {ref.ticket} did not ask for, or have the rest approved.",
            facts={**_grant_facts(grant), "given": grant.level, "asked": ref.level, "beyond": more},
            evidence=(grant.evidence, *((pointer(row),) if row else ())),
        )


def _lasts_longer(case: Case, grant: Grant, ref: TicketRef) -> tuple[timedelta, timedelta] | None:
    """For how long a right was given and for how long asked, where its own end lies beyond and it lasts longer.

    What is given late for as long as was asked is as asked, even if the ticket was closed sooner; so is what ends with
    its day where only days can be given.
    """
    ends, row = grant.expires_at, case.ticket_rows.get(ref.ticket)
    if ends is None or ref.span is None or ref.kind is TicketKind.INCIDENT:
        return None
    until = max(ref.span[1], row.ends_at) if row and row.ends_at else ref.span[1]
    given, asked, tolerance = ends - grant.earliest, until - ref.span[0], case.policy.overlap_tolerance
    by_day = any(ends.astimezone(zone).time() == time() for zone in (UTC, case.config.zone))
    last = ends - timedelta(days=by_day) - tolerance
    beyond = last > until and case.allowed.ended(ref.ticket, last)
    return (given, asked) if beyond and given > asked + tolerance else None


def _judged_grants(case: Case) -> Iterator[Grant]:
    """What was given in the period to people, groups and strangers by anybody, and to others by people.

    What robots give to robots and to roles goes by their own ways.
    """
    people = (ActorClass.PERSON, ActorClass.UNKNOWN, ActorClass.ROOT)
    return (grant for grant in case.grants if grant.by in people or not _is_robot(grant))


def _is_robot(grant: Grant) -> bool:
    name, who = account_name(grant.recipient), grant.identity.actor_class
    return not grant.identity.person and (who not in _ANYBODY or name.is_role or name.workload_of is not None)


_ANYBODY = (ActorClass.PERSON, ActorClass.UNKNOWN, ActorClass.ROOT, ActorClass.BREAK_GLASS)


def _under(case: Case, grant: Grant) -> TicketRef | None:
    """The ticket in whose window it was given, of several the one that asks for most."""
    windows = [] if grant.ticket else case.allowed.grant(grant)
    best = max(windows, key=lambda window: (window.level.rank, window.ticket), default=None)
    return case.refs.get(best.ticket) if best else None


def _when(case: Case, grant: Grant) -> str:
    """When it was given: where no log has its moment, between which runs."""
    seen = moment(grant.time, case.config.zone)
    return f"between {moment(grant.since, case.config.zone)} and {seen}" if grant.since else f"on {seen}"


def _recipient(case: Case, grant: Grant) -> str:
    if grant.identity.person:
        return case.name(grant.identity.person)
    called = f" ({grant.called})" if grant.called else ""
    return "Everybody" if grant.recipient == "*" else f"{grant.recipient.rsplit('/', 1)[-1]}{called}"


def _by(case: Case, grant: Grant) -> str:
    """Who gave it, where that is another person."""
    return f" by {case.name(grant.giver)}" if grant.giver and grant.giver != grant.identity.person else ""


def _mismatch(case: Case, grant: Grant, ref: TicketRef | None) -> str | None:
    if ref is None:
        return "does not exist"
    called = any(case.name(person).casefold() == grant.called.casefold() for person in ref.people)
    if ref.people and not called and (grant.identity.person or grant.giver) not in ref.people:
        return f"is for {people_of(case, ref)}"
    row, tolerance = case.ticket_rows.get(ref.ticket), case.policy.overlap_tolerance
    closed = row.closed_at if row else None
    if closed and grant.earliest > closed + tolerance and case.allowed.ended(ref.ticket, grant.earliest):
        return f"was closed {length(grant.earliest - closed)} before"
    if row and row.opened_at and grant.time < row.opened_at - tolerance:
        return f"was opened {length(row.opened_at - grant.time)} later"
    own = [window for window in ref.windows if window.system in grant.systems]
    elsewhere = own and all(case.allowed.is_elsewhere(window, grant) for window in own)
    names = list(dict.fromkeys(scope for window in own for _, scope in window.only)) if elsewhere else []
    if ref.systems and grant.systems and not set(ref.systems) & set(grant.systems):
        names = [case.system_name(s) for s in ref.systems]
    return f"is for {listing(names)}" if names else None


def _subject(grant: Grant) -> dict[str, Any]:
    return {
        "person": grant.identity.person,
        "account": grant.recipient,
        "system": only(grant.systems),
        "thing": grant.evidence.event_id or grant.what,
        "label": f"{grant.what} for {grant.recipient}",
    }


def _grant_facts(grant: Grant) -> dict[str, Any]:
    return {
        "what": grant.what,
        "granted_by": grant.granted_by,
        "granted_at": stamp(grant.time),
        **({"not_before": stamp(grant.since)} if grant.since else {}),
        "expires_at": stamp(grant.expires_at),
        "systems": list(grant.systems),
    }


def _what(case: Case, grant: Grant) -> str:
    places: Iterable[str] = (case.system_name(s) for s in grant.systems)
    return f"{grant.level} access to {listing(places)}" if grant.systems else grant.what
