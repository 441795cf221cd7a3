"""Which of a ticket file's columns says what: a proposal for the source's `columns`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from collectors.tickets.exports import exports
from collectors.tickets.records import Layout, header

# Names that teams give the columns of the tickets table, most telling first.
_CALLED: Mapping[str, tuple[str, ...]] = {
    "ticket": ("ticket_id", "key", "issue_key", "issue", "number", "no", "nr", "id", "ticket_number", "vorgang"),
    "kind": ("type", "issue_type", "category", "art"),
    "work": ("kind_of_work", "work_type", "risk"),
    "title": ("summary", "subject", "name", "titel", "betreff"),
    "reason": ("why", "description", "justification", "purpose", "grund", "begründung"),
    "requester": ("requested_by", "reporter", "requestor", "creator", "author", "opened_by", "antragsteller"),
    "person": ("access_for", "for", "user", "who", "grantee", "recipient", "employee", "people", "mitarbeiter"),
    "assignees": ("assignee", "assigned_to", "bearbeiter"),
    "systems": ("system", "service", "services", "application", "app", "where", "resource", "component", "components"),
    "level": ("access_level", "access", "permission", "rights", "role", "recht"),
    "opened_at": ("created", "created_at", "opened", "requested_at", "submitted", "createdat", "erstellt"),
    "starts_at": ("start", "from", "starts", "begin", "start_time", "access_from", "von", "beginn"),
    "ends_at": ("end", "until", "to", "ends", "expires", "end_time", "access_until", "due_date", "bis", "ende"),
    "approver": ("approved_by", "approval_by", "manager", "genehmiger", "genehmigt_von"),
    "approved_at": ("approval_date", "approved_on", "approval_time", "genehmigt_am"),
    "approval": ("approval_comment", "approval_text", "approval_note", "genehmigung"),
    "second_reviewer": ("reviewer", "reviewed_by", "second_pair_of_eyes"),
    "reviewed_at": ("reviewed_on", "review_date"),
    "closed_at": ("closed", "resolved", "resolved_at", "completed", "done_at", "closedat", "geschlossen"),
    "closeout": ("resolution", "closing_note", "outcome", "result", "what_was_done", "abschluss"),
    "removal_confirmed": ("access_removed", "removed", "revoked", "zugriff_entfernt"),
    "extends": ("extension_of", "extended_from"),
    "edited_at": ("last_edited", "edited"),
    "note": ("release_note", "notes"),
    "url": ("link", "web_url"),
}
# What only one tracker's files have, of those columns that each has.
_TELLING = {
    "jira": ("issue_key", "summary"),
    "gitlab": ("issue_id", "author_username"),
    "github": ("number", "title", "url"),
    "linear": ("id", "title", "team"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """What a source of a file may say.

    Args:
        columns: a tracker's name, or the file's columns by the tickets table's; empty where they are the same.
        left_out: columns of the file that nothing is read from.
    """

    columns: str | dict[str, str]
    left_out: tuple[str, ...]


def propose(data: bytes) -> Proposal:
    """A mapping for a file.

    Raises:
        ValueError: nothing in it can be a ticket's id, or it cannot be read.
    """
    named = dict(zip(Layout(ticket=None, doubled=True).named(own := header(data)), own, strict=True))
    for tracker, telling in _TELLING.items():
        if "ticket" not in named and set(telling) <= named.keys():
            read = {*exports()[tracker].columns.values()}
            left = [theirs for name, theirs in named.items() if name not in read and "custom_field" not in name]
            return Proposal(tracker, tuple(left))
    mapped = dict(_mapped(named))
    if "ticket" not in mapped:
        raise ValueError(f"none of its columns can be a ticket's id: {', '.join(own)}")
    used = set(mapped.values())
    renamed = {ours: theirs for ours, theirs in mapped.items() if ours not in named}
    return Proposal(renamed, tuple(theirs for theirs in named.values() if theirs not in used))


def _mapped(named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    taken = {ours for ours in _CALLED if ours in named}
    yield from ((ours, named[ours]) for ours in _CALLED if ours in taken)
    for ours, others in _CALLED.items():
        found = next((name for name in others if name in named and name not in taken), None)
        if ours not in taken and found:
            taken |= {ours, found}
            yield ours, named[found]
