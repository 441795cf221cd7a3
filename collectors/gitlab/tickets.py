"""GitLab issues and incidents as tickets: requests by template, approvals by label and comment, closing by state."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

import msgspec

from auditor.config.sources import GitlabTickets
from auditor.errors import SourceError
from collectors.base import Batch, Context, Normalised, Raw
from collectors.gitlab.client import Gitlab, quoted_path
from collectors.gitlab.issue_shapes import Issue
from collectors.gitlab.issues import IssueReader, is_extension, thread_of
from collectors.tickets.answers import answer, listed, quoted

_WORKERS = 4
_REPORTER = "the Reporter role"
_AT_ONCE = 200
# What is read of each ticket: the address's end, and the key under which it is kept.
_HISTORIES = (("resource_label_events", "labels"), ("resource_state_events", "states"), ("notes", "notes"))


@dataclass(frozen=True, slots=True)
class GitlabTicketsCollector:
    """Issues that are requests, incidents, changes, drills or reviews; others are counted and left out."""

    PERMISSIONS: ClassVar[tuple[str, ...]] = ("scope:read_api", "role:Reporter")
    READS: ClassVar[str] = (
        "Issues with their template's fields, label and state events, comments and links. All of them each night: "
        "tickets are a snapshot, and comments do not say which issues changed; `updated_within` bounds it."
    )

    source: GitlabTickets
    context: Context

    def fetch(self, seen: Mapping[str, str]) -> Iterator[Batch]:
        """Everything in one batch: a snapshot is taken whole.

        Raises:
            SourceError: the token is refused, or the server cannot be reached.
        """
        del seen
        gitlab = Gitlab.of(self.source)
        gitlab.get("/version")
        yield [raw for project in self.source.projects for raw in self._project(gitlab, project)]

    def normalise(self, batch: Batch) -> Normalised:
        """One row a ticket, and a line of coverage for each project."""
        return IssueReader(self.source, self.context).read(batch)

    @staticmethod
    def quote(data: bytes, record: int) -> str:
        """The issue that a row points at."""
        return quoted(data, record)

    def _project(self, gitlab: Gitlab, project: str) -> Iterator[Raw]:
        base, name = f"/projects/{quoted_path(project)}/issues", f"gitlab:{project}#issues"
        query = {"scope": "all", "state": "all", "order_by": "created_at", "sort": "asc"}
        if self.source.updated_within is not None:
            query["updated_after"] = (self.context.collected_at - self.source.updated_within).isoformat()
        pages = list(gitlab.pages(base, name, "issues", query, keyset=True, needs=_REPORTER))
        yield from pages
        tickets = [issue for page in pages for issue in _tickets(page, project)]
        with ThreadPoolExecutor(_WORKERS) as pool:
            histories = pool.map(partial(_history, gitlab, base), tickets)
            for first in range(0, len(tickets), _AT_ONCE):
                some = [next(histories) for _ in tickets[first : first + _AT_ONCE]]
                data = json.dumps(some, ensure_ascii=False).encode("utf-8", "backslashreplace")
                yield answer(f"gitlab:{project}#histories/page-{first // _AT_ONCE + 1:04}", "histories", data)


def _tickets(page: Raw, project: str) -> Iterator[Issue]:
    """The issues of a page that are tickets. What cannot be read is told when it is normalised."""
    if page.missing:
        return
    try:
        records: Sequence[Any] = listed(page.load())
    except ValueError:
        return
    for record in records:
        try:
            issue = msgspec.convert(record, Issue, strict=False)
        except (msgspec.ValidationError, RecursionError, UnicodeError):
            continue
        if thread_of(issue, project).kind:
            yield issue


def _history(gitlab: Gitlab, base: str, issue: Issue) -> dict[str, Any]:
    found: dict[str, Any] = {"iid": issue.iid}
    lists = [*_HISTORIES, ("links", "links")] if is_extension(issue) else _HISTORIES
    try:
        for end, key in lists:
            found[key] = _all(gitlab, f"{base}/{issue.iid}/{end}")
    except (SourceError, ValueError) as error:
        found["missing"] = str(error).rstrip(".")
    return found


def _all(gitlab: Gitlab, path: str) -> list[Any]:
    """Every record of a list.

    Raises:
        SourceError: a page of it is not to be had.
        ValueError: a page of it cannot be read.
    """
    records: list[Any] = []
    for page in gitlab.pages(path, path, "history"):
        if page.missing:
            raise SourceError(page.missing)
        records += listed(page.load())
    return records
