"""What the rules on tickets share."""

from functools import partial
from typing import Any

from auditor.case.case import Case
from auditor.case.ticket_times import begins_at
from auditor.model.findings import pointer
from auditor.model.groups import only
from auditor.model.statements import NO_COLUMN, says_removed
from auditor.model.subjects import SubjectKind
from auditor.model.tables import Ticket
from auditor.model.tickets import TicketRef
from auditor.rules.asks import COMPLETE
from auditor.rules.base import controls, rule
from auditor.rules.words import listing

ticket_rule = partial(rule, judges=SubjectKind.TICKET, reads=("tickets",), asks=COMPLETE)
TASKS = controls(soc2="CC6.2 CC6.3", iso="A.5.15 A.5.18", pci="7.2.3 8.2.4", nist="AC-2 AC-3", cis="6.1")
SEPARATION = controls(soc2="CC6.3", iso="A.5.3 A.5.18", pci="7.2.3 8.2.4", nist="AC-5 AC-2", cis="6.1")
LENGTH = controls(soc2="CC6.3", iso="A.5.18", pci="8.2.7", nist="AC-2 AC-2(4)", cis="6.1")


def about(ticket: Ticket, ref: TicketRef) -> dict[str, Any]:
    """The fields of a finding on a ticket."""
    return {
        "thing": ticket.ticket,
        "person": only(ref.people),
        "system": only(ref.systems),
        "ticket": ticket.ticket,
        "starts_at": begins_at(ticket),
        "ends_at": ref.ends_at or ticket.ends_at,
        "resource": ticket.url,
        "evidence": (pointer(ticket),),
    }


def about_request(ref: TicketRef) -> dict[str, Any]:
    """The fields of a finding on a request to an access broker."""
    return {
        "thing": ref.ticket,
        "person": ref.people[0],
        "system": only(ref.systems),
        "ticket": ref.ticket,
        "starts_at": ref.starts_at,
        "ends_at": ref.ends_at,
        "evidence": (ref.asked,),
    }


_LACKING = {
    "closed_at": "was never closed",
    "closeout": "nobody wrote what was done",
    "removal_confirmed": "nobody confirmed that the access is gone",
}
_TELLS = {"closeout": "what was done", "removal_confirmed": "that the access is gone"}


def closeout_lacks(ticket: Ticket, subject: str = "") -> list[str]:
    """What is missing at a ticket's end, in words that follow its name; `subject` stands where it is not named.

    What its source cannot tell is not missing: `closeout_untold` says so.
    """
    untold = _untold(ticket)
    lacking = [name for name in _empty(ticket) if name not in untold]
    return [f"{subject if name == 'closed_at' else ''}{_LACKING[name]}" for name in lacking]


def closeout_untold(ticket: Ticket) -> str:
    """Why it is not known whether somebody wrote what was done and that the access is gone; nothing where it is."""
    untold = _untold(ticket)
    unknown = [_TELLS[name] for name in _empty(ticket) if name in untold & _TELLS.keys()]
    if unknown and _is_unread(ticket):
        return f"what stands under {ticket.ticket} {ticket.approval}"
    return f"{ticket.ticket} is in a file without a column that says {listing(unknown, last='or')}" if unknown else ""


def _empty(ticket: Ticket) -> list[str]:
    """The columns of a ticket's end under which nothing is told."""
    told = {
        "closed_at": ticket.closed_at,
        "closeout": (ticket.closeout or "").strip(),
        "removal_confirmed": _is_gone(ticket),
    }
    return [name for name, found in told.items() if not found]


def _untold(ticket: Ticket) -> frozenset[str]:
    """Columns of a ticket's end that its source does not tell; that the access is gone may stand in the note, too."""
    untold = frozenset(ticket.untold)
    if "closeout" not in untold:
        untold -= {"removal_confirmed"}
    return untold | _TELLS.keys() if _is_unread(ticket) else untold


def _is_unread(ticket: Ticket) -> bool:
    return ticket.words_unread and ticket.approval != NO_COLUMN


def _is_gone(ticket: Ticket) -> bool | None:
    """Whether the ticket says that the access is gone: in a column of its own, else in the note of what was done."""
    return says_removed(ticket.closeout or "") if ticket.removal_confirmed is None else ticket.removal_confirmed


def named(case: Case, ref: TicketRef) -> str:
    """`PAY-184 for Nina Alvarez on Checkout`: a ticket with whom and what it is for, as far as both are known."""
    people = f" for {listing(map(case.name, ref.people))}" if ref.people else ""
    systems = f" on {listing(map(case.system_name, ref.systems))}" if ref.systems else ""
    return f"{ref.ticket}{people}{systems}"


def people_of(case: Case, ref: TicketRef) -> str:
    """Whom a ticket is for, by name."""
    return listing(case.name(p) for p in ref.people) or "somebody"
