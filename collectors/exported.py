"""The records of a file that a service's log was exported into: JSON however it is wrapped, lines of it, or a table."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from collectors.envelopes import bare, records_in
from collectors.forms import csv_rows
from collectors.json_values import Broken, values
from collectors.packing import utf8


def exported(content: bytes, is_record: Callable[[dict[str, Any]], bool], columns: tuple[str, ...]) -> list[Any]:
    """The records of an export, each an object or a sentence on why it is none.

    Args:
        content: the file, unpacked.
        is_record: whether an object is a record, and not something around one.
        columns: how columns of a table of them begin, in small letters.

    Raises:
        ValueError: nothing in it is JSON.
    """
    content = bare(utf8(content))
    if (table := csv_rows(content, columns)) is not None:
        return list(table)
    try:
        found = records_in(msgspec.json.decode(content), _if(is_record))
    except (ValueError, RecursionError):
        found = list(lines(content, is_record))
    if found and all(isinstance(one, str) for one in found):
        raise ValueError("nothing in it is a JSON object")
    return found


def lines(content: bytes, is_record: Callable[[dict[str, Any]], bool]) -> Iterator[Any]:
    """The records of JSON values that follow each other, one at a time; `Broken` for a piece that is none."""
    text, record = utf8(content).decode("utf-8", "replace").lstrip("\ufeff \t\r\n"), _if(is_record)
    for value in values(text, int(text.startswith("[")), is_record):
        yield from [value] if isinstance(value, Broken) else records_in(value, record)


def _if(is_record: Callable[[dict[str, Any]], bool]) -> Callable[[dict[str, Any]], dict[str, Any] | None]:
    return lambda value: value if is_record(value) else None
