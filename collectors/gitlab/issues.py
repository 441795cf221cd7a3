"""A GitLab issue, with its history, as a thread."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from functools import partial
from typing import Any

from msgspec import Struct

from collectors.answers import Times
from collectors.problems import Problems
from collectors.reading import shaped
from collectors.tickets.approvals import Comment, Mark
from collectors.tickets.thread import Thread, reference

_URL = re.compile(r"https?://[^/\s]+/(\S+?)/-/(?:issues|work_items)/(?:incident/)?(\d+)")
_DESCRIPTION_EDITED = "changed the description"


class Author(Struct, frozen=True):
    """Who wrote or did something."""

    username: str


class References(Struct, frozen=True):
    """How an issue is named elsewhere."""

    full: str = ""


class Label(Struct, frozen=True):
    """A label, as events name it."""

    name: str


class LabelEvent(Struct, frozen=True):
    """A label put on or taken off; labels deleted since have no name left."""

    action: str
    created_at: str
    user: Author | None = None
    label: Label | None = None


class StateEvent(Struct, frozen=True):
    """An issue closed or opened again."""

    state: str
    created_at: str


class Note(Struct, frozen=True):
    """A comment, or what GitLab notes by itself."""

    created_at: str
    body: str = ""
    system: bool = False
    author: Author | None = None


class Link(Struct, frozen=True):
    """Another issue that one is linked to."""

    references: References


class History(Struct, frozen=True):
    """What happened to an issue, as the collector puts the answers together."""

    labels: Any = ()
    states: Any = ()
    notes: Any = ()
    links: Any = ()
    missing: str | None = None


class Issue(Struct, frozen=True, kw_only=True):
    """An issue or incident; without a history where it is no ticket."""

    iid: int
    title: str = ""
    description: str | None = None
    state: str = "opened"
    labels: tuple[str, ...] = ()
    author: Author | None = None
    assignees: tuple[Author, ...] = ()
    created_at: str | None = None
    closed_at: str | None = None
    web_url: str | None = None
    issue_type: str = "issue"
    history: History = History()


def is_extension(issue: Issue) -> bool:
    """Whether a label says that it goes on from another one, which then is linked to it."""
    return any(label.casefold().rpartition("::")[2] == "extension" for label in issue.labels)


def thread_of(prefix: str | None, project: str, issue: Issue, problems: Problems) -> Thread:
    """An issue with what happened to it."""
    named = partial(reference, _URL, project, prefix)
    story = _Story(issue, f"{project}#{issue.iid}", problems)
    notes, turns = list(story.notes()), list(story.turns())
    links = story.listed("links", Link) if is_extension(issue) else ()
    return Thread(
        ticket=named(f"#{issue.iid}"),
        url=issue.web_url,
        title=issue.title,
        description=issue.description,
        provider="gitlab",
        kinds=(issue.issue_type,),
        labels=issue.labels,
        requester=_account(issue.author),
        assignees=[f"gitlab:{who.username}" for who in issue.assignees],
        opened_at=story.time(issue.created_at),
        closed_at=story.closed(turns),
        turns=turns,
        edited_at=max((at for note, at in notes if note.system and _edits(note)), default=None),
        given=next(({"extends": link.references.full} for link in links), {}),
        marks=list(story.marks()),
        comments=[Comment(_account(note.author), at, note.body) for note, at in notes if not note.system],
        unread=issue.history.missing,
        reference=named,
    )


def _edits(note: Note) -> bool:
    return note.body.casefold().startswith(_DESCRIPTION_EDITED)


class _Story:
    """Reads the history of one issue, which `where` names."""

    def __init__(self, issue: Issue, where: str, problems: Problems) -> None:
        self._issue = issue
        self._where = where
        self._problems = problems
        self._times = Times(problems)

    def time(self, text: str | None) -> datetime | None:
        """A time of GitLab's."""
        return self._times.read(text, "a time", self._where)

    def listed(self, name: str, shape: type[Any]) -> Iterator[Any]:
        """The records of one of its lists."""
        found = shaped(getattr(self._issue.history, name), shape, self._problems, f"the {name} of {self._where}")
        return (value for _, value in found)

    def notes(self) -> Iterator[tuple[Note, datetime]]:
        """Comments and GitLab's own notes, with their times."""
        return ((note, at) for note in self.listed("notes", Note) if (at := self.time(note.created_at)))

    def marks(self) -> Iterator[Mark]:
        """Labels put on and taken off. A label deleted since has no name left, and says nothing."""
        for event in self.listed("labels", LabelEvent):
            at = self.time(event.created_at)
            if at and event.label:
                yield Mark(event.label.name, event.action == "add", _account(event.user), at)

    def turns(self) -> Iterator[tuple[datetime, bool]]:
        """When it was closed, and when opened again."""
        for event in self.listed("states", StateEvent):
            if event.state in ("closed", "reopened") and (at := self.time(event.created_at)):
                yield at, event.state == "closed"

    def closed(self, turns: Iterable[tuple[datetime, bool]]) -> datetime | None:
        """When it was closed last; None while it is open."""
        if self._issue.state != "closed":
            return None
        return max((at for at, closed in turns if closed), default=None) or self.time(self._issue.closed_at)


def _account(who: Author | None) -> str | None:
    return f"gitlab:{who.username}" if who else None
