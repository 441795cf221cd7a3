"""Files as a host packs them: read from a tar archive in memory, nothing is ever unpacked to disk."""

import io
import re
import tarfile
from collections.abc import Iterator

from msgspec import Struct

# What find and tar say of a file: `tar: /etc/x: Cannot open: Permission denied`, `find: '/home/x': Permission denied`.
_DENIED = re.compile(r"^(?:/\S*/)?(?:find|tar): (.+?): (?:Cannot \w+: )?Permission denied$", re.MULTILINE)
_QUOTES = "'\"`\u2018\u2019"
_BLOCK = 512


class Entry(Struct, frozen=True):
    """A file of a host. `link` is where a symbolic link points; a folder has neither link nor data.

    `owner` is its owner's login, and `version` its size and time of change.
    """

    path: str
    owner: str
    version: str
    data: bytes | None = None
    link: str | None = None


def entries(data: bytes) -> Iterator[Entry]:
    """What an archive holds, also where several stand one after another.

    Raises:
        ValueError: it is damaged or cut short; what came before is yielded first.
    """
    position = 0
    try:
        while (position := _next_archive(data, position)) < len(data):
            with tarfile.open(fileobj=io.BytesIO(data[position:]), mode="r:") as archive:
                for member in archive:
                    yield _entry(archive, member)
                # Where what is no header begins: zeros, or damage, which the next round meets at its beginning.
                position += archive.offset
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ValueError("the files came damaged or cut short") from error


def _next_archive(data: bytes, position: int) -> int:
    while position < len(data) and not any(data[position : position + _BLOCK]):
        position += _BLOCK
    return position


def _entry(archive: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    content = archive.extractfile(member) if member.isfile() else None
    return Entry(
        path="/" + member.name.lstrip("/"),
        owner=member.uname,
        version=f"{member.size}:{int(member.mtime * 1_000_000_000)}",
        data=content.read() if content else None,
        link=member.linkname if member.issym() else None,
    )


def denied(said: str) -> list[str]:
    """The paths that a host's find or tar was not allowed to look at."""
    return [path.strip(_QUOTES) for path in _DENIED.findall(said)]
