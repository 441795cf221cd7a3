"""A Jira field's value as text: of the REST API's plain fields, and of Jira's documents."""

from contextlib import suppress
from typing import Any

import msgspec

from collectors.jira.shapes import Person

_BLOCKS = ("doc", "bulletList", "orderedList")
_PERSON = {"accountId", "emailAddress", "displayName"}
_WORDS = ("emailAddress", "text", "value", "name", "key", "displayName")


def text_of(value: Any, prefix: str = "jira:") -> str:
    """A value as text: plain, of a person, of a choice, of a document, or a list of these.

    A `prefix` stands before a person's account, but for an export's.
    """
    if isinstance(value, list):
        return ", ".join(filter(None, (text_of(item, prefix) for item in value)))
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    if isinstance(value.get("content"), list):
        between = "\n" if value.get("type") in _BLOCKS else ""
        return between.join(text_of(part, prefix) for part in value["content"])
    if not _PERSON.isdisjoint(value):
        # One person who is not written as Jira does must not cost the other issues of the page.
        with suppress(msgspec.ValidationError):
            if who := account_of(msgspec.convert(value, Person, strict=False), prefix):
                return who
    return next((text for key in _WORDS if (text := text_of(value.get(key), prefix))), "")


def account_of(person: Person | None, prefix: str = "jira:") -> str | None:
    """An e-mail address where it is shown: the roster knows it. Else the account, with the name that Jira shows."""
    if person is None:
        return None
    name = person.name or person.account_id
    account = f"{prefix}{name}" if name else None
    return person.email or (f"{person.shown} <{account}>" if person.shown and account else account)
