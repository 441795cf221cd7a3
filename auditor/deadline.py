"""A source, a judgement and a message have so much time, and no more: what hangs costs itself, not the rest."""

import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType

_AGAIN = 5.0
_AT_ONCE = 0.001
_SOON = 0.05

_interrupts: list[Callable[[], object]] = []


class OverdueError(BaseException):
    """The time is over. No library's `except Exception` takes it for a fault of its own and tries again."""


@contextmanager
def deadline(length: timedelta) -> Iterator[None]:
    """Raises OverdueError, wherever what is inside waits or works, once the time is over; at once where there is none.

    The system's alarm goes to the main thread; work in another has no deadline. One deadline may stand inside another.
    """
    if length <= timedelta():
        raise OverdueError
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _overdue)
    began = time.monotonic()
    outer, again = signal.getitimer(signal.ITIMER_REAL)
    try:
        # Again and again: what cleans up after itself may hang too.
        signal.setitimer(signal.ITIMER_REAL, length.total_seconds(), _AGAIN)
        yield
    except Exception as error:
        # DuckDB among others answers the alarm with an error of its own, and what the alarm raised is lost.
        if time.monotonic() - began >= length.total_seconds():
            raise OverdueError from error
        raise
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - began), _AT_ONCE), again)


@contextmanager
def interrupted_by(interrupt: Callable[[], object]) -> Iterator[None]:
    """What a time that is over calls first: a library's own threads know of no alarm, and are waited for."""
    _interrupts.append(interrupt)
    try:
        yield
    finally:
        _interrupts.remove(interrupt)


def _overdue(_number: int, frame: FrameType | None) -> None:
    """Raise, or look again soon: an import that is cut short leaves a package in pieces for all that follows."""
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            signal.setitimer(signal.ITIMER_REAL, _SOON, _AGAIN)
            return
        frame = frame.f_back
    for interrupt in _interrupts:
        interrupt()
    raise OverdueError
