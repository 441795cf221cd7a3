"""How tests wait for what runs beside them, on any machine, however busy: only what hangs is given up."""

import time
from collections.abc import Callable

import pytest

# Seconds that any program, server or condition may take. No test expects to wait that long: none may count on less.
LIMIT = 600


def until(holds: Callable[[], object]) -> None:
    """Return as soon as something holds; fail the test where it never does."""
    deadline = time.monotonic() + LIMIT
    while not holds():
        if time.monotonic() > deadline:
            pytest.fail(f"it did not come about within {LIMIT} s")
        time.sleep(0.02)
