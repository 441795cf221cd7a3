"""CloudTrail objects to records: bounded decompression, one decoding pass, and a careful second one where it fails."""

import itertools
import json
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
import pyarrow as pa
from isal import isal_zlib

from auditor.model.details import as_object
from collectors import packing
from collectors.aws.cloudtrail.foreign import NO_EVENTS, event_of
from collectors.aws.cloudtrail.shapes import BAD_JSON, NOTHING, LooseRecord, Record
from collectors.aws.cloudtrail.shapes import text as as_text
from collectors.aws.cloudtrail.typed import typed
from collectors.envelopes import bare, packed_lines, records_in
from collectors.forms import csv_rows, parquet_rows, yaml_documents
from collectors.json_values import TOO_DEEP, Broken, values

MOST_BYTES = 1 << 30
"""No object may unpack to more."""
MOST_RATIO = 200
"""Nor, past `_FREE_BYTES`, to more than so many times what was fed in: CloudTrail's files unpack to 6 to 11 times."""

_FREE_BYTES = 64 << 20
_STEP = 32 << 20
_LINES_STEP = 8 << 20
_GZIP = b"\x1f\x8b"
_WRAPPED = re.compile(r"""\s*(?:\{\s*"Records"\s*:\s*)?\[""")
_COLUMNS = ("eventtime", "cloudtrailevent", "eventdata", "message", "@message", "event", "log", "_raw")
_YAML_KEYS = ("Events", "CloudTrailEvent")
_NOTIFIES = "aws:"
_NEEDED = ("eventTime", "eventSource", "eventName")
_OF_CONSOLE = "CSV of the event history leaves out who acted and what it was done to: download it as JSON instead"
_FIELDS = {field.name: field.encode_name for field in msgspec.structs.fields(LooseRecord)}
_SHAPES = (
    *("user_identity", "request_parameters", "response_elements", "additional_event_data", "addendum", "resources"),
)
_TEXTS = tuple(name for name in _FIELDS if name not in (*_SHAPES, "read_only"))
R = TypeVar("R", Record, LooseRecord)


class UnreadableError(ValueError):
    """An object that gives no records; the message says why."""


class DigestError(ValueError):
    """An object that is a digest file, and holds no events."""


class _Document(msgspec.Struct, Generic[R], gc=False, rename="camel"):
    """What stands at the top of a file."""

    records: list[R] | msgspec.UnsetType = msgspec.field(default=msgspec.UNSET, name="Records")
    digest_start_time: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Decoders(Generic[R]):
    """Decodes a file, a list or lines of records of one shape; raises one of `BAD_JSON` where any is of another."""

    def __init__(self, shape: type[R]) -> None:
        self.document: Callable[[bytes], _Document[R]] = msgspec.json.Decoder(_Document[shape]).decode  # type: ignore[valid-type,assignment]
        self.list: Callable[[bytes], list[R]] = msgspec.json.Decoder(list[shape]).decode  # type: ignore[valid-type]
        self.lines: Callable[[bytes], list[R]] = msgspec.json.Decoder(shape).decode_lines


_AS_AWS_WRITES, _LOOSELY = _Decoders(Record), _Decoders(LooseRecord)


class Unpacked(NamedTuple):
    """What an object as stored holds.

    Args:
        warning: what follows it that is not gzip, if anything does.
        pure: whether it is one gzip member, or not packed, and nothing else: as CloudTrail delivers it.
    """

    content: bytes
    warning: str | None
    pure: bool


def unpack(data: bytes, *, again: bool = False) -> Unpacked:
    """The content of an object as stored; where it was packed twice, `again` is the second time.

    Raises:
        UnreadableError: truncated or corrupt gzip, a checksum that does not match, or a zip bomb.
    """
    if not data.startswith(_GZIP):
        if len(data) > MOST_BYTES:
            raise UnreadableError(f"it is larger than {MOST_BYTES >> 20} MiB")
        content, warning = packing.unpacked(data, MOST_BYTES) or (data, None)
        return Unpacked(content, warning, content is data)
    pieces: list[bytes] = []
    rest, members = data, 0
    while rest.startswith(_GZIP):
        rest = _member(rest, pieces)
        members += 1
    warning = f"{len(rest)} bytes that are not gzip follow its end" if rest else None
    content = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    if content.startswith(_GZIP) and not again:
        # Firehose packs what CloudWatch Logs has packed already.
        inner = unpack(content, again=True)
        return Unpacked(inner.content, warning or inner.warning, pure=False)
    return Unpacked(content, warning, members == 1 and not rest)


