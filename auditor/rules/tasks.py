"""Grants without a real task, and tickets that do not carry what they claim."""

import re
from collections.abc import Iterable, Iterator
from typing import Any

from auditor.model.findings import Outcome
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Severity, TicketKind
from auditor.resolve.case import Case, pointer
from auditor.resolve.types import Grant, TicketRef
from auditor.rules.base import Rule, rule
from auditor.rules.controls import controls
from auditor.rules.facts import stamp
from auditor.rules.words import length, listing, moment

TASKS = controls(
    soc2=("CC6.2", "CC6.3"), iso=("A.5.15", "A.5.18"), pci=("7.2.3", "8.2.4"), nist=("AC-2", "AC-3"), cis=("6.1",)
)
SEPARATION = controls(
    soc2=("CC6.3",), iso=("A.5.3", "A.5.18"), pci=("7.2.3", "8.2.4"), nist=("AC-5", "AC-2"), cis=("6.1",)
)
LENGTH = controls(soc2=("CC6.3",), iso=("A.5.18",), pci=("8.2.7",), nist=("AC-2", "AC-2(4)"), cis=("6.1",))

_END = re.compile(
    r"\d{1,2}:\d{2}|\d+\s*(m|min|minutes?|h|hours?)\b|until\s+(resolved|closed|it is over)", re.IGNORECASE
)


@rule(
    "tasks/none",
    severity=Severity.HIGH,
    reads=("activity", "tickets"),
    why="Nobody can review later why this access was needed, or when it should have ended.",
    controls=TASKS,
)
def none(self: Rule, case: Case) -> Iterator[Outcome]:
    """A grant to a person with no ticket: none is named on it, and none of theirs was open when it was made.

    Sessions without a ticket belong to the `changes` family. `person` and `account` are the one who received.
    """
    for grant in _judged_grants(case):
        if grant.ticket or _open_ticket(case, grant):
            yield self.clear(f"{grant.what} for {grant.recipient}")
            continue
        if reason := case.without_tickets(grant.time):
            yield self.not_judged(f"{grant.what} for {grant.recipient}", reason)
            continue
        when = moment(grant.time, case.config.zone)
        yield self.finding(
            thing=f"{grant.what} {stamp(grant.time)}",
            person=grant.identity.person,
            account=grant.recipient,
            system=grant.systems[0] if len(grant.systems) == 1 else None,
            resource=grant.resource,
            starts_at=grant.time,
            summary=f"{case.name(grant.identity.person)} was given {_what(case, grant)} on {when} without a ticket",
            next_step="Write down who asked for it and why, then remove it or open a ticket for it.",
            facts=_grant_facts(grant),
            evidence=(grant.evidence,),
        )


@rule(
    "tasks/unknown",
    severity=Severity.HIGH,
    reads=("activity", "tickets"),
    why="A ticket number that leads nowhere looks like a record and is none.",
    controls=TASKS,
)
def unknown(self: Rule, case: Case) -> Iterator[Outcome]:
    """A grant names a ticket that does not exist, or that is for someone else or for another system."""
    for grant in _judged_grants(case):
        if not grant.ticket:
            continue
        ref = case.refs.get(grant.ticket)
        problem = _mismatch(case, grant, ref)
        if problem is None:
            yield self.clear(f"{grant.what} for {grant.recipient}")
            continue
        if reason := case.without_tickets(grant.time):
            yield self.not_judged(f"{grant.what} for {grant.recipient}", reason)
            continue
        row = case.ticket_rows.get(grant.ticket)
        yield self.finding(
            thing=f"{grant.what} {stamp(grant.time)}",
            person=grant.identity.person,
            account=grant.recipient,
            system=grant.systems[0] if len(grant.systems) == 1 else None,
            ticket=grant.ticket,
            starts_at=grant.time,
            summary=f"{case.name(grant.identity.person)} was given {_what(case, grant)} for {grant.ticket}, "
            f"which {problem}",
            next_step=f"Find out what {grant.ticket} was meant to be, and correct the ticket or remove the access.",
            facts=_grant_facts(grant),
            evidence=(grant.evidence, *((pointer(row),) if row else ())),
        )


