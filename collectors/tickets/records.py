"""A ticket file's records: CSV or JSON lines, as mappings from column to value as written."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from collectors.json_values import Broken
from collectors.tickets.api_answers import answer_in, with_fields
from collectors.tickets.jira_search import answers_in, columns_of, has_more
from collectors.tickets.trello import cards_in

_MOST_NAMED, _LONGEST_NAME = 12, 40  # columns that are told where none is the ticket's
_DELIMITERS = (",", ";", "\t", "|")
_CALLED = (
    "email", "emailaddress", "mail", "uniquename", "display_value", "login", "username", "fullname", "displayname",
    "name", "summary", "value", "title", "raw",
)  # fmt: skip
_KEPT = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.]+")


class WrongColumnsError(ValueError):
    """The file as a whole cannot be read as tickets: says which columns are missing or doubled."""


class Record(Struct, frozen=True):
    """One record; `problem` says why it could not be read, and then `values` is empty."""

    number: int
    values: dict[str, Any]
    problem: str | None = None


class Layout(Struct, frozen=True):
    """How a file's columns are named.

    Args:
        ticket: the column that holds a ticket's id, as it is called here, or several, with blanks between; None where
            none needs to.
        renamed: what its columns are called here.
        doubled: whether a column may be there several times; its values are a list then.
        once: columns, as they are called here, that may not be all the same: only one value of theirs can be meant.
        needed: columns, as they are called here, without which a table says something else.
    """

    ticket: str | None = "ticket"
    renamed: Mapping[str, str] = field(default_factory=dict)
    doubled: bool = False
    once: frozenset[str] = frozenset()
    needed: frozenset[str] = frozenset()

    @property
    def ids(self) -> list[str]:
        """The columns that may hold a ticket's id."""
        return (self.ticket or "").split()

    def has_id(self, names: Collection[str]) -> bool:
        """Whether one of some columns, as they are called here, is a ticket's id."""
        return not set(self.ids).isdisjoint(names)

    def lacks_id(self, names: Collection[str]) -> bool:
        """Whether none of them is, and one needs to be."""
        return bool(self.ids) and not self.has_id(names)

    def may_double(self, name: str) -> bool:
        """Whether a column may be there several times."""
        return self.doubled and name not in self.once

    def named(self, columns: list[str]) -> list[str]:
        """Columns as they are called here."""
        plainly = (one.strip().strip('"').strip().lower().replace(" ", "_").replace("-", "_") for one in columns)
        return [self.renamed.get(name, name) for name in plainly]


def read_records(data: bytes, layout: Layout) -> list[Record]:
    """Every record of a file.

    Raises:
        WrongColumnsError: it lacks the ticket's column, or has a column twice that may be there once.
        ValueError: it is empty.
    """
    text = decoded(data)[0]
    if not text.strip():
        raise ValueError("it is empty")
    records = list((_json if _is_json(text) else _csv)(text, layout))
    readable = [record for record in records if record.problem is None]
    if readable and all(layout.lacks_id(record.values) for record in readable):
        raise WrongColumnsError(_lacking(layout, next(iter(readable)).values))
    return records


def header(data: bytes) -> list[str]:
    """The names of a file's columns, as it writes them; of JSON, those of all its records.

    Raises:
        ValueError: it is empty, or nothing in it is a record.
    """
    text = decoded(data)[0]
    if not text.strip():
        raise ValueError("it is empty")
    if _is_json(text):
        found = [name for record in _json(text, Layout(ticket=None, doubled=True)) for name in record.values]
    else:
        body, delimiter = _dialect(text, Layout(ticket=None))
        found = _first_line(csv.reader(io.StringIO(body, newline=""), delimiter=delimiter))
    if not found:
        raise ValueError("it holds no columns")
    return list(dict.fromkeys(found))


