"""Exported log entries: JSON lines, a JSON array or one entry, each gzipped or not; a bad one costs only itself."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from auditor.config.sources import GoogleAuditLogs
from auditor.errors import SourceError
from collectors.base import Context, Raw, read_file
from collectors.files import entries, existing, file_name, leaves, origin_of, raw_file

_MARK = b"\xef\xbb\xbf"
_DECODER = json.JSONDecoder()
_BETWEEN = re.compile(r"[\s,\]]*")
_NEXT = re.compile(r"\n[\s,]*(?=\{)")
_MOST_FAULTS = 10_000
_BAD = (ValueError, RecursionError)
_SUFFIXES = (".gz", ".json", ".jsonl", ".ndjson", ".log")


class UnreadableError(ValueError):
    """A file that holds no JSON at all; the message says why."""


def records(content: bytes) -> list[dict[str, Any] | str]:
    """The entries of a file in order; a string stands for one that cannot be read, and says why.

    Raises:
        UnreadableError: nothing in it is JSON.
    """
    content = content.removeprefix(_MARK).strip()
    if not content:
        return []
    found = _array(content) if content.startswith(b"[") else _lines(content)
    if found and all(isinstance(record, str) for record in found):
        raise UnreadableError("nothing in it is a JSON object")
    return found


def _array(content: bytes) -> list[dict[str, Any] | str]:
    try:
        whole = _decode(content)
    except _BAD:
        return list(_one_by_one(content.decode("utf-8", "backslashreplace")))
    return [_object(value) for value in whole]


def _lines(content: bytes) -> list[dict[str, Any] | str]:
    lines = [line for line in content.split(b"\n") if line.strip()]
    try:
        first = _decode(lines[0])
    except _BAD:
        # Either one object over several lines, or a first line that is broken.
        return _spread(content, lines)
    if len(lines) == 1 and isinstance(first, dict) and isinstance(first.get("entries"), list):
        return [_object(value) for value in first["entries"]]
    return [_line(line) for line in lines]


def _spread(content: bytes, lines: list[bytes]) -> list[dict[str, Any] | str]:
    try:
        whole = _decode(content)
    except _BAD:
        if any(not isinstance(_line(line), str) for line in lines[1:3]):
            return [_line(line) for line in lines]
        return list(_one_by_one(content.decode("utf-8", "backslashreplace")))
    entries = whole.get("entries") if isinstance(whole, dict) else None
    return [_object(value) for value in (entries if isinstance(entries, list) else [whole])]


def _line(line: bytes) -> dict[str, Any] | str:
    try:
        return _object(_decode(line))
    except _BAD as error:
        return f"it is not valid JSON: {_said(error)}"


def _decode(data: bytes) -> Any:
    try:
        return msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Python's reader takes lone surrogates and bytes that are no UTF-8, which hostile names hold.
        return json.loads(data.decode("utf-8", "backslashreplace"))


def _object(value: Any) -> dict[str, Any] | str:
    return value if isinstance(value, dict) else "it is no JSON object"


def _one_by_one(text: str) -> Iterator[dict[str, Any] | str]:
    """Objects that follow each other, with what is broken between them passed over."""
    at, faults = 1 if text.startswith("[") else 0, 0
    while True:
        between = _BETWEEN.match(text, at)
        at = between.end() if between else at
        if at >= len(text) or faults >= _MOST_FAULTS:
            return
        try:
            value, at = _DECODER.raw_decode(text, at)
            yield _object(value)
        except _BAD as error:
            faults += 1
            yield f"it is not valid JSON: {_said(error)}"
            following = _NEXT.search(text, at + 1)
            if following is None:
                return
            at = following.end()


def _said(error: BaseException) -> str:
    return "it is nested too deep" if isinstance(error, RecursionError) else str(error).split(":")[0]


def list_folder(source: GoogleAuditLogs, context: Context) -> Iterator[Raw]:
    """Every file of a folder and the folders in it, or the one file, that `source.path` names.

    Raises:
        SourceError: there is no such path, or it cannot be read.
    """
    path = existing(source.name, str(source.path), context)
    if path.is_file():
        yield _file(path, path, context)
        return
    yield from _walk(source.name, path, path, context)


def _walk(name: str, folder: Path, root: Path, context: Context) -> Iterator[Raw]:
    try:
        listed = entries(name, folder)
    except SourceError:
        if folder == root:
            raise
        # Loading it fails again, which makes it a failed object with its reason.
        yield Raw(origin_of(folder, context), partial(read_file, folder))
        return
    for path in listed:
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(name, path, root, context)
        else:
            yield _file(path, root, context)


def _file(path: Path, root: Path, context: Context) -> Raw:
    origin = origin_of(path, context) if not path.is_symlink() else f"{origin_of(root, context)}/{file_name(path)}"
    if leaves(path, root):
        return Raw(origin, bytes, part="a link that leads out of the folder")
    if not path.name.endswith(_SUFFIXES):
        return Raw(origin, bytes, part=f"its name ends in none of {' '.join(_SUFFIXES)}")
    try:
        return raw_file(path, context)
    except OSError:
        # Loading it fails again, which makes it a failed object with its reason.
        return Raw(origin, partial(read_file, path))
