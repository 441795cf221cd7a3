"""The records in what a tracker's API answered, however it wraps them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Sized
from typing import Any

from msgspec import Struct

_LISTS = (
    "result", "results", "records", "tickets", "requests", "changes", "incidents", "issues", "items", "nodes", "value",
    "data", "elements",
)  # fmt: skip
_OWN_FIELDS = ("custom_fields", "customFields")
_VALUES = ("display_value", "value")
_WITHIN = ("data", "issues", "result", "changes", "tickets", "_embedded")
_NEXT = ("next_page", "next", "nextPage", "nextPageToken", "@odata.nextLink", "nextLink", "next_cursor")
_MORE = ("has_more", "hasMore", "has_more_results", "hasNextPage", "more")
_TOTALS = ("total_count", "totalCount", "total")
_DEEP = 4


class Answer(Struct, frozen=True):
    """Records as they stand in an answer, as pairs, and whether it says that there are more."""

    records: Sequence[Any]
    has_more: bool


def answer_in(content: Any) -> Answer | None:
    """The records of an answer, given as its pairs of name and value; None where it holds no list of them."""
    more = False
    for _ in range(_DEEP):
        if not _is_object(content):
            return None
        told = dict(content)
        records = next((told[name] for name in _LISTS if _is_list(told.get(name))), None)
        page: Any = told.get("pageInfo") or told.get("paging")
        more = more or goes_on(told, records) or (_is_object(page) and goes_on(dict(page)))
        if records is not None:
            return Answer([with_fields(one) for one in records], more)
        content = next((told[name] for name in _WITHIN if _is_object(told.get(name))), None) or []
    return None


def goes_on(told: Mapping[str, Any], records: Sized | None = None) -> bool:
    """Whether an answer says that there are more records than it holds, or that it is one page of several."""
    total = next((told[name] for name in _TOTALS if isinstance(told.get(name), int)), 0)
    says = any(told.get(name) for name in _NEXT) or any(told.get(name) is True for name in _MORE)
    return says or told.get("isLast") is False or (records is not None and total > len(records))


def with_fields(record: Any) -> Any:
    """A record with what stands among its `fields`, `attributes`, links or a team's own fields beside its id."""
    if not _is_object(record):
        return record
    typed = [pair for name, value in record if name == "properties" and _is_object(value) for pair in _typed(value)]
    taken = {name.casefold() for name, _ in typed}
    record = type(record)([*(pair for pair in record if not typed or pair[0].casefold() not in taken), *typed])
    within = ("fields", "attributes", *_OWN_FIELDS)
    inner = [pair for name, value in record if name in within and _is_object(value) for pair in value]
    inner += [pair for name, value in record if name in _OWN_FIELDS and _is_list(value) for pair in _named(value)]
    inner += [pair for name, value in record if name == "_links" and _is_object(value) for pair in _titles(value)]
    own = {name for name, _ in record}
    return type(record)([*record, *(pair for pair in inner if pair[0] not in own)])


def _typed(properties: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, Any]]:
    """Notion's properties, each of which says of which type its value is."""
    for name, value in properties:
        told = dict(value) if _is_object(value) else {}
        if isinstance(kind := told.get("type"), str) and kind in told:
            yield name, _of_type(told[kind])


def _of_type(value: Any) -> Any:
    """A typed value as others write it: pieces of text as one, a stretch of time, a number with its prefix."""
    if _is_list(value) and (pieces := [dict(one) for one in value]) and all("plain_text" in one for one in pieces):
        return "".join(str(one["plain_text"]) for one in pieces)
    told = dict(value) if _is_object(value) else {}
    if "start" in told:
        return "/".join(str(told[end]) for end in ("start", "end") if told.get(end))
    if "number" in told:
        return "-".join(str(told[part]) for part in ("prefix", "number") if told.get(part))
    inner = told.get("type")
    return _of_type(told[inner]) if isinstance(inner, str) and inner in told else value


def _titles(links: Iterable[tuple[str, Any]]) -> Iterator[tuple[str, str]]:
    """What HAL's links lead to, by its title."""
    for name, link in links:
        title = dict(link).get("title") if _is_object(link) else None
        if isinstance(title, str):
            yield name, title


def _named(fields: list[Any]) -> list[tuple[str, Any]]:
    """The fields that a team made, which are listed with their names: the first that is called so counts."""
    found: dict[str, Any] = {}
    for told in map(dict, fields):
        if isinstance(name := told.get("name"), str):
            found.setdefault(name, next((told[one] for one in _VALUES if told.get(one)), None))
    return list(found.items())


def _is_object(value: Any) -> bool:
    """Whether it is an object of JSON, as pairs."""
    return isinstance(value, list) and bool(value) and all(isinstance(one, tuple) for one in value)


def _is_list(value: Any) -> bool:
    return isinstance(value, list) and not _is_object(value) and all(map(_is_object, value))
