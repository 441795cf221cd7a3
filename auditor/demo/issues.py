"""The company's tickets as issues in GitLab: the request template filled in, labels, comments, and their closing."""

from datetime import date, datetime
from typing import Any

from auditor.demo.calendar import ZONE, Calendar, clock
from auditor.demo.data import shaped
from auditor.demo.gitlab.state import Record
from auditor.demo.tickets import StoryTicket, known
from auditor.model.vocabulary import TicketKind

_PROJECTS = {"OPS": "harbour/ops", "PAY": "harbour/checkout"}
_APPROVED = "access::approved"
Below = dict[tuple[str, int, str], Any]


def issues(prefix: str, calendar: Calendar) -> tuple[list[Record], Below]:
    """The issues of the project whose tickets begin so, and what happened to each."""
    records: list[Record] = []
    below: Below = {}
    for ticket, day in known(calendar):
        name, _, number = ticket.id.partition("-")
        if name == prefix:
            iid = int(number)
            records.append(_issue(ticket, iid, day))
            below["issues", iid, "resource_label_events"] = _labels(ticket, day)
            closed = shaped("turn", user=_who(ticket.person), at=_at(day, ticket.closed))
            below["issues", iid, "resource_state_events"] = [closed]
            below["issues", iid, "notes"] = _notes(ticket, day)
    return records, below


def _issue(ticket: StoryTicket, iid: int, day: date) -> Record:
    return shaped(
        "issue",
        id=1000 + iid,
        iid=iid,
        title=ticket.title,
        description=_filled_in(ticket, day),
        labels=[*_kind(ticket), *([_APPROVED] if ticket.approved else [])],
        author=_who(ticket.requester or ticket.person),
        opened=_at(day, ticket.opened),
        closed=_at(day, ticket.closed),
        url=url(ticket.id),
    )


def _filled_in(ticket: StoryTicket, day: date) -> str:
    """The template that `auditor init --gitlab-template` gives, filled in."""
    lines = (
        f"**Person:** {ticket.asked_for or f'@{ticket.person}'}",
        f"**System:** {ticket.system}",
        "**Level:** write",
        f"**Work:** {ticket.work}",
        f"**Reason:** {ticket.reason}",
        f"**Starts at:** {_local(day, ticket.starts)}",
        f"**Ends at:** {_local(day, ticket.ends)}",
    )
    return "\n".join((*lines, "", ticket.note)).rstrip() + "\n"


def _labels(ticket: StoryTicket, day: date) -> list[Record]:
    if ticket.approved is None:
        return []
    user, at = _who(ticket.approved.by), _at(day, ticket.approved.at)
    return [shaped("labelled", user=user, at=at, label=_APPROVED)]


def _notes(ticket: StoryTicket, day: date) -> list[Record]:
    said = []
    if ticket.approved is not None:
        said.append(_note(ticket.approved.by, _at(day, ticket.approved.at), ticket.approved.words))
    removed = "Access removed: " + ("yes" if ticket.removed else "no")
    said.append(_note(ticket.person, _at(day, ticket.closed), f"Closeout: {ticket.closeout}\n{removed}"))
    return said


def _note(name: str, at: str, words: str) -> Record:
    return shaped("note", words=words, author=_who(name), at=at)


def _kind(ticket: StoryTicket) -> list[str]:
    return [] if ticket.kind == TicketKind.ACCESS else [ticket.kind]


def url(ticket: str) -> str:
    """Where people read a ticket."""
    name, _, number = ticket.partition("-")
    return f"https://gitlab.harbour.example/{_PROJECTS[name]}/-/issues/{number}"


def _who(name: str) -> Record:
    return {"username": name, "name": name.title()}


def _at(day: date, text: str) -> str:
    return clock(day, text).isoformat().replace("+00:00", "Z")


def _local(day: date, text: str) -> str:
    """As the template asks for it: with the offset of where the company is."""
    moment: datetime = clock(day, text).astimezone(ZONE)
    return f"{moment:%Y-%m-%d %H:%M} {moment.isoformat()[-6:]}"
