"""A Jira field's value as text: of the REST API's plain fields, and of Jira's documents."""

import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from auditor.model.details import as_object
from collectors.jira.shapes import Person

_PERSON = {"accountId", "emailAddress", "displayName"}
_WORDS = ("emailAddress", "text", "value", "name", "key", "displayName")
_INLINE = frozenset({"text", "hardBreak", "mention", "emoji", "date", "status", "inlineCard", "mediaInline"})
_BEFORE = {"heading": "### ", "blockquote": "> "}
_DEEPEST = 100
_MENTION = re.compile(r"\[~accountid:([\w:-]+)\]")


def text_of(value: Any, prefix: str = "jira:") -> str:
    """A value as text: plain, of a person, of a choice, of a document, or a list of these.

    A `prefix` stands before a person's account, but for an export's.
    """
    if isinstance(value, list):
        return ", ".join(filter(None, (text_of(item, prefix) for item in value)))
    if not isinstance(value, dict):
        return "" if value is None else str(value)
    if isinstance(value.get("content"), list):
        return _document(value, prefix)
    if not _PERSON.isdisjoint(value):
        # One person who is not written as Jira does must not cost the other issues of the page.
        with suppress(msgspec.ValidationError):
            if who := account_of(msgspec.convert(value, Person, strict=False), prefix):
                return who
    return next((text for key in _WORDS if (text := text_of(value.get(key), prefix))), "")


def _document(node: Any, prefix: str, depth: int = 0) -> str:
    """A node of a document as Markdown would have it, so that fields, tables, boxes and quotes can be told.

    What a template asks in a placeholder is nobody's word; what is nested deeper than people do is left out.
    """
    if not isinstance(node, dict) or node.get("type") == "placeholder" or depth > _DEEPEST:
        return ""
    kind, told = node.get("type"), as_object(node.get("attrs"))
    if not isinstance(node.get("content"), list):
        return _leaf(kind, node, told, prefix)
    parts = [_document(part, prefix, depth + 1) for part in node["content"]]
    if kind == "tableRow":
        return f"| {' | '.join(' '.join(part.split()) for part in parts)} |"
    if kind == "taskItem":
        return f"- [{'x' if told.get('state') == 'DONE' else ' '}] {''.join(parts)}"
    within = any("text" in part or part.get("type") in _INLINE for part in map(as_object, node["content"]))
    text = ("" if within else "\n").join(parts)
    return "\n".join(_BEFORE[kind] + line for line in text.split("\n")) if kind in _BEFORE else text


def _leaf(kind: Any, node: dict[str, Any], told: dict[str, Any], prefix: str) -> str:
    """A node that holds no others."""
    match kind:
        case _ if "text" in node:
            told = node
        case "hardBreak":
            return "\n"
        case "mention":
            shown = str(told.get("text") or "").removeprefix("@") or None
            return account_of(Person(account_id=str(told.get("id") or "") or None, shown=shown), prefix) or shown or ""
        case "date":
            return _day(told.get("timestamp"))
    return next((str(told[key]) for key in ("text", "shortName", "url") if told.get(key)), "")


def _day(timestamp: Any) -> str:
    """A day of a document, which is kept as its first moment in UTC, in milliseconds."""
    with suppress(ValueError, OverflowError, OSError):
        return f"{datetime.fromtimestamp(int(str(timestamp)) / 1000, UTC):%Y-%m-%d}"
    return str(timestamp or "")


def people_in(value: Any, prefix: str = "jira:", depth: int = 0) -> dict[str, str]:
    """Everybody whom an issue shows by name, as `Name <account>` or by e-mail address, by their ids."""
    if depth > _DEEPEST or not isinstance(value, list | dict):
        return {}
    inner = value.values() if isinstance(value, dict) else value
    found = {who: name for one in inner for who, name in people_in(one, prefix, depth + 1).items()}
    if isinstance(value, dict) and isinstance(who := value.get("accountId"), str):
        found[who] = text_of(value, prefix)
    return found


def with_names(text: str, people: Mapping[str, str]) -> str:
    """A text with the names of those whom Jira's markup mentions by their ids alone, where they are known."""
    return _MENTION.sub(lambda found: people.get(found[1], found[0]), text)


def account_of(person: Person | None, prefix: str = "jira:") -> str | None:
    """An e-mail address where it is shown: the roster knows it. Else the account, with the name that Jira shows."""
    if person is None:
        return None
    name = person.name or person.account_id
    account = f"{prefix}{name}" if name else None
    return person.email or (f"{person.shown} <{account}>" if person.shown and account else account)