def is_json(data: bytes) -> bool:
    """Whether a file is JSON or JSON lines: its records name their own columns, and may leave some out."""
    return _is_json(decoded(data)[0])


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[")


def decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether all of it could be read as Unicode; what is not is taken for what Windows writes."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding), True
    except UnicodeDecodeError:
        return data.decode("utf-16" if encoding == "utf-16" else "cp1252", "replace"), False


def plain(value: Any) -> str:
    """A value as text; nothing where it is none."""
    return value.strip() if isinstance(value, str) else str(value) if isinstance(value, int) else ""


def called_by(value: Any) -> Any:
    """What an API writes as an object (a person, a choice, a reference), by what people know it by."""
    if isinstance(value, list):
        return [called_by(one) for one in value]
    if not isinstance(value, dict):
        return value
    told = {name.casefold(): one for name, one in value.items() if isinstance(one, str) and one}
    return next((told[name] for name in _CALLED if name in told), "" if "display_value" in value else value)


def kept_time(value: Any) -> Any:
    """A time that an API writes as its reader sees it and as it keeps it: as it is kept, which is in UTC.

    What shows as `2026-10-14 02:50:00` in New York is kept as `2026-10-14 06:50:00` by ServiceNow, and
    in milliseconds by ServiceDesk Plus.
    """
    kept = plain(value.get("value")) if isinstance(value, dict) and "display_value" in value else ""
    return f"{kept} UTC" if _KEPT.fullmatch(kept) else kept or called_by(value)


def _dialect(text: str, layout: Layout) -> tuple[str, str]:
    """The text without a line that names the delimiter, and the delimiter."""
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep="):
        text, first = rest, rest.partition("\n")[0]
    fitting = [d for d in _DELIMITERS if layout.has_id(layout.named(first.split(d)))]
    delimiter = max(fitting or _DELIMITERS, key=first.count)
    return text, delimiter


def _csv(text: str, layout: Layout) -> Iterator[Record]:
    text, delimiter = _dialect(text, layout)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = _header(reader, layout)
    number = -1
    while True:
        number += 1
        try:
            fields = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield Record(number, {}, f"it is no CSV: {error}")
            continue
        if not any(field.strip() for field in fields):
            continue
        if len(fields) > len(header):
            yield Record(number, {}, f"it has {len(fields)} values for {len(header)} columns")
        else:
            yield Record(number, _values(header, fields))


def _values(header: list[str], fields: list[str]) -> dict[str, Any]:
    """Values by column; those of a column that is there several times as a list, without the blank ones."""
    several = {name for name, count in Counter(header).items() if count > 1}
    values: dict[str, Any] = {name: [] if name in several else "" for name in header[: len(fields)]}
    for name, value in zip(header, fields, strict=False):
        if name not in several:
            values[name] = value
        elif value.strip():
            values[name].append(value)
    return values


def _first_line(reader: Iterator[list[str]]) -> list[str]:
    try:
        return next(reader, [])
    except csv.Error as error:
        raise WrongColumnsError(f"its first line is no CSV: {error}") from error


def _header(reader: Iterator[list[str]], layout: Layout) -> list[str]:
    header = layout.named(_first_line(reader))
    doubled = [name for name, count in Counter(header).items() if count > 1 and name and not layout.may_double(name)]
    if doubled:
        raise WrongColumnsError(f"there are two columns {', '.join(doubled)}")
    if layout.lacks_id(header):
        raise WrongColumnsError(_lacking(layout, filter(None, header)))
    if missing := layout.needed.difference(header):
        theirs = sorted(name for name, ours in layout.renamed.items() if ours in missing)
        raise WrongColumnsError(f"{_missing(theirs)}; {_told(filter(None, header))}")
    return header


def _missing(columns: Sequence[str]) -> str:
    plural = len(columns) > 1
    return f"the column{'s' if plural else ''} {', '.join(columns)} {'are' if plural else 'is'} missing"


def _lacking(layout: Layout, names: Iterable[str]) -> str:
    """That the ticket's column is missing, and which are there."""
    return f"{_missing(layout.ids[:1])}; {_told(names)}"


def _told(names: Iterable[str]) -> str:
    """Which columns are there."""
    there = [name[:_LONGEST_NAME] for name in names]
    more = f" and {len(there) - _MOST_NAMED} more" if len(there) > _MOST_NAMED else ""
    return f"its columns are {', '.join(there[:_MOST_NAMED])}{more}" if there else "it has no columns"


def _json(text: str, layout: Layout) -> Iterator[Record]:
    for number, value in enumerate(_json_values(text, layout)):
        yield Record(number, {}, value) if isinstance(value, Broken) else _checked(number, value, layout)


def _json_values(text: str, layout: Layout) -> Sequence[Any]:
    """The records in JSON as pairs: of a search of Jira, a list, an API's answer, or a line each."""
    try:
        whole = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith("["):
            raise ValueError(f"it is no JSON: {error}") from error
        return [_of_line(line) for line in text.split("\n") if line.strip()]
    content = _unpaired(whole)
    if pages := answers_in(content):
        if has_more(pages):
            raise ValueError("the search found more than these pages hold: save all of them")
        return [_Pairs(columns.items()) for page in pages for columns in columns_of(page)]
    if cards := cards_in(content):
        return [_Pairs(card.items()) for card in cards]
    if not isinstance(whole, _Pairs):
        return [with_fields(one) for one in whole]
    answer = None if layout.has_id(layout.named([name for name, _ in whole])) else answer_in(whole)
    if answer and answer.has_more:
        raise ValueError("it is one page of several: save all of them")
    return answer.records if answer else [with_fields(whole)]


def _of_line(line: str) -> Any:
    try:
        return json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        return Broken(f"it is no JSON: {error}")


class _Pairs(list[tuple[str, Any]]):
    """An object's names and values, doubled names too."""


def _checked(number: int, value: Any, layout: Layout) -> Record:
    if not isinstance(value, _Pairs):
        return Record(number, {}, "it is not a JSON object")
    names = layout.named([name for name, _ in value])
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        return Record(number, {}, f"it has {', '.join(doubled)} twice")
    return Record(number, dict(zip(names, (_unpaired(content) for _, content in value), strict=True)))


def _unpaired(value: Any) -> Any:
    """A value within a record: of what an object has twice, the last counts."""
    if isinstance(value, _Pairs):
        return {name: _unpaired(content) for name, content in value}
    return [_unpaired(one) for one in value] if isinstance(value, list) else value
