"""GitHub issues as tickets, by PyGithub."""

import re
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct

from auditor.config.sources.github import GithubTickets
from auditor.errors import SourceError
from collectors.answers import Times, paged, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.github.access_shapes import Named
from collectors.github.activity_shapes import Somebody
from collectors.github.client import Github, quoted_path
from collectors.problems import Problems
from collectors.reading import shaped
from collectors.tickets.approvals import Comment, Mark
from collectors.tickets.reader import TicketReader
from collectors.tickets.thread import Thread, reference

_URL = re.compile(r"https?://[^/\s]+/([^/\s]+/[^/\s]+)/issues/(\d+)")


class Issue(Struct, frozen=True, kw_only=True):
    """An issue, or a pull request, which GitHub lists with them."""

    number: int
    title: str = ""
    body: str | None = None
    state: str = "open"
    state_reason: str | None = None
    html_url: str | None = None
    user: Somebody | None = None
    assignees: tuple[Somebody, ...] = ()
    labels: tuple[Named, ...] = ()
    type: Named | None = None
    created_at: str | None = None
    closed_at: str | None = None
    pull_request: Any = None


class Event(Struct, frozen=True, kw_only=True):
    """Something in an issue's timeline: a comment, a label, closing."""

    event: str = ""
    created_at: str | None = None
    actor: Somebody | None = None
    user: Somebody | None = None
    label: Named | None = None
    body: str | None = None


class Record(Struct, frozen=True):
    """An issue with its timeline, as the collector puts the answers together."""

    issue: Issue
    timeline: Any = ()
    missing: str | None = None


class GithubTicketsCollector(Snapshot[GithubTickets], frozen=True):
    """Issues of some repositories, with their timelines."""

    PERMISSIONS = ("repository:issues:read", "repository:metadata:read")
    READS = (
        "Issues with the template's fields, their labels, comments and closing. When a description was edited is not "
        "part of GitHub's REST API and is not seen."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The issues of each repository, those that are tickets with their timeline.

        Raises:
            SourceError: the token is refused, or the server cannot be reached.
        """
        github = Github.of(self.source)
        github.sign_in()
        for repository in self.source.repositories:
            path = f"/repos/{quoted_path(repository)}/issues"
            pages = (
                [_with_timeline(github, path, repository, issue) for issue in page]
                for page in github.lists(path, self._query())
            )
            doing = partial(github.explained, f"reading the issues of {repository}")
            yield from paged(f"github:{repository}#issues", "issues", pages, doing)

    def normalise(self, batch: Batch) -> Normalised:
        """One row a ticket, and a line of coverage for each repository."""
        thread = partial(_thread, self.source.prefix)
        return TicketReader(self.source.name, self.context, Record, thread, self.source.updated_within).read(batch)

    def _query(self) -> dict[str, str]:
        query = {"state": "all", "sort": "created", "direction": "asc"}
        if self.source.updated_within is not None:
            since = self.context.collected_at - self.source.updated_within
            query["since"] = since.strftime("%Y-%m-%dT%H:%M:%SZ")
        return query


def _with_timeline(github: Github, path: str, repository: str, issue: Any) -> dict[str, Any]:
    """An issue with its timeline, where it is a ticket."""
    record: dict[str, Any] = {"issue": issue}
    whole = next((value for _, value in shaped([record], Record, Problems(), path)), None)
    if whole is None or _thread(None, repository, whole, Problems()).kind is None:
        return record
    try:
        with github.explained(f"reading the timeline of {repository}#{whole.issue.number}"):
            pages = github.lists(f"{path}/{whole.issue.number}/timeline")
            return {**record, "timeline": [event for page in pages for event in page]}
    except SourceError as error:
        return {**record, "missing": error.why}


def _thread(prefix: str | None, repository: str, record: Record, problems: Problems) -> Thread:
    """An issue with what happened to it. A pull request is no ticket, whatever its labels."""
    issue = record.issue
    times = Times(problems)
    named = partial(reference, _URL, repository, prefix)
    where = named(f"#{issue.number}")
    events = [
        (event, at)
        for _, event in shaped(record.timeline, Event, problems, f"the timeline of {where}")
        if (at := times.read(event.created_at, "a time", where))
    ]
    request = issue.pull_request is not None
    return Thread(
        ticket=where,
        url=issue.html_url,
        title=issue.title,
        description=None if request else issue.body,
        provider="github",
        kinds=(issue.type.name,) if issue.type and not request else (),
        labels=() if request else [label.name for label in issue.labels],
        requester=_account(issue.user),
        assignees=[f"github:{user.login}" for user in issue.assignees],
        opened_at=times.read(issue.created_at, "created_at", where),
        closed_at=times.read(issue.closed_at, "closed_at", where) if issue.state == "closed" else None,
        status=issue.state_reason,
        turns=[(at, event.event == "closed") for event, at in events if event.event in ("closed", "reopened")],
        marks=[mark for event, at in events if (mark := _mark(event, at))],
        comments=[
            Comment(_account(event.user or event.actor), at, event.body or "")
            for event, at in events
            if event.event == "commented"
        ],
        unread=record.missing,
        reference=named,
    )


def _mark(event: Event, at: datetime) -> Mark | None:
    if event.label is None or event.event not in ("labeled", "unlabeled"):
        return None
    return Mark(event.label.name, event.event == "labeled", _account(event.actor), at)


def _account(user: Somebody | None) -> str | None:
    return f"github:{user.login}" if user else None
