"""Who agreed, to what, and when."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import timedelta

from auditor.case.case import Case
from auditor.model.entitlements import TicketRef
from auditor.model.findings import Outcome
from auditor.model.statements import (
    LONGEST,
    UNREAD,
    Verdict,
    names,
    names_any_after,
    names_end,
    verdict,
    without_left_out,
)
from auditor.model.tables import Approval, Duty, Ticket
from auditor.model.vocabulary import CoverageStatus, Severity, TicketKind
from auditor.rules.base import Rule
from auditor.rules.facts import stamp
from auditor.rules.tasks.parts import SEPARATION, TASKS, about, about_request, people_of, ticket_rule
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
    elsewhere, as in chat, must name both, and counts from its last edit. A
    refusal, a question and what was taken back are none, nor is that of somebody who had left, or for somebody or
    something else. A request is none by whoever is not among policy's `requesters`, where it names any. An approval by
    the one who asked or receives is judged by `self-approved` alone. Reviews need no approval, what is to begin may
    still get one, and nothing is asked of a ticket of which nothing came: withdrawn, or refused and closed. For a
    change an approver's approval of the one merge request that it links counts, where a release of that was read; the
    link alone does not. What an access broker gave needs an approver too, and no words. With `duty_approves`, whoever
    was on duty for an incident's system may approve it.
    """
    for ticket, ref in case.tickets_in_period:
        if ref.kind == TicketKind.REVIEW or _own_approval(ref) or _is_to_come(case, ticket):
            continue
        if (ticket.approval or "").startswith(UNREAD):
            yield self.not_judged(thing=ticket.ticket, reason=f"what stands under {ticket.ticket} {ticket.approval}")
            continue
        problem = _approval_problem(case, ticket, ref)
        if problem and ref.kind is TicketKind.CHANGE and (request := _linked_request(ticket)):
            problem = _review_problem(case, ref, request, problem)
        if problem is None and (doubt := _of_last_resort(case, ticket, ref)[1]):
            yield self.not_judged(thing=ticket.ticket, reason=doubt)
            continue
        if problem is None and _approvers(case):
            yield self.clear(thing=ticket.ticket)
            continue
        if problem is None:
            yield self.not_judged(thing=ticket.ticket, reason="auditor.yaml names no approver who is on the roster")
            continue
        if not ticket.approver and (unread := _unread_elsewhere(case)):
            yield self.not_judged(thing=ticket.ticket, reason=unread)
            continue
        yield self.finding(
            **about(ticket, ref),
            summary=f"{ticket.ticket} for {people_of(case, ref)} {problem}",
            next_step=f"Have {_approver_names(case)} look at {ticket.ticket} "
            "and write down what they agree to, for whom and until when.",
            facts={"approver": ticket.approver, "approval": ticket.approval, **_given_at(ticket)},
        )
    yield from _unapproved_requests(self, case)


def _unapproved_requests(self: Rule, case: Case) -> Iterator[Outcome]:
    """Requests to access brokers, which need an approver and no words."""
    for ref in case.broker_requests:
        if _own_approval(ref):
            continue
        if ref.approver in _approvers(case):
            yield self.clear(thing=ref.ticket)
            continue
        agreed = f"approved by {case.name(ref.approver)}, who is not an approver" if ref.approver else "never approved"
        yield self.finding(
            **about_request(ref),
            summary=f"{ref.ticket} for {people_of(case, ref)} was {agreed}: the access broker gave what was asked for",
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
            summary=f"{case.name(ref.approver)} approved their own access under {ticket.ticket}{missing}",
            next_step="Have another approver review what was done, and note it in the ticket.",
            facts={"approver": ref.approver, "approval": ticket.approval, "reviewer": ticket.second_reviewer},
        )
    for ref in case.broker_requests:
        if not _own_approval(ref):
            yield self.clear(thing=ref.ticket)
            continue
        yield self.finding(
            **about_request(ref),
            summary=f"{case.name(ref.approver)} approved what they asked the access broker for: {ref.ticket}",
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
            summary=f"{ticket.ticket} was {done} {length(late)} after access began",
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
            summary=f"{ticket.ticket} is {ref.work} work and {state}",
            next_step="Have somebody else look at what was done; next time before it is done.",
            facts={"second_reviewer": ticket.second_reviewer, "approver": ref.approver},
        )


