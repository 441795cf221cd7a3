"""GitLab's answers on issues to tickets."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from auditor.config.sources import GitlabTickets
from auditor.model.tables import Ticket
from collectors.base import Batch, Context, Normalised, Raw
from collectors.gitlab.issue_shapes import Author, History, Issue, LabelEvent, Link, Note, StateEvent
from collectors.reading import Origin, Problems, Reading, Record, shaped
from collectors.tickets.answers import listed
from collectors.tickets.approvals import Comment, Mark
from collectors.tickets.fields import Times
from collectors.tickets.thread import Thread, ticket

_URL = re.compile(r"https?://[^/\s]+/(\S+?)/-/(?:issues|work_items)/(?:incident/)?(\d+)")
_REFERENCE = re.compile(r"([\w./-]*)#(\d+)")
_DESCRIPTION_EDITED = "changed the description"


@dataclass(slots=True)
class _Project:
    """What was read of one project."""

    issues: dict[int, Record[Issue]] = field(default_factory=dict)
    histories: dict[int, History] = field(default_factory=dict)
    problems: Problems = field(default_factory=Problems)
    answered: bool = False
    others: int = 0


class IssueReader:
    """Reads the one batch of a snapshot of a source."""

    def __init__(self, source: GitlabTickets, context: Context) -> None:
        self._source = source
        self._reading = Reading(source.name, context)
        self._projects: dict[str, _Project] = {}

    def read(self, batch: Batch) -> Normalised:
        """The batch as rows, with a line of coverage for each project."""
        for raw in batch:
            project = self._projects.setdefault(_path_of(raw), _Project())
            project.problems.include(self._reading.read(raw, self._take).problems)
        for path, project in self._projects.items():
            kept = [row for issue in project.issues.values() if (row := self._ticket(path, project, issue))]
            self._reading.extend(kept)
            self._cover(path, project, kept)
        return self._reading.normalised()

    def _take(self, origin: Origin) -> None:
        raw, records = origin.raw, listed(origin.data)
        project = self._projects[_path_of(raw)]
        if raw.part == "histories":
            for _, history in shaped(records, History, origin.problems, raw.origin):
                project.histories[history.iid] = history
        else:
            for number, issue in shaped(records, Issue, origin.problems, raw.origin):
                project.issues[issue.iid] = Record(origin.at(number), issue)
            project.answered = True

    def _ticket(self, path: str, project: _Project, issue: Record[Issue]) -> Ticket | None:
        history = project.histories.get(issue.value.iid)
        thread = thread_of(issue.value, path, history, self._source.prefix, project.problems)
        if thread.kind is None:
            project.others += 1
            return None
        if thread.unread:
            project.problems.note(f"its history could not be read: {thread.unread}", thread.ticket)
        return ticket(thread, issue.at, ZoneInfo(self._reading.context.zone), project.problems)

    def _cover(self, path: str, project: _Project, kept: list[Ticket]) -> None:
        now, within = self._reading.context.collected_at, self._source.updated_within
        times = [time for row in kept for time in (row.opened_at, row.closed_at) if time]
        others = f"{_issues(project.others)}: no label and no field says so" if project.others else None
        self._reading.cover(
            path,
            project.problems,
            len(kept),
            window=(now - within if within else min(times, default=None), now),
            origins=(),
            origin=f"gitlab:{path}#issues",
            failed=not project.answered,
            remark=None if project.problems else others,
        )


def _path_of(raw: Raw) -> str:
    return raw.origin.removeprefix("gitlab:").partition("#")[0]


def _issues(number: int) -> str:
    return "1 issue is no request" if number == 1 else f"{number} issues are no requests"


def is_extension(issue: Issue) -> bool:
    """Whether a label says that it goes on from another one, which then is linked to it."""
    return any(label.casefold().rpartition("::")[2] == "extension" for label in issue.labels)


def thread_of(
    issue: Issue,
    project: str,
    history: History | None = None,
    prefix: str | None = None,
    problems: Problems | None = None,
) -> Thread:
    """An issue with what happened to it."""
    rejects = Problems() if problems is None else problems
    reader = _Reader(Times(rejects), f"{project}#{issue.iid}", history or History(issue.iid), rejects)
    reference = partial(_reference, project, prefix)
    notes = list(reader.notes())
    given = next(({"extends": link} for link in reader.links()), {}) if is_extension(issue) else {}
    return Thread(
        ticket=reference(f"#{issue.iid}"),
        url=issue.web_url,
        title=issue.title,
        description=issue.description,
        provider="gitlab",
        kinds=(issue.issue_type,),
        labels=issue.labels,
        requester=_account(issue.author),
        assignees=[f"gitlab:{who.username}" for who in issue.assignees],
        opened_at=reader.time(issue.created_at),
        closed_at=reader.closed(issue),
        edited_at=max((at for note, at in notes if note.system and _edits(note)), default=None),
        given=given,
        marks=list(reader.marks()),
        comments=[Comment(_account(note.author), at, note.body) for note, at in notes if not note.system],
        unread=history.missing if history else None,
        reference=reference,
    )


def _edits(note: Note) -> bool:
    return note.body.casefold().startswith(_DESCRIPTION_EDITED)


@dataclass(frozen=True, slots=True)
class _Reader:
    """Reads one issue's history."""

    times: Times
    where: str
    history: History
    rejects: Problems

    def time(self, text: str | None) -> datetime | None:
        """A time of GitLab's."""
        return self.times.read(text, "a time", self.where)

    def notes(self) -> Iterator[tuple[Note, datetime]]:
        """Comments and GitLab's own notes, with their times."""
        for note in self._shaped(self.history.notes, Note, "notes"):
            if at := self.time(note.created_at):
                yield note, at

    def marks(self) -> Iterator[Mark]:
        """Labels put on and taken off. A label deleted since has no name left, and says nothing."""
        for event in self._shaped(self.history.labels, LabelEvent, "label events"):
            at = self.time(event.created_at)
            if at and event.label:
                yield Mark(event.label.name, event.action == "add", _account(event.user), at)

    def closed(self, issue: Issue) -> datetime | None:
        """When it was closed for good; None while it is open."""
        if issue.state != "closed":
            return None
        events = self._shaped(self.history.states, StateEvent, "state events")
        times = [at for event in events if event.state == "closed" and (at := self.time(event.created_at))]
        return max(times, default=None) or self.time(issue.closed_at)

    def links(self) -> Iterator[str]:
        """The other issues' full references."""
        return (link.references.full for link in self._shaped(self.history.links, Link, "links"))

    def _shaped(self, records: Any, shape: type[Any], what: str) -> Iterator[Any]:
        found = records if isinstance(records, list) else []
        return (value for _, value in shaped(found, shape, self.rejects, f"{what} of {self.where}"))


def _account(who: Author | None) -> str | None:
    return f"gitlab:{who.username}" if who else None


def _reference(project: str, prefix: str | None, text: str) -> str:
    """The id of a ticket that is named as `#12`, `group/project#12`, by its address, or by its id."""
    found = _URL.search(text) or _REFERENCE.search(text)
    if not found:
        return text.strip()
    named = found[1] or project
    return f"{prefix}-{found[2]}" if prefix and named.casefold() == project.casefold() else f"{named}#{found[2]}"
