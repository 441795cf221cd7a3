"""GitLab issues and incidents as tickets: requests by template, approvals by label and comment, closing by state."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from auditor.config.sources.gitlab import GitlabTickets
from auditor.errors import SourceError
from collectors.answers import kept, listed, quoted
from collectors.base import Batch, Normalised, Raw, Snapshot
from collectors.gitlab.client import Gitlab, quoted_path
from collectors.gitlab.issues import Issue, is_extension, thread_of
from collectors.problems import Problems
from collectors.reading import shaped
from collectors.tickets.reader import TicketReader

_WORKERS = 4
_REPORTER = "the Reporter role"
# What is read of each ticket: the address's end, and the key under which it is kept.
_HISTORY = (("resource_label_events", "labels"), ("resource_state_events", "states"), ("notes", "notes"))


class GitlabTicketsCollector(Snapshot[GitlabTickets], frozen=True):
    """Issues that are requests, incidents, changes, drills or reviews; others are counted and left out."""

    PERMISSIONS = ("scope:read_api", "role:Reporter")
    READS = (
        "Issues with their template's fields, label and state events, comments and links. All of them each night: "
        "tickets are a snapshot, and comments do not say which issues changed; `updated_within` bounds it."
    )

    quote = staticmethod(quoted)

    def raws(self) -> Iterator[Raw]:
        """The issues of each project, those that are tickets with their history.

        Raises:
            SourceError: the token is refused, or the server cannot be reached.
        """
        gitlab = Gitlab.of(self.source)
        gitlab.get("/version")
        for project in self.source.projects:
            yield from self._project(gitlab, project)

    def normalise(self, batch: Batch) -> Normalised:
        """One row a ticket, and a line of coverage for each project."""
        thread = partial(thread_of, self.source.prefix)
        return TicketReader(self.source.name, self.context, Issue, thread, self.source.updated_within).read(batch)

    def _project(self, gitlab: Gitlab, project: str) -> Iterator[Raw]:
        base, name = f"/projects/{quoted_path(project)}/issues", f"gitlab:{project}#issues"
        query = {"scope": "all", "state": "all", "order_by": "created_at", "sort": "asc"}
        if self.source.updated_within is not None:
            query["updated_after"] = (self.context.collected_at - self.source.updated_within).isoformat()
        whole = partial(_with_history, gitlab, base, project)
        with ThreadPoolExecutor(_WORKERS) as pool:
            for page in gitlab.pages(base, name, "issues", query, keyset=True, needs=_REPORTER):
                try:
                    records = [] if page.missing else listed(page.load())
                except ValueError:
                    records = []  # told when it is normalised
                yield kept(page.origin, page.part, list(pool.map(whole, records))) if records else page


def _with_history(gitlab: Gitlab, base: str, project: str, record: Any) -> Any:
    """An issue with what happened to it, where it is a ticket."""
    problems = Problems()
    issue = next((issue for _, issue in shaped([record], Issue, problems, project)), None)
    if issue is None or thread_of(None, project, issue, problems).kind is None:
        return record
    found: dict[str, Any] = {}
    try:
        for end, key in [*_HISTORY, ("links", "links")] if is_extension(issue) else _HISTORY:
            found[key] = gitlab.records(f"{base}/{issue.iid}/{end}")
    except (SourceError, ValueError) as error:
        found["missing"] = str(error).rstrip(".")
    return {**record, "history": found}
