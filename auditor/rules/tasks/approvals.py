"""Who agreed, to what, and when."""

import re
from collections.abc import Iterator
from datetime import timedelta

from auditor.case.case import Case
from auditor.model.findings import Outcome
from auditor.model.tables import Approval, Duty, Ticket
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import CoverageStatus, Severity, TicketKind
from auditor.rules.base import Rule
from auditor.rules.facts import stamp
from auditor.rules.tasks.approved import approvers, flaw, of_last_resort, waits_for_approval
from auditor.rules.tasks.parts import SEPARATION, TASKS, about, about_request, named, people_of, ticket_rule
from auditor.rules.words import length, listing

_DAY = timedelta(days=1)


@ticket_rule(
    "tasks/unapproved",
    heading="Access without an approval",
    severity=Severity.HIGH,
    why="Access that nobody with the say agreed to is access that somebody took.",
    controls=TASKS,
    reads=("tickets", "deployments", Approval.TABLE, Duty.TABLE),
)
def unapproved(self: Rule, case: Case) -> Iterator[Outcome]:
    """No approval by a person on the approver list, or a statement without task, scope and end.

    The statement must name the ticket, the system or the person, and the end; a bare "ok" does not. One that was given
    elsewhere, as in chat, must name both, and counts from its last edit. One by a name that several have, an approver
    among them, or much like an approver's, could not be judged. A refusal, a question and what was taken back are
    none, nor is one that waits for somebody else's word (`once Mia has looked`) that no second reviewer gave, nor that
    of somebody who had left, or for somebody or something else, or for reading alone where more is asked. A request is
    none by whoever is not among policy's `requesters`, where it names any; nobody approved one that names no approver
    and has a status that says it waits. An approval by the one who asked or receives is judged by `self-approved`
    alone. Reviews need no approval, what is to begin may still get one, and nothing is asked of a
    ticket of which nothing came: withdrawn, or refused and closed. For a change an approver's approval of the one
    merge request that it links counts, where a release of that was read; the link alone does not. What an access
    broker gave needs an approver too, and no words. With `duty_approves`, whoever was on duty for an incident's system
    may approve it.
    """
    for ticket, ref in case.tickets_in_period:
        if ref.kind == TicketKind.REVIEW or _own_approval(ref) or _is_to_come(case, ticket):
            continue
        problem = flaw(case, ticket, ref)
        if problem and ticket.words_unread and not waits_for_approval(ticket):
            yield self.not_judged(thing=ticket.ticket, reason=f"what stands under {ticket.ticket} {ticket.approval}")
            continue
        if problem is None and (doubt := of_last_resort(case, ticket, ref)[1]):
            yield self.not_judged(thing=ticket.ticket, reason=doubt)
            continue
        if problem is None and approvers(case):
            yield self.clear(thing=ticket.ticket)
            continue
        if problem is None:
            yield self.not_judged(thing=ticket.ticket, reason="auditor.yaml names no approver who is on the roster")
            continue
        if not ref.approver and (several := _may_be(case, ticket.approver or "")).intersection(approvers(case)):
            either = " or ".join(sorted(map(case.name, several)))
            reason = f"{ticket.ticket} was approved by {ticket.approver}, who may be {either}"
            yield self.not_judged(thing=ticket.ticket, reason=reason)
            continue
        if not ticket.approver and (unread := _unread_elsewhere(case)):
            yield self.not_judged(thing=ticket.ticket, reason=unread)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} {problem}",
            next_step=_to_approve(case, ticket.ticket, problem),
            facts={"approver": ticket.approver, "approval": ticket.approval, **_given_at(ticket)},
        )
    yield from _unapproved_requests(self, case)


def _unapproved_requests(self: Rule, case: Case) -> Iterator[Outcome]:
    """Requests to access brokers, which need an approver and no words."""
    for ref in case.broker_requests:
        if _own_approval(ref):
            continue
        if ref.approver in approvers(case):
            yield self.clear(thing=ref.ticket)
            continue
        agreed = f"approved by {case.name(ref.approver)}, who is not an approver" if ref.approver else "never approved"
        yield self.finding(
            **about_request(ref),
            summary=f"{named(case, ref)} was {agreed}: the access broker gave what was asked for",
            next_step=f"Have {_approver_names(case)} look at what was done, and let the broker ask them from now on.",
            facts={"approver": ref.approver},
        )


