"""What a batch's objects hold: loaded, unpacked and hashed in threads while the rows of those before are made."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import NamedTuple

from msgspec.structs import replace

from collectors.aws.cloudtrail.files import Unpacked, is_text, unpack
from collectors.base import Batch, Raw, sha256

_LOADERS = 8
# A batch ends with the first large object, so that no two of them are in memory at a time.
_AHEAD = 2


class Content(NamedTuple):
    """What an object holds; `sha256` is of it unpacked, None where it is not packed as CloudTrail delivers it."""

    unpacked: Unpacked
    sha256: str | None
    text: bool


Opened = tuple[Raw, Callable[[], Content]]
"""An object and what gives its content; either raises what went wrong with it where it is asked."""


def opened(batch: Batch) -> Iterator[Opened]:
    """Each object of a batch, in order. The interpreter is free while bytes are unpacked and hashed."""
    with ThreadPoolExecutor(_LOADERS) as loaders, ThreadPoolExecutor(1) as unpacker:
        in_bucket = any(raw.origin.startswith("s3://") for raw in batch)
        fetched = [_begun(raw, loaders) for raw in batch] if in_bucket else batch
        ahead: deque[Opened] = deque()
        for raw in fetched:
            ahead.append(_open(raw, unpacker))
            if len(ahead) > _AHEAD:
                yield ahead.popleft()
        yield from ahead


def _open(raw: Raw, unpacker: ThreadPoolExecutor) -> Opened:
    begun = _begun(raw, unpacker)
    if begun is raw:
        return raw, partial(_content, raw.load)
    return begun, unpacker.submit(_content, begun.load).result


def _begun(raw: Raw, loaders: ThreadPoolExecutor) -> Raw:
    """The object, on its way; where it has bytes."""
    return raw if raw.skipped or raw.missing else replace(raw, load=loaders.submit(raw.load).result)


def _content(load: Callable[[], bytes]) -> Content:
    unpacked = unpack(load())
    return Content(unpacked, sha256(unpacked.content) if unpacked.pure else None, is_text(unpacked.content))