def _for_whole_days(case: Case, ticket: Ticket) -> bool:
    times = [time.astimezone(case.config.zone) for time in (ticket.starts_at, ticket.ends_at) if time]
    return len(times) > 1 and not any(time.hour or time.minute or time.second for time in times)


def _given_at(ticket: Ticket) -> dict[str, str]:
    return {"given_at": ticket.approval_url} if ticket.approval_url else {}


def _unread_elsewhere(case: Case) -> str | None:
    """Why an approval may have been given that was not seen: where it may stand was not all read."""
    feeding = {source.name for source in case.config.sources if Approval.TABLE in source.FEEDS}
    lost = (one for one in case.coverage if one.source in feeding and one.status != CoverageStatus.OK)
    return next((f"approvals may stand in what was not read: {one.scope} of {one.source}" for one in lost), None)


def _approval_problem(case: Case, ticket: Ticket, ref: TicketRef) -> str | None:
    by = case.name(ref.approver) if ref.approver else ticket.approver
    # A broker asks its approvers about person, role and end: what they write beside it decides nothing.
    text = "" if ticket.broker else ticket.approval or ""
    said = verdict(text)
    other, left = _for_another(case, text, ref), _left_out(case, text, ref)
    lacking = [what for what, there in _parts(case, ticket, ref).items() if not there and not ticket.broker]
    problems = {
        _asked_by(case, ticket) or "": True,
        "was never approved": not (ticket.approver or ticket.approval),
        f"was refused{f' by {by}' if by else ''}": said is Verdict.REFUSED,
        "was asked for, and not approved": said is Verdict.OPEN,
        "does not say who approved it": not by,
        f"was approved by {by}, who is not an approver": (approvers := _approvers(case))
        and ref.approver not in approvers
        and not any(_of_last_resort(case, ticket, ref)),
        f"was approved by {by}, who had left": case.config.has_left(ref.approver, ticket.approved_at or case.at),
        f"was approved for {other}": other,
        f"was approved without {listing(left)}": left,
        f"was approved without naming {listing(lacking)}": lacking,
    }
    return next((problem for problem, there in problems.items() if problem and there), None)


def _of_last_resort(case: Case, ticket: Ticket, ref: TicketRef) -> tuple[bool, str]:
    """Whether an incident was approved by whoever was on duty for one of its systems then, where policy lets them.

    With it, why a rota does not tell, where somebody else approved.
    """
    may = case.policy.duty_approves and ref.kind is TicketKind.INCIDENT and ref.approver not in _approvers(case)
    if not (may and ref.approver and ticket.approved_at):
        return False, ""
    told = [case.on_duty(case.config.systems_by_id[system], ticket.approved_at) for system in ref.systems]
    if any(ref.approver in one.people for one in told):
        return True, ""
    return False, "; ".join(dict.fromkeys(one.doubt for one in told if one.rota and one.doubt))


_REQUEST = re.compile(r"https?://[^\s<>()\"']+/(?:-/merge_requests|pull)/\d+")


def _linked_request(ticket: Ticket) -> str | None:
    """The one merge request that a ticket links."""
    told = (ticket.title, ticket.reason, ticket.approval, ticket.note)
    found = {link for text in told if text for link in _REQUEST.findall(text[:LONGEST])}
    return found.pop() if len(found) == 1 else None


def _review_problem(case: Case, ref: TicketRef, request: str, otherwise: str) -> str | None:
    """What is wrong with the approval of a change that stands under its merge request; None where nothing is.

    A release of several merge requests does not tell which of them was approved.
    """
    released = [one.row for one in case.releases if one.system in ref.systems and one.row.merge_request == request]
    people = {case.people.called(account) for row in released for account in row.approvers}
    if not released:
        return f"{otherwise}: it links {request}, of which no release was read"
    able = people.intersection(_approvers(case)) - {ref.requester, *ref.people}
    here = [person for person in able if person and not case.config.has_left(person, min(row.time for row in released))]
    names_ = listing(sorted(case.name(person) for person in people if person)) or "nobody"
    return None if here else f"{otherwise}: {request} was approved by {names_}, and by no other approver"


