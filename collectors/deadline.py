"""A source has so much time, and no more: one that hangs costs itself, not the others."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

_AGAIN = 5.0


class OverdueError(BaseException):
    """A source's time is over. No library's `except Exception` takes it for a fault of its own and tries again."""


@contextmanager
def deadline(length: timedelta) -> Iterator[None]:
    """Raises OverdueError, wherever what is inside waits or works, once the time is over; at once where there is none.

    The system's alarm goes to the main thread; work in another has no deadline.
    """
    if length <= timedelta():
        raise OverdueError
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGALRM, _overdue)
    # Again and again: what cleans up after itself may hang too.
    signal.setitimer(signal.ITIMER_REAL, length.total_seconds(), _AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _overdue(_number: int, _frame: Any) -> None:
    raise OverdueError