@ticket_rule(
    "tasks/self-approved",
    heading="Approved by the person who asked",
    severity=Severity.HIGH,
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
        reviewer = case.people.called(ticket.second_reviewer)
        reviewed = reviewer and reviewer != ref.approver and ticket.reviewed_at
        if ref.kind == TicketKind.INCIDENT and reviewed and (ticket.approval or ticket.reason):
            yield self.clear(thing=ticket.ticket)
            continue
        missing = ", and nobody reviewed it afterwards" if ref.kind == TicketKind.INCIDENT else ""
        yield self.finding(
            **about(ticket, ref),
            summary=f"{_own(case, ref)} under {ticket.ticket}{missing}",
            next_step="Have another approver review what was done, and note it in the ticket.",
            facts={"approver": ref.approver, "approval": ticket.approval, "reviewer": ticket.second_reviewer},
        )
    for ref in case.broker_requests:
        if not _own_approval(ref):
            yield self.clear(thing=ref.ticket)
            continue
        yield self.finding(
            **about_request(ref),
            summary=f"{case.name(ref.approver)} approved what they asked the access broker for: {named(case, ref)}",
            next_step="Have an approver review what was done, and let the broker ask somebody else.",
            facts={"approver": ref.approver},
        )


@ticket_rule(
    "tasks/late-approval",
    heading="Approved after it began",
    severity=Severity.MEDIUM,
    why="An approval after the fact approves whatever happened.",
    controls=TASKS,
)
def late_approval(self: Rule, case: Case) -> Iterator[Outcome]:
    """Approved after access began, give or take the clock tolerance; in an incident, after `incident_note_within`.

    No approval is older than its ticket: one that was opened too late was approved too late, whatever it says. One that
    is for whole days says not when on the first of them it began.
    """
    for ticket, ref in case.tickets_in_period:
        if not (ticket.approved_at and ticket.starts_at):
            continue
        incident = ref.kind == TicketKind.INCIDENT
        allowed = case.policy.incident_note_within if incident else case.policy.overlap_tolerance
        opened = ticket.opened_at or ticket.approved_at
        allowed = _DAY if _for_whole_days(case, ticket) else allowed
        late = max(ticket.approved_at, opened) - ticket.starts_at
        if late <= allowed:
            yield self.clear(thing=ticket.ticket)
            continue
        done = "opened" if opened > ticket.approved_at else "approved"
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} was {done} {length(late)} after access began",
            next_step="Ask why it could not wait; for incidents, write the note within "
            f"{length(case.policy.incident_note_within)}.",
            facts={"minutes_late": int(late.total_seconds() // 60), "approved_at": stamp(ticket.approved_at)},
        )


@ticket_rule(
    "tasks/no-second-reviewer",
    heading="Risky work with one pair of eyes",
    severity=Severity.MEDIUM,
    why="Risky work with one pair of eyes goes wrong with nobody to see it.",
    controls=SEPARATION,
)
def no_second_reviewer(self: Rule, case: Case) -> Iterator[Outcome]:
    """Work of a kind that policy wants a second reviewer for, without one who neither asks, does nor approves it."""
    for ticket, ref in case.tickets_in_period:
        if ref.work not in case.policy.second_reviewer_for or _is_to_come(case, ticket):
            continue
        reviewer = case.people.called(ticket.second_reviewer)
        if reviewer and reviewer not in (ref.requester, ref.approver, *ref.people):
            yield self.clear(thing=ticket.ticket)
            continue
        state = f"was reviewed by {case.name(reviewer)}, who has a part in it" if reviewer else "had no second reviewer"
        yield self.finding(
            **about(ticket, ref),
            summary=f"{named(case, ref)} is {ref.work} work and {state}",
            next_step="Have somebody else look at what was done; next time before it is done.",
            facts={"second_reviewer": ticket.second_reviewer, "approver": ref.approver},
        )


def _may_be(case: Case, name: str) -> set[str]:
    """Whom a name that is nobody's may mean: those who share it, or of whose names each word is a slip of the pen."""
    words = re.findall(r"[^\W_]+", name.partition("@")[0])
    like = [case.people.names.like([word]) for word in words]
    return case.people.namesakes(name) | (set(frozenset.intersection(*like)) if like else set())


def _for_whole_days(case: Case, ticket: Ticket) -> bool:
    times = [time.astimezone(case.config.zone) for time in (ticket.starts_at, ticket.ends_at) if time]
    return len(times) > 1 and not any(time.hour or time.minute or time.second for time in times)


def _given_at(ticket: Ticket) -> dict[str, str]:
    return {"given_at": ticket.approval_url} if ticket.approval_url else {}


def _unread_elsewhere(case: Case) -> str | None:
    """Why an approval may have been given that was not seen: where it may stand was not all read."""
    feeding = {source.name for source in case.config.feeding(Approval.TABLE)}
    lost = (one for one in case.coverage if one.source in feeding and one.status != CoverageStatus.OK)
    return next((f"approvals may stand in what was not read: {one.scope} of {one.source}" for one in lost), None)


def _is_to_come(case: Case, ticket: Ticket) -> bool:
    return ticket.starts_at is not None and ticket.starts_at > case.at


def _to_approve(case: Case, ticket: str, problem: str) -> str:
    approver = _approver_names(case)
    if problem.startswith("was refused"):
        return f"Ask why it went on all the same; undo it, or have {approver} agree to it in {ticket}."
    return f"Have {approver} look at {ticket} and write down what they agree to, for whom and until when."


def _approver_names(case: Case) -> str:
    return listing((case.name(a) for a in approvers(case)), last="or") or "an approver"


def _own(case: Case, ref: TicketRef) -> str:
    """Who approved what of their own: their access, or what they asked for somebody else."""
    to = f" to {listing(map(case.system_name, ref.systems))}" if ref.systems else ""
    own = ref.approver in ref.people
    what = f"their own access{to}" if own else f"the access{to} that they asked for {people_of(case, ref)}"
    return f"{case.name(ref.approver)} approved {what}"


def _own_approval(ref: TicketRef) -> bool:
    return ref.approver is not None and ref.approver in (ref.requester, *ref.people)