def _member(data: bytes, pieces: list[bytes]) -> bytes:
    """Unpack one gzip member onto `pieces`; returns what follows it."""
    member = isal_zlib.decompressobj(wbits=31)
    feed, total, before = data, 0, sum(map(len, pieces))
    # The last four bytes of a file of one member tell its length: then it is unpacked in one go.
    step = min(int.from_bytes(data[-4:], "little") + 1, _STEP)
    try:
        while not member.eof:
            piece = member.decompress(feed, step)
            step = _STEP
            feed = member.unconsumed_tail
            pieces.append(piece)
            total += len(piece)
            squeezed = total > _FREE_BYTES and total > MOST_RATIO * (len(data) - len(feed))
            if squeezed or before + total > MOST_BYTES:
                raise UnreadableError(f"a zip bomb: {len(data):,} bytes unpack to more than {total >> 20:,} MiB")
            if not piece and not member.eof:
                raise UnreadableError("truncated: its gzip stream ends in the middle; nothing of it was kept")
    except isal_zlib.IsalError as error:  # type: ignore[misc]  # the stub has no class there
        raise UnreadableError(f"its gzip stream is corrupt ({error}); nothing of it was kept") from error
    return member.unused_data


def is_text(content: bytes) -> bool:
    """Whether it is UTF-8 throughout; `records` replaces what is not."""
    if content.isascii():
        return True
    ends = pa.py_buffer(struct.pack("=qq", 0, len(content)))
    try:
        pa.LargeStringArray.from_buffers(1, ends, pa.py_buffer(content)).validate(full=True)
    except pa.ArrowInvalid:
        return False
    return True


def records(content: bytes, *, text: bool = False) -> Iterator[Sequence[Record | str]]:
    """The records of a file, in order and some at a time; a string stands for one that cannot be read, and says why.

    Args:
        content: unpacked.
        text: that `is_text` holds is known.

    Raises:
        UnreadableError: it holds no records at all.
        DigestError: it is a digest file.
    """
    if rows := _rows(content):
        yield from ([_record(value) for value in _unwrapped(found)] for found in rows)
        return
    content = _bare(content, text=text)
    if not content.strip():
        raise UnreadableError("it is empty")
    whole = _in_one_pass(content)
    if whole is not None:
        yield whole
        return
    yield from _line_by_line(content)


def _rows(content: bytes) -> Iterator[Any] | None:
    """The rows of a table, or packed lines; None where it is neither."""
    if lines := packed_lines(content):
        return iter(lines)
    return parquet_rows(content) or csv_rows(content, _COLUMNS) or yaml_documents(content, _YAML_KEYS)


def _bare(content: bytes, *, text: bool = False) -> bytes:
    """The records alone as UTF-8: what is no text in them would be lost with all that stands beside it."""
    content = bare(packing.utf8(content))
    return content if text or is_text(content) else content.decode("utf-8", "replace").encode()


def _in_one_pass(content: bytes) -> Sequence[Record | str] | None:
    """Every record of a `Records` file or a JSON array; None where that does not succeed."""
    try:
        return _whole(content, _AS_AWS_WRITES)
    except BAD_JSON:
        pass
    try:
        loosely = _whole(content, _LOOSELY)
    except BAD_JSON:
        return None
    return None if loosely is None else list(map(typed, loosely))


def _whole(content: bytes, decoders: _Decoders[R]) -> list[R] | None:
    """Every record, decoded to one shape; None where it holds something else. Raises one of `BAD_JSON`."""
    if content[:64].lstrip().startswith(b"["):
        return _with_callers(decoders.list(content))
    document = decoders.document(content)
    if document.records is not msgspec.UNSET:
        listed: list[R] = document.records
        return None if listed and listed[0].event_source.startswith(_NOTIFIES) else _with_callers(listed)
    if document.digest_start_time is not msgspec.UNSET:
        raise DigestError("a CloudTrail digest file")
    return None


