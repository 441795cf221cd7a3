"""What is wrong with how a ticket was approved: by whom, for whom and what, and in which words."""

import re
from collections.abc import Collection, Iterable

from auditor.case.case import Case
from auditor.model.groups import only
from auditor.model.person_names import folded, folded_text
from auditor.model.statements import (
    LONGEST,
    Verdict,
    is_for_reading,
    names,
    names_any_after,
    names_end,
    verdict,
    without_left_out,
)
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef
from auditor.model.vocabulary import TicketKind
from auditor.rules.words import listing

_REQUEST = re.compile(r"https?://[^\s<>()\"']+/(?:-/merge_requests|pull)/\d+")
_FOR = ("for", "fur", "pour", "para")
_ON = (*_FOR, "on", "to", "auf", "sur", "en")


def flaw(case: Case, ticket: Ticket, ref: TicketRef) -> str | None:
    """What is wrong with a ticket's approval, or with that of the one merge request that a change links; else None."""
    problem = _problem(case, ticket, ref)
    if problem and ref.kind is TicketKind.CHANGE and (request := _linked_request(ticket)):
        return _review_problem(case, ref, request, problem)
    return problem


def _problem(case: Case, ticket: Ticket, ref: TicketRef) -> str | None:
    by = case.name(ref.approver) if ref.approver else ticket.approver
    # A broker asks its approvers about person, role and end: what they write beside it decides nothing.
    text = "" if ticket.broker else ticket.approval or ""
    said = verdict(text)
    other, left = _for_another(case, text, ref), _left_out(case, text, ref)
    lacking = [what for what, there in _parts(case, ticket, ref).items() if not there and not ticket.broker]
    problems = {
        _asked_by(case, ticket) or "": True,
        "still waits for approval": waits_for_approval(ticket),
        "was never approved": not (ticket.approver or ticket.approval),
        f"was refused{f' by {by}' if by else ''}": said is Verdict.REFUSED,
        "was asked for, and not approved": said is Verdict.OPEN,
        f"was approved{f' by {by}' if by else ''} on a condition, and nothing says that it was met": (
            said is Verdict.CONDITIONAL and not ticket.second_reviewer
        ),
        "does not say who approved it": not by,
        f"was approved by {by}, who is not an approver": (known := approvers(case))
        and ref.approver not in known
        and not any(of_last_resort(case, ticket, ref)),
        f"was approved by {by}, who had left": case.config.has_left(ref.approver, ticket.approved_at or case.at),
        f"was approved{f' by {by}' if by else ''} for reading alone": ref.level.changes and is_for_reading(text),
        f"was approved for {other}": other,
        f"was approved without {listing(left)}": left,
        f"was approved without saying {listing(lacking)}": lacking,
    }
    return next((problem for problem, there in problems.items() if problem and there), None)


def waits_for_approval(ticket: Ticket) -> bool:
    """Whether its status says that nobody approved it yet, and nothing else says who did."""
    return not ticket.approver and verdict(ticket.status or "") is Verdict.OPEN


def of_last_resort(case: Case, ticket: Ticket, ref: TicketRef) -> tuple[bool, str]:
    """Whether an incident was approved by whoever was on duty for one of its systems then, where policy lets them.

    With it, why a rota does not tell, where somebody else approved.
    """
    may = case.policy.duty_approves and ref.kind is TicketKind.INCIDENT and ref.approver not in approvers(case)
    if not (may and ref.approver and ticket.approved_at):
        return False, ""
    told = [case.on_duty(case.config.systems_by_id[system], ticket.approved_at) for system in ref.systems]
    if any(ref.approver in one.people for one in told):
        return True, ""
    return False, "; ".join(dict.fromkeys(one.doubt for one in told if one.rota and one.doubt))


def _linked_request(ticket: Ticket) -> str | None:
    """The one merge request that a ticket links."""
    told = (ticket.title, ticket.reason, ticket.approval, ticket.note)
    return only(link for text in told if text for link in _REQUEST.findall(text[:LONGEST]))


