"""Each answer over HTTP has a least speed, so that a server that drips costs a request and not the source's time."""

import http.client
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from auditor.errors import SourceError
from collectors.refusals import refusal

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_BYTES_A_SECOND = 100
_LONGEST_SPAN = timedelta(minutes=1)
_SHORTEST_SPAN = timedelta(seconds=1)


class SlowAnswerError(BaseException):
    """An answer drips. No library's `except Exception` takes it for a cut connection and asks again, ten times."""

    def refused(self, doing: str) -> SourceError:
        """The error for what was tried, as in "listing the members of ops"."""
        return refusal("source", "drip", transient=True, doing=doing, said=self)


@contextmanager
def least_speed(timeout: timedelta) -> Iterator[None]:
    """Raises SlowAnswerError where an answer read inside it, in any thread, comes too slowly once it has begun.

    How long a server may think is the libraries' own read timeout. They start it again with each byte. Speed is
    measured over a tenth of it, a minute at most.
    """
    span = min(max(timeout / 10, _SHORTEST_SPAN), _LONGEST_SPAN).total_seconds()

    class Response(http.client.HTTPResponse):
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **options)
            self.fp = io.BufferedReader(_Metered(self.fp.detach(), span))

    # What requests, botocore and httplib2 have in common; none of them takes a class of responses for all it does.
    connection: Any = http.client.HTTPConnection
    before = connection.response_class
    connection.response_class = Response
    try:
        yield
    finally:
        connection.response_class = before


class _Metered(io.RawIOBase):
    """A connection's bytes, as fast as they come."""

    def __init__(self, source: io.RawIOBase, span: float) -> None:
        self._source = source
        self._span = span
        self._begun = False
        self._bytes = 0
        self._waited = 0.0

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        before = time.monotonic()
        size = self._source.readinto(buffer)
        if self._begun:
            self._count(size or 0, time.monotonic() - before)
        self._begun = True
        return size

    def _count(self, size: int, waited: float) -> None:
        self._bytes += size
        self._waited += waited
        if self._waited < self._span:
            return
        if size and self._bytes < self._span * _BYTES_A_SECOND:
            raise SlowAnswerError(f"{self._bytes} bytes in {self._waited:.0f} s")
        self._bytes, self._waited = 0, 0.0

    def readable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._source.fileno()

    def close(self) -> None:
        self._source.close()
        super().close()
