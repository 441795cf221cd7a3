"""The company's tickets as issues in GitLab: the request template filled in, labels, comments, and their closing."""

from datetime import date, datetime
from typing import Any

from auditor.demo.calendar import ZONE, Calendar, clock
from auditor.demo.gitlab.state import Record
from auditor.demo.tickets import TICKETS, Told
from auditor.model.vocabulary import TicketKind

_PROJECTS = {"OPS": "harbour/ops", "PAY": "harbour/checkout"}
_APPROVED = "access::approved"
Below = dict[tuple[str, int, str], Any]


def issues(prefix: str, calendar: Calendar) -> tuple[list[Record], Below]:
    """The issues of the project whose tickets begin so, and what happened to each."""
    records: list[Record] = []
    below: Below = {}
    for told in TICKETS:
        name, _, number = told.ticket.partition("-")
        if name == prefix:
            day, iid = calendar.workday(told.day), int(number)
            records.append(_issue(told, iid, day))
            below["issues", iid, "resource_label_events"] = _labels(told, day)
            below["issues", iid, "resource_state_events"] = [
                {"id": 1, "user": _who(told.person), "created_at": _at(day, told.closed), "state": "closed"}
            ]
            below["issues", iid, "notes"] = _notes(told, day)
    return records, below


def _issue(told: Told, iid: int, day: date) -> Record:
    return {
        "id": 1000 + iid,
        "iid": iid,
        "title": told.title,
        "description": _filled_in(told, day),
        "state": "closed",
        "labels": [*_kind(told), *([_APPROVED] if told.approved else [])],
        "author": _who(told.requester or told.person),
        "assignees": [],
        "created_at": _at(day, told.opened),
        "updated_at": _at(day, told.closed),
        "closed_at": _at(day, told.closed),
        "web_url": url(told.ticket),
        "issue_type": "issue",
    }


def _filled_in(told: Told, day: date) -> str:
    """The template that `auditor init --gitlab-template` gives, filled in."""
    lines = (
        f"**Person:** @{told.person}",
        f"**System:** {told.system}",
        "**Level:** write",
        f"**Work:** {told.work}",
        f"**Reason:** {told.reason}",
        f"**Starts at:** {_local(day, told.starts)}",
        f"**Ends at:** {_local(day, told.ends)}",
    )
    return "\n".join((*lines, "", told.note)).rstrip() + "\n"


def _labels(told: Told, day: date) -> list[Record]:
    if told.approved is None:
        return []
    added = {"label": {"id": 1, "name": _APPROVED}, "action": "add"}
    return [{"id": 1, "user": _who(told.approved.by), "created_at": _at(day, told.approved.at), **added}]


def _notes(told: Told, day: date) -> list[Record]:
    said = []
    if told.approved is not None:
        said.append(_note(told.approved.by, _at(day, told.approved.at), told.approved.words))
    removed = "Access removed: " + ("yes" if told.removed else "no")
    said.append(_note(told.person, _at(day, told.closed), f"Closeout: {told.closeout}\n{removed}"))
    return said


def _note(name: str, at: str, words: str) -> Record:
    return {"id": 1, "body": words, "author": _who(name), "created_at": at, "system": False}


def _kind(told: Told) -> list[str]:
    return [] if told.kind == TicketKind.ACCESS else [told.kind]


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
