"""What HEAD names: the newest link of the chain. Whoever writes it holds the store's lock, or its lease."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from auditor.evidence.files import Files
from auditor.evidence.manifest import HEAD, Link, decode_head, encode


class Head:
    """That of a local folder, which only the holder of the folder's lock writes.

    Attributes:
        mark: stands in the names of what its holder stores, so that nobody else's files have the same.
    """

    mark = ""

    def __init__(self, files: Files) -> None:
        self._files = files

    def read(self) -> Link | None:
        """The newest link; None before the first run; raises AlteredError where it cannot be read."""
        data = self._files.read([HEAD]).get(HEAD)
        return None if data is None else decode_head(data).link

    @contextmanager
    def held(self, _wait: timedelta) -> Iterator[None]:
        """Nothing more to hold: the lock does."""
        yield

    def confirm(self) -> None:
        """Nobody else can have taken it."""

    def write(self, link: Link) -> None:
        """Let it name a link: from then on, that run is stored."""
        self._files.write(HEAD, encode(link))
