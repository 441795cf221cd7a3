"""The shapes of GitLab's answers on issues, as far as they are used."""

from typing import Any

from msgspec import Struct


class Author(Struct, frozen=True):
    """Who wrote or did something."""

    username: str


class References(Struct, frozen=True):
    """How an issue is named elsewhere."""

    full: str = ""


class Issue(Struct, frozen=True, kw_only=True):
    """An issue or incident."""

    iid: int
    title: str = ""
    description: str | None = None
    state: str = "opened"
    labels: tuple[str, ...] = ()
    author: Author | None = None
    assignees: tuple[Author, ...] = ()
    created_at: str | None = None
    updated_at: str | None = None
    closed_at: str | None = None
    web_url: str | None = None
    issue_type: str = "issue"


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
    user: Author | None = None


class Note(Struct, frozen=True):
    """A comment, or what GitLab notes by itself."""

    created_at: str
    body: str = ""
    system: bool = False
    author: Author | None = None


class History(Struct, frozen=True):
    """What happened to one issue, as the collector puts the answers together."""

    iid: int
    labels: Any = ()
    states: Any = ()
    notes: Any = ()
    links: Any = ()
    missing: str | None = None


class Link(Struct, frozen=True):
    """Another issue that one is linked to."""

    references: References
