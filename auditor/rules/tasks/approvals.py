"""Who agreed, to what, and when."""

import re
from collections.abc import Iterator

from auditor.case.case import Case
from auditor.model.entitlements import TicketRef
from auditor.model.findings import Outcome
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Ticket
from auditor.model.vocabulary import Severity, TicketKind
from auditor.rules.asks import COMPLETE
from auditor.rules.base import Rule, rule
from auditor.rules.facts import stamp
from auditor.rules.tasks.parts import SEPARATION, TASKS, about, people_of
from auditor.rules.words import length, listing

# An end as people write it: a length, or a time that something lasts until. A time alone is none.
_END = re.compile(
    r"\b(?:\d+(?:[.,]\d+)?|an?|half an|one|two|three|four|five|six|eight|ten|fifteen|twenty|thirty|forty-five|sixty)"
    r"\s*-?(?:m|mins?|minutes?|h|hrs?|hours?|days?)\b"
    r"|\b(?:until|till|til|to|by|before|bis)\s+(?:about\s+)?"
    r"(?:\d|noon|midnight|tomorrow|tonight|(?:the\s+)?end of|eod|resolved|closed|it is over|close of business"
    r"|mon|tue|wed|thu|fri|sat|sun)"
    r"|\d\s*[-\u2013]\s*\d{1,2}:\d\d|\b(?:eod|end of (?:the )?(?:day|shift|week))\b",
    re.IGNORECASE,
)


@rule(
    "tasks/unapproved",
    heading="Access without an approval",
    judges=SubjectKind.TICKET,
    severity=Severity.HIGH,
    reads=("tickets",),
    asks=COMPLETE,
    why="Access that nobody with the say agreed to is access that somebody took.",
    controls=TASKS,
)
def unapproved(self: Rule, case: Case) -> Iterator[Outcome]:
    """No approval by a person on the approver list, or a statement without task, scope and end.

    The statement must name the ticket, the system or the person, and the end; a bare "ok" or a chat message does not.
    An approval by the one who asked or receives is judged by `self-approved` alone. Reviews need no approval.
    """
    for ticket, ref in case.tickets_in_period:
        if ref.kind == TicketKind.REVIEW or _own_approval(ref):
            continue
        problem = _approval_problem(case, ticket, ref)
        if problem is None:
            yield self.clear(thing=ticket.ticket)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"{ticket.ticket} for {people_of(case, ref)} {problem}",
            next_step=f"Have {_approver_names(case)} look at {ticket.ticket} "
            "and write down what they agree to, for whom and until when.",
            facts={"approver": ticket.approver, "approval": ticket.approval},
        )


@rule(
    "tasks/self-approved",
    heading="Approved by the person who asked",
    judges=SubjectKind.TICKET,
    severity=Severity.HIGH,
    reads=("tickets",),
    asks=COMPLETE,
    why="One person who asks and agrees is one pair of eyes.",
    controls=SEPARATION,
)
def self_approved(self: Rule, case: Case) -> Iterator[Outcome]:
    """Requester (or recipient) and approver are one.

    In an incident it is allowed with a reason and a later reviewer who is somebody else.
    """
    for ticket, ref in case.tickets_in_period:
        if not _own_approval(ref):
            yield self.clear(thing=ticket.ticket)
            continue
        reviewer = case.people.roster_id(ticket.second_reviewer)
        reviewed = reviewer and reviewer != ref.approver and ticket.reviewed_at
        if ref.kind == TicketKind.INCIDENT and reviewed and (ticket.approval or ticket.reason):
            yield self.clear(thing=ticket.ticket)
            continue
        missing = ", and nobody reviewed it afterwards" if ref.kind == TicketKind.INCIDENT else ""
        yield self.finding(
            **about(ticket, ref),
            summary=f"{case.name(ref.approver)} approved their own access under {ticket.ticket}{missing}",
            next_step="Have another approver review what was done, and note it in the ticket.",
            facts={"approver": ref.approver, "approval": ticket.approval, "reviewer": ticket.second_reviewer},
        )


@rule(
    "tasks/late-approval",
    heading="Approved after it began",
    judges=SubjectKind.TICKET,
    severity=Severity.MEDIUM,
    reads=("tickets",),
    asks=COMPLETE,
    why="An approval after the fact approves whatever happened.",
    controls=TASKS,
)
def late_approval(self: Rule, case: Case) -> Iterator[Outcome]:
    """Approved after access began, give or take the clock tolerance; in an incident, after `incident_note_within`."""
    for ticket, ref in case.tickets_in_period:
        if not (ticket.approved_at and ticket.starts_at):
            continue
        incident = ref.kind == TicketKind.INCIDENT
        allowed = case.policy.incident_note_within if incident else case.policy.overlap_tolerance
        late = ticket.approved_at - ticket.starts_at
        if late <= allowed:
            yield self.clear(thing=ticket.ticket)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"{ticket.ticket} was approved {length(late)} after access began",
            next_step="Ask why it could not wait; for incidents, write the note within "
            f"{length(case.policy.incident_note_within)}.",
            facts={"minutes_late": int(late.total_seconds() // 60), "approved_at": stamp(ticket.approved_at)},
        )


@rule(
    "tasks/no-second-reviewer",
    heading="Risky work with one pair of eyes",
    judges=SubjectKind.TICKET,
    severity=Severity.MEDIUM,
    reads=("tickets",),
    asks=COMPLETE,
    why="Risky work with one pair of eyes goes wrong with nobody to see it.",
    controls=SEPARATION,
)
def no_second_reviewer(self: Rule, case: Case) -> Iterator[Outcome]:
    """Work of a kind that policy wants a second reviewer for, without one who neither asks, does nor approves it."""
    for ticket, ref in case.tickets_in_period:
        if ref.work not in case.policy.second_reviewer_for:
            continue
        reviewer = case.people.roster_id(ticket.second_reviewer)
        if reviewer and reviewer not in (ref.requester, ref.approver, *ref.people):
            yield self.clear(thing=ticket.ticket)
            continue
        state = f"was reviewed by {case.name(reviewer)}, who has a part in it" if reviewer else "had no second reviewer"
        yield self.finding(
            **about(ticket, ref),
            summary=f"{ticket.ticket} is {ref.work} work and {state}",
            next_step="Have somebody else look at what was done; next time before it is done.",
            facts={"second_reviewer": ticket.second_reviewer, "approver": ref.approver},
        )


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