def _review_problem(case: Case, ref: TicketRef, request: str, otherwise: str) -> str | None:
    """What is wrong with the approval of a change that stands under its merge request; None where nothing is.

    A release of several merge requests does not tell which of them was approved.
    """
    released = [one.row for one in case.releases if one.system in ref.systems and one.row.merge_request == request]
    if not released:
        return f"{otherwise}: it links {request}, of which no release was read"
    people = {who for row in released for account in row.approvers if (who := case.people.called(account))}
    first = min(row.time for row in released)
    able = people.intersection(approvers(case)) - {ref.requester, *ref.people}
    here = [person for person in able if not case.config.has_left(person, first)]
    names_ = listing(sorted(map(case.name, people))) or "nobody"
    return None if here else f"{otherwise}: {request} was approved by {names_}, and by no other approver"


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
    text = folded_text(text[:LONGEST])
    people = ((one.name, case.people.names.of(one.id)) for one in case.config.people)
    if other := _another(text, _FOR, _names_of_people(case, ref), people):
        return other
    systems = ((one.name, map(folded, one.names)) for one in case.config.systems)
    return None if ref.unknown_systems else _another(text, _ON, _names_of_systems(case, ref), systems)


def _left_out(case: Case, text: str, ref: TicketRef) -> list[str]:
    """Whom and what of the ticket's own it names only to leave them out."""
    own = {case.name(person): case.people.names.of(person) for person in ref.people}
    own |= {case.system_name(system): _names_of_system(case, system) for system in ref.systems}
    text = folded_text(text[:LONGEST])
    told = without_left_out(text, [name for called in own.values() for name in called])
    named = (one for one, called in own.items() if any(names(text, name) for name in called))
    return sorted(one for one in named if not any(names(told, name) for name in own[one]))


def _another(
    text: str, before: Collection[str], own: Collection[str], known: Iterable[tuple[str, Iterable[str]]]
) -> str | None:
    """Whoever or whatever stands after one of the words, where none of the ticket's `own` names is in the text.

    `known` has everybody's names beside the one that is shown; all but that one are folded, as the text is.
    """
    if not own or not any(f"{word} " in text for word in before) or any(names(text, name) for name in own):
        return None  # as nearly always: the others need not be looked for
    others = [(name, shown) for shown, called in known for name in called]
    if not names_any_after(text, before, (name for name, _ in others)):
        return None  # told by one look at the text
    return next((shown for name, shown in others if any(names(text, f"{word} {name}") for word in before)), None)


def _names_of_people(case: Case, ref: TicketRef) -> list[str]:
    return [name for person in ref.people for name in case.people.names.of(person)]


def _names_of_systems(case: Case, ref: TicketRef) -> list[str]:
    return [name for system in ref.systems for name in _names_of_system(case, system)]


def _names_of_system(case: Case, system: str) -> tuple[str, ...]:
    return tuple(map(folded, case.config.systems_by_id[system].names))


def _parts(case: Case, ticket: Ticket, ref: TicketRef) -> dict[str, bool]:
    """What an approval has to name, and whether this one does."""
    text = ticket.approval or ""
    # What nobody knows is named as it stands in the ticket.
    people = [*_names_of_people(case, ref), *map(folded, ref.unknown_people)]
    systems = [*_names_of_systems(case, ref), *map(folded, ref.unknown_systems)]
    parts = {"for whom or what": [*people, *systems, *map(folded, ref.unknown)]}
    if ticket.approval_url:
        # What does not stand on the ticket has to say itself what it is about.
        parts = {"for whom": people, "on which system": systems}
    plain = folded_text(text[:LONGEST])
    named = {part: any(names(plain, name) for name in called) for part, called in parts.items()}
    return {"which task": names(text, ticket.ticket), **named, "until when": names_end(text)}


def approvers(case: Case) -> list[str]:
    """Those of policy's approvers who are on the roster."""
    return [p for name in case.policy.approvers if (p := case.people.called(name))]
