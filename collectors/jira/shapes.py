"""The shapes of Jira's answers (REST API v2, Data Center and Cloud), as far as they are used."""

from typing import Any

import msgspec
from msgspec import Struct


class Person(Struct, frozen=True, rename={"account_id": "accountId", "email": "emailAddress", "shown": "displayName"}):
    """Somebody: Data Center has names, Cloud account ids; the e-mail address is there where they show it."""

    name: str | None = None
    account_id: str | None = None
    email: str | None = None
    shown: str | None = None


class Named(Struct, frozen=True):
    """A status or an issue type."""

    name: str


class Item(Struct, frozen=True, rename={"from_": "fromString", "to": "toString", "id": "fieldId"}):
    """One field's change."""

    field: str
    from_: str | None = None
    to: str | None = None
    id: str | None = None


class Change(Struct, frozen=True):
    """What somebody changed at once."""

    created: str
    items: tuple[Item, ...] = ()
    author: Person | None = None


class Changelog(Struct, frozen=True):
    """An issue's changes."""

    total: int = 0
    histories: tuple[Change, ...] = ()


class Comment(Struct, frozen=True):
    """A comment."""

    created: str
    body: Any = ""
    author: Person | None = None


class Comments(Struct, frozen=True):
    """An issue's comments."""

    comments: tuple[Comment, ...] = ()


class Approver(Struct, frozen=True, rename={"decision": "approverDecision"}):
    """Somebody who was asked, and what they said."""

    approver: Person | None = None
    decision: str | None = None


class Moment(Struct, frozen=True):
    """A time, as Service Management writes it."""

    iso8601: str | None = None


class Decision(Struct, frozen=True, rename={"final": "finalDecision", "completed": "completedDate"}):
    """An approval that Service Management asked for: who was asked, and what came of it."""

    final: str
    approvers: tuple[Approver, ...]
    completed: Moment | None = None


class JiraIssue(Struct, frozen=True):
    """An issue. `fields` stay as they came: which of them matter is the configuration's to say."""

    key: str
    fields: dict[str, Any]
    changelog: Changelog = Changelog()
    missing: str | None = None


class Known(Struct, frozen=True):
    """The fields that every Jira has."""

    summary: str | None = None
    description: Any = None
    issuetype: Named | None = None
    labels: tuple[str, ...] = ()
    reporter: Person | None = None
    assignee: Person | None = None
    created: str | None = None
    resolutiondate: str | None = None
    status: Named | None = None
    resolution: Named | None = None
    comment: Comments = msgspec.field(default_factory=Comments)