@rule(
    "tasks/unapproved",
    severity=Severity.HIGH,
    reads=("tickets",),
    why="Access that nobody with the say agreed to is access that somebody took.",
    controls=TASKS,
)
def unapproved(self: Rule, case: Case) -> Iterator[Outcome]:
    """No approval by a person on the approver list, or a statement without task, scope and end.

    The statement must name the ticket, the system or the person, and the end; a bare "ok" or a chat message does not.
    An approval by the one who asked or receives is judged by `self-approved` alone. Reviews need no approval.
    """
    for ticket, ref in _judged_tickets(case):
        if ref.kind == TicketKind.REVIEW or _own_approval(ref):
            continue
        problem = _approval_problem(case, ticket, ref)
        if problem is None:
            yield self.clear(ticket.ticket)
            continue
        yield self.finding(
            **_about(ticket, ref),
            summary=f"{ticket.ticket} for {_people(case, ref)} {problem}",
            next_step=f"Have {_approver_names(case)} look at {ticket.ticket} "
            "and write down what they agree to, for whom and until when.",
            facts={"approver": ticket.approver, "approval": ticket.approval},
        )


@rule(
    "tasks/self-approved",
    severity=Severity.HIGH,
    reads=("tickets",),
    why="One person who asks and agrees is one pair of eyes.",
    controls=SEPARATION,
)
def self_approved(self: Rule, case: Case) -> Iterator[Outcome]:
    """Requester (or recipient) and approver are one.

    In an incident it is allowed with a reason and a later reviewer who is somebody else.
    """
    for ticket, ref in _judged_tickets(case):
        if not _own_approval(ref):
            yield self.clear(ticket.ticket)
            continue
        reviewer = case.people.roster_id(ticket.second_reviewer)
        reviewed = reviewer and reviewer != ref.approver and ticket.reviewed_at
        if ref.kind == TicketKind.INCIDENT and reviewed and (ticket.approval or ticket.reason):
            yield self.clear(ticket.ticket)
            continue
        missing = ", and nobody reviewed it afterwards" if ref.kind == TicketKind.INCIDENT else ""
        yield self.finding(
            **_about(ticket, ref),
            summary=f"{case.name(ref.approver)} approved their own access under {ticket.ticket}{missing}",
            next_step="Have another approver review what was done, and note it in the ticket.",
            facts={"approver": ref.approver, "approval": ticket.approval, "reviewer": ticket.second_reviewer},
        )


