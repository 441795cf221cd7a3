"""Local files as raw objects: their names in evidence, links that leave the folder, unpacking with a bound."""

import os
import zlib
from functools import partial
from pathlib import Path

from collectors import packing
from collectors.base import Context, Raw, file_version, missing, printable, read_file
from collectors.refusals import refusal

# How much of a gzip file is unpacked: many times a busy host's week, and little enough to hold in memory.
MAX_UNPACKED = 128 * 2**20
LINK = "it is a symbolic link out of the folder, which is not followed"
_GZIP = b"\x1f\x8b"
_GZIP_MEMBER = 31
# Each costs a copy of what follows it.
_MAX_MEMBERS = 1000


def origin_of(path: Path, context: Context) -> str:
    """A file's name in evidence: relative to the configuration's folder where it lies in it."""
    base = context.base.resolve()
    return printable(path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix())


def raw_file(path: Path, context: Context, part: str = "") -> Raw:
    """A local file as a raw object.

    Raises:
        OSError: it is gone or may not be looked at.
    """
    return Raw(
        origin=origin_of(path, context),
        load=partial(read_file, path),
        version=file_version(path),
        part=part,
        size=path.stat().st_size,
    )


def existing(name: str, relative: str, context: Context) -> Path:
    """The path that a source names.

    Raises:
        SourceError: there is nothing at it.
    """
    path = context.path(relative)
    try:
        path.stat()
    except (OSError, ValueError) as error:
        kind = "missing" if isinstance(error, FileNotFoundError) else "hidden"
        raise refusal("source", kind, name=name, path=relative, why=error) from error
    return path


def named_file(name: str, relative: str, context: Context, part: str = "") -> Raw:
    """The file that a source names, as a raw object that can be read.

    Raises:
        SourceError: there is no such file, or it may not be read.
    """
    path = existing(name, relative, context)
    try:
        path.open("rb").close()
        return raw_file(path, context, part)
    except OSError as error:
        raise refusal("source", "unreadable file", name=name, path=relative, why=error.strerror) from error


def entries(name: str, folder: Path) -> list[Path]:
    """What a source's folder holds, sorted by name.

    Raises:
        SourceError: the folder cannot be listed.
    """
    try:
        return sorted(folder.iterdir())
    except OSError as error:
        raise refusal(
            "source", "unreadable folder", name=name, path=printable(str(folder)), why=error.strerror
        ) from error


def leaves(path: Path, root: Path) -> bool:
    """Whether a path leads out of the folder `root` by a symbolic link."""
    return not path.resolve().is_relative_to(root.resolve())


def file_name(path: Path) -> str:
    """A file's or folder's name as text that evidence can hold."""
    return printable(os.fsdecode(path.name))


def held(path: Path, root: Path, context: Context, part: str, otherwise: str) -> Raw:
    """A file of a source's folder as a raw object; a sentence in its place where it cannot be had.

    Args:
        path: the file.
        root: the folder, which no link leads out of.
        context: tells its name in evidence.
        part: which kind of answer it is.
        otherwise: that, where it cannot be had.
    """
    try:
        if leaves(path, root):
            why = LINK
        elif path.is_file():
            return raw_file(path, context, part)
        else:
            why = "it is no file"
    except OSError as error:
        why = f"it cannot be read: {error.strerror}"
    return missing(origin_of(path, context), why, otherwise)


def unpacked(data: bytes, limit: int = MAX_UNPACKED) -> tuple[bytes, str | None]:
    """The text of a file, unpacked where it is packed, and a sentence when there was more than could be had.

    Raises:
        ValueError: it is packed and nothing of it can be trusted.
    """
    if not data.startswith(_GZIP):
        return packing.unpacked(data, limit) or (data, None)
    text, rest = b"", data
    for _ in range(_MAX_MEMBERS):
        if not rest:
            return text, None
        if not rest.startswith(_GZIP):
            return text, "something else follows its gzip stream"
        member = zlib.decompressobj(wbits=_GZIP_MEMBER)
        try:
            text += member.decompress(rest, limit - len(text) + 1)
        except zlib.error as error:
            raise ValueError(f"it is damaged: {error}") from error
        if len(text) > limit:
            return text[:limit], f"it unpacks to more than {limit // 2**20} MiB; the rest was left"
        if not member.eof:
            return text, "its gzip stream is cut short"
        rest = member.unused_data.lstrip(b"\0")
    return text, f"it has more than {_MAX_MEMBERS} gzip streams; the rest was left"