_FOR = ("for", "für", "pour", "para")
_ON = (*_FOR, "on", "to", "auf", "sur", "en")


def _asked_by(case: Case, ticket: Ticket) -> str | None:
    """What is wrong with who asked, where policy says who may."""
    allowed, who = case.policy.requesters, case.people.called(ticket.requester)
    if not allowed:
        return None
    if not ticket.requester:
        return "does not say who asked for it"
    if who and (case.config.people_by_id[who].job in allowed or who in map(case.people.called, allowed)):
        return None
    return f"was asked for by {case.name(who) if who else ticket.requester}, who may not ask"


def _for_another(case: Case, text: str, ref: TicketRef) -> str | None:
    """For whom or what else it was given, where it names nobody and nothing that the ticket is for."""
    people = ((one.name, case.people.names_of(one.id)) for one in case.config.people)
    if other := _another(text, _FOR, _names_of_people(case, ref), people):
        return other
    systems = ((one.name, one.names) for one in case.config.systems)
    return None if ref.unknown_systems else _another(text, _ON, _names_of_systems(case, ref), systems)


def _left_out(case: Case, text: str, ref: TicketRef) -> list[str]:
    """Whom and what of the ticket's own it names only to leave them out."""
    own = {case.name(person): case.people.names_of(person) for person in ref.people}
    own |= {case.system_name(system): case.config.systems_by_id[system].names for system in ref.systems}
    told = without_left_out(text, [name for called in own.values() for name in called])
    named = (one for one, called in own.items() if any(names(text, name) for name in called))
    return sorted(one for one in named if not any(names(told, name) for name in own[one]))


def _another(
    text: str, before: Collection[str], own: Collection[str], known: Iterable[tuple[str, Collection[str]]]
) -> str | None:
    """Whoever or whatever stands after one of the words, where none of the ticket's `own` names is in the text.

    `known` has everybody's names beside the one that is shown.
    """
    if not own or any(names(text, name) for name in own):
        return None  # as nearly always: the others need not be looked for
    others = [(name, shown) for shown, called in known for name in called]
    if not names_any_after(text, before, (name for name, _ in others)):
        return None  # told by one look at the text
    return next((shown for name, shown in others if any(names(text, f"{word} {name}") for word in before)), None)


def _names_of_people(case: Case, ref: TicketRef) -> list[str]:
    return [name for person in ref.people for name in case.people.names_of(person)]


def _names_of_systems(case: Case, ref: TicketRef) -> list[str]:
    return [name for system in ref.systems for name in case.config.systems_by_id[system].names]


def _parts(case: Case, ticket: Ticket, ref: TicketRef) -> dict[str, bool]:
    """What an approval has to name, and whether this one does."""
    text = ticket.approval or ""
    # What nobody knows is named as it stands in the ticket.
    people = [*_names_of_people(case, ref), *ref.unknown_people]
    systems = [*_names_of_systems(case, ref), *ref.unknown_systems]
    parts = {"the system or person": [*people, *systems, *ref.unknown]}
    if ticket.approval_url:
        # What does not stand on the ticket has to say itself what it is about.
        parts = {"the person": people, "the system": systems}
    named = {part: any(names(text, name) for name in called) for part, called in parts.items()}
    return {"the task": names(text, ticket.ticket), **named, "the end": names_end(text)}


def _is_to_come(case: Case, ticket: Ticket) -> bool:
    return ticket.starts_at is not None and ticket.starts_at > case.at


def _approvers(case: Case) -> list[str]:
    return [p for name in case.policy.approvers if (p := case.people.called(name))]


def _approver_names(case: Case) -> str:
    return listing(case.name(a) for a in _approvers(case)) or "an approver"


def _own_approval(ref: TicketRef) -> bool:
    return ref.approver is not None and ref.approver in (ref.requester, *ref.people)
