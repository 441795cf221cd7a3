"""A ticket file's records: CSV or JSON lines, as mappings from column to value as written."""

import csv
import io
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_DELIMITERS = (",", ";", "\t")


class WrongColumnsError(ValueError):
    """The file as a whole cannot be read as tickets: says which columns are missing or doubled."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record; `problem` says why it could not be read, and then `values` is empty."""

    number: int
    values: dict[str, Any]
    problem: str | None = None


def read_records(data: bytes) -> list[Record]:
    """Every record of a file.

    Raises:
        WrongColumnsError: it has no `ticket` column, or a column twice.
        ValueError: it is empty.
    """
    text = decoded(data)[0]
    if not text.strip():
        raise ValueError("it is empty")
    records = list(_json(text) if text.lstrip()[0] in "{[" else _csv(text))
    readable = [record for record in records if record.problem is None]
    if readable and not any("ticket" in record.values for record in readable):
        raise WrongColumnsError("the column ticket is missing")
    return records


def decoded(data: bytes) -> tuple[str, bool]:
    """The text, and whether all of it could be read as Unicode."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return data.decode(encoding), True
    except UnicodeDecodeError:
        return data.decode(encoding, "backslashreplace" if encoding != "utf-16" else "replace"), False


def _csv(text: str) -> Iterator[Record]:
    header_line = text.split("\n", 1)[0]
    delimiter = next((d for d in _DELIMITERS if "ticket" in _names(header_line.split(d))), ",")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    header = _header(reader)
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
            yield Record(number, dict(zip(header, fields, strict=False)))


def _header(reader: Iterator[list[str]]) -> list[str]:
    try:
        header = _names(next(reader))
    except csv.Error as error:
        raise WrongColumnsError(f"its first line is no CSV: {error}") from error
    doubled = [name for name, count in Counter(header).items() if count > 1 and name]
    if doubled:
        raise WrongColumnsError(f"there are two columns {', '.join(doubled)}")
    if "ticket" not in header:
        raise WrongColumnsError("the column ticket is missing")
    return header


def _names(fields: list[str]) -> list[str]:
    return [field.strip().strip('"').strip().lower().replace(" ", "_").replace("-", "_") for field in fields]


def _json(text: str) -> Iterator[Record]:
    if text.lstrip().startswith("["):
        yield from _json_list(text)
        return
    for number, line in enumerate(line for line in text.split("\n") if line.strip()):
        yield _record(number, line)


def _json_list(text: str) -> Iterator[Record]:
    try:
        values = json.loads(text, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"it is no JSON: {error}") from error
    for number, value in enumerate(values):
        yield _checked(number, value)


def _record(number: int, line: str) -> Record:
    try:
        value = json.loads(line, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError) as error:
        return Record(number, {}, f"it is no JSON: {error}")
    return _checked(number, value)


class _Pairs(list[tuple[str, Any]]):
    """An object's names and values, doubled names too."""


def _checked(number: int, value: Any) -> Record:
    if not isinstance(value, _Pairs):
        return Record(number, {}, "it is not a JSON object")
    names = _names([name for name, _ in value])
    doubled = [name for name, count in Counter(names).items() if count > 1]
    if doubled:
        return Record(number, {}, f"it has {', '.join(doubled)} twice")
    return Record(number, dict(zip(names, (content for _, content in value), strict=True)))
