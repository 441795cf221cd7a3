"""A Jira issue to a thread: statuses and labels are marks, edits are on record."""

import re
from collections.abc import Iterator
from typing import Any

import msgspec

from auditor.config.sources.tickets import JiraTickets
from collectors.answers import Times
from collectors.jira.decisions import approved, decisions_in, declined, unread_in
from collectors.jira.shapes import Change, Item, JiraIssue, Known
from collectors.jira.text import account_of, people_in, text_of, with_names
from collectors.problems import Problems
from collectors.tickets.approvals import Comment, Mark, by_button, moved
from collectors.tickets.thread import Thread

_KEY = re.compile(r"\b[A-Z][A-Z0-9_]+-\d+\b")
_SHORTEST_OFFSET = re.compile(r"([+-]\d{2})(\d{2})$")


def thread_of(issue: JiraIssue, source: JiraTickets, problems: Problems) -> Thread:
    """An issue with what happened to it."""
    known = _known(issue, problems)
    times = Times(problems)

    def time(text: str | None) -> Any:
        return times.read(_SHORTEST_OFFSET.sub(r"\1:\2", text or ""), "a time", issue.key)

    people = people_in(issue.fields)

    def words(value: Any) -> str:
        return with_names(text_of(value), people)

    changes = [(change, at) for change in issue.changelog.histories if (at := time(change.created))]
    comments = [(comment, at) for comment in known.comment.comments if (at := time(comment.created))]
    asked = {"description", *source.fields.values()}
    decisions = decisions_in(issue.fields)
    cut = issue.changelog.total > len(issue.changelog.histories)
    return Thread(
        ticket=issue.key,
        url=f"{source.url.rstrip('/')}/browse/{issue.key}",
        title=known.summary or "",
        description=words(known.description) or None,
        provider="jira",
        kinds=(known.issuetype.name,) if known.issuetype else (),
        labels=known.labels,
        requester=account_of(known.reporter),
        assignees=[who for person in (known.assignee,) if (who := account_of(person))],
        opened_at=time(known.created),
        closed_at=time(known.resolutiondate),
        status=", ".join([one.name for one in (known.status, known.resolution) if one] + declined(decisions)),
        turns=[(at, bool(item.to)) for change, at in changes for item in change.items if item.field == "resolution"],
        edited_at=max((at for change, at in changes if any(_names(i) & asked for i in change.items)), default=None),
        given={column: text for column, id_ in source.fields.items() if (text := words(issue.fields.get(id_)))},
        marks=[
            *(mark for change, at in changes for mark in _marks(change, at, source.approved_status)),
            *(by_button(who, at) for who, text in approved(decisions) if (at := time(text))),
        ],
        comments=[Comment(account_of(comment.author), at, words(comment.body)) for comment, at in comments],
        unread=issue.missing or ("its history is longer than Jira shows" if cut else unread_in(issue.fields)),
        reference=_reference,
    )


def _known(issue: JiraIssue, problems: Problems) -> Known:
    """The fields that every Jira has; one that is not as it should be costs itself."""
    fields = {name: value for name, value in issue.fields.items() if value is not None}
    for name in Known.__struct_fields__:
        try:
            msgspec.convert({name: fields[name]} if name in fields else {}, Known, strict=False)
        except (msgspec.ValidationError, RecursionError, UnicodeError) as error:
            problems.note(f"{name} is not as it should be and was left out: {error}", issue.key)
            fields.pop(name)
    return msgspec.convert(fields, Known, strict=False)


def _names(item: Item) -> set[str]:
    return {item.field, item.id or item.field}


def _marks(change: Change, at: Any, approved: str) -> Iterator[Mark]:
    for item in change.items:
        yield from moved(item.field, item.from_, item.to, account_of(change.author), at, approved)


def _reference(text: str) -> str:
    found = _KEY.search(text)
    return found[0] if found else text.strip()
