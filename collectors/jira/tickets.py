"""Jira issues as tickets, by the `jira` library."""

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from itertools import chain
from typing import Any

from auditor.config.sources.tickets import JiraTickets
from auditor.errors import SourceError
from collectors.answers import paged, quoted, secret, turned
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.jira.issues import thread_of
from collectors.jira.shapes import JiraIssue, Known
from collectors.library_errors import explained
from collectors.problems import Problems
from collectors.tickets.reader import TicketReader
from collectors.tickets.thread import Thread

_PAGE = 100
_TIMEOUT = 60
_RETRIES = 3
_ORDER = re.compile(r"\border\s+by\b.*", re.IGNORECASE | re.DOTALL)


class JiraTicketsCollector(Snapshot[JiraTickets], frozen=True):
    """Issues of some projects, or those that a query finds."""

    PERMISSIONS = ("permission:BROWSE_PROJECTS",)
    READS = (
        "Issues with the fields that auditor.yaml maps or the template has, their comments and their history: statuses "
        "and labels say who approved, and each edit says when it was made."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """Every page of the issues that are asked for.

        Raises:
            SourceError: not even the first page is to be had.
        """
        client = self._client()
        asked = {
            "jql_str": self.query,
            "maxResults": _PAGE,
            "fields": [*Known.__struct_fields__, *self.source.fields.values(), *_approvals(client)],
            "expand": "changelog",
            "json_result": True,
        }
        pages = _by_token(client, asked) if client.deploymentType == "Cloud" else _by_number(client, asked)
        searching = partial(_explained, "searching for issues")
        with searching():
            first = next(pages)
        scope = ", ".join(self.source.projects) or "jql"
        whole = ([_whole(client, issue) for issue in page] for page in chain([first], pages))
        yield from paged(f"jira:{scope}#issues", "issues", whole, searching)

    def normalise(self, batch: Batch) -> Normalised:
        """One row a ticket, and a line of coverage."""

        def thread(_: str, issue: JiraIssue, problems: Problems) -> Thread:
            return thread_of(issue, self.source, problems)

        return TicketReader(self.source.name, self.context, JiraIssue, thread, self.source.updated_within).read(batch)

    def _client(self) -> Any:
        import jira

        source = self.source
        token = secret(source.name, source.token_env)
        user = source.user_env and secret(source.name, source.user_env)
        with _explained("signing in"):
            return jira.JIRA(
                source.url,
                basic_auth=(user, token) if user else None,
                token_auth=None if user else token,
                max_retries=_RETRIES,
                timeout=_TIMEOUT,
                logging=False,
            )

    @property
    def query(self) -> str:
        """The JQL that finds the tickets, in an order that does not change between pages."""
        names = ", ".join(json.dumps(project) for project in self.source.projects)
        asked = _ORDER.sub("", self.source.jql or f"project in ({names})").strip()
        if self.source.updated_within is not None:
            minutes = int(self.source.updated_within.total_seconds() // 60)
            asked = f'({asked}) AND updated >= "-{minutes}m"'
        return f"{asked} ORDER BY key ASC"


def _approvals(client: Any) -> list[str]:
    """The fields in which Service Management keeps its approvals; every field where Jira does not list them."""
    import jira

    try:
        listed = client.fields()
    except jira.JIRAError:
        return ["*all"]
    schemas = {field["id"]: field.get("schema") or {} for field in listed}
    return [id_ for id_, schema in schemas.items() if str(schema.get("custom", "")).endswith(":sd-approvals")]


def _by_number(client: Any, asked: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Data Center's pages, by the number that each begins at."""
    start = 0
    last: Any = None
    while True:
        page = client.search_issues(**asked, startAt=start)
        if page["issues"] and page["issues"] == last:
            raise ValueError("the same page comes again and again")
        yield page["issues"]
        last = page["issues"]
        start += len(page["issues"])
        if not page["issues"] or start >= page.get("total", 0):
            return


def _by_token(client: Any, asked: Mapping[str, Any]) -> Iterator[list[Any]]:
    """Cloud's pages, each with the token of the next."""

    def ask(token: str | None) -> tuple[list[Any], str | None]:
        page = client.enhanced_search_issues(**asked, nextPageToken=token)
        return page["issues"], page.get("nextPageToken")

    return turned(ask)


def _whole(client: Any, issue: Any) -> Any:
    """An issue with all its comments: a search shows the first ones only."""
    comments = issue.get("fields", {}).get("comment") if isinstance(issue, dict) else None
    if not isinstance(comments, dict) or comments.get("total", 0) <= len(comments.get("comments", ())):
        return issue
    try:
        with _explained(f"reading the comments of {issue.get('key')}"):
            comments["comments"] = [comment.raw for comment in client.comments(issue["key"])]
    except SourceError as error:
        issue["missing"] = error.why
    return issue


def _explained(doing: str) -> AbstractContextManager[None]:
    import jira

    return explained("Jira", doing, jira.JIRAError, lambda error: (error.status_code, error.text))