def _with_callers(listed: list[R]) -> list[R]:
    """Records of which each has a `userIdentity`; else its parts may stand beside it, each named by its path.

    Raises:
        msgspec.ValidationError: one has none.
    """
    if any(one.user_identity is NOTHING for one in listed):
        raise msgspec.ValidationError("no userIdentity")
    return listed


def _line_by_line(content: bytes) -> Iterator[Sequence[Record | str]]:
    """JSON lines, a few megabytes at a time; those that do not decode are gone through one by one."""
    if _WRAPPED.match(content[:4096].decode("utf-8", "replace")):
        yield from _one_by_one(content)
        return
    start = 0
    while start < len(content):
        end = content.find(b"\n", start + _LINES_STEP) + 1 or len(content)
        piece = content[start:end]
        yield from _few_lines(piece)
        start = end


def _few_lines(piece: bytes) -> Iterator[Sequence[Record | str]]:
    try:
        yield _with_callers(_AS_AWS_WRITES.lines(piece))
    except BAD_JSON:
        pass
    else:
        return
    try:
        yield list(map(typed, _with_callers(_LOOSELY.lines(piece))))
    except BAD_JSON:
        yield from _one_by_one(piece)


def original(content: bytes, record: int) -> Any:
    """The JSON of one record, by the number that `records` gives it.

    Raises:
        ValueError: there is no such record, or it is not JSON.
    """
    rows = _rows(content)
    if rows is None:
        rows = _values(_bare(content))
    found = itertools.chain.from_iterable(map(_unwrapped, rows))
    value = next(itertools.islice(found, record, None), None)
    if value is None or isinstance(value, Broken):
        raise ValueError("there is no such record in it")
    return value


def _one_by_one(content: bytes) -> Iterator[Sequence[Record | str]]:
    return ([_record(value) for value in _unwrapped(found)] for found in _values(content))


def _values(content: bytes) -> Iterator[Any]:
    """Each JSON value on its own, so that a bad one costs itself only; characters that are no text are replaced."""
    text = content.decode("utf-8", "replace")
    try:
        yield json.loads(text)
    except (ValueError, RecursionError):
        head = _WRAPPED.match(text[:4096])
        yield from values(text, head.end() if head else 0, lambda value: "eventTime" in value or "Records" in value)


def _unwrapped(value: Any) -> list[Any]:
    """The records in one value: itself, or those that it carries."""
    return [value] if isinstance(value, Broken) else records_in(value, event_of)


def _record(value: Any) -> Record | str:
    """A record from its decoded JSON, types put right where that is possible; else why it cannot be read."""
    if not isinstance(value, dict):
        return str(value) if isinstance(value, Broken) else "it is not a JSON object"
    if as_text(value.get("eventCategory")) in NO_EVENTS:
        details, window = as_object(value.get("insightDetails")), as_object(value.get("timeWindow"))
        told = {"eventName": details.get("eventName") or "-", "eventTime": window.get("windowStart")}
        value = {"eventSource": details.get("eventSource"), **told, **value}
    if "Event name" in value:
        return _OF_CONSOLE
    missing = [name for name in _NEEDED if not isinstance(value.get(name), str) or not value[name]]
    if missing:
        return f"it has no {' and no '.join(missing)}"
    if value["eventSource"].startswith(_NOTIFIES):
        return "it is S3's notification of a file, and no event of CloudTrail"
    try:
        fields: dict[str, Any] = {name: _plain(value.get(_FIELDS[name])) for name in _TEXTS}
        fields |= {name: msgspec.Raw(_dump(value.get(_FIELDS[name])).encode("utf-8", "replace")) for name in _SHAPES}
        fields["read_only"] = {"true": True, "false": False}.get(str(value.get("readOnly")).lower())
    except RecursionError:
        return TOO_DEEP
    return typed(LooseRecord(**fields))


def _plain(value: Any) -> str | None:
    if value is None:
        return None
    return (value if isinstance(value, str) else _dump(value)).encode("utf-8", "replace").decode()


def _dump(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