@rule(
    "tasks/late-approval",
    severity=Severity.MEDIUM,
    reads=("tickets",),
    why="An approval after the fact approves whatever happened.",
    controls=TASKS,
)
def late_approval(self: Rule, case: Case) -> Iterator[Outcome]:
    """Approved after access began, give or take the clock tolerance; in an incident, after `incident_note_within`."""
    for ticket, ref in _judged_tickets(case):
        if not (ticket.approved_at and ticket.starts_at):
            continue
        incident = ref.kind == TicketKind.INCIDENT
        allowed = case.policy.incident_note_within if incident else case.policy.overlap_tolerance
        late = ticket.approved_at - ticket.starts_at
        if late <= allowed:
            yield self.clear(ticket.ticket)
            continue
        yield self.finding(
            **_about(ticket, ref),
            summary=f"{ticket.ticket} was approved {length(late)} after access began",
            next_step="Ask why it could not wait; for incidents, write the note within "
            f"{length(case.policy.incident_note_within)}.",
            facts={"minutes_late": int(late.total_seconds() // 60), "approved_at": stamp(ticket.approved_at)},
        )


@rule(
    "tasks/too-long",
    severity=Severity.MEDIUM,
    reads=("tickets",),
    why="The longer access stays open, the more it is used for something else.",
    controls=LENGTH,
)
def too_long(self: Rule, case: Case) -> Iterator[Outcome]:
    """A window longer than policy gives that kind of work. Incidents last until they are resolved and are exempt."""
    for ticket, ref in _judged_tickets(case):
        if ref.kind == TicketKind.INCIDENT or not (ticket.starts_at and ticket.ends_at):
            continue
        asked = ticket.ends_at - ticket.starts_at
        allowed = case.policy.windows[ref.work]
        if asked <= allowed:
            yield self.clear(ticket.ticket)
            continue
        yield self.finding(
            **_about(ticket, ref),
            summary=f"{ticket.ticket} opened {ref.work} access for {length(asked)}; policy gives {length(allowed)}",
            next_step="Ask again when time runs out instead of asking for more at once.",
            facts={"minutes": int(asked.total_seconds() // 60), "allowed_minutes": int(allowed.total_seconds() // 60)},
        )


def _judged_tickets(case: Case) -> Iterator[tuple[Ticket, TicketRef]]:
    """Tickets that were alive at some time in the period, each with its names resolved."""
    for ticket in case.tickets:
        times = [t for t in (ticket.opened_at, ticket.starts_at, ticket.ends_at, ticket.closed_at) if t]
        if times and max(times) >= case.period_from and min(times) <= case.at:
            yield ticket, case.refs[ticket.ticket]


def _judged_grants(case: Case) -> Iterator[Grant]:
    """What people were given in the period; pipelines and services receive by other ways."""
    return (grant for grant in case.grants if grant.identity.person)


def _about(ticket: Ticket, ref: TicketRef) -> dict[str, Any]:
    start = ticket.starts_at or ticket.approved_at or ticket.opened_at
    return {
        "thing": ticket.ticket,
        "person": ref.people[0] if len(ref.people) == 1 else None,
        "system": ref.systems[0] if len(ref.systems) == 1 else None,
        "ticket": ticket.ticket,
        "starts_at": start,
        "ends_at": max((w.ends_at for w in ref.windows), default=ticket.ends_at),
        "resource": ticket.url,
        "evidence": (pointer(ticket),),
    }


def _approval_problem(case: Case, ticket: Ticket, ref: TicketRef) -> str | None:
    if not ticket.approver and not ticket.approval:
        return "was never approved"
    if ref.approver not in _approvers(case):
        by = case.name(ref.approver) if ref.approver else ticket.approver
        return f"was approved by {by}, who is not an approver" if by else "does not say who approved it"
    lacking = [what for what, there in _parts(case, ticket, ref).items() if not there]
    return f"was approved without naming {listing(lacking)}" if lacking else None


def _parts(case: Case, ticket: Ticket, ref: TicketRef) -> dict[str, bool]:
    """What an approval has to name, and whether this one does."""
    text = (ticket.approval or "").casefold()
    people = [case.config.people_by_id[p] for p in ref.people]
    systems = [case.config.systems_by_id[s] for s in ref.systems]
    scope = [
        *(n for p in people for n in (p.id, p.name, p.email)),
        *(n for s in systems for n in (s.id, s.name, *s.aliases)),
    ]
    return {
        "the task": ticket.ticket.casefold() in text,
        "the system or person": any(name and name.casefold() in text for name in scope),
        "the end": bool(_END.search(text)),
    }


def _approvers(case: Case) -> list[str]:
    return [p for name in case.policy.approvers if (p := case.people.roster_id(name))]


def _approver_names(case: Case) -> str:
    return listing(case.name(a) for a in _approvers(case)) or "an approver"


def _own_approval(ref: TicketRef) -> bool:
    return ref.approver is not None and ref.approver in (ref.requester, *ref.people)


def _open_ticket(case: Case, grant: Grant) -> bool:
    windows = case.windows_of.get(grant.identity.person or "", ())
    return any(
        w.covers(grant.time, case.policy.overlap_tolerance) and (not grant.systems or w.system in grant.systems)
        for w in windows
    )


def _mismatch(case: Case, grant: Grant, ref: TicketRef | None) -> str | None:
    if ref is None:
        return "does not exist"
    if ref.people and grant.identity.person not in ref.people:
        return f"is for {_people(case, ref)}"
    if ref.systems and grant.systems and not set(ref.systems) & set(grant.systems):
        return f"is for {listing(case.system_name(s) for s in ref.systems)}"
    return None


def _grant_facts(grant: Grant) -> dict[str, Any]:
    return {
        "what": grant.what,
        "granted_by": grant.granted_by,
        "granted_at": stamp(grant.time),
        "expires_at": stamp(grant.expires_at),
        "systems": list(grant.systems),
    }


def _what(case: Case, grant: Grant) -> str:
    places: Iterable[str] = (case.system_name(s) for s in grant.systems)
    return f"{grant.level} access to {listing(places)}" if grant.systems else grant.what


def _people(case: Case, ref: TicketRef) -> str:
    return listing(case.name(p) for p in ref.people) or "somebody"
