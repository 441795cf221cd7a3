"""Files packed with xz, bzip2 or zstd, unpacked with a bound. Gzip has its own readers, which check more."""

import bz2
import codecs
import io
import lzma
from collections.abc import Callable

_STEP = 1 << 20
_FAULTS = (OSError, EOFError, lzma.LZMAError, MemoryError)


def unpacked(data: bytes, limit: int) -> tuple[bytes, str | None] | None:
    """What a file holds, and a sentence where there was more than could be had; None where it is not packed so.

    Raises:
        ValueError: it is damaged, and nothing of it can be had.
    """
    opened = next((opener for magic, opener in _OPENERS.items() if data.startswith(magic)), None)
    if opened is None:
        return None
    pieces: list[bytes] = []
    total, warning = 0, None
    try:
        read = opened(data)
        while (piece := read(_STEP)) and total <= limit:
            pieces.append(piece)
            total += len(piece)
    except _FAULTS as error:
        if not pieces:
            raise ValueError(f"it is damaged or cut short: {error}") from error
        warning = f"it is damaged or cut short after {total:,} bytes: {error}"
    if total > limit:
        warning = f"it unpacks to more than {limit >> 20} MiB; the rest was left"
    return b"".join(pieces)[:limit], warning


def _xz(data: bytes) -> Callable[[int], bytes]:
    return lzma.LZMAFile(io.BytesIO(data)).read1


def _bzip2(data: bytes) -> Callable[[int], bytes]:
    return bz2.BZ2File(io.BytesIO(data)).read1


def _zstd(data: bytes) -> Callable[[int], bytes]:
    import pyarrow as pa

    stream = pa.CompressedInputStream(pa.py_buffer(data), "zstd")
    return lambda size: bytes(stream.read(size))


_OPENERS = {b"\xfd7zXZ\x00": _xz, b"BZh": _bzip2, b"\x28\xb5\x2f\xfd": _zstd}


def utf8(content: bytes) -> bytes:
    """Text without the mark before it; UTF-16, as Windows' shells write it, turned into UTF-8."""
    # Behind the mark stands a first letter of ASCII, or it is no text.
    if content[3:4] == b"\0" != content[2:3] and content.startswith(codecs.BOM_UTF16_LE):
        return content.decode("utf-16", "replace").encode()
    if content[2:3] == b"\0" != content[3:4] and content.startswith(codecs.BOM_UTF16_BE):
        return content.decode("utf-16", "replace").encode()
    return content.removeprefix(codecs.BOM_UTF8)
