"""Log records in forms other than JSON: tables in Parquet and CSV, and YAML. Each gives the objects that JSON would."""

import codecs
import csv
import io
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from functools import reduce
from typing import Any

from auditor.config.document import parse
from auditor.model.details import as_object
from collectors.json_values import Broken
from collectors.packing import utf8

_PARQUET = b"PAR1"
_NUMBERED = re.compile(r"(?<=\w)\[\d+\]")
_SEPARATORS = ",;\t|"
_LONGEST_CELL = 64 << 20
_LONGEST_HEAD = 1 << 16
_OBJECT_IN_CELL = '"{""'
_YAML_SEPARATOR = "\n---"
_ROWS = 5_000


def parquet_rows(content: bytes) -> Iterator[dict[str, Any]] | None:
    """The rows of a Parquet file; None where it is none.

    Raises:
        ValueError: it is damaged; rows that came before the damage are given.
    """
    return _parquet(content) if content.startswith(_PARQUET) else None


def _parquet(content: bytes) -> Iterator[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        for batch in pq.ParquetFile(pa.BufferReader(content)).iter_batches(batch_size=_ROWS):
            yield from map(_plain, batch.to_pylist(maps_as_pydicts="lossy"))
    except (pa.ArrowException, OSError, RecursionError) as error:
        raise ValueError(f"its Parquet is damaged: {error}") from error


def csv_rows(content: bytes, known: tuple[str, ...]) -> Iterator[dict[str, Any] | Broken] | None:
    """The rows of a table written as CSV.

    None where no column of its first line begins as one of `known`, and the lines below have no JSON in their cells.
    """
    # JSON may stand in one line that is as long as the file: it is known by its beginning.
    if content[:64].removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"{", b"[", b"<"):
        return None
    text = utf8(content).decode("utf-8-sig", "replace").lstrip()
    head = text.partition("\n")[0]
    if head.rstrip().endswith(":") or "{" in head or "[" in _NUMBERED.sub("", head):
        return None
    columns = {one: _names(head[:_LONGEST_HEAD], one) for one in _SEPARATORS}
    separator = max(columns, key=lambda one: len(columns[one]))
    below = text[len(head) : len(head) + _LONGEST_HEAD]
    if any(name.strip().lower().startswith(known) for name in columns[separator]) or _OBJECT_IN_CELL in below:
        return _csv(text, separator)
    return None


def _names(head: str, separator: str) -> list[str]:
    return next(csv.reader(io.StringIO(head, newline=""), delimiter=separator), [])


def _csv(text: str, separator: str) -> Iterator[dict[str, Any] | Broken]:
    # The limit is the process's: other tables keep theirs.
    before = csv.field_size_limit(_LONGEST_CELL)
    try:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
        names = [name.strip() for name in next(rows)]
        for row in rows:
            if len(row) == len(names):
                yield unflattened({name: value for name, value in zip(names, row, strict=True) if value})
            elif row:
                yield Broken("it has another number of columns than the first line")
    except csv.Error as error:
        yield Broken(f"the table cannot be read on from here: {error}")
    finally:
        csv.field_size_limit(before)


def unflattened(value: Mapping[str, Any]) -> dict[str, Any]:
    """An object whose parts may be named by paths, such as `userIdentity.arn`."""
    return nested((name.split("."), one) for name, one in value.items())


def nested(cells: Iterable[tuple[Sequence[str], Any]]) -> dict[str, Any]:
    """An object from the paths of its parts; what stands in the way of another part loses it."""
    found: dict[str, Any] = {}
    for path, value in cells:
        place = found
        for step in path[:-1]:
            place = as_object(place.setdefault(step, {}))
        place[path[-1]] = value
    return found


def renamed(value: Mapping[str, Any], places: Mapping[str, str]) -> dict[str, Any]:
    """An object of another schema, from where each of its parts stands in this one.

    Args:
        value: the object.
        places: by the path of a part, where it may stand, with blanks between; what is filled in first counts.
    """
    return nested((path.split("."), _first(value, of.split())) for path, of in places.items())


def _first(value: Mapping[str, Any], places: Sequence[str]) -> Any:
    found = [reduce(_part, place.split("."), value) for place in places]
    return next(filter(None, found), found[0])


def _part(value: Any, name: str) -> Any:
    return as_object(value).get(name)


def yaml_documents(content: bytes, known: Collection[str]) -> Iterator[dict[str, Any] | Broken] | None:
    """The documents of a YAML file; None where no line of its beginning is one of the keys of `known`."""
    head = content[:8192].decode("utf-8-sig", "replace")
    if not any(line.partition(":")[0].strip("- ") in known for line in head.split("\n")):
        return None
    return _yaml(content.decode("utf-8-sig", "replace"))


def _yaml(text: str) -> Iterator[dict[str, Any] | Broken]:
    for piece in f"\n{text}".split(_YAML_SEPARATOR):
        if not piece.strip():
            continue
        document = parse("", piece)
        for value in document.data if isinstance(document.data, list) else [document.data]:
            yield value if isinstance(value, dict) and not document.mistakes else Broken("it is no YAML object")


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    """A row as JSON would have it."""
    found: dict[str, Any] = json.loads(json.dumps(row, default=_text))
    return found


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if isinstance(value, date) else str(value)
